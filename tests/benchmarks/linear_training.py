"""Full-batch gradient descent of a deep linear network, written once for each peer.

Every function prepares a run for one :class:`Problem` and leaves the initial weights unchanged. The
networks of JAX and PyTorch are in float64 on one thread.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.networks import second_moments
from lazyrich.solvers.networks.deep_linear import train
from tests.benchmarks.contest import Result

Array = NDArray[np.float64]


class Problem(NamedTuple):
    """Inputs and targets have one sample in each column; weights go from inputs to outputs."""

    inputs: Array
    targets: Array
    weights: list[Array]
    learning_rate: float
    steps: int

    @property
    def n_samples(self) -> int:
        return self.inputs.shape[1]

    def moments(self) -> tuple[Array, Array, float]:
        """Sigma_xx, Sigma_yx, tr Sigma_yy."""
        x, y, n = self.inputs, self.targets, self.n_samples
        return x @ x.T / n, y @ x.T / n, float(np.sum(y**2)) / n


def lazyrich(problem: Problem) -> Callable[[], Result]:
    moments = second_moments.from_samples(problem.inputs.T, problem.targets.T)
    steps = np.arange(problem.steps + 1)

    def run() -> Result:
        trajectory = train(problem.weights, moments, problem.learning_rate, steps)
        return [w[-1] for w in trajectory.weights], trajectory.loss

    return run


def numpy_data(problem: Problem) -> Callable[[], Result]:
    """Back-propagation through the samples, in buffers made once. Also the reference."""
    x, y, start, rate, steps = problem
    depth, n = len(start), problem.n_samples

    def run() -> Result:
        w = [a.copy() for a in start]
        h = [x] + [np.empty((len(a), n)) for a in w]
        back = [np.empty_like(a) for a in h]
        grad = [np.empty_like(a) for a in w]
        error = back[depth]
        losses = np.empty(steps + 1)
        for step in range(steps + 1):
            for k in range(depth):
                np.matmul(w[k], h[k], out=h[k + 1])
            np.subtract(h[depth], y, out=error)
            flat = error.reshape(-1)
            losses[step] = flat.dot(flat) / (2 * n)
            if step == steps:
                return w, losses
            np.multiply(error, rate / n, out=error)
            for k in range(depth - 1, -1, -1):
                np.matmul(back[k + 1], h[k].T, out=grad[k])
                if k:
                    np.matmul(w[k].T, back[k + 1], out=back[k])
                w[k] -= grad[k]
        raise AssertionError

    return run


def numpy_data_plain(problem: Problem) -> Callable[[], Result]:
    """Back-propagation as a notebook writes it, with fresh arrays."""
    x, y, start, rate, steps = problem
    n = problem.n_samples

    def run() -> Result:
        w = [a.copy() for a in start]
        losses = np.empty(steps + 1)
        for step in range(steps + 1):
            h = [x]
            for a in w:
                h.append(a @ h[-1])
            error = h[-1] - y
            losses[step] = np.sum(error**2) / (2 * n)
            if step == steps:
                return w, losses
            grads = []
            back = error / n
            for a, below in zip(w[::-1], h[-2::-1], strict=True):
                grads.append(back @ below.T)
                back = a.T @ back
            w = [a - rate * g for a, g in zip(w, grads[::-1], strict=True)]
        raise AssertionError

    return run


def numpy_moments(problem: Problem) -> Callable[[], Result]:
    """The same from second moments, in buffers made once."""
    sxx, syx, power = problem.moments()
    start, rate, steps = problem.weights, problem.learning_rate, problem.steps
    depth = len(start)

    def run() -> Result:
        w = [a.copy() for a in start]
        forward = [w[0]] + [np.empty((len(a), sxx.shape[0])) for a in w[1:]]
        back = [np.empty_like(a) for a in forward]
        grad = [np.empty_like(a) for a in w]
        fitted = np.empty_like(syx)
        flat, target, product = forward[-1].reshape(-1), syx.reshape(-1), fitted.reshape(-1)
        losses = np.empty(steps + 1)
        layers, reverse = range(1, depth), range(depth - 1, 0, -1)
        for step in range(steps + 1):
            for k in layers:
                np.matmul(w[k], forward[k - 1], out=forward[k])
            np.matmul(forward[-1], sxx, out=fitted)
            losses[step] = (power - 2 * target.dot(flat) + product.dot(flat)) / 2
            if step == steps:
                return w, losses
            np.subtract(syx, fitted, out=back[-1])
            np.multiply(back[-1], rate, out=back[-1])
            for k in reverse:
                np.matmul(back[k], forward[k - 1].T, out=grad[k])
                np.matmul(w[k].T, back[k], out=back[k - 1])
                w[k] += grad[k]
            w[0] += back[0]
        raise AssertionError

    return run


def numpy_moments_two_layer(problem: Problem) -> Callable[[], Result]:
    """Two layers written out, without loops over layers."""
    sxx, syx, power = problem.moments()
    rate, steps = problem.learning_rate, problem.steps

    def run() -> Result:
        w1, w2 = (a.copy() for a in problem.weights)
        network_map, fitted, residual = np.empty_like(syx), np.empty_like(syx), np.empty_like(syx)
        grad1, grad2 = np.empty_like(w1), np.empty_like(w2)
        w1_t, w2_t = w1.T, w2.T
        flat, target, product = network_map.reshape(-1), syx.reshape(-1), fitted.reshape(-1)
        losses = np.empty(steps + 1)
        for step in range(steps + 1):
            np.matmul(w2, w1, out=network_map)
            np.matmul(network_map, sxx, out=fitted)
            losses[step] = (power - 2 * target.dot(flat) + product.dot(flat)) / 2
            if step == steps:
                return [w1, w2], losses
            np.subtract(syx, fitted, out=residual)
            np.multiply(residual, rate, out=residual)
            np.matmul(residual, w1_t, out=grad2)
            np.matmul(w2_t, residual, out=grad1)
            np.add(w1, grad1, out=w1)
            np.add(w2, grad2, out=w2)
        raise AssertionError

    return run


def torch_autograd(problem: Problem) -> Callable[[], Result]:
    """torch.optim.SGD on the loss over the samples."""
    import torch

    x, y = torch.from_numpy(problem.inputs), torch.from_numpy(problem.targets)
    return _torch_sgd(
        problem, lambda network_map: ((network_map(x) - y) ** 2).sum() / (2 * x.shape[1])
    )


def torch_autograd_moments(problem: Problem) -> Callable[[], Result]:
    """torch.optim.SGD on the loss in second moments."""
    import torch

    sxx, syx, power = problem.moments()
    s, k = torch.from_numpy(sxx), torch.from_numpy(syx)

    def loss(network_map):
        w = network_map(None)
        return (power + ((w @ s - 2 * k) * w).sum()) / 2

    return _torch_sgd(problem, loss)


def _torch_sgd(problem: Problem, loss_of) -> Callable[[], Result]:
    import torch

    torch.set_num_threads(1)

    def run() -> Result:
        w = [torch.tensor(a, requires_grad=True) for a in problem.weights]
        optimiser = torch.optim.SGD(w, lr=problem.learning_rate)
        losses = torch.empty(problem.steps + 1, dtype=torch.float64)

        def network_map(h):
            for a in w:
                h = a if h is None else a @ h
            return h

        for step in range(problem.steps + 1):
            optimiser.zero_grad()
            loss = loss_of(network_map)
            losses[step] = loss.detach()
            if step < problem.steps:
                loss.backward()
                optimiser.step()
        return [a.detach().numpy() for a in w], losses.numpy()

    return run


def torch_manual_two_layer(problem: Problem) -> Callable[[], Result]:
    """Hand-written gradients of two layers in second moments."""
    return _torch_steps(problem, compiled=False)


def torch_compile_two_layer(problem: Problem) -> Callable[[], Result]:
    """The same through torch.compile."""
    return _torch_steps(problem, compiled=True)


def _torch_steps(problem: Problem, compiled: bool) -> Callable[[], Result]:
    import torch

    torch.set_num_threads(1)
    sxx, syx, power = problem.moments()
    s, k, rate = torch.from_numpy(sxx), torch.from_numpy(syx), problem.learning_rate

    def step(w1, w2):
        network_map = w2 @ w1
        fitted = network_map @ s
        loss = (power + ((fitted - 2 * k) * network_map).sum()) / 2
        residual = k - fitted
        return w1.addmm(w2.T, residual, alpha=rate), w2.addmm(residual, w1.T, alpha=rate), loss

    if compiled:
        step = torch.compile(step)

    def run() -> Result:
        w1, w2 = (torch.tensor(a) for a in problem.weights)
        losses = torch.empty(problem.steps + 1, dtype=torch.float64)
        with torch.no_grad():
            for n in range(problem.steps):
                w1, w2, losses[n] = step(w1, w2)
            network_map = w2 @ w1
            losses[-1] = (power + ((network_map @ s - 2 * k) * network_map).sum()) / 2
        return [w1.numpy(), w2.numpy()], losses.numpy()

    return run


def jax_data(problem: Problem) -> Callable[[], Result]:
    """jax.lax.scan over jax.value_and_grad of the loss over the samples."""
    import jax

    jax.config.update("jax_enable_x64", True)

    def loss(weights, x, y):
        h = x
        for w in weights:
            h = w @ h
        return ((h - y) ** 2).sum() / (2 * x.shape[1])

    def step(weights, x, y):
        value, gradients = jax.value_and_grad(loss)(weights, x, y)
        return [
            w - problem.learning_rate * g for w, g in zip(weights, gradients, strict=True)
        ], value

    return _jax_scan(problem, step, loss, (problem.inputs, problem.targets))


def jax_moments(problem: Problem) -> Callable[[], Result]:
    """jax.lax.scan over hand-written gradients in second moments."""
    sxx, syx, power = problem.moments()

    def forward(weights, s, k):
        products = [weights[0]]
        for w in weights[1:]:
            products.append(w @ products[-1])
        fitted = products[-1] @ s
        return products, fitted, (power + ((fitted - 2 * k) * products[-1]).sum()) / 2

    def step(weights, s, k):
        products, fitted, value = forward(weights, s, k)
        back, updated = problem.learning_rate * (k - fitted), []
        for layer in range(len(weights) - 1, 0, -1):
            updated.append(weights[layer] + back @ products[layer - 1].T)
            back = weights[layer].T @ back
        return [weights[0] + back, *reversed(updated)], value

    return _jax_scan(problem, step, lambda w, s, k: forward(w, s, k)[2], (sxx, syx))


def _jax_scan(problem: Problem, step, loss, data: tuple[Array, Array]) -> Callable[[], Result]:
    import jax

    jax.config.update("jax_enable_x64", True)

    @jax.jit
    def descend(weights, a, b):
        end, losses = jax.lax.scan(lambda w, _: step(w, a, b), weights, None, length=problem.steps)
        return end, losses, loss(end, a, b)

    start = [jax.numpy.asarray(w) for w in problem.weights]
    a, b = (jax.numpy.asarray(d) for d in data)

    def run() -> Result:
        weights, losses, last = jax.block_until_ready(descend(start, a, b))
        return [np.asarray(w) for w in weights], np.append(np.asarray(losses), float(last))

    return run
