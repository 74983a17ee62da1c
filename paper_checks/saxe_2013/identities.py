"""Closed forms of the modes that satisfy their equations exactly."""

from typing import Any

from lazyrich.paper_checks.evidence.claims import Identity

SOURCE = "arXiv:1312.6120, "


def sigmoid() -> Any:
    """u = s e^(2 s t) / (e^(2 s t) - 1 + s/u0): the balanced two-layer mode."""
    import sympy

    t, s, u0 = sympy.symbols("t s u0", positive=True)
    growth = sympy.exp(2 * s * t)
    return s * growth / (growth - 1 + s / u0)


def sigmoid_residual(u: Any) -> tuple[Any, ...]:
    """u' - 2 u (s - u) and u(0) - u0."""
    import sympy

    t, s, u0 = sympy.symbols("t s u0", positive=True)
    return u.diff(t) - 2 * u * (s - u), u.subs(t, 0) - u0


def unbalanced_mode() -> Any:
    """(a, b) of the two-layer mode from any start: rotation by phi, growth of p, decay of m."""
    import sympy

    t, s, a0, b0 = sympy.symbols("t s a0 b0", positive=True)
    lam = b0**2 - a0**2
    f = sympy.sqrt(s**2 + lam**2 / 4)
    phi = sympy.atan2(s, -lam / 2) / 2
    p, m = a0 * sympy.cos(phi) + b0 * sympy.sin(phi), b0 * sympy.cos(phi) - a0 * sympy.sin(phi)
    e = sympy.exp(-2 * f * t)
    norm = sympy.sqrt(e + (p**2 + m**2 * e) * (1 - e) / (2 * f))
    big, small = p / norm, m * e / norm
    a = big * sympy.cos(phi) - small * sympy.sin(phi)
    b = big * sympy.sin(phi) + small * sympy.cos(phi)
    return sympy.Matrix([a, b])


def unbalanced_residual(ab: Any) -> tuple[Any, ...]:
    """a' - b (s - a b), b' - a (s - a b), a(0) - a0, b(0) - b0."""
    import sympy

    t, s, a0, b0 = sympy.symbols("t s a0 b0", positive=True)
    a, b = ab
    return (
        a.diff(t) - b * (s - a * b),
        b.diff(t) - a * (s - a * b),
        a.subs(t, 0) - a0,
        b.subs(t, 0) - b0,
    )


def deep_time_primitive() -> Any:
    """F(u) = u^k/(k s) 2F1(1, k; k + 1; u/s), k = 2/L - 1; the time is (F(uf) - F(u0))/L."""
    import sympy

    u, s, depth = sympy.symbols("u s L", positive=True)
    k = 2 / depth - 1
    return u**k / (k * s) * sympy.hyper((1, k), (k + 1,), u / s)


def deep_time_residual(primitive: Any) -> Any:
    """dF/du u^(2 - 2/L) (s - u) - 1."""
    import sympy

    u, s, depth = sympy.symbols("u s L", positive=True)
    return primitive.diff(u) * u ** (2 - 2 / depth) * (s - u) - 1


def infinite_depth_primitive() -> Any:
    """lim L x time from u0 to u: s^-2 ln[u (s - u0)/(u0 (s - u))] + 1/(s u0) - 1/(s u)."""
    import sympy

    u, s, u0 = sympy.symbols("u s u0", positive=True)
    return sympy.log(u * (s - u0) / (u0 * (s - u))) / s**2 + 1 / (s * u0) - 1 / (s * u)


def infinite_depth_residual(time: Any) -> tuple[Any, ...]:
    """dT/du u^2 (s - u) - 1 and T(u0)."""
    import sympy

    u, s, u0 = sympy.symbols("u s u0", positive=True)
    return time.diff(u) * u**2 * (s - u) - 1, time.subs(u, u0)


def chain_eigenvalues() -> Any:
    """Single and repeated eigenvalue of the chain's Hessian on the balanced manifold."""
    import sympy

    u, s, depth = sympy.symbols("u s L", positive=True)
    root = u ** (1 - 2 / depth)
    return sympy.Matrix([root * ((2 * depth - 1) * u - (depth - 1) * s), root * (s - u)])


