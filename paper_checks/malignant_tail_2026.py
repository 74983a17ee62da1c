"""Wang 2026: the malignant tail, spectral segregation of label noise in over-parameterized networks.

Known to us from its abstract; arXiv lists its second version as withdrawn by the author. Each statement
that a linear student can make is derived and checked here. Out of its reach: that a network which
learns features (SGD on images) segregates noise more than its kernel does, and all measured numbers.
"""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Ensemble, Identity
from lazyrich.paper_checks.measurements import malignant_tail_2026 as routes
from lazyrich.theory.double_descent import isotropic, truncation
from lazyrich.theory.double_descent.covariance import BlockCovariance

Array = NDArray[np.float64]

BIBTEX = """
@misc{wang2026malignant,
  title = {The malignant tail: spectral segregation of label noise in over-parameterized networks},
  author = {Wang, Zice},
  year = {2026},
  eprint = {2603.02293},
  archivePrefix = {arXiv},
  note = {Withdrawn by the author}
}
"""


def energies(t: Array, cut: Array, **given: Any) -> Array:
    """Energy learned of teacher and noise along all eigenvalues up to each cut: (times, cuts, 2)."""
    return np.stack(truncation.learned_energy(t[:, None], cut, **given), axis=-1)


def noise_without_eigenvalue(t: Array, cut: Array, noise_var: float, **given: Any) -> Array:
    """Altered: noise is learned like the signal, with equal energy in all directions."""
    found = energies(t, cut, noise_var=noise_var, **given)
    found[..., 1] = noise_var * found[..., 0]
    return found


def final_energies(cut: Array, **given: Any) -> Array:
    """Energy of the fully trained student along all eigenvalues up to each cut: (cuts, 2)."""
    return np.stack(truncation.learned_energy(np.inf, cut, **given), axis=-1)


def risk_of_cuts(cut: Array, t: Array, **given: Any) -> Array:
    """Test error by time and cut: (times, cuts)."""
    return truncation.isotropic_risk(cut, t=np.asarray(t)[:, None], **given)


def best_cuts(snr: Array, t: Array, sample_ratio: float) -> Array:
    """Optimal cut: (snr, times)."""
    return truncation.optimal_cut(snr[:, None], t)


def harmful_noise(sample_ratio: Array, t: Array) -> Array:
    """Noise variance beyond which learning harms: (ratios, times)."""
    return truncation.harmful_noise(sample_ratio[:, None], t=t)


def best_truncated(snr: Array, sample_ratio: float) -> Array:
    """Excess risk of the fully trained student at its best cut."""
    noise = 1 / snr
    cut = truncation.optimal_cut(snr)
    risks = [
        truncation.isotropic_risk(c, sample_ratio, noise_var=float(s))
        for c, s in zip(cut, noise, strict=True)
    ]
    return np.array(risks) - noise


def best_ridge(snr: Array, sample_ratio: float) -> Array:
    """Excess risk of ridge at its best penalty 1/snr: the least of all that know no directions."""
    risks = [isotropic.ridge_risk(sample_ratio, float(s), noise_var=float(s)) for s in 1 / snr]
    return np.array(risks) - 1 / snr


def truncated_and_ridge(snr: Array, sample_ratio: float) -> Array:
    """Excess risks of the best truncation and of the best ridge: (snr, 2)."""
    return np.stack([best_truncated(snr, sample_ratio), best_ridge(snr, sample_ratio)], axis=-1)


def as_good_as_ridge(snr: Array, sample_ratio: float) -> Array:
    """Published form: truncation recovers the optimum."""
    return np.stack([best_ridge(snr, sample_ratio)] * 2, axis=-1)


def two_blocks(tail_variance: float, tail_signal: float) -> tuple[BlockCovariance, float, float]:
    """Covariance of one sample's worth of directions; numbers of samples and of leading directions."""
    dimensions = np.array([routes.HEAD, routes.TAIL])
    covariance = BlockCovariance([1.0, tail_variance], 1000 * dimensions, [1.0, tail_signal])
    return covariance, 1000.0, float(1000 * routes.HEAD)


def risk_of_two_blocks(
    t: Array, tail_variance: float, tail_signal: float, noise_var: float
) -> Array:
    """Excess risk of the student cut to its leading directions, and of the full one: (times, 2)."""
    covariance, n_train, head = two_blocks(tail_variance, tail_signal)
    risks = [
        sum(truncation.block_risk(covariance, n_train, kept, t=t, noise_var=noise_var))
        for kept in (head, n_train)
    ]
    return np.stack(risks, axis=-1)


