"""Identities of the self-consistent scale kappa, two blocks."""

from typing import Any

from lazyrich.paper_checks.evidence.claims import Identity

SOURCE = "arXiv:2112.03215, "
DERIVED = SOURCE + "model of the paper; the closed form in time is derived here"
KAPPAS = {name: (0.2, 3.0) for name in ("kappa1", "kappa2", "c1", "c2", "alpha1", "alpha2")}


def kappa_differences() -> Any:
    """(difference of s, derivative of s) written through kappa, two blocks."""
    import sympy

    k1, k2, c1, c2, a1, a2 = sympy.symbols("kappa1 kappa2 c1 c2 alpha1 alpha2", positive=True)
    blocks = ((c1, a1), (c2, a2))
    g12 = sum(a * c**2 / ((c + k1) * (c + k2)) for c, a in blocks)
    return sympy.Matrix([(k1 - k2) * (1 - g12), 1 - g12.subs(k2, k1)])


def kappa_residual(forms: Any) -> tuple[Any, ...]:
    """s(kappa) = kappa (1 - sum alpha c/(c + kappa)), alpha = n_k/n."""
    import sympy

    k1, k2, c1, c2, a1, a2 = sympy.symbols("kappa1 kappa2 c1 c2 alpha1 alpha2", positive=True)

    def s(k: Any) -> Any:
        return k * (1 - a1 * c1 / (c1 + k) - a2 * c2 / (c2 + k))

    return s(k1) - s(k2) - forms[0], s(k1).diff(k1) - forms[1]


def kappa_differences_linear() -> Any:
    """Altered: one-point sums in place of the two-point sum."""
    import sympy

    k1, k2, c1, c2, a1, a2 = sympy.symbols("kappa1 kappa2 c1 c2 alpha1 alpha2", positive=True)
    g = a1 * c1 / (c1 + k1) + a2 * c2 / (c2 + k2)
    return sympy.Matrix([(k1 - k2) * (1 - g), 1 - g.subs(k2, k1)])


def scaled_kappa(power: int = 1) -> Any:
    """kappa of inputs scaled by b, at b s."""
    import sympy

    k, b = sympy.symbols("kappa1 b", positive=True)
    return b**power * k


def scaled_residual(scaled: Any) -> tuple[Any, ...]:
    """It solves b s(kappa; c) = s(scaled; b c), and leaves each mode's m c (kappa/s)/(c + kappa) dt alone."""
    import sympy

    k, b, c1, c2, a1, a2, m = sympy.symbols("kappa1 b c1 c2 alpha1 alpha2 m", positive=True)

    def s(k: Any, b: Any) -> Any:
        return k * (1 - a1 * b * c1 / (b * c1 + k) - a2 * b * c2 / (b * c2 + k))

    mode = m * c1 * k / s(k, 1) / (c1 + k)
    moved = m / b * b * c1 * scaled / s(scaled, b) / (b * c1 + scaled)
    return s(scaled, b) - b * s(k, 1), b * moved - mode


CLAIMS = [
    Identity(
        name="kappa-differences",
        statement="Differences and the slope of the self-consistent scale kappa are given by the same "
        "two-point sum, so the two-time error has no pole off the spectrum.",
        source=DERIVED,
        closed_form=kappa_differences,
        residual=kappa_residual,
        coordinate="kappa1",
        domain=KAPPAS,
        alternatives={"one-point sums": kappa_differences_linear},
        equation=r"$(\kappa_1-\kappa_2)(1-\gamma_{12})=s_1-s_2$",
    ),
    Identity(
        name="scale-covariance",
        statement="Only ratios of scales matter: inputs b times as strong in variance are learned b "
        "times as fast, with the same errors.",
        source=SOURCE + "condition number as the only scale",
        closed_form=scaled_kappa,
        residual=scaled_residual,
        coordinate="b",
        domain={name: (0.3, 3.0) for name in ("kappa1", "b", "c1", "c2", "alpha1", "alpha2", "m")},
        alternatives={"kappa grows as b^2": lambda: scaled_kappa(2)},
        equation=r"$\kappa(bs;bC)=b\,\kappa(s;C)$",
    ),
]
