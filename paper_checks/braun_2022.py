"""Braun, Domine, Fitzgerald, Saxe 2022: exact learning dynamics of deep linear networks with prior knowledge.

Two weight matrices, loss 1/(2P) sum |y - W2 W1 x|^2, whitened inputs; time t = learning rate x
steps; Q = [W1^T; W2], balance: W2^T W2 - W1 W1^T = balance x identity (zero in the paper).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic, Identity
from lazyrich.paper_checks.measurements import braun_2022 as routes
from lazyrich.theory.deep_linear.balanced import BalancedSolution

Array = NDArray[np.float64]

BIBTEX = """
@inproceedings{braun2022exact,
  title = {Exact learning dynamics of deep linear networks with prior knowledge},
  author = {Braun, Lukas and Domin{\\'e}, Cl{\\'e}mentine C. J. and Fitzgerald, James E. and Saxe, Andrew M.},
  booktitle = {Advances in Neural Information Processing Systems},
  volume = {35},
  year = {2022}
}
"""


def quiet_solution(start: Any, tol: float = 1e-8) -> BalancedSolution:
    """The exact solution; that a start tends to a saddle is known where this is used."""
    import warnings

    first, second, sigma_yx = start
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return BalancedSolution(first, second, sigma_yx, tol=tol)


def exact_random_cases(t: Array) -> Array:
    """Entries of Q Q^T of the exact solution at time t_k of random case k, case after case."""
    starts = routes.random_starts(len(t))
    return np.concatenate(
        [
            routes.lower(quiet_solution(start).qqt([min(now, latest)])).ravel()
            for now, (start, latest) in zip(t, starts, strict=True)
        ]
    )


def a_little_later(t: Array) -> Array:
    """Altered: all times longer by a factor 1 + 1e-6."""
    return exact_random_cases(t * (1 + 1e-6))


def exact_cases(t: Array, cases: Any) -> Array:
    """Entries of Q Q^T, case after case: (times, entries)."""
    found = [routes.lower(BalancedSolution(*routes.start_of(case)).qqt(t)) for case in cases]
    return np.concatenate(found, axis=1)


def without_saturation(t: Array, cases: Any) -> Array:
    """Altered: the exponential growth e^(F t) Q0 alone."""
    from scipy.linalg import expm

    found = []
    for case in cases:
        first, second, target = routes.start_of(case)
        half = case["balance"] / 2
        n_out, n_in = target.shape
        F = np.block([[-half * np.eye(n_in), target.T], [target, half * np.eye(n_out)]])
        q = np.concatenate([first.T, second])
        found.append(routes.lower(np.array([expm(F * x) @ q @ q.T @ expm(F * x) for x in t])))
    return np.concatenate(found, axis=1)


def outputs_first(t: Array, cases: Any) -> Array:
    """Altered: the blocks of Q Q^T in the order outputs, inputs (equal numbers of both)."""
    found = []
    for case in cases:
        first, second, target = routes.start_of(case)
        found.append(routes.lower(BalancedSolution(second.T, first.T, target.T).qqt(t)))
    return np.concatenate(found, axis=1)


def exact_relearning(t: Array, case: Mapping[str, Any], switch: float) -> Array:
    """Q Q^T on the second task from Q Q^T at the end of the first, whose factor is any Q."""
    start = routes.start_of(case)
    values, vectors = np.linalg.eigh(BalancedSolution(*start).qqt(switch))
    n_hidden, n_in = start.first.shape
    q = (vectors * np.sqrt(np.maximum(values, 0.0)))[:, -n_hidden:]
    again = q[:n_in].T, q[n_in:], routes.other_task(case)
    return routes.lower(quiet_solution(again, tol=1e-6).qqt(t))


def relearning_from_scratch(t: Array, case: Mapping[str, Any], switch: float) -> Array:
    """Altered: the second task learned from the first weights, without prior knowledge."""
    first, second, _ = routes.start_of(case)
    return routes.lower(quiet_solution((first, second, routes.other_task(case))).qqt(t))


def no_drift(t: Array, cases: Any) -> Array:
    """The balance does not change."""
    entries = sum(case["widths"][1] * (case["widths"][1] + 1) // 2 for case in cases)
    return np.zeros((len(t), entries))


def drift_of_the_sum(t: Array, cases: Any) -> Array:
    """Altered: W2^T W2 + W1 W1^T is conserved instead, so that the balance moves by 2 W1 W1^T."""
    found = []
    for case in cases:
        solution, n_in = BalancedSolution(*routes.start_of(case)), case["widths"][0]
        trace = np.trace(solution.qqt(t)[:, :n_in, :n_in], axis1=1, axis2=2)
        change = -2 * (trace - trace[0]) / case["widths"][1]
        identity = routes.lower(np.eye(case["widths"][1])[None])
        found.append(change[:, None] * identity)
    return np.concatenate(found, axis=1)


def slow_decay_of_the_balance(t: Array, cases: Any) -> Array:
    """Altered: the balance shrinks as e^(-t/50)."""
    lost = np.expm1(-t / 50)[:, None]
    found = [
        case["balance"] * lost * routes.lower(np.eye(case["widths"][1])[None]) for case in cases
    ]
    return np.concatenate(found, axis=1)


def riccati_closed_form() -> Any:
    """e^(F t) q [1 + q^T C q]^-1 q^T e^(F t) for one hidden unit, C = (e^(2 F t) - 1) F^-1/2."""
    import sympy

    t, s, lam, a, b = sympy.symbols("t s lam a b", positive=True)
    F = sympy.Matrix([[-lam / 2, s], [s, lam / 2]])
    f = sympy.sqrt(s**2 + lam**2 / 4)
    q, one = sympy.Matrix([a, b]), sympy.eye(2)

    def growth(x: Any) -> Any:
        return sympy.cosh(f * x) * one + sympy.sinh(f * x) / f * F

    C = (growth(2 * t) - one) * F / (2 * f**2)
    grown = growth(t) * q
    return grown * grown.T / (1 + (q.T * C * q)[0])


def riccati_residual(P: Any) -> tuple[Any, ...]:
    """P' - F P - P F + P^2 and P(0) - q q^T."""
    import sympy

    t, s, lam, a, b = sympy.symbols("t s lam a b", positive=True)
    F = sympy.Matrix([[-lam / 2, s], [s, lam / 2]])
    q = sympy.Matrix([a, b])
    equation = P.diff(t) - F * P - P * F + P * P
    return (*equation, *(P.subs(t, 0) - q * q.T))


