"""Deep linear and ReLU students that train on random data, as routes to Advani and Saxe 2017."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

HIDDEN = 3  # a rank-one start stays of rank one: wider layers change nothing


def on_sphere(rng: np.random.Generator, shape: tuple[int, int], power: float) -> Array:
    """Columns of random directions whose entries have the mean square `power` exactly."""
    entries = rng.standard_normal(shape)
    return np.sqrt(power * shape[0]) * entries / np.linalg.norm(entries, axis=0)


def balanced_start(rng: np.random.Generator, start: Array, depth: int) -> list[Array]:
    """Balanced rank-one weights whose product is `start`, with random hidden directions."""
    from lazyrich.solvers.networks.initial_weights import aligned_weights

    size = float(np.linalg.norm(start))
    strengths = np.full((depth, 1), size ** (1 / depth))
    right = start[:, None] / size
    return aligned_weights(np.ones((1, 1)), right, strengths, [HIDDEN] * (depth - 1), rng)


def product(layers: Any) -> Array:
    """W_D ... W_1 at every record, without the axis of the single output."""
    found = layers[0]
    for layer in layers[1:]:
        found = layer @ found
    return found[..., 0, :]


def students_of_design(
    rng: np.random.Generator,
    n_inputs: float,
    t: Array,
    sample_ratio: float,
    depth: int,
    init_scale: float,
    noise_var: float,
    step: float,
    weights_in_all: int,
) -> Array:
    """Test and train error, mean over students of one random design: (times, 2).

    Every student has its own teacher (mean square 1), label noise and start, each on the sphere of the
    right radius: the mean over seeds keeps its limit, without the spread of these three lengths.
    The number of students is weights_in_all/n_inputs, which gives every size the same spread.
    Gradient descent with `step` (of t) and half of it, extrapolated to the flow.
    """
    from lazyrich.solvers.networks.deep_linear import train_ensemble
    from lazyrich.solvers.networks.second_moments import from_samples

    n = int(n_inputs)
    n_train, students = round(sample_ratio * n), round(weights_in_all / n)
    inputs = rng.standard_normal((n_train, n)) / np.sqrt(n)
    teachers = on_sphere(rng, (n, students), 1.0)
    labels = inputs @ teachers + on_sphere(rng, (n_train, students), noise_var)
    starts = on_sphere(rng, (n, students), init_scale**2)
    members = [balanced_start(rng, start, depth) for start in starts.T]
    together = from_samples(inputs, labels)
    moments = [_of_one_label(together, labels, k) for k in range(students)]
    found = []
    for fine in (1, 2):
        steps = np.rint(fine * t / step).astype(np.int64)
        # the networks' loss is a mean over samples, and their time is not scaled by N
        rate = step / fine * n_train / n ** ((depth - 1) / depth)
        run = train_ensemble(members, moments, rate, steps, weight_steps=steps)
        distance = product(run.weights) - teachers.T
        test = noise_var + (distance**2).mean(axis=(1, 2))
        found.append(np.column_stack([test, 2 * run.loss.mean(axis=1)]))
    return 2 * found[1] - found[0]


def _of_one_label(moments: Any, labels: Array, k: int) -> Any:
    """The moments of the k-th label alone, from the one decomposition of the inputs."""
    row = slice(k, k + 1)
    power = float(np.mean(labels[:, k] ** 2))
    explained = float(moments.least_squares[k] @ moments.sigma_yx[k])
    return moments._replace(
        sigma_yx=moments.sigma_yx[row],
        trace_yy=power,
        least_squares=moments.least_squares[row],
        floor=max(power - explained, 0.0) / 2,
        coefficients=moments.coefficients[row],
    )


def products_of_networks(
    t: Array, gram: Any, drive: Any, start: Any, depths: tuple[int, ...], learning_rate: float
) -> Array:
    """W_D ... W_1 of full matrices under gradient descent, for each depth: (times, depths, N)."""
    steps = np.rint(t / learning_rate).astype(np.int64)
    found = [
        product(_full_matrices(gram, drive, start, depth, learning_rate, steps)) for depth in depths
    ]
    return np.stack(found, axis=1)


def drift_of_form(
    t: Array, gram: Any, drive: Any, start: Any, depths: tuple[int, ...], learning_rate: float
) -> Array:
    """What leaves the balanced rank-one form, over the largest layer's norm: (times, depths, 2).

    First the largest entry of W_(l+1)^T W_(l+1) - W_l W_l^T (over the norm squared), then the largest
    second singular value of any layer.
    """
    steps = np.rint(t / learning_rate).astype(np.int64)
    found = []
    for depth in depths:
        layers = _full_matrices(gram, drive, start, depth, learning_rate, steps)
        size = max(float(np.linalg.norm(layer, axis=(1, 2)).max()) for layer in layers)
        balance = [
            np.abs(np.swapaxes(after, 1, 2) @ after - layer @ np.swapaxes(layer, 1, 2)).max(
                axis=(1, 2)
            )
            for layer, after in pairwise(layers)
        ]
        # the last layer is a row: it has one singular value
        second = [np.linalg.svd(layer, compute_uv=False)[:, 1] for layer in layers[:-1]]
        found.append(
            np.stack([np.max(balance, axis=0) / size**2, np.max(second, axis=0) / size], axis=1)
        )
    return np.stack(found, axis=1)


def _full_matrices(
    gram: Any, drive: Any, start: Any, depth: int, learning_rate: float, steps: Any
) -> Any:
    """Every layer at every record; the seed gives the hidden directions alone."""
    from lazyrich.solvers.networks.deep_linear import train
    from lazyrich.solvers.networks.second_moments import from_covariances

    weights = balanced_start(np.random.default_rng(depth), np.asarray(start), depth)
    moments = from_covariances(gram, np.asarray(drive)[None, :])
    return train(weights, moments, learning_rate, steps, weight_steps=steps).weights


def time_on_plateau(
    sample_ratio: Array, depth: int, noise_var: float, n_inputs: int, init_root: float, step: float
) -> Array:
    """Time until half of the train error that can be learned is gone, for each sample ratio.

    One random design a ratio (teacher of mean square 1, noise noise_var), its labels scaled to give the drive
    X y its expected norm, and a start orthogonal to it with init_root = b0^(1/depth). Descent with
    `step` (of t) and half of it, extrapolated to the flow.
    """
    from lazyrich.solvers.networks.deep_linear import train
    from lazyrich.solvers.networks.second_moments import from_samples

    found = []
    for k, alpha in enumerate(sample_ratio):
        rng = np.random.default_rng(k)
        n_train = round(alpha * n_inputs)
        inputs = rng.standard_normal((n_train, n_inputs)) / np.sqrt(n_inputs)
        noise = on_sphere(rng, (n_train, 1), noise_var)
        labels = inputs @ on_sphere(rng, (n_inputs, 1), 1.0) + noise
        drive = (inputs.T @ labels)[:, 0]
        expected = n_inputs * (alpha + alpha**2 + alpha * noise_var)
        labels *= np.sqrt(expected) / np.linalg.norm(drive)
        start = rng.standard_normal(n_inputs)
        start -= drive * (start @ drive) / (drive @ drive)
        start *= init_root**depth * np.sqrt(n_inputs) / np.linalg.norm(start)
        moments = from_samples(inputs, labels)
        scale = max(init_root ** (2 - depth), -np.log(init_root))
        longest = 5 + 3 * scale / np.sqrt(expected / n_inputs)
        times = []
        for fine in (1, 2):
            rate = step / fine * n_train / n_inputs ** ((depth - 1) / depth)
            weights = balanced_start(np.random.default_rng(k), start, depth)
            steps = np.arange(int(longest * fine / step))
            left = train(weights, moments, rate, steps).excess_loss
            after = int(np.argmax(left <= left[0] / 2))
            part = (left[after - 1] - left[0] / 2) / (left[after - 1] - left[after])
            times.append(step / fine * (after - 1 + part))
        found.append(2 * times[1] - times[0])
    return np.array(found)


def scaled_plateau(
    sample_ratio: Array, depth: int, noise_var: float, n_inputs: int, step: float, init_root: float
) -> Array:
    """Time on the plateau x b0^((depth - 2)/depth)."""
    time = time_on_plateau(sample_ratio, depth, noise_var, n_inputs, init_root, step)
    return time * init_root ** (depth - 2)


def delay_of_smaller_start(
    sample_ratio: Array,
    ratio: float,
    noise_var: float,
    n_inputs: int,
    step: float,
    init_root: float,
) -> Array:
    """Time that two layers need more when b0 = init_root^2 is divided by `ratio`."""
    smaller, larger = (
        time_on_plateau(sample_ratio, 2, noise_var, n_inputs, root, step)
        for root in (init_root / np.sqrt(ratio), init_root)
    )
    return smaller - larger


def relu_width_sweep(
    widths: Sequence[int],
    seeds: int,
    *,
    n_inputs: int = 15,
    n_train: int = 120,
    teacher_width: int = 5,
    noise_std: float = 0.3,
    learning_rate: float = 1.0,
    steps: int = 20_000,
    init_scale: float = 0.5,
) -> dict[str, Array]:
    """Errors of trained two-layer ReLU students, each (seeds, widths).

    "best" is the lowest error on fresh inputs at any recorded time, "final" that at the end, both
    without label noise, "train" the mean squared error on the noisy labels at the end. All widths
    of a seed share teacher and data.
    """
    from lazyrich.solvers.networks import relu_student

    record = np.unique(np.append(0, np.geomspace(1, steps, 80).round())).astype(np.int64)
    found = np.empty((3, seeds, len(widths)))
    for seed, rng in enumerate(np.random.default_rng(2017).spawn(seeds)):
        teacher = relu_student.random_network(teacher_width, n_inputs, 1.0, rng)
        inputs = rng.standard_normal((n_train, n_inputs))
        labels = relu_student.outputs(teacher, inputs) + noise_std * rng.standard_normal(n_train)
        for k, width in enumerate(widths):
            start = relu_student.random_network(width, n_inputs, init_scale, rng)
            run = relu_student.train(start, inputs, labels, learning_rate, record)
            errors = relu_student.population_error(run.network, teacher)
            found[:, seed, k] = errors.min(), errors[-1], run.train_error[-1]
    return dict(zip(("best", "final", "train"), found, strict=True))


def relu_peak_statements(widths: Sequence[int], factors: Sequence[float], seeds: int) -> Array:
    """How far four statements on the widths (narrow, threshold, wide) hold, 1 where they do: (4,).

    In the geometric mean over data sets, three standard errors on the safe side: at the end the
    threshold's error exceeds (1) the narrow, (2) the wide student's, and (3) its own best in time, by
    these factors; (4) at the best time it does not exceed the narrow student's by the last factor.
    An entry below 1 is the part of the factor's logarithm that is reached, none below 0.
    """
    errors = relu_width_sweep(widths, seeds)
    best, final = np.log(errors["best"]), np.log(errors["final"])
    bounds = np.log(factors)
    gains = np.stack(
        [
            final[:, 1] - final[:, 0],
            final[:, 1] - final[:, 2],
            final[:, 1] - best[:, 1],
            bounds[3] - (best[:, 1] - best[:, 0]),
        ]
    )
    safe = gains.mean(axis=1) - 3 * gains.std(axis=1, ddof=1) / np.sqrt(seeds)
    needed = np.append(bounds[:3], 0.0)
    reached = np.where(safe >= needed, 1.0, safe / np.where(needed > 0, needed, 1.0))
    return np.clip(reached, 0.0, 1.0)