def cut_overtrains(t: Array, **given: Any) -> Array:
    """Altered: the truncated student overtrains like the full one."""
    return np.repeat(risk_of_two_blocks(t, **given)[:, 1:], 2, axis=1)


def late_and_stopped(noise_var: Array, t: Array, tail_variance: float, tail_signal: float) -> Array:
    """Excess risk at the end, cut and full, and at the best of the times: (noises, 3)."""
    covariance, n_train, head = two_blocks(tail_variance, tail_signal)
    times = np.append(t, np.inf)
    cut, full = (
        truncation.block_risk(covariance, n_train, kept, t=times, noise_var=1.0)
        for kept in (head, n_train)
    )
    late, whole = (risk.bias + noise_var[:, None] * risk.variance for risk in (cut, full))
    return np.stack([late[:, -1], whole[:, -1], whole[:, :-1].min(axis=1)], axis=-1)


def class_errors(t: Array, flip_probability: Array, sample_ratio: float) -> Array:
    """Class error: (flips, times)."""
    return truncation.label_flip_error(t, sample_ratio, flip_probability[:, None])


def best_times(flip_probability: Array, sample_ratio: float) -> Array:
    """Time of the smallest class error, for each flip probability."""
    from scipy.optimize import minimize_scalar

    def error(log_t: float, p: float) -> float:
        return float(truncation.label_flip_error(np.exp(log_t), sample_ratio, p))

    found = [
        minimize_scalar(error, bounds=(-4, 4), args=(p,), method="bounded", options={"xatol": 1e-6})
        for p in flip_probability
    ]
    return np.exp([each.x for each in found])


def noise_of_balance() -> Any:
    """Noise variance at which a direction's error is the same kept and cut."""
    import sympy

    power, eigenvalue, t = sympy.symbols("S lambda t", positive=True)
    return power * eigenvalue / sympy.tanh(eigenvalue * t / 2)


def balance(noise_var: Any) -> Any:
    """Error of a direction kept, S q^2 + noise_var (1 - q)^2/lambda, less that of the weight 0."""
    import sympy

    power, eigenvalue, t = sympy.symbols("S lambda t", positive=True)
    q = sympy.exp(-eigenvalue * t)
    kept = power * q**2 + noise_var * (1 - q) ** 2 / eigenvalue
    return (kept - power).rewrite(sympy.exp)


SOURCE = "arXiv:2603.02293, abstract: "
SIZES = (48, 192, 768)
QUICK = (24, 96, 384)
ISOTROPIC = {"sample_ratio": 2.0, "teacher_power": 1.0, "noise_var": 0.5}
BLOCKS = {"tail_variance": 0.02, "tail_signal": 0.3}
FINITE: dict[str, Any] = {
    "sizes": SIZES,
    "quick_sizes": QUICK,
    "noise_exponent": 2.0,
    "seeds": 16,
    "margin": 0.02,
}
# Sizes of which the shares of leading and trailing directions are whole
BLOCK_SIZES: dict[str, Any] = {"sizes": (40, 160, 640), "quick_sizes": (20, 80, 320)}
FLIP_SIZES: dict[str, Any] = {
    "sizes": (40, 160, 640),
    "quick_sizes": (20, 80, 320),
    "noise_exponent": 1.0,
}

