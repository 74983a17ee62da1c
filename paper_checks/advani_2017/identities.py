"""Closed forms of single modes and of the resolvent that satisfy their equations exactly."""

from typing import Any

from lazyrich.paper_checks.evidence.claims import Identity

SOURCE = "arXiv:1710.03667, "


def mode_solution() -> Any:
    """z(t) = zbar + e/sqrt(lambda) + (z0 - zbar - e/sqrt(lambda)) exp(-lambda t)."""
    import sympy

    t, lam, start, teacher, noise = sympy.symbols("t lambda z0 zbar e", positive=True)
    end = teacher + noise / sympy.sqrt(lam)
    return end + (start - end) * sympy.exp(-lam * t)


def mode_residual(z: Any) -> tuple[Any, ...]:
    """z' - sqrt(lambda) (sqrt(lambda) zbar + e) + lambda z, and z(0) - z0."""
    import sympy

    t, lam, start, teacher, noise = sympy.symbols("t lambda z0 zbar e", positive=True)
    pull = sympy.sqrt(lam) * (sympy.sqrt(lam) * teacher + noise)
    return z.diff(t) - pull + lam * z, z.subs(t, 0) - start


def best_of_one_mode(start: int = 1) -> Any:
    """(stopping time from any start, error there from zero, best ridge) of one mode."""
    import sympy

    lam, s, s0, noise = sympy.symbols("lambda S S0 v", positive=True)
    time = sympy.log(1 + lam * (s + start * s0) / noise) / lam
    return sympy.Matrix([time, s * noise / (noise + s * lam), noise / s])


def best_residual(best: Any) -> tuple[Any, ...]:
    """Both slopes at the optima, and both errors there less the one that they share."""
    import sympy

    t, g, lam, s, s0, noise = sympy.symbols("t gamma lambda S S0 v", positive=True)
    time, error, penalty = best
    q = sympy.exp(-lam * t)
    stopped = (s + s0) * q**2 + noise * (1 - q) ** 2 / lam
    ridge = (g**2 * s + lam * noise) / (lam + g) ** 2
    return (
        stopped.diff(t).subs(t, time),
        stopped.subs(s0, 0).subs(t, time.subs(s0, 0)) - error,
        ridge.diff(g).subs(g, penalty),
        ridge.subs(g, penalty) - error,
    )


def fitted_noise() -> Any:
    """(1 - exp(-lambda t))^2/lambda: what one mode has fitted of the label noise."""
    import sympy

    t, lam = sympy.symbols("t lambda", positive=True)
    return (1 - sympy.exp(-lam * t)) ** 2 / lam


def fitted_noise_residual(noise: Any) -> Any:
    """Its derivative less 2 (exp(-lambda t) - exp(-2 lambda t)): it holds no 1/lambda."""
    import sympy

    t, lam = sympy.symbols("t lambda", positive=True)
    return noise.diff(t) - 2 * (sympy.exp(-lam * t) - sympy.exp(-2 * lam * t))


def laplace_integral() -> Any:
    """int_0^t L at ratio 1, [2 x (I0 + I1)(x) exp(-x) + I0(x) exp(-x) - 1]/2 at x = 2 t."""
    import sympy

    t = sympy.symbols("t", positive=True)
    x = 2 * t
    zero, one = sympy.besseli(0, x) * sympy.exp(-x), sympy.besseli(1, x) * sympy.exp(-x)
    return (2 * x * (zero + one) + zero - 1) / 2


def laplace_integral_residual(integral: Any) -> tuple[Any, ...]:
    """Its derivative less L(t) = exp(-2 t) (I0(2 t) + I1(2 t)), and its start."""
    import sympy

    t = sympy.symbols("t", positive=True)
    law = sympy.exp(-2 * t) * (sympy.besseli(0, 2 * t) + sympy.besseli(1, 2 * t))
    return integral.diff(t) - law, integral.subs(t, 0)


def resolvent() -> Any:
    """(m, -m') of the Marchenko-Pastur law at -gamma."""
    import sympy

    g, alpha = sympy.symbols("gamma alpha", positive=True)
    b = g + alpha - 1
    m = (sympy.sqrt(b**2 + 4 * g) - b) / (2 * g)
    return sympy.Matrix([m, (m**2 + m) / (2 * g * m + b)])


def resolvent_residual(pair: Any) -> tuple[Any, ...]:
    """gamma m^2 + (gamma + alpha - 1) m - 1, and m' plus the second."""
    import sympy

    g, alpha = sympy.symbols("gamma alpha", positive=True)
    m, slope = pair
    return g * m**2 + (g + alpha - 1) * m - 1, m.diff(g) + slope


def best_ridge() -> Any:
    """(gamma, E) of the best ridge penalty on the sum loss: v/S and v (1 + m(v/S))."""
    import sympy

    g, s, noise = sympy.symbols("gamma S v", positive=True)
    penalty = noise / s
    return sympy.Matrix([penalty, noise * (1 + resolvent()[0].subs(g, penalty))])


