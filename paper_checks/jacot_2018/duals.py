"""Averages of activations over two Gaussian numbers, from which the limiting kernels are built.

(u, v) have variances q1, q2 and covariance c. By Price's theorem the derivatives of V = E phi(u) phi(v) with
respect to c are E phi^(n)(u) phi^(n)(v): once phi^(n) is a Gaussian, or a delta function, that average is
elementary and, with the values of independent u and v at c = 0, determines V.
"""

from collections.abc import Callable
from typing import Any

from lazyrich.paper_checks.evidence.claims import Identity

SOURCE = "arXiv:1806.07572, theorem 1: the maps of covariances; "
DOMAIN = {"q1": (0.5, 3.0), "q2": (0.5, 3.0), "c": (-0.45, 0.45)}


def _moments() -> tuple[Any, Any, Any]:
    import sympy

    q1, q2 = sympy.symbols("q1 q2", positive=True)
    return q1, q2, sympy.Symbol("c", real=True)


def relu_moment() -> Any:
    """sqrt(q1 q2)/(2 pi) [sin theta + (pi - theta) cos theta], cos theta = c/sqrt(q1 q2)."""
    import sympy

    q1, q2, c = _moments()
    theta = sympy.acos(c / sympy.sqrt(q1 * q2))
    return (sympy.sqrt(q1 * q2 - c**2) + (sympy.pi - theta) * c) / (2 * sympy.pi)


def acute_relu_moment() -> Any:
    """Altered: with theta for pi - theta, the angle counted from the wrong end."""
    import sympy

    q1, q2, c = _moments()
    theta = sympy.acos(c / sympy.sqrt(q1 * q2))
    return (sympy.sqrt(q1 * q2 - c**2) + theta * c) / (2 * sympy.pi)


def relu_residual(moment: Any) -> tuple[Any, ...]:
    """phi'' is a delta function: V'' is the density of (u, v) at 0."""
    import sympy

    q1, q2, c = _moments()
    density = 1 / (2 * sympy.pi * sympy.sqrt(q1 * q2 - c**2))
    return (
        moment.diff(c, 2) - density,
        moment.diff(c).subs(c, 0) - sympy.Rational(1, 4),
        moment.subs(c, 0) - sympy.sqrt(q1 * q2) / (2 * sympy.pi),
    )


def erf_moment() -> Any:
    """(2/pi) asin(2 c/sqrt((1 + 2 q1)(1 + 2 q2)))."""
    import sympy

    q1, q2, c = _moments()
    return 2 / sympy.pi * sympy.asin(2 * c / sympy.sqrt((1 + 2 * q1) * (1 + 2 * q2)))


def scaled_erf_moment() -> Any:
    """Altered: the moment of erf(x/sqrt 2)."""
    import sympy

    q1, q2, c = _moments()
    return 2 / sympy.pi * sympy.asin(c / sympy.sqrt((1 + q1) * (1 + q2)))


def erf_residual(moment: Any) -> tuple[Any, ...]:
    """phi' = (2/sqrt pi) exp(-x^2): V' = (4/pi) det(1 + 2 Sigma)^(-1/2)."""
    import sympy

    q1, q2, c = _moments()
    determinant = sympy.Matrix([[1 + 2 * q1, 2 * c], [2 * c, 1 + 2 * q2]]).det()
    return moment.diff(c) - 4 / sympy.pi / sympy.sqrt(determinant), moment.subs(c, 0)


def gelu_moment() -> Any:
    """The moment of x Phi(x), with D = (1+q1)(1+q2) - c^2."""
    import sympy

    q1, q2, c = _moments()
    both = (1 + q1) * (1 + q2)
    root = sympy.sqrt(both - c**2)
    angle = sympy.asin(c / sympy.sqrt(both)) / (2 * sympy.pi)
    rest = (q1 * q2 + c**2 * (1 - q1 * q2) / both) / (2 * sympy.pi * root)
    return c * (sympy.Rational(1, 4) + angle) + rest


def gelu_without_angle() -> Any:
    """Altered: without the arcsine."""
    import sympy

    q1, q2, c = _moments()
    both = (1 + q1) * (1 + q2)
    rest = (q1 * q2 + c**2 * (1 - q1 * q2) / both) / (2 * sympy.pi * sympy.sqrt(both - c**2))
    return c / 4 + rest


def gelu_residual(moment: Any) -> tuple[Any, ...]:
    """phi'' = (2 - x^2) p(x): V'' is a moment of a Gaussian of covariance S = Sigma (1 + Sigma)^-1."""
    import sympy

    q1, q2, c = _moments()
    sigma = sympy.Matrix([[q1, c], [c, q2]])
    narrowed = sympy.eye(2) + sigma
    s = sigma * narrowed.inv()
    second = (2 - s[0, 0]) * (2 - s[1, 1]) + 2 * s[0, 1] ** 2
    independent = q1 * q2 / (2 * sympy.pi * sympy.sqrt((1 + q1) * (1 + q2)))
    return (
        moment.diff(c, 2) - second / (2 * sympy.pi * sympy.sqrt(narrowed.det())),
        moment.diff(c).subs(c, 0) - sympy.Rational(1, 4),
        moment.subs(c, 0) - independent,
    )


def _claim(
    name: str,
    words: str,
    equation: str,
    moment: Callable[[], Any],
    residual: Callable[[Any], Any],
    alternatives: dict[str, Callable[[], Any]],
) -> Identity:
    return Identity(
        name=f"gaussian-average-of-{name}",
        statement=f"E phi(u) phi(v) of {words} solves Price's equation from independent u and v.",
        source=SOURCE + "the closed form for this activation",
        equation=equation,
        closed_form=moment,
        residual=residual,
        coordinate="c",
        domain=DOMAIN,
        alternatives=alternatives,
    )


CLAIMS = [
    _claim(
        "relu",
        "ReLU",
        r"$V=\sqrt{q_1q_2}\,[\sin\theta+(\pi-\theta)\cos\theta]/2\pi,\ V''=p_{uv}(0,0)$",
        relu_moment,
        relu_residual,
        {"angle from the wrong end": acute_relu_moment},
    ),
    _claim(
        "erf",
        "erf",
        r"$V=(2/\pi)\,\arcsin\,2c/\sqrt{(1+2q_1)(1+2q_2)}$",
        erf_moment,
        erf_residual,
        {"scaled erf": scaled_erf_moment},
    ),
    _claim(
        "gelu",
        "GeLU",
        r"$V=c(1/4+A/2\pi)+[q_1q_2+c^2(1-q_1q_2)/(1+q_1)(1+q_2)]/2\pi\sqrt{D}$",
        gelu_moment,
        gelu_residual,
        {"without the arcsine": gelu_without_angle},
    ),
]
