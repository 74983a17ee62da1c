"""One forward march of the field theory of nonlinear networks, its averages over sampled paths.

Matrices over pairs of steps and samples have the rows t P + mu. What is known of step t follows from earlier
steps alone: layers are passed upwards to the outputs, then downwards, and nothing is iterated.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.gaussian_paths import GaussianPaths
from lazyrich.theory.lazy_to_rich.mlp_responses import BLOCK, response_rows
from lazyrich.theory.lazy_to_rich.smooth_activations import Smooth

FloatArray = NDArray[np.float64]

DIVERGED = 1e6
"""Gradient descent has diverged once the loss exceeds this many times its start."""
FLOOR = 1e-11
"""Share of a field's variance below which its value follows from those before."""


class _Layer:
    """Paths of one layer: features phi(h), gradients g, and the matrices that drive them."""

    def __init__(self, n: int, n_paths: int, normals: str, rng: np.random.Generator) -> None:
        padded = -(-n_paths // BLOCK) * BLOCK
        self.features, self.gradients = np.zeros((n, n_paths)), np.zeros((n, n_paths))
        self.slopes, self.bends = np.zeros((n, padded)), np.zeros((n, padded))
        self.forward, self.backward = np.zeros((n, n)), np.zeros((n, n))
        self.feature_kernel, self.gradient_kernel = np.zeros((n, n)), np.zeros((n, n))
        streams = rng.spawn(2)
        signs = (1, 1, -1, -1), (1, -1, 1, -1)
        self.below, self.above = (
            GaussianPaths(n, n_paths, stream, normals=normals, signs=sign, floor=FLOOR)
            for stream, sign in zip(streams, signs, strict=True)
        )


class March:
    """Outputs and kernels from `n_paths` sampled units a layer, after `run`."""

    def __init__(
        self,
        kernel: FloatArray,
        target: FloatArray,
        phi: Smooth,
        hidden_layers: int,
        gamma0: float,
        rate: float,
        times: int,
        n_paths: int,
        normals: str,
        responses: bool,
        rng: np.random.Generator,
    ) -> None:
        n = len(target) * times
        self.target, self.phi, self.gamma0, self.rate = target, phi, gamma0, rate
        self.times, self.n_paths, self.responses = times, n_paths, responses
        self.f, self.delta = np.zeros(n), np.zeros(n)
        self._h = np.empty((hidden_layers, len(target), n_paths))
        streams = rng.spawn(hidden_layers)
        self.layers = [_Layer(n, n_paths, normals, stream) for stream in streams]
        self._below = [
            np.tile(kernel, (times, times)),
            *[layer.feature_kernel for layer in self.layers[:-1]],
        ]
        self._z = np.empty((len(target), n_paths))

    def run(self) -> March:
        """March to the last step.

        Raises
        ------
        FloatingPointError
            Where gradient descent diverges, with the step.
        """
        bound = DIVERGED * (self.target @ self.target) + 1e-300
        with np.errstate(over="ignore", invalid="ignore"):
            for step in range(self.times):
                try:
                    self._upwards(step)
                except ValueError as error:  # covariances that overflowed or lost their digits
                    if step and self._loss(step - 1) > 10 * self._loss(0):
                        raise self._diverged(step) from error
                    raise
                if not self._loss(step) <= bound:
                    raise self._diverged(step)
                self._downwards(step)
        return self

    def _loss(self, step: int) -> float:
        error = self.delta[step * len(self.target) : (step + 1) * len(self.target)]
        return float(error @ error)

    def _upwards(self, step: int) -> None:
        """Features and outputs of `step`."""
        count = len(self.target)
        now, past, both = _slices(step, count)
        arriving: FloatArray | float = 0.0
        for level, layer in enumerate(self.layers):
            below = self._below[level]
            kick = arriving + self.rate * below[now, past] * self.delta[past]
            layer.forward[now, past] = self.gamma0 * kick
            u = layer.below.append(below[now, both])
            h = self._h[level] = u + layer.forward[now, past] @ layer.gradients[past]
            layer.features[now] = self.phi.value(h)
            layer.slopes[now, : self.n_paths] = self.phi.slope(h)
            _correlate(layer.feature_kernel, layer.features, now, both)
            if self.responses and level + 1 < len(self.layers):
                arriving = self._responses(layer, step, True)[:, past]
        self._z = self._readout(now, past)
        self.f[now] = (self._z * self.layers[-1].features[now]).mean(axis=1) / self.gamma0
        self.delta[now] = self.target - self.f[now]

    def _readout(self, now: slice, past: slice) -> FloatArray:
        """z^L = w(t), the same for all samples."""
        top = self.layers[-1]
        top.backward[now, past] = self.gamma0 * self.rate * self.delta[past]
        start = top.above.append(np.ones((len(self.target), now.stop)))
        return start + top.backward[now, past] @ top.features[past]

    def _downwards(self, step: int) -> None:
        """Gradients of `step`."""
        now, past, both = _slices(step, len(self.target))
        z = self._z
        for level in reversed(range(len(self.layers))):
            layer = self.layers[level]
            layer.gradients[now] = layer.slopes[now, : self.n_paths] * z
            _correlate(layer.gradient_kernel, layer.gradients, now, both)
            layer.bends[now, : self.n_paths] = self.phi.curvature(self._h[level]) * z
            if level == 0:
                break
            lower = self.layers[level - 1]
            kick = np.zeros((len(self.target), now.stop))
            kick[:, past] = self.rate * layer.gradient_kernel[now, past] * self.delta[past]
            if self.responses:
                kick += self._responses(layer, step, False)
            lower.backward[now, both] = self.gamma0 * kick
            r = lower.above.append(layer.gradient_kernel[now, both])
            z = r + lower.backward[now, both] @ lower.features[both]

    def _responses(self, layer: _Layer, step: int, of_features: bool) -> FloatArray:
        """Row `step` of A or B."""
        rows = response_rows(
            layer.slopes,
            layer.bends,
            layer.forward,
            layer.backward,
            step,
            len(self.target),
            of_features,
        )
        return rows / (self.n_paths * self.gamma0)

    def _diverged(self, step: int) -> FloatingPointError:
        return FloatingPointError(
            f"gradient descent diverged at step {step}: learning_rate = {self.rate} is too large for the "
            f"tangent kernel as grown by then, at gamma0 = {self.gamma0}"
        )


def _slices(step: int, count: int) -> tuple[slice, slice, slice]:
    start, stop = step * count, (step + 1) * count
    return slice(start, stop), slice(0, start), slice(0, stop)


def _correlate(kernel: FloatArray, paths: FloatArray, now: slice, both: slice) -> None:
    """Fill rows and columns `now` with averages over paths."""
    kernel[now, both] = paths[now] @ paths[both].T / paths.shape[1]
    kernel[both, now] = kernel[now, both].T