SOURCE = "Braun et al. 2022, "
EXACT = SOURCE + "exact solution for Q Q^T; Fukumizu 1998"


def _case(widths: Any, balance: float, singular_values: Any, seed: int = 1) -> dict[str, Any]:
    return {
        "widths": widths, "balance": balance, "scale": 0.3,
        "singular_values": singular_values, "seed": seed,
    }  # fmt: skip


BALANCES = (
    _case((3, 3, 3), -1.0, (2.0, 1.5, 0.8)),
    _case((3, 3, 3), 0.0, (2.0, 1.5, 0.8)),
    _case((3, 3, 3), 1.0, (2.0, 1.5, 0.8)),
)
SHAPES = (
    _case((4, 2, 3), 0.0, (2.0, 1.5, 0.8)),
    _case((2, 6, 4), 0.0, (2.0, 1.0)),
    _case((4, 3, 3), 0.0, (2.0, 0.0, 0.0)),
    _case((2, 3, 4), 0.5, (1.5, 0.0)),
    _case((4, 3, 2), -0.5, (1.5, 0.0)),
)

CLAIMS = [
    Identity(
        name="closed-form-solves-the-riccati-equation",
        statement="The closed form of Q Q^T solves its matrix Riccati equation (one hidden unit).",
        source=EXACT,
        equation=r"$P=e^{Ft}q\,[1+q^\top C(t)q]^{-1}q^\top e^{Ft}$ solves $\dot P=FP+PF-P^2$",
        closed_form=riccati_closed_form,
        residual=riccati_residual,
        coordinate="t",
        domain={
            "t": (0.1, 1.5),
            "s": (0.5, 3.0),
            "lam": (0.1, 2.0),
            "a": (0.1, 1.5),
            "b": (0.1, 1.5),
        },
        provable=False,
    ),
    Deterministic(
        name="qqt-against-integrated-flow",
        statement="Q Q^T is exact for 1,000 random networks: all shapes with 1 to 10 units a layer, all "
        "ranks of the task, balances of either sign and zero, times from 0.01 to 10,000.",
        source=EXACT + "; for nonzero balance arXiv:2409.14623",
        equation=r"$QQ^\top=e^{Ft}Q_0\,[I+Q_0^\top C(t)Q_0]^{-1}Q_0^\top e^{Ft},\quad"
        r"C(t)=\int_0^t e^{2Fs}ds$",
        prediction=exact_random_cases,
        measurement=routes.integrate_random_cases,
        parameters={"t": 10 ** np.random.default_rng(2022).uniform(-2, 4, 1000)},
        coordinate=None,
        scale=1.0,
        alternatives={"times longer by 1e-6": a_little_later},
        quantity="entries of Q Q^T",
        margin=1e-10,
        max_sensitivity=1e-6,
        cost=40.0,
    ),
    Deterministic(
        name="trained-networks-of-any-balance",
        statement="Trained networks follow the exact Q Q^T, their similarities of inputs and outputs "
        "and their map, for negative, zero and positive balance.",
        source=EXACT,
        equation=r"$QQ^\top=[[W_1^\top W_1,\,(W_2W_1)^\top],\,[W_2W_1,\,W_2W_2^\top]]$",
        prediction=exact_cases,
        measurement=routes.train_cases,
        parameters={"t": 0.16 * np.arange(1, 26), "cases": BALANCES},
        coordinate="t",
        scale=2.0,
        steps=(0.002, 0.001, 0.0005),
        quantity="entries of Q Q^T",
        margin=1e-3,
        max_sensitivity=0.01,
        alternatives={
            "growth without saturation": without_saturation,
            "outputs before inputs": outputs_first,
        },
        cost=2.0,
    ),
    Deterministic(
        name="unequal-widths-and-rank-deficient-tasks",
        statement="The exact Q Q^T needs neither equal dimensions nor an invertible task: narrow and "
        "wide hidden layers, funnels, and tasks with modes of no strength.",
        source=EXACT + ", without the inverses of F and of the singular values",
        prediction=exact_cases,
        measurement=routes.train_cases,
        parameters={"t": 0.16 * np.arange(1, 26), "cases": SHAPES},
        coordinate="t",
        scale=2.0,
        steps=(0.002, 0.001, 0.0005),
        quantity="entries of Q Q^T",
        margin=1e-3,
        max_sensitivity=0.01,
        alternatives={"growth without saturation": without_saturation},
        cost=2.0,
    ),
    Deterministic(
        name="prior-knowledge-from-another-task",
        statement="A network that has learned one task learns a second one as predicted from Q Q^T at "
        "the switch.",
        source=SOURCE + "dynamics that start from the solution of a previous task",
        prediction=exact_relearning,
        measurement=routes.retrain,
        parameters={
            "t": 0.16 * np.arange(1, 26),
            "case": _case((4, 3, 3), 0.0, (2.0, 1.5, 1.0)),
            "switch": 4.0,
        },
        coordinate="t",
        scale=2.0,
        steps=(0.002, 0.001, 0.0005),
        quantity="entries of Q Q^T",
        margin=1e-3,
        max_sensitivity=0.01,
        alternatives={"no prior knowledge": relearning_from_scratch},
        cost=2.0,
    ),
    Deterministic(
        name="balance-is-conserved",
        statement="The flow conserves W2^T W2 - W1 W1^T; gradient descent changes it in proportion to "
        "the learning rate.",
        source=SOURCE + "balanced weights stay balanced; Fukumizu 1998",
        equation=r"$\frac{d}{dt}(W_2^\top W_2-W_1W_1^\top)=0$",
        prediction=no_drift,
        measurement=routes.balance_drift,
        parameters={"t": 0.16 * np.arange(0, 26), "cases": BALANCES + SHAPES},
        coordinate=None,
        scale=1.0,
        steps=(0.002, 0.001, 0.0005),
        quantity="change of the balance",
        margin=1e-3,
        value_sensitivity=False,
        alternatives={
            "the sum is conserved": drift_of_the_sum,
            "the balance decays": slow_decay_of_the_balance,
        },
        cost=2.0,
    ),
]
