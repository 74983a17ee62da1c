r"""Students with infinitely many random features, as regression with the features' kernel.

Inputs x ~ N(0, I_d), labels y = theta . x + noise, features act(w . x) with w uniform on abs(w) = 1.
The minimum of sum_mu (y - f)^2 + penalty abs(a)^2 over the readout of p features tends, for p to infinity, to
f = k(x, X)(K + penalty)^-1 y, with k(x, x') the mean of a feature's product at two inputs.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.arguments import finite_matrix, generator, real_array, whole_number
from lazyrich.solvers.networks.blas_threads import one_blas_thread
from lazyrich.solvers.networks.memory import require_memory
from lazyrich.solvers.networks.random_feature_student import Risk

Array = NDArray[np.float64]


def relu_kernel(X1: ArrayLike, X2: ArrayLike) -> Array:
    """Mean of phi(x1) phi(x2), phi = relu(w . x) - E relu(g), over w uniform on abs(w) = 1: (n1, n2).

    ReLU is homogeneous, so that E relu(w . x1) relu(w . x2) is the arc-cosine kernel of Gaussian w over
    d, at any norm of x, and E relu(w . x) is abs(x) times Gamma(d/2)/(2 sqrt(pi) Gamma((d + 1)/2)).

    References
    ----------
    Cho, Saul 2009, the arc-cosine kernel of order 1.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal((1, 100_000))
    >>> print(relu_kernel(x, x).round(3))  # the variance 1/2 - 1/(2 pi) of relu(g)
    [[0.341]]
    """
    first = finite_matrix(X1, "X1", "samples x inputs")
    second = finite_matrix(X2, "X2", "samples x inputs")
    d = first.shape[1]
    lengths = np.linalg.norm(first, axis=1), np.linalg.norm(second, axis=1)
    norms = np.outer(*lengths)
    cosine = np.clip(first @ second.T / np.where(norms > 0, norms, 1.0), -1.0, 1.0)
    arc = np.sqrt(1 - cosine**2) + (math.pi - np.arccos(cosine)) * cosine
    mean = 1 / math.sqrt(2 * math.pi)
    of_length = math.exp(math.lgamma(d / 2) - math.lgamma((d + 1) / 2)) / (2 * math.sqrt(math.pi))
    shift = mean * of_length * np.add.outer(*lengths)
    return norms / d * arc / (2 * math.pi) - shift + mean**2


class KernelStudent(NamedTuple):
    """Averages over fresh inputs that give the risk of regression with the ReLU kernel, in K's eigenvectors."""

    values: Array
    """Eigenvalues of K, (n,)."""
    kernel_pairs: Array
    """Mean of k(X, x) k(x, X), (n, n), times the products of training inputs."""
    kernel_squares: Array
    """Diagonal of the former alone, (n,)."""
    cross: Array
    """Mean of k(X, x) x, times the training inputs, summed: (n,)."""
    test_power: float
    """Mean of abs(x)^2/d over the fresh inputs."""
    dim: int

    def ridge_risk(self, penalty: ArrayLike) -> Risk:
        """Bias and variance at teacher_power = noise_var = 1 for each penalty >= 0, (...).

        Exact averages over teachers and label noise, means over the fresh inputs.
        """
        given = real_array(penalty, "penalty")
        if given.size == 0 or not (np.isfinite(given).all() and given.min() >= 0):
            raise ValueError(f"penalty = {penalty!r}; needs finite values >= 0")
        with one_blas_thread():
            gain = 1 / (self.values + given[..., None])
            signal = ((gain @ self.kernel_pairs) * gain).sum(axis=-1) - 2 * gain @ self.cross
            return Risk(signal / self.dim + self.test_power, gain**2 @ self.kernel_squares)


def relu_student(n_train: int, dim: int, n_test: int, rng: np.random.Generator) -> KernelStudent:
    """A student on n_train samples that is tested on n_test fresh ones.

    Raises
    ------
    ValueError
        For sizes that are not whole and at least 1.

    Examples
    --------
    >>> student = relu_student(20, 10, 1000, np.random.default_rng(0))
    >>> bool(student.ridge_risk(1e6).signal > 0.99)  # nothing learned
    True
    """
    n, d, m = (
        whole_number(n_train, "n_train"),
        whole_number(dim, "dim"),
        whole_number(n_test, "n_test"),
    )
    require_memory(32.0 * n * (n + m), "the kernels")
    X = generator(rng).standard_normal((n + m, d))
    with one_blas_thread():
        kernel = relu_kernel(X, X[:n])
        values, vectors = np.linalg.eigh(kernel[:n])
        labels, of_test = vectors.T @ X[:n], kernel[n:] @ vectors
        pairs = of_test.T @ of_test / m
        return KernelStudent(
            values,
            pairs * (labels @ labels.T),
            np.diagonal(pairs).copy(),
            ((of_test.T @ X[n:]) * labels).sum(axis=1) / m,
            float((X[n:] ** 2).sum()) / (m * d),
            d,
        )