CLAIMS = [
    Ensemble(
        name="noise-is-segregated-in-time",
        statement="Below any eigenvalue the noise is learned late, at times of the inverse eigenvalue, and "
        "above it early, while each direction gains its signal at the same time as its noise.",
        source=SOURCE + "label noise is pushed into orthogonal components of high frequency",
        equation=r"$\int_{\lambda\leq\lambda_c}\rho\,(1-e^{-\lambda t})^2\,(S,\ \sigma^2/\lambda)$",
        prediction=energies,
        measurement=routes.energy_below_cuts,
        parameters=ISOTROPIC
        | {"t": np.geomspace(0.2, 100, 12), "cut": np.array([1.0, 2.0, 3.5, 6.0])},
        coordinate="t",
        scale="maximum",
        size="n_inputs",
        quantity="energy of signal and noise below the cut",
        alternatives={"noise without preferred direction": noise_without_eigenvalue},
        **FINITE | {"seeds": 24, "margin": 0.01},
        cost=9.0,
    ),
    Ensemble(
        name="noise-ends-in-small-eigenvalues",
        statement="In the trained student a direction holds noise in proportion to the inverse of its "
        "eigenvalue and signal in equal parts.",
        source=SOURCE + "label noise ends in the tail of the spectrum",
        equation=r"$\int_{\lambda\leq\lambda_c}\rho\,(S,\ \sigma^2/\lambda)$",
        prediction=final_energies,
        measurement=lambda rng, cut, **given: routes.energy_below_cuts(
            rng, t=np.array([np.inf]), cut=cut, **given
        )[0],
        parameters=ISOTROPIC | {"cut": np.linspace(0.3, 5.5, 20)},
        coordinate="cut",
        scale="maximum",
        size="n_inputs",
        quantity="energy of signal and noise below the cut",
        alternatives={
            "noise without preferred direction": lambda cut, **given: noise_without_eigenvalue(
                np.array([np.inf]), cut, **given
            )[0]
        },
        **FINITE | {"margin": 0.015},
        cost=9.0,
    ),
    Identity(
        name="directions-worth-keeping",
        statement="A direction errs less kept than cut if and only if its noise is below "
        "S lambda/tanh(lambda t/2): with all times, lambda above 1/SNR.",
        source=SOURCE + "noise-dominated subspaces can be pruned; the rule derived here",
        equation=r"$\lambda\,\mathrm{SNR}=\tanh(\lambda t/2)$",
        closed_form=noise_of_balance,
        residual=balance,
        coordinate="t",
        domain={"S": (0.5, 2), "lambda": (0.2, 2), "t": (0.5, 3)},
    ),
    Ensemble(
        name="truncation-lowers-the-error",
        statement="Pruning the trained student below a cut lowers its error, most near 1/SNR; an early "
        "stopped one gains little.",
        source=SOURCE + "spectral truncation removes noise-dominated subspaces",
        equation=r"$E=\sigma^2+S\int_{\lambda\leq\lambda_c}\rho"
        r"+\int_{\lambda>\lambda_c}\rho\,[Sq^2+\sigma^2(1-q)^2/\lambda]$",
        prediction=risk_of_cuts,
        measurement=routes.risk_of_cuts,
        parameters={
            "cut": np.linspace(0.0, 7.5, 16),
            "t": np.array([2.0, np.inf]),
            "sample_ratio": 3.0,
            "teacher_power": 1.0,
            "noise_var": 2.0,
        },
        coordinate="cut",
        scale=1.0,
        size="n_inputs",
        quantity="test error",
        alternatives={
            "without a cut": lambda cut, **given: risk_of_cuts(0 * cut, **given),
        },
        **FINITE | {"margin": 0.01},
        cost=9.0,
    ),
    Ensemble(
        name="optimal-cut",
        statement="The best cut is 1/SNR for trained students and smaller for stopped ones.",
        source=SOURCE + "truncation to d << D directions; the cut derived here",
        equation=r"$\lambda_c\,\mathrm{SNR}=\tanh(\lambda_c t/2)$",
        prediction=best_cuts,
        measurement=routes.best_cuts,
        parameters={
            "snr": np.array([0.6, 1.0, 2.0, 4.0]),
            "t": np.array([12.0, 20.0, np.inf]),
            "sample_ratio": 1.5,
        },
        coordinate="snr",
        sizes=(400,),
        size="n_inputs",
        seeds=32,
        quantity="best cut",
        margin=0.02,
        alternatives={"1/SNR at any time": lambda snr, t, **_: np.outer(1 / snr, np.ones(len(t)))},
        cost=5.0,
    ),
    Ensemble(
        name="truncation-is-not-the-optimum",
        statement="With equal signal in all directions truncation helps but does not recover the optimum: "
        "its best excess risk stays above that of the best ridge.",
        source=SOURCE + "truncation recovers the optimal generalization (corrected)",
        equation=r"$S\int_{\lambda\leq1/\mathrm{SNR}}\rho+\int_{\lambda>1/\mathrm{SNR}}\rho\,\sigma^2/\lambda"
        r"\ >\ \sigma^2m(1/\mathrm{SNR})$",
        prediction=truncated_and_ridge,
        measurement=routes.best_of_isotropic_students,
        parameters={"snr": np.array([0.5, 1.0, 2.0, 5.0, 10.0]), "sample_ratio": 1.5},
        coordinate="snr",
        size="n_inputs",
        quantity="smallest excess risk: truncation, ridge",
        alternatives={"published: the optimum is recovered": as_good_as_ridge},
        **FINITE,
        cost=6.0,
    ),
    Ensemble(
        name="harm-sets-in-with-noise",
        statement="Overfitting turns from harmless to harmful at a noise level, S |1 - ratio| for trained "
        "students and higher for stopped ones, beyond which weights of 0 do better.",
        source=SOURCE + "a transition to harmful overfitting as the noise grows",
        equation=r"$\sigma_c^2=S\int\rho\,(1-q^2)\,/\int\rho\,(1-q)^2/\lambda$",
        prediction=harmful_noise,
        measurement=routes.noise_of_equal_error,
        parameters={
            "sample_ratio": np.array([0.25, 0.5, 0.75, 1.5, 2.0, 3.0]),
            "t": np.array([1.0, 5.0, np.inf]),
        },
        coordinate="sample_ratio",
        size="n_inputs",
        quantity="noise variance of equal error",
        alternatives={
            "no stopping": lambda sample_ratio, t: np.outer(abs(1 - sample_ratio), np.ones(len(t)))
        },
        **FINITE,
        cost=15.0,
    ),
    Ensemble(
        name="truncated-students-do-not-overtrain",
        statement="Where the signal lies in few strong directions, a student cut to the leading directions of "
        "its samples keeps its best error for all times, while the full one overtrains.",
        source=SOURCE + "truncation is stable where early stopping is not",
        equation=r"$f(S)=\frac{1}{2\pi i}\oint(1-e^{-zt})\frac{\kappa}{z}(C+\kappa)^{-1}dz$",
        prediction=risk_of_two_blocks,
        measurement=routes.risk_of_two_blocks,
        parameters=BLOCKS | {"t": np.geomspace(0.1, 1e4, 16), "noise_var": 0.5},
        coordinate="t",
        scale="maximum",
        size="n_train",
        quantity="excess risk: cut, full",
        alternatives={"the truncated student overtrains too": cut_overtrains},
        **FINITE | BLOCK_SIZES | {"margin": 0.01},
        cost=20.0,
    ),
    Ensemble(
        name="truncated-late-as-good-as-stopped",
        statement="Truncating the trained student recovers, to within a tenth, what the best stopping time "
        "would have given, however much noise the full student has learned.",
        source=SOURCE + "truncation recovers the generalization latent in the converged model",
        equation=r"$E_\mathrm{cut}(\infty),\ E(\infty),\ \min_tE(t)$",
        prediction=late_and_stopped,
        measurement=routes.late_and_stopped,
        parameters=BLOCKS
        | {"noise_var": np.array([0.05, 0.1, 0.2, 0.5, 1.0, 2.0]), "t": np.geomspace(1, 100, 60)},
        coordinate="noise_var",
        size="n_train",
        quantity="excess risk: cut late, full, stopped",
        **FINITE | BLOCK_SIZES,
        cost=20.0,
    ),
    Ensemble(
        name="class-error-with-flips",
        statement="Linear students of flipped signs err on the angle between teacher and student; flips "
        "shrink the teacher by 1 - 2p and add the noise 1 - (2/pi)(1 - 2p)^2.",
        source=SOURCE + "label noise in classification; the angle derived here",
        equation=r"$\arccos(R/\sqrt{Q})/\pi$",
        prediction=class_errors,
        measurement=routes.class_errors,
        parameters={
            "t": np.geomspace(0.3, 1e3, 12),
            "flip_probability": np.array([0.0, 0.1, 0.2, 0.3, 0.4]),
            "sample_ratio": 1.5,
        },
        coordinate="flip_probability",
        size="n_inputs",
        quantity="class error",
        alternatives={
            "as at the end": lambda t, **given: class_errors(np.full(len(t), np.inf), **given),
            "signs without a remainder": lambda t, flip_probability, sample_ratio: class_errors(
                t, 0 * flip_probability, sample_ratio
            ),
        },
        **FINITE | FLIP_SIZES | {"margin": 0.015},
        cost=15.0,
    ),
    Ensemble(
        name="overtraining-moves-earlier",
        statement="The more labels are flipped, the earlier the class error is smallest.",
        source=SOURCE + "noise memorization under label noise",
        equation=r"$\arg\min_t\ \arccos(R/\sqrt{Q})/\pi$",
        prediction=best_times,
        measurement=routes.time_of_smallest_class_error,
        parameters={
            "flip_probability": np.array([0.0, 0.05, 0.1, 0.15, 0.2]),
            "sample_ratio": 1.5,
        },
        settings={"t": np.geomspace(0.1, 10, 32)},
        coordinate="flip_probability",
        size="n_inputs",
        quantity="best time",
        alternatives={
            "the same time for all flips": lambda flip_probability, sample_ratio: best_times(
                0 * flip_probability, sample_ratio
            )
        },
        **FINITE | FLIP_SIZES | {"seeds": 48, "margin": 0.03},
        cost=15.0,
    ),
]
