"""Giapitzakis, Back de Luca, Fountoulakis 2025: exact learning of permutations by ensembles.

Two layers, ReLU, no bias, NTK parametrisation, trained on the k basis vectors; tested on all 2^k - 1
nonzero binary inputs of unit length; averages above 0 are read as 1.
"""

from typing import Any

import numpy as np

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble, Identity
from lazyrich.paper_checks.measurements import giapitzakis_2025 as routes
from lazyrich.paper_checks.measurements import giapitzakis_2025_networks as networks
from lazyrich.paper_checks.predictions import giapitzakis_2025 as predictions
from lazyrich.theory.infinite_width import permutations

BIBTEX = """
@misc{giapitzakis2025permutations,
  title = {Exact learning of permutations for nonzero binary inputs with logarithmic training size and
           quadratic ensemble complexity},
  author = {Giapitzakis, George and Back de Luca, Artur and Fountoulakis, Kimon},
  year = {2025},
  eprint = {2502.16763},
  archivePrefix = {arXiv}
}
"""

SOURCE = "arXiv:2502.16763, "
PROCESS = SOURCE + "the output converges to a Gaussian process"
ENSEMBLES = SOURCE + "ensemble complexity"
DERIVED = "; what is needed derived here"
LAW = r"$(A-mG)c/(A(A+ck)),\ G=\Theta(1/\sqrt{m})-c,\ A=1-c,\ c=1/2\pi$"
EXACT: dict[str, Any] = {"margin": 1e-9, "max_sensitivity": 1e-6, "cost": 1.0}
EVERY = [(k, m) for k in (3, 7, 20) for m in range(2, k)]
EXTREME = [(k, m) for k in (10**3, 10**6) for m in (2, 3, 30, k // 2, k - 1, k)]
LENGTHS = np.array([5, 10, 20, 40, 80])


def wrong_law(n_ones: Any, length: Any) -> Any:
    """Altered: moments if only the readout is trained."""
    return np.concatenate(
        [predictions.readout_moments([m], k) for k, m in zip(length, n_ones, strict=True)]
    )


CLAIMS = [
    Identity(
        name="weights-solve-the-regression",
        statement="The mean output of a set and of an unset bit solve the kernel regression on the "
        "basis vectors.",
        source=PROCESS + "; its mean",
        equation=LAW,
        closed_form=predictions.regression_weights,
        residual=predictions.regression_residual,
        coordinate="k",
        domain={"k": (5, 50), "m": (2, 5), "c": (0.1, 0.3), "d": (0.8, 1.5), "f": (0.4, 0.7)},
    ),
    Deterministic(
        name="moments-against-dense-kernels",
        statement="Trained on single bits only, the limiting Gaussian process has a positive mean on "
        "bits that should be set and a negative one on others, on every input.",
        source=PROCESS + "; its mean and variance",
        equation=LAW,
        prediction=predictions.moments,
        measurement=routes.dense_moments,
        parameters={
            "length": np.array([k for k, _ in EVERY]),
            "n_ones": np.array([m for _, m in EVERY]),
        },
        coordinate=None,
        alternatives={"only the readout is trained": wrong_law},
        quantity="means and variance",
        **EXACT,
    ),
    Deterministic(
        name="moments-keep-their-digits",
        statement="Means and variance keep twelve digits from two bits set to all, up to a million bits.",
        source=PROCESS + "; written without cancellation here",
        prediction=predictions.moments,
        measurement=routes.moments_in_50_digits,
        parameters={
            "length": np.array([k for k, _ in EXTREME]),
            "n_ones": np.array([m for _, m in EXTREME]),
        },
        coordinate=None,
        margin=1e-12,
        max_sensitivity=1e-9,
        alternatives={"only the readout is trained": wrong_law},
        quantity="means and variance",
        cost=1.0,
    ),
    Ensemble(
        name="moments-of-trained-networks",
        statement="Networks trained on single bits have these means and this variance, up to "
        "corrections that fall with the square root of the width: a unit that a training input has "
        "switched off stays off for it.",
        source=PROCESS + "; order of the correction derived here",
        equation=LAW,
        prediction=predictions.moments,
        measurement=networks.trained_moments,
        parameters={"n_ones": np.array([2, 3, 4, 5]), "length": 6},
        settings={"n_pairs": 4},
        coordinate=None,
        scale="maximum",
        sizes=(512, 2048, 8192),
        quick_sizes=(128, 512, 2048),
        size="width",
        order=0.5,
        noise_exponent=1.0,
        margin=0.03,
        alternatives={"only the readout is trained": predictions.readout_moments},
        quantity="means and variance",
        cost=12.0,
    ),
    Deterministic(
        name="limits-of-long-inputs",
        statement="At a fixed number of set bits, k times the mean of unset bits and k times the variance "
        "converge: with two bits set to -0.1505 and 0.0635.",
        source=ENSEMBLES + " of a single input, linearithmic; the constants derived here",
        equation=r"$\mu_1\to G/A,\ k\mu_0\to1-mG/A,\ ks^2\to(a^2-mg^2)/a+am(G/A-g/a)^2$",
        prediction=predictions.limits,
        measurement=routes.scaled_moments,
        parameters={"n_ones": np.array([2, 3, 4, 5])},
        coordinate=None,
        steps=(1 / 1000, 1 / 2000, 1 / 4000),
        step="inverse_length",
        margin=5e-3,
        max_sensitivity=0.01,
        alternatives={
            "moments at 100 bits": lambda n_ones: (
                predictions.moments(n_ones, 100) * np.array([1.0, 100, 100])
            )
        },
        quantity="limits of means and variance",
        cost=1.0,
    ),
    Deterministic(
        name="hardest-input",
        statement="Of all inputs that are no training data, those with two bits set fail most often.",
        source=ENSEMBLES + " of a single input" + DERIVED,
        equation=r"$\Phi(\sqrt{N}\mu_1/s)^m\,\Phi(\sqrt{N}|\mu_0|/s)^{k-m}$",
        prediction=lambda n_ones, length, ensemble_size: permutations.success_probability(
            length, n_ones, ensemble_size
        ),
        measurement=routes.success_by_digits,
        parameters={"n_ones": np.arange(2, 41), "length": 40, "ensemble_size": 600.0},
        coordinate="ensemble_size",
        alternatives={
            "dense inputs are the hardest": lambda n_ones, length, ensemble_size: (
                permutations.success_probability(length, length + 2 - n_ones, ensemble_size)
            )
        },
        quantity="probability that all bits are right",
        **EXACT,
    ),
    Ensemble(
        name="success-of-sampled-ensembles",
        statement="Averages of N independent outputs, rounded at 0, are right on all bits with the "
        "product of the probabilities of each bit.",
        source=SOURCE + "averaging and rounding give the permutation with high probability",
        equation=r"$\Phi(\sqrt{N}\mu_1/s)^m\,\Phi(\sqrt{N}|\mu_0|/s)^{k-m}$",
        prediction=predictions.success,
        measurement=routes.sampled_success,
        parameters={
            "ensemble_size": np.array([20.0, 60.0, 180.0]),
            "n_ones": np.array([2, 3, 4, 5]),
            "length": 10,
        },
        coordinate="ensemble_size",
        scale="maximum",
        sizes=(20000,),
        quick_sizes=(4000,),
        size="n_draws",
        margin=0.02,
        alternatives={"only the readout is trained": predictions.readout_success},
        quantity="probability that all bits are right",
        cost=5.0,
    ),
    Ensemble(
        name="success-of-trained-ensembles",
        statement="Ensembles of trained networks are right on inputs they have never seen as often as "
        "predicted. The networks are lazy (output scale 64), so that the correction is 1/width.",
        source=SOURCE + "experiments with ensembles of trained networks",
        equation=r"$\Phi(\sqrt{N}\mu_1/s)^m\,\Phi(\sqrt{N}|\mu_0|/s)^{k-m}$",
        prediction=predictions.success,
        measurement=networks.trained_success,
        parameters={
            "ensemble_size": np.array([4, 8, 16, 32]),
            "n_ones": np.array([3, 4, 5]),
            "length": 6,
        },
        settings={"output_scale": 64.0, "n_pairs": 48, "n_ensembles": 400},
        coordinate=None,
        scale=1.0,
        sizes=(64, 256, 1024),
        quick_sizes=(32, 128, 512),
        size="width",
        seeds=32,
        margin=0.02,
        alternatives={
            "only the readout is trained": predictions.readout_success,
            "rounded at 1/2": predictions.rounded_at_half,
        },
        quantity="probability that all bits are right",
        cost=20.0,
    ),
    Ensemble(
        name="expected-number-of-failures",
        statement="An ensemble fails on as many of the 2^k - 1 inputs, on average, as their "
        "probabilities add up to, though the outputs on them are correlated.",
        source=ENSEMBLES + " of all inputs, a union bound",
        equation=r"$\sum_m\binom{k}{m}(1-P_m)$",
        prediction=lambda ensemble_size, length: permutations.expected_failures(
            length, ensemble_size
        ),
        measurement=routes.sampled_failures,
        parameters={"ensemble_size": np.array([10.0, 40.0, 160.0]), "length": 6},
        coordinate="ensemble_size",
        scale="pointwise",
        sizes=(4000,),
        quick_sizes=(1000,),
        size="n_draws",
        margin=0.02,
        quantity="inputs that fail",
        cost=5.0,
    ),
    Deterministic(
        name="needed-ensembles",
        statement="The ensemble needed for one input and for all inputs, and the one that would do if "
        "all were as hard as the hardest: k^2 networks, as published, are enough for all inputs from "
        "80 bits on, but fewer are needed.",
        source=ENSEMBLES + ": linearithmic for one input, quadratic for all" + DERIVED,
        equation=r"$\sum_m\binom{k}{m}(1-P_m)\leq1-p$",
        prediction=predictions.ensembles,
        measurement=routes.smallest_ensembles,
        parameters={"length": LENGTHS, "probability": 0.9},
        coordinate="probability",
        margin=1e-6,
        max_sensitivity=0.01,
        quantity="networks",
        cost=3.0,
    ),
    Deterministic(
        name="growth-of-the-needed-ensemble",
        statement="The ensemble needed grows as k log k for one input; for all inputs it is 16 k log k "
        "from a hundred to ten thousand bits and grows as k^(3/2) log k, decided by nearly full inputs, "
        "beyond. The published k^2 is sufficient, not necessary.",
        source=ENSEMBLES + ": linearithmic for one input, quadratic for all" + DERIVED,
        equation=r"$N\sim2vk\,\log k,\ v=2.80$",
        prediction=predictions.needed_ensembles,
        measurement=routes.large_ensembles,
        parameters={
            "length": np.array([300, 1000, 3000, 10000, 40000]),
            "probability": 0.9,
        },
        coordinate=None,
        margin=3e-3,
        max_sensitivity=0.01,
        alternatives={
            "k^2 is needed": predictions.quadratic,
            "16 k log k at any length": predictions.linearithmic,
        },
        quantity="networks",
        cost=5.0,
    ),
]
