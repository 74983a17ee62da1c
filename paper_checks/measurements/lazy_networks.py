"""Two-layer networks with an output scale, trained: how far weights, kernels and outputs have moved."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def _run(
    t: Any,
    X: Array,
    y: Array,
    W: Array,
    v: Array,
    activation: str,
    output_scale: float,
    learning_rate: float,
) -> Any:
    """The trajectory at times t, and the start."""
    from lazyrich.solvers.networks import scaled_two_layer as networks

    start = networks.Network(W, v)
    steps = np.rint(np.asarray(t) / learning_rate).astype(np.int64)
    assert np.allclose(steps * learning_rate, t, rtol=1e-9)
    run = networks.train(
        start, X, y, learning_rate, steps, output_scale=output_scale, activation=activation
    )
    return run, start


def _per_unit(inverse_output_scale: float, steps_per_unit: float) -> float:
    """Learning rate in proportion to 1/alpha, so that both errors vanish together."""
    return 1 / round(steps_per_unit / inverse_output_scale)


def weights_moved(
    t: Any, inverse_output_scale: float, steps_per_unit: float, **network: Any
) -> Array:
    """alpha |theta_t - theta_0|, (T,)."""
    alpha = 1 / inverse_output_scale
    rate = _per_unit(inverse_output_scale, steps_per_unit)
    run, start = _run(t, **network, output_scale=alpha, learning_rate=rate)
    square = ((run.network.W - start.W) ** 2).sum(axis=(1, 2))
    return alpha * np.sqrt(square + ((run.network.v - start.v) ** 2).sum(axis=1))


def kernels_at(t: Any, X: Array, activation: str, **given: Any) -> Array:
    """Tangent kernels at the start and at times t, (T + 1, P, P)."""
    from lazyrich.solvers.networks import scaled_two_layer as networks

    run, start = _run(t, X=X, activation=activation, **given)
    weights = [start, *map(networks.Network, *run.network)]
    return np.array([networks.tangent_kernel(w, X, activation) for w in weights])


def kernel_moved(
    t: Any, inverse_output_scale: float, steps_per_unit: float, **network: Any
) -> Array:
    """alpha (K_t - K_0), (T, P, P)."""
    alpha = 1 / inverse_output_scale
    rate = _per_unit(inverse_output_scale, steps_per_unit)
    kernels = kernels_at(t, **network, output_scale=alpha, learning_rate=rate)
    return alpha * (kernels[1:] - kernels[0])


def alignment_gained(
    t: Any, inverse_output_scale: float, steps_per_unit: float, y: Array, **network: Any
) -> Array:
    """alpha x the gain of y K y/(|K| |y|^2) since the start, (T,)."""
    alpha = 1 / inverse_output_scale
    rate = _per_unit(inverse_output_scale, steps_per_unit)
    kernels = kernels_at(t, y=y, **network, output_scale=alpha, learning_rate=rate)
    found = [y @ k @ y / (np.linalg.norm(k) * (y @ y)) for k in kernels]
    return alpha * (np.array(found[1:]) - found[0])


def outputs_departed(
    t: Any, inverse_output_scale: float, steps_per_unit: float, X: Array, y: Array, **network: Any
) -> Array:
    """alpha (f - f_lin), f_lin by as many steps of the linearised network, (T, P)."""
    from lazyrich.solvers.networks import scaled_two_layer as networks

    alpha = 1 / inverse_output_scale
    rate = _per_unit(inverse_output_scale, steps_per_unit)
    run, start = _run(t, X=X, y=y, **network, output_scale=alpha, learning_rate=rate)
    kernel = networks.tangent_kernel(start, X, network["activation"])
    step = np.eye(len(y)) - rate * kernel
    counts = np.rint(np.asarray(t) / rate).astype(int)
    linear = np.array([y - np.linalg.matrix_power(step, n) @ y for n in counts])
    return alpha * (run.outputs - linear)


def everything_moved(
    t: Any, inverse_output_scale: float, steps_per_unit: float, **network: Any
) -> Array:
    """|dtheta|, |dK|, |f - f_lin| (all x alpha), (T, 3)."""
    given = (t, inverse_output_scale, steps_per_unit)
    kernel = kernel_moved(*given, **network)
    departed = outputs_departed(*given, **network)
    columns = [
        weights_moved(*given, **network),
        np.sqrt((kernel**2).sum(axis=(1, 2))),
        np.sqrt((departed**2).sum(axis=1)),
    ]
    return np.column_stack(columns)


def outputs_of_scaled(
    step: Any, learning_rate: float, output_scale: float, **network: Any
) -> Array:
    """f after these numbers of steps of gradient descent, (steps, P)."""
    t = learning_rate * np.asarray(step)
    return _run(t, **network, output_scale=output_scale, learning_rate=learning_rate)[0].outputs


def _white(n_samples: int, dim: int) -> tuple[Array, Array]:
    """Orthogonal inputs of norm sqrt(dim), and targets of norm 1."""
    return np.sqrt(dim) * np.eye(n_samples, dim), np.ones(n_samples) / np.sqrt(n_samples)


def _matched_start(width: int, dim: int, correlation: Array, seed: int) -> Any:
    """Weights whose second moments are those of infinite width but for E v w = `correlation`, (dim,)."""
    from lazyrich.solvers.networks import scaled_two_layer as networks

    columns = np.random.default_rng(seed).standard_normal((width, dim + 1))
    moments = np.eye(dim + 1)
    moments[-1, :-1] = moments[:-1, -1] = correlation
    columns = np.sqrt(width) * np.linalg.qr(columns)[0] @ np.linalg.cholesky(moments).T
    return networks.Network(columns[:, :-1], columns[:, -1])


def _ends(start: Any, X: Array, y: Array, richness: float, learning_rate: float) -> tuple[Any, ...]:
    """|dtheta|/|theta_0| and (K - K_0)/|K_0| of a linear network at the end of training."""
    from lazyrich.solvers.networks import scaled_two_layer as networks

    alpha = float(np.linalg.norm(y)) / (richness * np.sqrt(len(start.v)))
    rate = learning_rate / np.sqrt(1 + richness**2)
    given = (X, y, rate, [round(15 / rate)])
    run = networks.train(start, *given, output_scale=alpha, activation="identity")
    assert np.abs(run.outputs[0] - y).max() < 1e-6
    end = networks.Network(run.network.W[0], run.network.v[0])
    moved = np.sum((end.W - start.W) ** 2) + np.sum((end.v - start.v) ** 2)
    before = networks.tangent_kernel(start, X, "identity")
    change = networks.tangent_kernel(end, X, "identity") - before
    weights = np.sqrt(moved / (np.sum(start.W**2) + np.sum(start.v**2)))
    return weights, change / np.linalg.norm(before)


def crossover(richness: Any, width: Any, n_samples: int, dim: int, learning_rate: float) -> Array:
    """Relative movement of weights and of the kernel at the end, (richness, widths, 2)."""
    X, y = _white(n_samples, dim)
    found = np.empty((len(richness), len(width), 2))
    for i, r in enumerate(richness):
        for j, n in enumerate(width):
            start = _matched_start(n, dim, np.zeros(dim), seed=n)
            weights, kernel = _ends(start, X, y, r, learning_rate)
            found[i, j] = weights, np.linalg.norm(kernel)
    return found


def lazy_fluctuation(width: Any, n_samples: int, dim: int, inverse_output_scale: float) -> Array:
    """alpha width |dK|/|K_0| at large alpha, root mean square over the chance overlaps E v w, (widths,).

    Of variance 1/width in each direction: the mean square over all of them is that over n_samples
    orthogonal directions with overlap sqrt(n_samples/width).
    """
    X, y = _white(n_samples, dim)
    found = []
    for n in width:
        squares = []
        for direction in np.eye(n_samples, dim):
            start = _matched_start(n, dim, np.sqrt(n_samples / n) * direction, seed=n)
            richness = inverse_output_scale / np.sqrt(n)
            _, kernel = _ends(start, X, y, richness, 0.2)
            squares.append(np.sum(kernel**2))
        found.append(n / inverse_output_scale * np.sqrt(np.mean(squares)))
    return np.array(found)


def lazy_weights(
    rng: np.random.Generator,
    width: float,
    t: Any,
    X: Array,
    y: Array,
    activation: str,
    output_scale: float,
    learning_rate: float,
) -> Array:
    """alpha sqrt(N) |dtheta|/|theta_0| at fixed alpha, (T,)."""
    from lazyrich.solvers.networks import scaled_two_layer as networks

    start = networks.random_network(int(width), X.shape[1], rng)
    run, _ = _run(t, X, y, start.W, start.v, activation, output_scale, learning_rate)
    square = ((run.network.W - start.W) ** 2).sum(axis=(1, 2))
    square += ((run.network.v - start.v) ** 2).sum(axis=1)
    size = np.sum(start.W**2) + np.sum(start.v**2)
    return output_scale * np.sqrt(width * square / size)


def relative_movements(
    start: Any,
    X: Array,
    y: Array,
    activation: str,
    output_scale: float,
    learning_rate: float,
    t: Any,
) -> Array:
    """|dtheta|/|theta_0|, |dK|/|K_0| at the last time, the largest |f - f_lin|/|y|, alignments, (5,)."""
    from lazyrich.solvers.networks import scaled_two_layer as networks

    run, _ = _run(t, X, y, start.W, start.v, activation, output_scale, learning_rate)
    before = networks.tangent_kernel(start, X, activation)
    end = networks.Network(run.network.W[-1], run.network.v[-1])
    after = networks.tangent_kernel(end, X, activation)
    moved = np.sum((end.W - start.W) ** 2) + np.sum((end.v - start.v) ** 2)
    rates, modes = np.linalg.eigh(before)
    counts = np.rint(np.asarray(t) / learning_rate)[:, None]
    linear = y - ((1 - learning_rate * rates) ** counts * (modes.T @ y)) @ modes.T
    departed = np.sqrt(((run.outputs - linear) ** 2).sum(axis=1)).max()
    aligned = [y @ k @ y / (np.linalg.norm(k) * (y @ y)) for k in (before, after)]
    return np.array(
        [
            np.sqrt(moved / (np.sum(start.W**2) + np.sum(start.v**2))),
            np.linalg.norm(after - before) / np.linalg.norm(before),
            departed / np.linalg.norm(y),
            *aligned,
        ]
    )