def chain_residual(eigenvalues: Any) -> tuple[Any, ...]:
    """(H - eigenvalue) v, first row, for chains of 2, 3 and 5: v uniform, v = e_1 - e_2."""
    import sympy

    u, s, depth = sympy.symbols("u s L", positive=True)
    residuals = []
    for layers in (2, 3, 5):
        a = sympy.symbols(f"a:{layers}", positive=True)
        hessian = sympy.hessian((s - sympy.prod(a)) ** 2 / 2, a)
        balanced = hessian.subs({x: u ** sympy.Rational(1, layers) for x in a})
        single, repeated = eigenvalues.subs(depth, layers)
        residuals.append(sum(balanced[0, :]) - single)
        residuals.append(balanced[0, 0] - balanced[0, 1] - repeated)
    return tuple(sympy.expand(r) for r in residuals)


CLAIMS = [
    Identity(
        name="sigmoid-solves-its-ode",
        statement="From a balanced start the strength of a two-layer mode follows a sigmoid.",
        source=SOURCE + "exact learning trajectory of the three-layer network",
        equation=r"$u(t)=\frac{s\,e^{2st}}{e^{2st}-1+s/u_0}$ solves $\dot u=2u(s-u)$",
        closed_form=sigmoid,
        residual=sigmoid_residual,
        coordinate="t",
        domain={"t": (0.05, 2.0), "s": (0.5, 3.0), "u0": (0.01, 0.4)},
    ),
    Identity(
        name="unbalanced-mode-solves-its-odes",
        statement="From any start one closed form gives both weights of a two-layer mode.",
        source=SOURCE + "hyperbolic dynamics of unbalanced modes, in the form stable for any start",
        equation=r"$\dot a=b(s-ab),\quad \dot b=a(s-ab),\quad a^2-b^2=$ const",
        closed_form=unbalanced_mode,
        residual=unbalanced_residual,
        coordinate="t",
        domain={"t": (0.05, 1.5), "s": (0.5, 3.0), "a0": (0.05, 1.5), "b0": (0.05, 1.5)},
        provable=False,
    ),
    Identity(
        name="deep-time-primitive",
        statement="The learning time at any depth is a difference of hypergeometric functions.",
        source=SOURCE + "learning dynamics of deeper networks",
        equation=r"$\frac{d}{du}\left[\frac{u^{k}}{ks}\,{}_2F_1(1,k;k+1;u/s)\right]"
        r"=\frac{1}{u^{2-2/L}(s-u)},\quad k=2/L-1$",
        closed_form=deep_time_primitive,
        residual=deep_time_residual,
        coordinate="u",
        domain={"u": (0.1, 0.9), "s": (1.0, 3.0), "L": (2.5, 10.0)},
    ),
    Identity(
        name="infinite-depth-time-solves-its-ode",
        statement="Depth times learning time has a finite limit at infinite depth.",
        source=SOURCE + "learning time in the limit of infinite depth",
        equation=r"$L\,t\to\frac{1}{s^2}\ln\frac{u_f(s-u_0)}{u_0(s-u_f)}+\frac{1}{su_0}-\frac{1}{su_f}$",
        closed_form=infinite_depth_primitive,
        residual=infinite_depth_residual,
        coordinate="u",
        domain={"u": (0.2, 0.9), "s": (1.0, 3.0), "u0": (0.01, 0.1)},
    ),
    Identity(
        name="chain-hessian-eigenvalues",
        statement="On the balanced manifold the Hessian of a chain has one eigenvalue of the uniform "
        "direction and L - 1 equal ones.",
        source=SOURCE
        + "optimal learning rate of deep networks; the eigenvalues derived from the loss",
        equation=r"$u^{1-2/L}[(2L-1)u-(L-1)s]$ once, $u^{1-2/L}(s-u)$ $L-1$ times",
        closed_form=chain_eigenvalues,
        residual=chain_residual,
        coordinate="u",
        domain={"u": (0.2, 2.0), "s": (0.5, 3.0)},
    ),
]
