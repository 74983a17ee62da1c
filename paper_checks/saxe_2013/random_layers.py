"""Random deep networks before learning: Gaussian products, and Jacobians of tanh networks."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Ensemble
from lazyrich.paper_checks.measurements.saxe_2013 import random_layers as routes
from lazyrich.theory.deep_linear import initialisation

Array = NDArray[np.float64]
SOURCE = "arXiv:1312.6120, "
KNOWN_LAW = (
    SOURCE + "random Gaussian layers give ill-conditioned products; the law is the known one"
)


def moments(orders: Any, n_factors: Any) -> Array:
    """Moments of the Fuss-Catalan law: (orders, factors)."""
    return initialisation.fuss_catalan_moment(np.asarray(orders)[:, None], np.asarray(n_factors))


def moments_of_one_factor_more(orders: Any, n_factors: Any) -> Array:
    """Altered: the number of layers of neurons is taken for that of matrices."""
    orders, factors = np.asarray(orders)[:, None], np.asarray(n_factors) + 1
    return initialisation.fuss_catalan_moment(orders, factors)


def moments_of_orthogonal_layers(orders: Any, n_factors: Any) -> Array:
    """Altered: layers that keep every length."""
    return np.ones((len(orders), len(n_factors)))


def bin_masses(edges: Array, n_factors: Any, **_: Any) -> Array:
    """Integral of the density over each bin, 60 Gauss-Legendre nodes in log x: (bins, factors)."""
    nodes, weights = np.polynomial.legendre.leggauss(60)
    low, high = np.log(edges[:-1, :, None]), np.log(edges[1:, :, None])
    x = np.exp(low + (high - low) * (1 + nodes) / 2)
    density = initialisation.fuss_catalan_density(x, np.asarray(n_factors)[:, None])
    return ((high - low) / 2 * weights * x * density).sum(axis=-1)


def growth_rates(width: int, **_: Any) -> Array:
    """Lyapunov exponents of all singular values."""
    return initialisation.lyapunov_exponents(width)


def growth_of_the_mean_square(width: int, **_: Any) -> Array:
    """Altered: half the logarithm of the mean square per layer, as if nothing fluctuated."""
    k = np.arange(width)
    return np.log((width - k) / width) / 2


def mean_field_gains(gain: Array, depths: Any, **_: Any) -> Array:
    """Product of the layers' mean squared gains: (gains, depths)."""
    chi = initialisation.tanh_mean_field(gain, max(depths), 1.0).chi
    return np.cumprod(chi, axis=0)[np.subtract(depths, 1)].T


def linear_gains(gain: Array, depths: Any, **_: Any) -> Array:
    """Altered: tanh taken for its slope at zero."""
    return np.asarray(gain)[:, None] ** (2 * np.asarray(depths))


def edges(n_factors: Any) -> Array:
    """Upper edges of the Fuss-Catalan law."""
    return initialisation.fuss_catalan_edge(np.asarray(n_factors))


def edges_of_one_factor_more(n_factors: Any) -> Array:
    """Altered: the number of layers of neurons is taken for that of matrices."""
    return edges(np.asarray(n_factors) + 1)


def _jacobian_claim(kind: str, depths: tuple[int, ...], sizes: tuple[int, ...]) -> Ensemble:
    return Ensemble(
        name=f"{kind}-jacobians-follow-mean-field",
        statement=f"The typical mean squared singular value of the Jacobian of a wide tanh network "
        f"with {kind} layers is the product of mean-field gains, below, at and above gain 1.",
        source=SOURCE + "Jacobians of nonlinear networks against gain, at the edge of chaos",
        equation=r"$\langle\sigma^2\rangle=\prod_l\chi_l,\quad "
        r"\chi_l=g^2\,E[(1-\tanh^2(\sqrt{q_l}z))^2]$",
        prediction=mean_field_gains,
        measurement=routes.jacobian_gains,
        parameters={"gain": np.array([0.9, 1.0, 1.1]), "depths": depths},
        settings={"kind": kind, "n_probes": 8},
        coordinate="gain",
        scale="log",
        sizes=sizes,
        size="width",
        noise_exponent=1.0,
        seeds=32,
        quantity="mean squared singular value",
        margin=0.03,
        alternatives={"linear network": linear_gains},
        cost=10.0,
    )


