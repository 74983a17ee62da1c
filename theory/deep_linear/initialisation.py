"""Where the learning of deep networks starts: random products, tanh networks, trees, pre-training.

Each formula states its setting; those of one idea stand in one file:

- products of random matrices, and vectors that pass them: `random_products`, `random_vectors`
- learning rates of deep Gaussian and orthogonal starts: `start_kernels`
- signals and Jacobians of random tanh networks: `mean_field`
- hierarchical data: `hierarchy`
- pre-trained chains: `pretrained`
"""

from lazyrich.theory.deep_linear.hierarchy import HierarchicalSpectrum, hierarchical_spectrum
from lazyrich.theory.deep_linear.mean_field import (
    TanhFixedPoint,
    TanhMeanField,
    tanh_fixed_point,
    tanh_jacobian_spread,
    tanh_mean_field,
)
from lazyrich.theory.deep_linear.pretrained import pretrained_time
from lazyrich.theory.deep_linear.random_products import (
    fuss_catalan_density,
    fuss_catalan_edge,
    fuss_catalan_moment,
    lyapunov_exponents,
)
from lazyrich.theory.deep_linear.random_vectors import LogLength, log_length
from lazyrich.theory.deep_linear.start_kernels import gaussian_rate_spread, gaussian_residual

__all__ = [
    "HierarchicalSpectrum",
    "LogLength",
    "TanhFixedPoint",
    "TanhMeanField",
    "fuss_catalan_density",
    "fuss_catalan_edge",
    "fuss_catalan_moment",
    "gaussian_rate_spread",
    "gaussian_residual",
    "hierarchical_spectrum",
    "log_length",
    "lyapunov_exponents",
    "pretrained_time",
    "tanh_fixed_point",
    "tanh_jacobian_spread",
    "tanh_mean_field",
]
