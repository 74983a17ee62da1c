"""Where the learning of deep networks starts: random products, tanh networks, trees, pre-training.

Each formula states its setting; those of one idea stand in one file:

- products of random matrices: `random_products`
- signals and Jacobians of random tanh networks: `mean_field`
- hierarchical data: `hierarchy`
- pre-trained chains: `pretrained`
"""

from lazyrich.theory.deep_linear.hierarchy import HierarchicalSpectrum, hierarchical_spectrum
from lazyrich.theory.deep_linear.mean_field import TanhMeanField, tanh_mean_field
from lazyrich.theory.deep_linear.pretrained import pretrained_time
from lazyrich.theory.deep_linear.random_products import (
    fuss_catalan_density,
    fuss_catalan_edge,
    fuss_catalan_moment,
    lyapunov_exponents,
)

__all__ = [
    "HierarchicalSpectrum",
    "TanhMeanField",
    "fuss_catalan_density",
    "fuss_catalan_edge",
    "fuss_catalan_moment",
    "hierarchical_spectrum",
    "lyapunov_exponents",
    "pretrained_time",
    "tanh_mean_field",
]