# Bins of equal probability 1/6 under the predicted laws of 1, 2 and 4 factors, from the first sixth
# to the edge, rounded to three digits.
SIXTHS = np.array(
    [
        [0.0689, 0.281, 0.653, 1.22, 2.1, 4.0],
        [0.0091, 0.0821, 0.319, 0.898, 2.22, 6.75],
        [0.00021, 0.00803, 0.0758, 0.421, 1.89, 12.207],
    ]
).T

CLAIMS = [
    Ensemble(
        name="gaussian-product-moments",
        statement="Moments of the squared singular values of products of one to three Gaussian "
        "matrices are Fuss-Catalan numbers: the spread grows with depth.",
        source=KNOWN_LAW,
        equation=r"$\langle\sigma^{2k}\rangle=\binom{(M+1)k}{k}/(Mk+1)$",
        prediction=moments,
        measurement=routes.product_moments,
        parameters={"orders": (1, 2, 3), "n_factors": (1, 2, 3)},
        coordinate=None,
        sizes=(32, 128, 512),
        size="width",
        noise_exponent=2.0,
        seeds=96,
        quantity="moment",
        margin=0.03,
        alternatives={
            "one factor more": moments_of_one_factor_more,
            "orthogonal layers": moments_of_orthogonal_layers,
        },
        cost=6.0,
    ),
    Ensemble(
        name="gaussian-product-density",
        statement="Squared singular values of products of Gaussian matrices are distributed by the "
        "Fuss-Catalan density, ever more of them near zero.",
        source=KNOWN_LAW,
        equation=r"$x=\frac{\sin^{M+1}((M+1)p)}{\sin p\,\sin^M(Mp)},\quad "
        r"\rho=\frac{\sin p\,\sin((M+1)p)}{\pi x\sin(Mp)}$",
        prediction=bin_masses,
        measurement=routes.product_histogram,
        parameters={"edges": SIXTHS, "n_factors": (1, 2, 4)},
        settings={"products": 6},
        coordinate="edges",
        sizes=(24, 96, 384),
        size="width",
        noise_exponent=2.0,
        seeds=32,
        quantity="part of the squared singular values in a bin",
        margin=0.03,
        cost=8.0,
    ),
    Ensemble(
        name="gaussian-product-edge",
        statement="The largest squared singular value of a product of Gaussian matrices tends to "
        "the edge of the Fuss-Catalan law.",
        source=KNOWN_LAW,
        equation=r"$\sigma_{\max}^2\to(M+1)^{M+1}/M^M$",
        prediction=edges,
        measurement=routes.largest_of_product,
        parameters={"n_factors": (1, 2)},
        coordinate=None,
        sizes=(64, 256, 1024),
        quick_sizes=(32, 128, 512),
        size="width",
        order=2 / 3,
        noise_exponent=4 / 3,
        seeds=64,
        quantity="largest squared singular value",
        margin=0.03,
        alternatives={"one factor more": edges_of_one_factor_more},
        cost=17.0,
    ),
    Ensemble(
        name="gaussian-products-shrink-at-lyapunov-rates",
        statement="Each singular value of a product of Gaussian layers shrinks exponentially with "
        "depth at its own rate.",
        source=KNOWN_LAW,
        equation=r"$\frac{1}{M}\log\sigma_k\to\frac{1}{2}[\psi(\frac{N-k+1}{2})+\log\frac{2}{N}]$",
        prediction=growth_rates,
        measurement=routes.growth_of_singular_values,
        parameters={"width": 4},
        settings={"products": 64},
        coordinate=None,
        scale="maximum",
        sizes=(16, 64, 256),
        size="n_factors",
        noise_exponent=1.0,
        quantity="growth rate per layer",
        margin=0.03,
        alternatives={"no fluctuations": growth_of_the_mean_square},
        cost=4.0,
    ),
    _jacobian_claim("orthogonal", (4, 8, 16), (256, 1024, 4096)),
    _jacobian_claim("gaussian", (1, 2, 4), (512, 2048, 8192)),
]
