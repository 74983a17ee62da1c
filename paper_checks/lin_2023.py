"""Lin, Ju, Liang, Shroff 2023: theory on forgetting and generalization of continual learning.

Task k has n Gaussian samples of p inputs and a teacher w*_k of its own; L_i(k) = E abs(w_k - w*_i)^2 after k
tasks. Training that is stopped early is in the units of Advani and Saxe: inputs of variance 1/p, sum loss.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble, Identity
from lazyrich.paper_checks.measurements import evron_2022
from lazyrich.paper_checks.measurements import lin_2023 as routes
from lazyrich.theory.double_descent import forgetting

Array = NDArray[np.float64]

BIBTEX = """
@inproceedings{lin2023theory,
  title = {Theory on forgetting and generalization of continual learning},
  author = {Lin, Sen and Ju, Peizhong and Liang, Yingbin and Shroff, Ness},
  booktitle = {International Conference on Machine Learning},
  year = {2023},
  eprint = {2302.05836},
  archivePrefix = {arXiv}
}
"""


def padded(teachers: Any, dim: int) -> Array:
    """The same teachers among `dim` inputs; theory needs their inner products only."""
    rows = np.asarray(teachers, dtype=float)
    return np.pad(rows, ((0, 0), (0, dim - rows.shape[1])))


def fitted(teachers: Any, n_train: float, dim: int = 24, noise_var: float = 0.0) -> Array:
    """L_i(k), (K, K)."""
    return forgetting.different_teachers(padded(teachers, dim), int(n_train), noise_var=noise_var)


def noiseless(teachers: Any, n_train: float, dim: int = 24, noise_var: float = 0.0) -> Array:
    return fitted(teachers, n_train, dim, 0.0)


def asymptotic_noise(teachers: Any, n_train: float, dim: int = 24, noise_var: float = 0.0) -> Array:
    """Altered: noise n sigma^2/(p - n), as for infinite sizes."""
    spare = dim - n_train
    return fitted(teachers, n_train, dim, noise_var * (spare - 1) / spare)


def own_teacher_kept(teachers: Any, n_train: float, dim: int = 24, noise_var: float = 0.0) -> Array:
    """Altered: errors only ever shrink, whatever the later teachers."""
    equal = np.stack(
        [fitted(np.tile(w, (len(teachers), 1)), n_train, dim, noise_var) for w in teachers]
    )
    return np.array([equal[i, i] for i in range(len(teachers))])


def ends(errors: Array) -> Array:
    """Forgetting and generalisation error after all tasks."""
    found = forgetting.task_averages(errors)
    return np.array([found.forgetting[-1], found.generalization[-1]])


def against_dimension(
    n_train: float, dims: Sequence[int], teachers: Any, noise_var: float = 0.0
) -> Array:
    return np.array([ends(fitted(teachers, n_train, dim, noise_var)) for dim in dims])


def always_overparametrised(
    n_train: float, dims: Sequence[int], teachers: Any, noise_var: float = 0.0
) -> Array:
    """Altered: noise as for p > n on both sides of the peak, errors fitted fully below it."""
    found = against_dimension(n_train, dims, teachers, 0.0)
    for at, dim in enumerate(dims):
        if dim > n_train:
            found[at] = ends(fitted(teachers, n_train, dim, noise_var))
    return found


def against_angle(angle: Array, dim: int, n_train: int, noise_var: float = 0.0) -> Array:
    """Forgetting after two tasks."""
    pairs = [np.array([[1.0, 0.0], [np.cos(a), np.sin(a)]]) for a in angle]
    return np.array([ends(fitted(pair, n_train, dim, noise_var))[0] for pair in pairs])


def never_negative(angle: Array, dim: int, n_train: int, noise_var: float) -> Array:
    """Altered: a second task never improves the first."""
    return np.maximum(against_angle(angle, dim, n_train, noise_var), 0)


def against_position(
    dim: int, n_train: int, n_tasks: int = 5, angle: float = 2.0, backwards: bool = False
) -> Array:
    """Forgetting and generalisation error for each position of the outlier: (n_tasks, 2)."""
    found = []
    for position in range(n_tasks):
        teachers = routes.outlier_teachers(position, n_tasks, angle)
        found.append(ends(fitted(teachers, n_train, dim, 0.0)))
    return np.array(found[::-1] if backwards else found)


def stopped(
    t: Array,
    sample_ratio: float,
    teachers: Any,
    noise_power: float,
    learning_rate: float | None = None,
    fully: bool = False,
) -> Array:
    """L_i(k), (times, K, K); noise power is sigma^2 times the number of inputs."""
    w = np.asarray(teachers, dtype=float)
    given = {"noise_var": noise_power / w.shape[1], "learning_rate": learning_rate}
    times = np.full_like(t, np.inf) if fully else t
    return forgetting.early_stopped(times, sample_ratio, w, **given)


def flow_instead(t: Array, learning_rate: float, **given: Any) -> Array:
    """Altered: gradient flow, whatever the learning rate."""
    return stopped(t, **given)


def uncorrelated(t: Array, sample_ratio: float, teachers: Any, noise_power: float) -> Array:
    """Altered: without the cross term of what is kept and what is learned.

    Without it abs(delta)^2 of a task falls to A2 and rises by B2 abs(Delta)^2.
    """
    w = np.asarray(teachers, dtype=float)
    single = stopped(t, sample_ratio, np.ones((1, 1)), 0.0)[:, 0, 0]
    power = stopped(t, sample_ratio, np.zeros((1, 1)), noise_power)[:, 0, 0]
    sure = stopped(t, sample_ratio, np.array([[0.0], [1.0]]), 0.0)[:, 0, 1]
    found, error = [], np.outer(np.ones(len(t)), (w**2).sum(axis=1))
    for teacher in w:
        gained = np.outer(sure, ((teacher - w) ** 2).sum(axis=1))
        error = single[:, None] * error + gained + power[:, None]
        found.append(error)
    return np.stack(found, axis=-1)


def digit_forgetting(n_each: Sequence[int], factor: float, one_teacher: bool = False) -> Array:
    """Rise of the mean squared error on earlier digit tasks, from singular vectors: (samples, tasks)."""
    found = []
    for n in n_each:
        inputs, labels = evron_2022.digit_tasks(n)
        w = np.array([np.linalg.pinv(x) @ y for x, y in zip(inputs, labels, strict=True)])
        if one_teacher:
            w = np.linalg.pinv(np.vstack(inputs)) @ np.concatenate(labels)
        losses = forgetting.given_tasks(inputs, factor * w).losses / (2 * n)
        found.append(forgetting.task_averages(losses).forgetting[1:])
    return np.array(found)


def noise_floor() -> Any:
    """Noise in L_i(k) after k tasks, r = 1 - n/p."""
    import sympy

    k, n, p, s = sympy.symbols("k n p s", positive=True)
    return p * s * (1 - (1 - n / p) ** k) / (p - n - 1)


def noise_residual(noise: Any) -> tuple[Any, ...]:
    """N_(k+1) - r N_k - n s/(p - n - 1), and N_0."""
    import sympy

    k, n, p, s = sympy.symbols("k n p s", positive=True)
    step = noise.subs(k, k + 1) - (1 - n / p) * noise - n * s / (p - n - 1)
    return step, noise.subs(k, 0)


SOURCE = "arXiv:2302.05836, "
TEACHERS = ((1.0, 0.0, 0.0), (0.6, 0.8, 0.0), (-0.2, 0.3, 1.1), (0.5, -0.4, 0.2))
EXACT: dict[str, Any] = {"size": "n_train", "sizes": (12,), "margin": 0.02}
STOPPED: dict[str, Any] = {
    "prediction": stopped,
    "measurement": routes.stopped_errors,
    "coordinate": "t",
    "size": "n_inputs",
    "sizes": (32, 128, 512),
    "quick_sizes": (20, 80, 320),
    "noise_exponent": 2.0,
    "margin": 0.01,
    "quantity": "squared distance to each teacher",
}

CLAIMS = [
    Identity(
        name="noise-floor-of-many-tasks",
        statement="Label noise piles up over the tasks to the finite floor p sigma^2/(p - n - 1).",
        source=SOURCE + "noise part of the expected errors",
        equation=r"$\frac{p\sigma^2}{p-n-1}[1-(1-n/p)^k]$",
        closed_form=noise_floor,
        residual=noise_residual,
        coordinate="k",
        domain={"k": (1.0, 6.0), "n": (5.0, 10.0), "p": (15.0, 40.0), "s": (0.2, 2.0)},
    ),
    Ensemble(
        name="different-teachers",
        statement="Each task keeps a share 1 - n/p of an error, and adds the distance of its teacher, and "
        "noise.",
        source=SOURCE + "expected error on each task",
        equation=r"$L_i(k)=(1-\frac{n}{p})L_i(k-1)+\frac{n}{p}|w^*_k-w^*_i|^2+\frac{n\sigma^2}{p-n-1}$",
        prediction=fitted,
        measurement=routes.fitted_errors,
        parameters={"teachers": np.array(TEACHERS), "dim": 24, "noise_var": 0.3},
        settings={"n_sequences": 200},
        coordinate="teachers",
        quantity="squared distance to each teacher",
        alternatives={
            "without noise": noiseless,
            "noise over p - n": asymptotic_noise,
            "later teachers do not matter": own_teacher_kept,
        },
        cost=5.0,
        **EXACT,
    ),
    Ensemble(
        name="overparametrisation",
        statement="Overparametrisation lowers forgetting, while the generalisation error peaks at p = n "
        "and falls beyond.",
        source=SOURCE + "influence of overparametrisation; both regimes",
        prediction=against_dimension,
        measurement=routes.against_dimension,
        parameters={
            "dims": (3, 6, 20, 24, 36, 72, 120),
            "teachers": np.array(TEACHERS),
            "noise_var": 0.5,
        },
        settings={"n_sequences": (100, 250, 600, 500, 150, 60, 40)},
        coordinate="teachers",
        scale="maximum",
        quantity="forgetting, generalisation error",
        alternatives={"no noise below the peak": always_overparametrised},
        cost=20.0,
        **EXACT,
    ),
    Ensemble(
        name="similar-tasks",
        statement="Forgetting grows with the angle between two teachers, and is negative for similar ones: "
        "the second task improves the first.",
        source=SOURCE + "influence of task similarity",
        equation=r"$F_2=\frac{n}{p}[|w^*_2-w^*_1|^2-(1-\frac{n}{p})|w^*_1|^2]+(1-\frac{n}{p})"
        r"\frac{n\sigma^2}{p-n-1}$",
        prediction=against_angle,
        measurement=routes.against_angle,
        parameters={"angle": np.linspace(0.2, 3.0, 8), "dim": 24, "noise_var": 0.1},
        settings={"n_sequences": 100},
        coordinate="angle",
        scale="maximum",
        quantity="forgetting of the first of two tasks",
        alternatives={"never negative": never_negative},
        cost=6.0,
        **EXACT,
    ),
    Ensemble(
        name="order-of-tasks",
        statement="One task unlike the others leaves the smallest error if it comes first; forgetting is "
        "least if it comes early, and largest if it comes last.",
        source=SOURCE + "influence of task order",
        prediction=against_position,
        measurement=routes.against_position,
        parameters={"dim": 24, "n_tasks": 5, "angle": 2.0},
        settings={"n_sequences": 100},
        coordinate="angle",
        scale="maximum",
        quantity="forgetting, generalisation error",
        alternatives={"positions reversed": partial(against_position, backwards=True)},
        cost=6.0,
        **EXACT,
    ),
    Ensemble(
        name="stopped-early",
        statement="Tasks that are left early add their errors with a cross term: what is kept and what is "
        "learned of a mode correlate.",
        source=SOURCE + "different teachers; stopping derived here",
        equation=r"$L_i\leftarrow A_2L_i+B_2|\Delta|^2+2AB\,E\delta\cdot\Delta+N\sigma^2V$",
        parameters={
            "t": np.array([0.3, 1.0, 3.0, 10.0]),
            "sample_ratio": 0.5,
            "teachers": np.array(TEACHERS[:3]),
            "noise_power": 0.3,
        },
        alternatives={
            "no cross term": uncorrelated,
            "each task is fitted": partial(stopped, fully=True),
        },
        cost=20.0,
        **STOPPED,
    ),
    Ensemble(
        name="stopped-early-by-descent",
        statement="With 1 - learning_rate lambda to the number of steps for exp(-lambda t), the errors are "
        "those of gradient descent.",
        source=SOURCE + "different teachers; stopping by descent derived here",
        equation=r"$q=(1-\eta\lambda)^{t/\eta}$",
        parameters={
            "t": np.array([0.25, 0.5, 1.25, 5.0]),
            "sample_ratio": 2.0,
            "teachers": np.array(TEACHERS[:3]),
            "noise_power": 0.3,
            "learning_rate": 0.25,
        },
        alternatives={"gradient flow": flow_instead},
        cost=20.0,
        **{**STOPPED, "coordinate": "teachers"},
    ),
    Deterministic(
        name="digits-of-different-pairs",
        statement="Singular vectors and least-squares weights of pairs of handwritten digits predict how "
        "a student trained on one pair after the other forgets.",
        source=SOURCE + "forgetting on image tasks; a linear student of digits here",
        prediction=digit_forgetting,
        measurement=routes.train_digits,
        parameters={"n_each": (1, 2, 4, 6, 8), "factor": 1.0},
        coordinate="factor",
        scale="maximum",
        quantity="forgetting, rise of the mean squared error",
        margin=1e-4,
        max_sensitivity=1e-3,
        alternatives={"one teacher of all tasks": partial(digit_forgetting, one_teacher=True)},
        cost=5.0,
    ),
]
