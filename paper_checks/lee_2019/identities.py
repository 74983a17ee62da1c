"""Closed forms of one mode that satisfy the equations of training exactly.

A mode of the NTK on the training inputs: eigenvalue lam, overlap theta with the NTK of a test input, NNGP variance k
on the training inputs, c between both, s on the test input.
"""

from typing import Any

from lazyrich.paper_checks.evidence.claims import Identity
from lazyrich.paper_checks.lee_2019.settings import SOURCE

RANGES = {"t": (0.1, 3.0), "lam": (0.2, 2.0), "theta": (0.2, 2.0)}


def mean() -> Any:
    """theta (1 - e^(-lam t))/lam y."""
    import sympy

    t, lam, theta, y = sympy.symbols("t lam theta y", positive=True)
    return theta * (1 - sympy.exp(-lam * t)) / lam * y


def mean_residual(m: Any) -> tuple[Any, ...]:
    """m' = theta (y - mean on the training inputs), whose own error y e decays at the rate lam; m(0) = 0."""
    import sympy

    t, lam, theta, y = sympy.symbols("t lam theta y", positive=True)
    error = m.diff(t) / theta
    return error.diff(t) + lam * error, error.subs(t, 0) - y, m.subs(t, 0)


def variance() -> Any:
    """s + A^2 k - 2 A c with A = theta (1 - e^(-lam t))/lam."""
    import sympy

    t, lam, theta, k, c, s = sympy.symbols("t lam theta k c s", positive=True)
    moved = theta * (1 - sympy.exp(-lam * t)) / lam
    return s + moved**2 * k - 2 * moved * c


def variance_residual(v: Any) -> tuple[Any, ...]:
    """Moments of a linear flow: v' = -2 theta w, w' = -lam w - theta u, u' = -2 lam u."""
    import sympy

    t, lam, theta, k, c, s = sympy.symbols("t lam theta k c s", positive=True)
    w = -v.diff(t) / (2 * theta)
    u = k * sympy.exp(-2 * lam * t)
    return w.diff(t) + lam * w + theta * u, w.subs(t, 0) - c, v.subs(t, 0) - s


def variance_without_cross_terms() -> Any:
    import sympy

    t, lam, theta, k, s = sympy.symbols("t lam theta k s", positive=True)
    moved = theta * (1 - sympy.exp(-lam * t)) / lam
    return s + moved**2 * k


def descent() -> Any:
    """(1 - (1 - eta lam)^n)/lam, what gradient descent has moved a test output per theta and error."""
    import sympy

    steps, eta, lam = sympy.symbols("steps eta lam", positive=True)
    return (1 - (1 - eta * lam) ** steps) / lam


def descent_residual(a: Any) -> tuple[Any, ...]:
    """A step adds eta times the error 1 - lam a that is left."""
    import sympy

    steps, eta, lam = sympy.symbols("steps eta lam", positive=True)
    return a.subs(steps, steps + 1) - a - eta * (1 - lam * a), a.subs(steps, 0)


def descent_as_flow() -> Any:
    import sympy

    steps, eta, lam = sympy.symbols("steps eta lam", positive=True)
    return (1 - sympy.exp(-lam * eta * steps)) / lam


def posterior_variance() -> Any:
    """s - k*^T K^-1 k* for two training inputs, K = [[a, b], [b, d]], k* = (p, q)."""
    import sympy

    a, b, d, p, q, s = sympy.symbols("a b d p q s", positive=True)
    return s - (d * p**2 - 2 * b * p * q + a * q**2) / (a * d - b**2)


def posterior_residual(v: Any) -> Any:
    """The variance at t = inf with the NTK replaced by the NNGP."""
    import sympy

    a, b, d, p, q, s = sympy.symbols("a b d p q s", positive=True)
    kernel, cross = sympy.Matrix([[a, b], [b, d]]), sympy.Matrix([p, q])
    moved = kernel.LUsolve(cross)
    return v - (s + (moved.T * kernel * moved)[0] - 2 * (moved.T * cross)[0])


CLAIMS = [
    Identity(
        name="mean-solves-the-flow",
        statement="The mean output moves with the error that is left, which decays at the eigenvalue of the NTK.",
        source=SOURCE + "equations 8 and 15",
        closed_form=mean,
        residual=mean_residual,
        coordinate="t",
        domain=RANGES | {"y": (0.5, 2.0)},
        equation=r"$\Theta_*\Theta^{-1}(1-e^{-\Theta t})y$",
    ),
    Identity(
        name="covariance-solves-the-flow",
        statement="The covariance is that of a Gaussian start carried along by the linear flow.",
        source=SOURCE + "equation 16",
        closed_form=variance,
        residual=variance_residual,
        coordinate="t",
        domain=RANGES | {"k": (1.0, 2.0), "c": (0.2, 0.9), "s": (1.0, 2.0)},
        alternatives={"without cross terms": variance_without_cross_terms},
        equation=r"$K_{**}+A_tKA_t^T-A_tK_*^T-K_*A_t^T$",
    ),
    Identity(
        name="steps-of-gradient-descent",
        statement="With finite steps of gradient descent the modes decay as powers of 1 - eta lam, exactly.",
        source=SOURCE + "discrete gradient descent; the powers derived here",
        closed_form=descent,
        residual=descent_residual,
        coordinate="steps",
        domain={"steps": (1.0, 6.0), "eta": (0.1, 0.4), "lam": (0.2, 2.0)},
        alternatives={"gradient flow": descent_as_flow},
        equation=r"$(1-(1-\eta\lambda)^n)/\lambda$",
    ),
    Identity(
        name="last-layer-gives-the-posterior",
        statement="If only the last layer trains, the NTK is the NNGP kernel, and the final variance is the posterior "
        "variance of the NNGP.",
        source=SOURCE + "section 2.3.1 and appendix on the last layer",
        closed_form=posterior_variance,
        residual=posterior_residual,
        coordinate="p",
        domain={
            "a": (1.0, 2.0),
            "b": (0.1, 0.9),
            "d": (1.0, 2.0),
            "p": (0.2, 0.9),
            "q": (0.2, 0.9),
            "s": (1.0, 2.0),
        },
        equation=r"$K_{**}-K_*K^{-1}K_*^T$",
    ),
]
