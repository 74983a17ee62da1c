"""Networks that start from planted overlaps, and the linear student's spectral integrals."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def _trained(
    rng: np.random.Generator,
    dim: int,
    steps: Any,
    sample_ratio: float,
    output_scale: float,
    quadratic_strength: float,
    scaled_learning_rate: float,
    overlap: Any,
    gram: Any = None,
    teacher_power: float = 1.0,
    noise_var: float = 0.0,
    centered: bool = True,
    weight_steps: Any = None,
) -> Any:
    """A network of the overlaps given in random directions, trained on samples of its own."""
    from lazyrich.solvers.networks import quadratic_student as student

    dim = int(dim)
    start = student.planted_start(dim, overlap, rng, gram=gram, teacher_power=teacher_power)
    inputs = student.random_inputs(round(sample_ratio * dim), dim, rng)
    noise = np.sqrt(noise_var) * rng.standard_normal(len(inputs)) if noise_var else None
    rate = student.learning_rate_of(scaled_learning_rate, len(overlap), dim, output_scale)
    return student.train(
        start, inputs, rate, steps, output_scale=output_scale, quadratic_strength=quadratic_strength,
        centered=centered, label_noise=noise, weight_steps=weight_steps,
    )  # fmt: skip


def losses(
    rng: np.random.Generator, *, dim: int, step: Array, n_steps: int, **setting: Any
) -> Array:
    """Train and test loss at the steps given, (2, steps)."""
    run = _trained(rng, dim, step, **setting)
    return np.array([run.train_loss, run.test_loss])


def loss_on_fresh_inputs(
    rng: np.random.Generator, *, dim: int, step: Array, n_steps: int, **setting: Any
) -> Array:
    """Test loss at the steps given."""
    return _trained(rng, dim, step, **setting).test_loss


def loss_against_loss(
    rng: np.random.Generator, *, dim: int, train_level: Array, n_steps: int, **setting: Any
) -> Array:
    """Test loss where the train loss first falls to each level."""
    run = _trained(rng, dim, np.arange(n_steps + 1), **setting)
    fallen = -np.log(np.minimum.accumulate(run.train_loss))
    step = np.interp(-np.log(train_level), fallen, np.arange(n_steps + 1))
    return np.interp(step, np.arange(n_steps + 1), run.test_loss)


def overlaps(
    rng: np.random.Generator, *, dim: int, step: Array, n_steps: int, **setting: Any
) -> Array:
    """w_i . beta/D of each neuron, (steps, N)."""
    return _trained(rng, dim, step, **setting).overlap


def correlations(
    rng: np.random.Generator, *, dim: int, step: Array, n_steps: int, **setting: Any
) -> Array:
    """tr W(t) W(s)^T/(N D) for all pairs s <= t of the steps given."""
    weights = _trained(rng, dim, step, weight_steps=step, **setting).weights
    flat = weights.reshape(len(weights), -1)
    return (flat @ flat.T)[np.tril_indices(len(flat))] / flat.shape[1]


def growth_in_a_step(
    rng: np.random.Generator,
    *,
    dim: int,
    quadratic_strength: Array,
    overlap: float,
    sample_ratio: float,
    output_scale: float,
    scaled_learning_rate: float,
) -> Array:
    """w(1) . beta/(w(0) . beta) - 1 for each eps, from one start and one set of samples."""
    from lazyrich.solvers.networks import quadratic_student as student

    start = student.planted_start(int(dim), [overlap], rng)
    inputs = student.random_inputs(round(sample_ratio * dim), int(dim), rng)
    rate = student.learning_rate_of(scaled_learning_rate, 1, int(dim), output_scale)
    found = [
        student.train(
            start, inputs, rate, [1], output_scale=output_scale, quadratic_strength=eps
        ).overlap[0, 0]
        for eps in quadratic_strength
    ]
    return np.array(found) / overlap - 1


def linear_student(
    *, step: Array, n_steps: int, sample_ratio: float, scaled_learning_rate: float, **_: Any
) -> Array:
    """Train and test loss of a linear student, (2, steps), by quadrature over Marchenko-Pastur.

    y = (beta . x)^2/2 is noise of variance 3/4 to a linear function. With the density rho of the eigenvalues of
    X^T X (P > D), k = eta_hat/nu: test = (3/4) [1 + int rho (1 - (1 - k l)^t)^2/l dl],
    train = (3/4) [1 - (1/nu) int rho (1 - (1 - k l)^(2t)) dl].
    """
    angle = (np.arange(400) + 0.5) * np.pi / 400
    low, high = (np.sqrt(sample_ratio) + np.array([-1.0, 1.0])) ** 2
    x = (low + high) / 2 + (high - low) / 2 * np.cos(angle)
    weight = ((high - low) / 2 * np.sin(angle)) ** 2 / (2 * np.pi * x) * np.pi / 400
    left = (1 - scaled_learning_rate / sample_ratio * x) ** np.asarray(step)[:, None]
    train = 1 - (1 - left**2) @ weight / sample_ratio
    return 0.75 * np.array([train, 1 + (1 - left) ** 2 @ (weight / x)])


def gaussian_moment_residual(moment: Any) -> Any:
    """`moment` minus the mean of (b.x + x^T A x/2)^2, power by power, x = (z1, s z1 + z2)."""
    import sympy

    a, c, d, k, l, s = sympy.symbols("a c d k l s", real=True)
    z, w = sympy.symbols("z w", real=True)
    x, y = z, s * z + w
    form = k * x + l * y + (a * x**2 + 2 * c * x * y + d * y**2) / 2
    return sympy.expand(moment - _gaussian_mean(form**2, z, w))


def first_step_residual(overlap: Any) -> Any:
    """`overlap` minus m - (rate/alpha) E[Delta phi'(h) h*], Delta = -h*^2/2, from E h h* = m, E h*^2 = q."""
    import sympy

    m, eps, rate, alpha, q = sympy.symbols("m eps rate alpha q", positive=True)
    z, w = sympy.symbols("z w", real=True)
    target, field = sympy.sqrt(q) * z, m / sympy.sqrt(q) * z + sympy.sqrt(1 - m**2 / q) * w
    pull = _gaussian_mean(-(target**2) / 2 * (1 + eps * field) * target, z, w)
    return sympy.expand(overlap - (m - rate / alpha * pull))


def _gaussian_mean(expression: Any, *normals: Any) -> Any:
    """Mean of a polynomial in independent standard normals: z^n becomes (n - 1)!! or 0."""
    import sympy

    mean = sympy.Integer(0)
    for powers, coefficient in sympy.Poly(sympy.expand(expression), *normals).terms():
        if not any(power % 2 for power in powers):
            mean += coefficient * sympy.prod([sympy.factorial2(n - 1) for n in powers])
    return mean