def best_ridge_residual(best: Any) -> tuple[Any, ...]:
    """Slope of E(gamma) = v + S gamma^2 (-m') + v (m + gamma m') there, and E less its value."""
    import sympy

    g, s, noise = sympy.symbols("gamma S v", positive=True)
    m, slope = resolvent()
    error = noise + s * g**2 * slope + noise * (m - g * slope)
    penalty, value = best
    return error.diff(g).subs(g, penalty), error.subs(g, penalty) - value


def penalty_in_noise() -> Any:
    """Altered: the best penalty is the noise variance, whatever the teacher."""
    import sympy

    return sympy.Matrix([sympy.symbols("v", positive=True), best_ridge()[1]])


POSITIVE = {"S": (0.2, 3.0), "v": (0.1, 2.0)}
MODE = {"lambda": (0.05, 4.0)}

CLAIMS = [
    Identity(
        name="modes-solve-their-odes",
        statement="Every mode of the student decays at its own rate lambda towards the teacher plus "
        "noise over sqrt(lambda).",
        source=SOURCE + "exact learning dynamics in the eigenbasis of the inputs",
        equation=r"$z=\bar z+\tilde\epsilon/\sqrt{\lambda}+(z_0-\bar z-"
        r"\tilde\epsilon/\sqrt{\lambda})e^{-\lambda t}$",
        closed_form=mode_solution,
        residual=mode_residual,
        coordinate="t",
        domain=MODE | {"t": (0.05, 3.0), "z0": (0.1, 2.0), "zbar": (0.1, 2.0), "e": (0.1, 2.0)},
    ),
    Identity(
        name="one-mode-stopping-is-ridge",
        statement="One mode stopped at its best time ln(1 + lambda (SNR + INR))/lambda has the error "
        "of the best ridge: early stopping loses only because one time must serve all modes.",
        source=SOURCE + "optimal stopping; the comparison with ridge derived mode by mode",
        equation=r"$\min_t E_\lambda=\min_\gamma E_\lambda=S\sigma^2/(\sigma^2+S\lambda)$",
        closed_form=best_of_one_mode,
        residual=best_residual,
        coordinate="lambda",
        domain=MODE | POSITIVE | {"S0": (0.1, 2.0)},
        alternatives={"initial weights left out": lambda: best_of_one_mode(start=0)},
    ),
    Identity(
        name="noise-is-fitted-without-poles",
        statement="The noise that a mode fits grows at the rate 2 (q - q^2), without a pole at 0: "
        "its mean is 2 A(t) - A(2 t) with A the integral of the law's Laplace transform.",
        source="derived from " + SOURCE + "the noise term of the generalisation error",
        equation=r"$\frac{d}{dt}\frac{(1-q)^2}{\lambda}=2(q-q^2),\quad q=e^{-\lambda t}$",
        closed_form=fitted_noise,
        residual=fitted_noise_residual,
        coordinate="t",
        domain=MODE | {"t": (0.05, 3.0)},
    ),
    Identity(
        name="laplace-integral-at-ratio-one",
        statement="At ratio 1 the integral of the Laplace transform of the eigenvalues is a pair "
        "of Bessel functions.",
        source="derived from " + SOURCE + "the noise term of the generalisation error",
        equation=r"$\int_0^tL=\frac{1}{2}[2xe^{-x}(I_0+I_1)+e^{-x}I_0-1],\quad x=2t$",
        closed_form=laplace_integral,
        residual=laplace_integral_residual,
        coordinate="t",
        domain={"t": (0.05, 5.0)},
    ),
    Identity(
        name="resolvent-solves-its-quadratic",
        statement="The resolvent of the eigenvalues and its slope have closed forms.",
        source=SOURCE + "ridge regression by the Marchenko-Pastur law",
        equation=r"$\gamma m^2+(\gamma+\alpha-1)m=1,\quad -m'=\frac{m^2+m}{2\gamma m+\gamma+\alpha-1}$",
        closed_form=resolvent,
        residual=resolvent_residual,
        coordinate="gamma",
        domain={"gamma": (0.05, 3.0), "alpha": (0.2, 3.0)},
    ),
    Identity(
        name="best-ridge-is-noise-over-teacher",
        statement="The best ridge penalty is 1/SNR at every ratio, with the error sigma^2 (1 + m).",
        source=SOURCE + "the best regularisation",
        equation=r"$\gamma^*=1/\mathrm{SNR},\quad E=\sigma^2[1+m(1/\mathrm{SNR})]$",
        closed_form=best_ridge,
        residual=best_ridge_residual,
        coordinate="S",
        domain=POSITIVE | {"alpha": (0.2, 3.0)},
        alternatives={"penalty in units of the noise alone": penalty_in_noise},
    ),
]
