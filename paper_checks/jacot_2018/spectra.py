"""Spectrum of the kernel on the sphere: which functions are learned fast, slowly or never."""

from functools import partial
from typing import Any

import numpy as np

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble, Identity
from lazyrich.paper_checks.measurements.jacot_2018 import dense_kernels as routes
from lazyrich.paper_checks.predictions import jacot_2018 as predictions
from lazyrich.paper_checks.predictions import jacot_2018_circle as circle

SOURCE = "arXiv:1806.07572, "
COMPONENTS = SOURCE + "principal components of the kernel; "
DEFINITE = SOURCE + "proposition on positive definiteness on the sphere; "
HE = float(np.sqrt(2))
SPACINGS = (1 / 96, 1 / 192, 1 / 384)
ALIASED: dict[str, Any] = {"steps": SPACINGS, "step": "spacing", "order": 2.0}

CLAIMS = [
    Identity(
        name="circle-spectrum",
        statement="On the circle the kernel of one hidden ReLU layer without bias has the eigenvalues "
        "(4/pi^2)(k^2+3)/(k^2-1)^2 for even k, 12/pi^2 for constants, 1 for k = 1, and none for odd k above.",
        source=COMPONENTS + "the closed form derived here",
        equation=r"$\frac{1}{\pi}\int_0^\pi\Theta\cos k\theta\,d\theta=\frac{4(k^2+3)}{\pi^2(k^2-1)^2}$",
        closed_form=circle.fourier_coefficient,
        residual=circle.fourier_residual,
        coordinate="k",
        domain={"k": (1.5, 9.0)},
        alternatives={"without the constant 3": partial(circle.fourier_coefficient, constant=0)},
        cost=4.0,
    ),
    Deterministic(
        name="sum-rule",
        statement="The eigenvalues, each as often as it has harmonics, sum to the kernel of coinciding inputs on "
        "every sphere.",
        source=COMPONENTS + "Mercer's theorem",
        equation=r"$\sum_kN(d,k)\lambda_k=\Theta(x,x)=2(L+1)$",
        prediction=predictions.sums_of_eigenvalues,
        measurement=routes.kernel_of_coinciding_inputs,
        parameters={"dims": (2, 3, 5), "hidden_layers": 2},
        coordinate=None,
        margin=1e-4,
        max_sensitivity=1e-3,
        quantity="sum of all eigenvalues",
        alternatives={
            "each eigenvalue once": partial(predictions.sums_of_eigenvalues, counted_once=True),
            "only 200 degrees": partial(predictions.sums_of_eigenvalues, with_tail=False),
        },
        cost=2.0,
    ),
    Deterministic(
        name="circle-spectrum-of-dense-kernels",
        statement="Eigenvalues of the kernel on the circle are those of its matrix on equispaced inputs, up to "
        "aliases that vanish as 1/n^2; cosines are its principal components.",
        source=COMPONENTS + "Funk and Hecke",
        equation=r"$\lambda_k=\frac{1}{\pi}\int_0^\pi\Theta(\theta)\cos k\theta\,d\theta$",
        prediction=predictions.circle_spectra,
        measurement=routes.circle_spectra,
        parameters={
            "modes": np.arange(7),
            "hidden_layers": (1, 3, 3),
            "sigma_w": 1.0,
            "sigma_b": np.array([0.5, 0.1, 1.0]),
        },
        coordinate="sigma_w",
        margin=5e-3,
        max_sensitivity=0.01,
        quantity="eigenvalue",
        alternatives={
            "one hidden layer more": lambda hidden_layers, **given: predictions.circle_spectra(
                hidden_layers=np.add(hidden_layers, 1), **given
            )
        },
        cost=2.0,
        **ALIASED,
    ),
    Ensemble(
        name="sphere-spectrum-of-random-inputs",
        statement="The largest eigenvalues of the kernel matrix of random inputs on the sphere tend to those of "
        "constants, linear, quadratic and cubic harmonics.",
        source=COMPONENTS + "Funk and Hecke",
        equation=r"$\lambda_k=\frac{1}{2}\int_{-1}^1\Theta(t)P_k(t)\,dt$ (dim 3)",
        prediction=lambda dim, n_modes, hidden_layers, sigma_w, sigma_b: (
            predictions.sphere_spectrum(int(dim), n_modes, hidden_layers, sigma_w, sigma_b)
        ),
        measurement=routes.random_inputs_spectrum,
        parameters={"dim": 3, "n_modes": 4, "hidden_layers": 2, "sigma_w": HE, "sigma_b": 0.3},
        coordinate="sigma_w",
        sizes=(64, 256, 1024),
        quick_sizes=(32, 128, 512),
        size="n_inputs",
        seeds=24,
        noise_exponent=1.0,
        margin=0.03,
        quantity="eigenvalue",
        alternatives={
            "on the circle": lambda dim, **given: predictions.sphere_spectrum(2, **given)
        },
        cost=12.0,
    ),
    Deterministic(
        name="eigenvalues-decay-as-a-power",
        statement="Eigenvalues of deep ReLU networks without bias decay as k^-d, with an amplitude that grows with "
        "depth and differs between even and odd degrees.",
        source=COMPONENTS + "decay derived here",
        equation=r"$\lambda_k\sim\frac{4}{\pi k^2}(\frac{L(L+1)}{2\pi}\pm b_L)$ (circle)",
        prediction=predictions.relu_tails,
        measurement=routes.circle_spectra,
        parameters={
            "modes": np.array([40, 41, 46, 47, 52, 53]),
            "hidden_layers": (2, 3, 5),
            "sigma_w": HE,
            "sigma_b": 0.0,
        },
        coordinate=None,
        margin=0.01,
        max_sensitivity=0.02,
        quantity="eigenvalue",
        alternatives={
            "a power steeper": lambda modes, **given: (
                predictions.relu_tails(modes=modes, **given) * 46 / modes
            ),
            "even and odd degrees alike": lambda **given: (
                predictions.relu_tails(**given).mean(axis=1, keepdims=True) * np.ones(6)
            ),
        },
        cost=5.0,
        **ALIASED | {"steps": (1 / 384, 1 / 768, 1 / 1536)},
    ),
    Deterministic(
        name="one-layer-without-bias-is-not-definite",
        statement="The kernel of one hidden ReLU layer without bias does not see odd degrees above 1: it is "
        "not positive definite on the sphere, unlike the paper's networks, which have biases.",
        source=DEFINITE + "its assumption of biases",
        equation=r"$\lambda_3=\lambda_5=\ldots=0$",
        prediction=partial(predictions.circle_spectra, hidden_layers=1, sigma_w=HE, sigma_b=0.0),
        measurement=partial(
            routes.circle_spectra, hidden_layers=1, sigma_w=HE, sigma_b=0.0, spacing=1 / 128
        ),
        parameters={"modes": np.array([3, 5, 7, 9, 11])},
        coordinate=None,
        value_sensitivity=False,
        scale=1.0,
        margin=1e-9,
        quantity="eigenvalue",
        alternatives={
            "positive definite: with bias 0.1": partial(
                predictions.circle_spectra, hidden_layers=1, sigma_w=HE, sigma_b=0.1
            ),
            "positive definite: with a second layer": partial(
                predictions.circle_spectra, hidden_layers=2, sigma_w=HE, sigma_b=0.0
            ),
        },
        cost=1.0,
    ),
    Deterministic(
        name="any-bias-repairs-definiteness",
        statement="Any bias gives odd degrees positive eigenvalues.",
        source=DEFINITE + "networks with biases",
        equation=r"$\lambda_3,\lambda_5,\ldots>0$",
        prediction=predictions.circle_spectra,
        measurement=routes.circle_spectra,
        parameters={
            "modes": np.array([3, 5, 7, 9]),
            "hidden_layers": 1,
            "sigma_w": HE,
            "sigma_b": np.array([0.1, 0.3, 1.0]),
        },
        coordinate="sigma_b",
        margin=0.01,
        max_sensitivity=0.02,
        quantity="eigenvalue",
        cost=2.0,
        **ALIASED,
    ),
    Deterministic(
        name="a-second-layer-repairs-definiteness",
        statement="With two or more hidden layers equispaced inputs have a positive smallest eigenvalue, also "
        "without bias: that of the highest wave, and of all waves that look alike on these inputs.",
        source=DEFINITE + "depth of two and more",
        equation=r"$\min_k\sum_m\lambda_{|mn+k|}>0$",
        prediction=predictions.smallest_eigenvalues,
        measurement=routes.smallest_circle_eigenvalues,
        parameters={
            "n_inputs": np.array([8, 9, 16, 17, 32]),
            "hidden_layers": 2,
        },
        coordinate=None,
        margin=1e-3,
        max_sensitivity=0.01,
        quantity="smallest eigenvalue / n",
        alternatives={
            "one hidden layer": lambda n_inputs, **_: predictions.smallest_eigenvalues(n_inputs, 1),
            "three hidden layers": lambda n_inputs, **_: predictions.smallest_eigenvalues(
                n_inputs, 3
            ),
        },
        cost=3.0,
    ),
    Deterministic(
        name="polynomial-activation-sees-few-modes",
        statement="Networks with activation z^2 see harmonics up to degree 2^L only, whatever the number of "
        "inputs: the proposition needs an activation that is no polynomial.",
        source=DEFINITE + "its assumption of a non-polynomial activation",
        equation=r"rank $=\sum_{k\leq 2^L}N(d,k)$",
        prediction=predictions.square_activation_ranks,
        measurement=routes.square_activation_ranks,
        parameters={"dims": (2, 3, 4), "hidden_layers": 2, "sigma_b": 0.5},
        coordinate=None,
        margin=1e-9,
        quantity="rank of the kernel matrix of 400 inputs",
        alternatives={
            "even degrees only": lambda dims, hidden_layers, sigma_b: (
                predictions.square_activation_ranks(dims, hidden_layers, 0.0)
            ),
            "degree 2 L": lambda dims, hidden_layers, sigma_b: predictions.square_activation_ranks(
                dims, 1, sigma_b
            ),
        },
        cost=2.0,
    ),
]
