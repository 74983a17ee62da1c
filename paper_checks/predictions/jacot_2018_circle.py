"""Symbolic forms of the circle's kernel of one hidden ReLU layer without bias, weight variance 2, |x|^2 = d."""

from typing import Any


def fourier_coefficient(constant: int = 3) -> Any:
    """lambda_k for even k times (1 + cos pi k)/2, which holds for real k."""
    import sympy as sp

    k = sp.Symbol("k", positive=True)
    even = 4 / sp.pi**2 * (k**2 + constant) / (k**2 - 1) ** 2
    return even * (1 + sp.cos(sp.pi * k)) / 2


def fourier_residual(form: Any) -> tuple[Any, ...]:
    """The form less (1/pi) int_0^pi Theta cos k th dth; its limits at k = 0 and 1 less 12/pi^2 and 1."""
    import sympy as sp

    k, theta = sp.Symbol("k", positive=True), sp.Symbol("theta", positive=True)
    kernel = 2 / sp.pi * (sp.sin(theta) + 2 * (sp.pi - theta) * sp.cos(theta))
    integral = sp.integrate(kernel * sp.cos(k * theta), (theta, 0, sp.pi), conds="none") / sp.pi
    return form - integral, form.subs(k, 0) - 12 / sp.pi**2, sp.limit(form, k, 1) - 1
