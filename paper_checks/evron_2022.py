"""Evron et al. 2022: how catastrophic can catastrophic forgetting be in linear regression?

Tasks X_m w = X_m w* of one teacher, fitted one after the other; e_k = w_k - w* after k trainings, and the
forgetting is (1/k) sum_(m <= k) abs(X_m e_k)^2. Averages over random tasks are derived here.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble, Identity
from lazyrich.paper_checks.measurements import evron_2022 as routes
from lazyrich.theory.double_descent import forgetting

Array = NDArray[np.float64]

BIBTEX = """
@inproceedings{evron2022catastrophic,
  title = {How catastrophic can catastrophic forgetting be in linear regression?},
  author = {Evron, Itay and Moroshko, Edward and Ward, Rachel and Srebro, Nathan and Soudry, Daniel},
  booktitle = {Conference on Learning Theory},
  year = {2022},
  eprint = {2205.09588},
  archivePrefix = {arXiv}
}
"""


def random_distance(dim: int, ranks: Any, n_tasks: Any, more: int = 0) -> Array:
    """E abs(e_k)^2 with `more` rows than there are: (numbers of tasks, ranks)."""
    rank = np.asarray(ranks) + more
    return np.asarray(forgetting.random_tasks(dim, rank, n_tasks[:, None]).squared_distance)


def random_forgetting(dim: int, ranks: Any, n_tasks: Any, later: int = 0) -> Array:
    """E F_k, `later` tasks too late: (numbers of tasks, ranks)."""
    return np.asarray(forgetting.random_tasks(dim, ranks, n_tasks[:, None] + later).forgetting)


def forgotten_direction(dim: int, ranks: Any, n_tasks: Array) -> Array:
    """Altered: the error has no memory of its direction, so that each old task sees r/d of it."""
    seen = np.asarray(ranks) / dim
    return (1 - 1 / n_tasks[:, None]) * seen * (1 - seen) ** n_tasks[:, None]


def earlier_tasks_only(dim: int, ranks: Any, n_tasks: Array) -> Array:
    """Altered: the mean is over the earlier tasks only, without the last, which is fitted."""
    k = n_tasks[:, None]
    return random_forgetting(dim, ranks, n_tasks) * k / (k - 1)


def two_tasks(angle: Array, n_tasks: Sequence[int]) -> Array:
    return np.asarray(forgetting.two_tasks(angle[:, None], n_tasks))


def even_share(angle: Array, n_tasks: Sequence[int]) -> Array:
    """Altered: the other task counts half, also when k is odd."""
    u = np.cos(angle[:, None]) ** 2
    return u ** (np.asarray(n_tasks) - 1) * (1 - u) / 2


def worst_case(n_tasks: Array, shapes: Any) -> Array:
    """The same for all shapes of tasks."""
    return np.outer(forgetting.two_task_worst_case(n_tasks), np.ones(len(shapes)))


def worst_case_of_even(n_tasks: Array, shapes: Any) -> Array:
    """Altered: the formula of even k for every k."""
    k = n_tasks[:, None] + np.zeros(len(shapes))
    return (1 - 1 / k) ** (k - 1) / k / 2


def published_bound(n_tasks: Array, shapes: Any) -> Array:
    """Altered: the upper bound 1/(2 e (k - 1)) is reached."""
    return 1 / (2 * np.e * (n_tasks[:, None] - 1 + np.zeros(len(shapes))))


def limit_of_worst_case(one: float) -> Array:
    """k times the worst forgetting as k -> inf: 1/(2 e), from k = 10^12."""
    k = 10**12
    return np.atleast_1d(one * k * forgetting.two_task_worst_case(k))


def rotating_tasks(n_tasks: Any, n_turning: Any, more: int = 0) -> Array:
    """Forgetting, with `more` tasks that turn where there are as many."""
    turning = np.minimum(np.asarray(n_turning) + more, n_tasks)
    return np.asarray(forgetting.rotating_tasks(n_tasks, turning))


def rotation_without_loss(n_tasks: Any, n_turning: Any) -> Array:
    """Altered: the error follows the tasks without shrinking."""
    return 1 - (np.asarray(n_turning) + 1) / (2 * np.asarray(n_tasks))


def digit_forgetting(
    order: Sequence[int],
    n_each: int,
    factor: float = 1.0,
    t: Any = np.inf,
    orthogonal: bool = False,
    backwards: bool = False,
) -> Array:
    """Mean squared error on the digit tasks so far, from their singular vectors.

    The teacher is the shortest solution of all tasks at once.
    """
    inputs, labels = routes.digit_tasks(n_each)
    w = np.linalg.pinv(np.vstack(inputs)) @ np.concatenate(labels) * factor
    if orthogonal:
        inputs = list(np.linalg.qr(np.vstack(inputs).T)[0].T.reshape(len(inputs), -1, len(w)))
    tasks = [inputs[m] for m in (order[::-1] if backwards else order)]
    found = [forgetting.given_tasks(tasks, w, time).forgetting for time in np.atleast_1d(t)]
    return np.reshape(found, (*np.shape(t), len(tasks))) / (2 * n_each)


def stopped_digits(t: Array, order: Sequence[int], n_each: int) -> Array:
    return digit_forgetting(order, n_each, t=t)


def fully_trained_digits(t: Array, order: Sequence[int], n_each: int) -> Array:
    """Altered: each task is fitted, whatever the time."""
    return digit_forgetting(order, n_each, t=np.full_like(t, np.inf))


def seen_part() -> Any:
    """y_j in E P...P Pi_m P...P = x_j Pi_m + y_j I after j random tasks of rank r."""
    import sympy

    j, d, r, c1 = sympy.symbols("j d r c1", positive=True)
    return r / d * ((1 - r / d) ** j - c1**j)


def seen_part_residual(y: Any) -> tuple[Any, ...]:
    """y_(j+1) - c1 y_j - c2 (r x_j + d y_j) with x_j = c1^j and c1 + c2 d = 1 - r/d; y_0."""
    import sympy

    j, d, r, c1 = sympy.symbols("j d r c1", positive=True)
    c2 = (1 - r / d - c1) / d
    step = y.subs(j, j + 1) - c1 * y - c2 * (r * c1**j + d * y)
    return step, y.subs(j, 0)


def worst_cosine() -> Any:
    """cos(theta)^2 at which two tasks in turn forget most, k trainings."""
    import sympy

    k = sympy.symbols("k", positive=True)
    return 1 - 1 / k


def worst_cosine_residual(cosine: Any) -> Any:
    """d/du of (k - 1) log u + log(1 - u), the logarithm of the forgetting at u = cos(theta)^2."""
    import sympy

    k = sympy.symbols("k", positive=True)
    return (k - 1) / cosine - 1 / (1 - cosine)


def distances(rng: np.random.Generator, **given: Any) -> Array:
    return routes.random_sequences(rng, **given)[..., 0]


def forgotten(rng: np.random.Generator, **given: Any) -> Array:
    return routes.random_sequences(rng, **given)[..., 1]


SOURCE = "arXiv:2205.09588, "
RANDOM: dict[str, Any] = {
    "parameters": {"ranks": (6, 20), "n_tasks": np.arange(2, 8)},
    "coordinate": None,
    "size": "dim",
    "sizes": (60,),
    "margin": 0.02,
}
DIGITS: dict[str, Any] = {"order": (0, 1, 2, 3, 4) * 4, "n_each": 4}

CLAIMS = [
    Identity(
        name="recursion-of-random-tasks",
        statement="What a random task's projection becomes, averaged over the random tasks after it, is "
        "a difference of two geometric sequences.",
        source=SOURCE + "forgetting as a product of projections; the average derived here",
        equation=r"$y_j=(r/d)[\rho^j-c_1^j]$",
        closed_form=seen_part,
        residual=seen_part_residual,
        coordinate="j",
        domain={"j": (1.0, 6.0), "d": (5.0, 30.0), "r": (1.0, 4.0), "c1": (0.2, 0.8)},
    ),
    Identity(
        name="worst-angle",
        statement="Two tasks in turn forget most at the angle with cos^2 = 1 - 1/k.",
        source=SOURCE + "worst case of two tasks",
        equation=r"$\partial_u[u^{k-1}(1-u)]=0$ at $u=1-1/k$",
        closed_form=worst_cosine,
        residual=worst_cosine_residual,
        coordinate="k",
        domain={"k": (2.0, 50.0)},
    ),
    Ensemble(
        name="random-tasks-approach-the-teacher",
        statement="Each random task takes a share r/d of the squared distance to the common teacher.",
        source=SOURCE + "distance to the offline solution; random tasks averaged here",
        equation=r"$E|e_k|^2=(1-r/d)^k$",
        prediction=random_distance,
        measurement=distances,
        quantity="squared distance to the teacher",
        alternatives={"one row more": partial(random_distance, more=1)},
        settings={"n_sequences": 60},
        cost=3.0,
        **RANDOM,
    ),
    Ensemble(
        name="random-tasks-forget",
        statement="Random tasks forget the more the more often the error is turned, and ever less once "
        "the teacher is near.",
        source=SOURCE + "forgetting of random tasks; exact average derived here",
        equation=r"$EF_k=\frac{r}{d}\rho^k[1-\frac{1-s^k}{k(1-s)}]$",
        prediction=random_forgetting,
        measurement=forgotten,
        quantity="forgetting",
        alternatives={
            "errors forget their direction": forgotten_direction,
            "mean over earlier tasks only": earlier_tasks_only,
            "one task later": partial(random_forgetting, later=1),
        },
        settings={"n_sequences": 240},
        cost=11.0,
        **RANDOM,
    ),
    Deterministic(
        name="two-tasks-at-an-angle",
        statement="Two tasks in turn forget little if they are nearly equal or nearly orthogonal.",
        source=SOURCE + "two tasks in cyclic order",
        equation=r"$F_k=\frac{1}{2}\cos^{2(k-1)}\theta\,\sin^2\theta$, for odd $k$ $\times(k-1)/k$",
        prediction=two_tasks,
        measurement=routes.train_two_tasks,
        parameters={"angle": np.linspace(0.05, 1.45, 15), "n_tasks": (2, 3, 4, 7, 12)},
        coordinate="angle",
        scale="maximum",
        quantity="forgetting",
        margin=1e-8,
        max_sensitivity=1e-6,
        alternatives={"half also for odd k": even_share},
        cost=2.0,
    ),
    Deterministic(
        name="worst-two-tasks",
        statement="No two tasks, of any rank and from any start, forget more than two rows at the worst "
        "angle: below 1/(2 e (k - 1)).",
        source=SOURCE + "worst case of two tasks; the share of odd k derived here",
        equation=r"$\max F_k=\frac{1}{2k}(1-\frac{1}{k})^{k-1}$, for odd $k$ $\times(k-1)/k$",
        prediction=worst_case,
        measurement=routes.search_two_tasks,
        parameters={
            "n_tasks": np.array([2, 3, 4, 5, 8, 13]),
            "shapes": ((1, 2), (1, 4), (2, 4)),
        },
        settings={"starts": 3},
        coordinate=None,
        quantity="worst forgetting",
        margin=1e-8,
        max_sensitivity=1e-6,
        alternatives={
            "formula of even k for all": worst_case_of_even,
            "1/(2 e (k - 1)) is reached": published_bound,
        },
        cost=5.0,
    ),
    Deterministic(
        name="worst-case-dies-out",
        statement="However two tasks are chosen, forgetting dies out as 1/(2 e k).",
        source=SOURCE + "worst case of two tasks after many cycles",
        equation=r"$k\max F_k\to 1/(2e)$",
        prediction=limit_of_worst_case,
        measurement=routes.scaled_worst_case,
        parameters={"one": 1.0},
        coordinate="one",
        steps=(1 / 64, 1 / 128, 1 / 256),
        step="inverse_n_tasks",
        quantity="k times the worst forgetting",
        margin=5e-3,
        max_sensitivity=0.02,
        cost=2.0,
    ),
    Deterministic(
        name="rotating-tasks-are-forgotten",
        statement="Forgetting can come close to everything, up to O(1/sqrt k): tasks that turn slowly "
        "take the error with them.",
        source=SOURCE + "sequences that are forgotten almost completely; this one derived here",
        equation=r"$F_k=\cos^{2j}(\pi/2j)\,[1-(j+1)/2k]$",
        prediction=rotating_tasks,
        measurement=routes.train_rotating_tasks,
        parameters={
            "n_tasks": (3, 10, 10, 30, 100, 300, 1000),
            "n_turning": (2, 3, 10, 9, 22, 38, 70),
        },
        coordinate=None,
        quantity="forgetting",
        margin=1e-8,
        max_sensitivity=1e-6,
        alternatives={
            "the error does not shrink": rotation_without_loss,
            "one task more turns": partial(rotating_tasks, more=1),
        },
        cost=2.0,
    ),
    Deterministic(
        name="digits-in-cyclic-order",
        statement="Singular vectors of pairs of handwritten digits predict how a trained student forgets "
        "their labels.",
        source=SOURCE + "tasks in cyclic order; digits added here",
        equation=r"$e_k=(1-\Pi_k)\cdots(1-\Pi_1)e_0$",
        prediction=digit_forgetting,
        measurement=routes.train_digits,
        parameters={**DIGITS, "factor": 1.0},
        coordinate="factor",
        scale="maximum",
        quantity="mean squared error on learned tasks",
        margin=1e-6,
        max_sensitivity=1e-4,
        alternatives={
            "tasks share no direction": partial(digit_forgetting, orthogonal=True),
            "tasks in reverse order": partial(digit_forgetting, backwards=True),
        },
        cost=3.0,
    ),
    Deterministic(
        name="digits-stopped-early",
        statement="A student that leaves each task early keeps more of the digits before.",
        source=SOURCE + "tasks in cyclic order; digits and stopping added here",
        equation=r"$e_k=e^{-X_k^TX_kt}\cdots e^{-X_1^TX_1t}e_0$",
        prediction=stopped_digits,
        measurement=routes.stop_digits,
        parameters={**DIGITS, "t": np.geomspace(0.1, 12.8, 8)},
        coordinate="t",
        scale="maximum",
        steps=(0.0025, 0.00125, 0.000625),
        quantity="mean squared error on learned tasks",
        margin=2e-3,
        max_sensitivity=0.02,
        alternatives={"each task is fitted": fully_trained_digits},
        cost=5.0,
    ),
]
