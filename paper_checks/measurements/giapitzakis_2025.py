"""Routes to the numbers of Giapitzakis et al. 2025 that use none of the theory's formulas.

Kernels are integrals over the angle of two ReLUs, regression is dense linear algebra, probabilities come
from sampled outputs, from 50-digit arithmetic, and from ensembles of networks that are trained.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def kernels(cosine: Any) -> tuple[Array, Array]:
    """NNGP and NTK of unit vectors at these cosines, times k: Gauss-Legendre over the shared half-plane.

    relu(u) relu(v) of two Gaussians at angle theta is E R^2 = 2 times the mean over the angle phi of
    cos(phi) cos(phi - theta) where both are positive.
    """
    distinct, place = np.unique(np.clip(cosine, -1, 1), return_inverse=True)
    theta: Array = np.arccos(distinct)[:, None]
    nodes, weights = np.polynomial.legendre.leggauss(24)
    half = (np.pi - theta) / 2
    phi = theta / 2 + half * nodes
    density = half * weights / np.pi
    nngp: Array = (density * np.cos(phi) * np.cos(phi - theta)).sum(axis=-1)
    both_active: Array = (density / 2).sum(axis=-1)
    ntk: Array = nngp + distinct * both_active
    shape = np.shape(cosine)
    return nngp[place].reshape(shape), ntk[place].reshape(shape)


def _bits(length: int) -> Array:
    """All 2^k - 1 inputs as rows of zeros and ones."""
    numbers = np.arange(1, 2**length)
    return (numbers[:, None] >> np.arange(length) & 1).astype(np.float64)


def every_input(length: int) -> Array:
    """The inputs `_bits`, each of length 1."""
    return _unit(_bits(length))


def _unit(bits: Array) -> Array:
    return np.divide(bits, np.sqrt((bits**2).sum(axis=-1, keepdims=True)), dtype=np.float64)


def dense_weights(inputs: Array, inverse: bool = False) -> Array:
    """NTK regression from the basis vectors: A (inputs, k); or the inverse of their kernel, (k, k)."""
    length = inputs.shape[1]
    ntk = kernels(np.eye(length))[1]
    found = np.linalg.inv(ntk) * length if inverse else np.linalg.solve(ntk, kernels(inputs)[1].T).T
    return np.asarray(found, dtype=np.float64)


def dense_law(bits: Array) -> tuple[Array, Array]:
    """Mean (inputs, k) on the images of all bits, covariance (inputs, inputs) of each output."""
    length = bits.shape[1]
    inputs, train = _unit(bits), np.eye(length)
    nngp, ntk = kernels(train @ train.T)
    nngp_cross, ntk_cross = kernels(inputs @ train.T)
    weights = np.asarray(np.linalg.solve(ntk, ntk_cross.T).T, dtype=np.float64)
    covariance = kernels(inputs @ inputs.T)[0] + weights @ nngp @ weights.T
    covariance -= weights @ nngp_cross.T + nngp_cross @ weights.T
    return weights, covariance / length


def _first_bits(length: int, n_ones: Any) -> Array:
    return (np.arange(length) < np.asarray(n_ones)[:, None]).astype(float)


def dense_moments(length: Any, n_ones: Any) -> Array:
    """Mean on set bits, mean on unset bits and variance, (inputs, 3); one more unset bit if m = k."""
    found = []
    for k, m in zip(length, n_ones, strict=True):
        mean, covariance = dense_law(_first_bits(int(k), [m]))
        found.append([mean[0, 0], mean[0, -1], covariance[0, 0]])
    return np.array(found)


def moments_in_50_digits(length: Any, n_ones: Any) -> Array:
    """The same from the two equations that symmetry leaves, for lengths that no matrix can have."""
    import mpmath

    with mpmath.workdps(50):
        return np.array(
            [_precise(int(k), int(m)) for k, m in zip(length, n_ones, strict=True)], dtype=float
        )


def _precise(k: int, m: int) -> list[Any]:
    """Moments as mpmath numbers at its present precision."""
    import mpmath

    def kernel(r: Any) -> tuple[Any, Any]:
        angle = mpmath.pi - mpmath.acos(r)
        nngp = (mpmath.sqrt(1 - r * r) + r * angle) / (2 * mpmath.pi)
        return nngp, nngp + r * angle / (2 * mpmath.pi)

    (same, d), (other, c) = kernel(mpmath.mpf(1)), kernel(mpmath.mpf(0))
    cross, f = kernel(1 / mpmath.sqrt(m))
    equations = mpmath.matrix([[d + (m - 1) * c, (k - m) * c], [m * c, d + (k - m - 1) * c]])
    w1, w0 = mpmath.lu_solve(equations, mpmath.matrix([f, c]))
    total = m * w1 + (k - m) * w0
    spread = (same - other) * (m * w1**2 + (k - m) * w0**2) + other * total**2
    variance = (same + spread - 2 * (m * w1 * cross + (k - m) * w0 * other)) / k
    return [w1, w0, variance]


def scaled_moments(n_ones: Any, inverse_length: float) -> Array:
    """Mean on set bits, k x mean on unset bits, k x variance at k = 1/inverse_length, (m, 3)."""
    k = round(1 / inverse_length)
    return moments_in_50_digits([k] * len(n_ones), n_ones) * np.array([1.0, k, k])


def _precise_failures(k: int) -> Any:
    """log of the chance that one input fails for m = 2, ..., k, as a function of N, in 30 digits."""
    import mpmath

    moments = [_precise(k, m) for m in range(2, k + 1)]

    def log_failures(size: int) -> list[Any]:
        found = []
        for m, (mean_set, mean_unset, variance) in enumerate(moments, start=2):
            noise = mpmath.sqrt(variance / size)
            wrong = [mpmath.erfc(x / noise / mpmath.sqrt(2)) / 2 for x in (mean_set, -mean_unset)]
            right = m * mpmath.log1p(-wrong[0]) + (k - m) * mpmath.log1p(-wrong[1])
            found.append(mpmath.log(-mpmath.expm1(right)))
        return found

    return log_failures


def smallest_ensembles(length: Any, probability: float) -> Array:
    """Smallest N by bisection over whole numbers, (lengths, 3).

    For the worst single input; for the sum over all inputs; for all inputs as bad as the worst.
    """
    import mpmath

    found = []
    with mpmath.workdps(30):
        for k in np.asarray(length).tolist():
            log_failures = _precise_failures(k)
            target = mpmath.log(1 - mpmath.mpf(probability))
            shared = target - mpmath.log(2**k - 1)
            count = [mpmath.log(mpmath.binomial(k, m)) for m in range(2, k + 1)]

            def single(size: int, of: Any = log_failures, goal: Any = target) -> bool:
                return max(of(size)) <= goal

            def summed(
                size: int, of: Any = log_failures, log: Any = count, goal: Any = target
            ) -> bool:
                logs = [a + b for a, b in zip(of(size), log, strict=True)]
                return mpmath.log(mpmath.fsum(mpmath.exp(x) for x in logs)) <= goal

            def equally_bad(size: int, of: Any = log_failures, goal: Any = shared) -> bool:
                return max(of(size)) <= goal

            found.append([_bisected(enough) for enough in (single, summed, equally_bad)])
    return np.array(found, dtype=float)


def _bisected(enough: Any) -> int:
    low, high = 0, 64
    while not enough(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def large_ensembles(length: Any, probability: float) -> Array:
    """Ensembles for one and for all inputs at large lengths, real numbers, (lengths, 2).

    Tails are exp(-z^2/2) erfcx(z/sqrt 2)/2, and log(1 - tail) is -tail for tails this small; moments in
    50 digits on a grid of m, splined.
    """
    from scipy.interpolate import CubicSpline
    from scipy.optimize import brentq
    from scipy.special import betaln, erfcx, logsumexp

    found = []
    for k in np.asarray(length).tolist():
        m = np.arange(2, k + 1)
        grid = np.unique(np.rint(_dense_at_both_ends(k)).astype(int))
        moments = moments_in_50_digits([k] * len(grid), grid)
        z1, z0 = moments[:, :2].T / np.sqrt(moments[:, 2])
        z1, z0 = (CubicSpline(np.log(grid), z)(np.log(m)) for z in (z1, -z0))
        with np.errstate(divide="ignore"):
            log_bits = np.log(m), np.log(k - m)
        log_count = -np.log(k + 1) - betaln(k - m + 1, m + 1)

        def logs(size: float, signals: Any = (z1, z0), bits: Any = log_bits) -> Array:
            x = [np.sqrt(size / 2) * z for z in signals]
            tails = [b - y**2 + np.log(erfcx(y) / 2) for b, y in zip(bits, x, strict=True)]
            log = np.logaddexp(*tails)
            large = np.log(-np.expm1(-np.exp(np.clip(log, -30, 100))))
            return np.where(log < -30, log, large)

        goal, top = np.log(1 - probability), 1e3 * k**1.5
        failing = (
            lambda size, f=logs: f(size).max(),
            lambda size, f=logs, count=log_count: logsumexp(f(size) + count),
        )
        found.append(
            [brentq(lambda size, f=f, g=goal: f(size) - g, 1, top, rtol=1e-6) for f in failing]
        )
    return np.array(found)


def _dense_at_both_ends(k: int) -> Array:
    return np.concatenate([np.geomspace(2, k, 300), k + 2 - np.geomspace(2, k, 300)])


def success_by_digits(n_ones: Any, length: int, ensemble_size: float) -> Array:
    """Probability that all bits of an input with m of them set are right: dense law, 30-digit tails."""
    import mpmath

    mean, covariance = dense_law(_first_bits(length, n_ones))
    found = []
    with mpmath.workdps(30):
        for m, row, variance in zip(n_ones, mean, covariance.diagonal(), strict=True):
            signal = np.abs(row) / np.sqrt(variance / ensemble_size)
            set_bits, unset_bits = (mpmath.ncdf(z) for z in signal[[0, -1]])
            found.append(set_bits ** int(m) * unset_bits ** int(length - m))
    return np.array(found, dtype=float)


def sampled_success(
    rng: np.random.Generator, n_draws: float, ensemble_size: Any, n_ones: Any, length: int
) -> Array:
    """Share of sampled ensembles that are right on an input, (sizes, m): outputs of the dense law."""
    bits = _first_bits(length, n_ones)
    mean, covariance = dense_law(bits)
    noise = np.sqrt(covariance.diagonal())[:, None]
    found = []
    for size in np.asarray(ensemble_size):
        z = rng.standard_normal((int(n_draws), *bits.shape)) / np.sqrt(size)
        right = ((mean + noise * z > 0) == (bits > 0)).all(axis=-1)
        found.append(right.mean(axis=0))
    return np.array(found)


def sampled_failures(
    rng: np.random.Generator, n_draws: float, ensemble_size: Any, length: int
) -> Array:
    """Mean number of the 2^k - 1 inputs that fail, all drawn together with their covariance."""
    bits = _bits(length)
    mean, covariance = dense_law(bits)
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0))
    single = bits.sum(axis=1) == 1  # training inputs: no noise, right but for rounding
    failures = np.zeros(len(ensemble_size))
    for _ in range(int(n_draws)):
        noise = root @ rng.standard_normal((len(bits), length))
        for j, size in enumerate(np.asarray(ensemble_size)):
            wrong = ((mean + noise / np.sqrt(size) > 0) != (bits > 0)).any(axis=1)
            failures[j] += np.count_nonzero(wrong & ~single)
    return failures / n_draws
