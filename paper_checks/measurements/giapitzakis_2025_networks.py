"""Networks that learn a permutation from single bits, and ensembles of them, for Giapitzakis et al. 2025."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.measurements.giapitzakis_2025 import dense_weights, every_input

Array = NDArray[np.float64]

STEPS = 10000
TOLERANCE = 1e-12  # of the sum of squared errors, reached in about 20 steps where networks are wide


def _trained(
    rng: np.random.Generator, n_pairs: int, width: int, length: int, output_scale: float
) -> tuple[Any, Any, Array]:
    """Networks, a random permutation of bits, and outputs (2, pairs, inputs, k) of both mirror images.

    Outputs are returned in the order of the input bits.
    """
    from lazyrich.solvers.networks import relu_ensemble as networks

    start = networks.random_ensemble(n_pairs, width, length, length, rng)
    order = rng.permutation(length)
    labels = np.eye(length)[:, order]
    x, found = every_input(length), []
    for side in (start, networks.mirrored(start)):
        train = (np.eye(length), labels, length / 2, STEPS)
        end, loss = networks.train(side, *train, output_scale=output_scale, tolerance=TOLERANCE)
        assert loss.max() <= TOLERANCE
        found.append(networks.scaled_outputs(side, end, x, output_scale)[..., np.argsort(order)])
    return start, order, np.array(found)


def trained_moments(
    rng: np.random.Generator, width: float, n_ones: Any, length: int, n_pairs: int
) -> Array:
    """Mean on set bits, on unset bits, and variance of trained networks, (m, 3).

    Mirror images share all noise of the start that is odd in the readout: half their sum has the mean,
    half their difference the variance. Noise whose expectation is known is taken off: of the mean, the
    fluctuation of the first step towards the labels; of the variance, its value for outputs linear in
    the readout, whose average over the readout is added exactly.
    """
    start, order, outputs = _trained(rng, n_pairs, int(width), length, 1.0)
    mean = outputs.mean(axis=0) - _first_step(start, length, order)
    linear, power = _readout_noise(start, length, order)
    spread = ((outputs[0] - outputs[1]) / 2) ** 2 - linear**2 + power[..., None]
    bits = every_input(length) > 0
    found = []
    for m in n_ones:
        rows = bits.sum(axis=1) == m
        on = bits[rows]
        found.append([mean[:, rows][:, on].mean(), mean[:, rows][:, ~on].mean()])
        found[-1].append(spread[:, rows].mean())
    return np.array(found)


def _features(start: Any, length: int) -> tuple[Array, Array, Array, Array]:
    """Preactivations of all inputs and of the training inputs (the basis vectors), and activities."""
    before = every_input(length) @ start.first / np.sqrt(length)
    train = start.first / np.sqrt(length)
    scale = np.sqrt(start.first.shape[2])
    return before, train, np.maximum(before, 0) / scale, np.maximum(train, 0) / scale


def _readout_noise(start: Any, length: int, order: Any) -> tuple[Array, Array]:
    """f_0(x) - A f_0(X) with A of infinite width, and its mean square over the readout."""
    _, _, hidden, train = _features(start, length)
    missed = hidden - dense_weights(every_input(length)) @ train
    noise = missed @ np.swapaxes(start.second, 1, 2)
    return noise[..., np.argsort(order)], (missed**2).sum(axis=-1)


def _first_step(start: Any, length: int, order: Any) -> Array:
    """Test output less A x training output of a step along the labels' dual vectors; 0 on average."""
    before, train, hidden, train_hidden = _features(start, length)
    x, weights = every_input(length), dense_weights(every_input(length))
    labels = np.eye(length)[:, order]
    dual = dense_weights(np.eye(length), inverse=True) @ labels
    width = start.first.shape[2]
    active = train > 0
    readout_step = np.swapaxes(train_hidden, 1, 2) @ dual  # (R, n, q)
    pull = (dual @ start.second) * active / np.sqrt(length * width)  # (R, d, n)

    def change(rows: Array, z: Array, h: Array) -> Array:
        moved = (rows @ pull) * (z > 0) / np.sqrt(length * width)
        return h @ readout_step + moved @ np.swapaxes(start.second, 1, 2)

    noise = change(x, before, hidden) - weights @ change(np.eye(length), train, train_hidden)
    return noise[..., np.argsort(order)]


def trained_success(
    rng: np.random.Generator,
    width: float,
    ensemble_size: Any,
    n_ones: Any,
    length: int,
    output_scale: float,
    n_pairs: int,
    n_ensembles: int,
) -> Array:
    """Share of ensembles of trained networks that are right, (sizes, m).

    Ensembles are drawn from a pool, without replacement and with one of the mirror images of each network;
    all inputs with m bits set count.
    """
    outputs = _trained(rng, n_pairs, int(width), length, output_scale)[2]
    bits = every_input(length) > 0
    found = []
    for size in ensemble_size:
        right = np.zeros(len(bits))
        for _ in range(n_ensembles):
            members, side = rng.permutation(n_pairs)[:size], rng.integers(2, size=size)
            right += ((outputs[side, members].mean(axis=0) > 0) == bits).all(axis=1)
        share = right / n_ensembles
        found.append([share[bits.sum(axis=1) == m].mean() for m in n_ones])
    return np.array(found)
