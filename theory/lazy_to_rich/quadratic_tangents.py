"""Averaged tangents of the quadratic DMFT: nu E dg(t)/du(s) and nu E dg(t)/dh*, a row for each step t.

For one path, with J_ij = (alpha/N) phi'_i phi'_j + delta_ij eps Delta and L the responses,
dg/du = (1 + gamma J L)^-1 J. The solution x of (1 + gamma J L) x = phi' gives dg/dh* = -h* x, and also what
the outputs at the start add when centred: -(alpha/N) x(t) phi'(h(0))^T to the column s = 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

COLUMNS = 24
"""Columns of the responses in one matrix product of the exact tangents."""
LANES = 128
"""Paths times neurons in one block of the exact tangents: its work stays in the cache."""


class Model(NamedTuple):
    """What the equations of motion know."""

    sample_ratio: float
    output_scale: float
    quadratic_strength: float
    rate: float
    """gamma = scaled_learning_rate/(output_scale sample_ratio)."""
    centered: bool


class ExactTangents:
    """Sums over s of products of all earlier tangents of each path, block of paths after block."""

    def __init__(self, model: Model, h_star: Array, n_steps: int, width: int) -> None:
        n_paths = len(h_star)
        block = max(1, LANES // width)
        self._model, self._parts = (
            model,
            [slice(first, min(first + block, n_paths)) for first in range(0, n_paths, block)],
        )
        sizes = [part.stop - part.start for part in self._parts]
        self._h_star = [h_star[part].copy() for part in self._parts]
        self._slopes = [np.empty((n_steps, width, size)) for size in sizes]
        self._errors = [np.empty((n_steps, size)) for size in sizes]
        self._times = max(1, COLUMNS // width)
        columns = self._times * width
        self._panels = np.zeros((-(-n_steps // self._times), n_steps * width, columns))
        self._work = [np.empty((n_steps * width, width * size)) for size in sizes[:1] + sizes[-1:]]

    def row(self, t: int, slopes: Array, errors: Array, responses: Array) -> tuple[Array, Array]:
        """nu E dg(t)/du(s), (N, (t + 1) N), and nu E dg(t)/dh*, (N,), from phi'(h(t)), Delta(t), R(t, .)."""
        from lazyrich.theory.lazy_to_rich.quadratic_dmft_kernel import add_tangent_row

        model, width = self._model, len(slopes)
        now = slice(t * width, (t + 1) * width)
        for b in range(-(-t // self._times)):
            known = responses[:, b * self._panels.shape[2] : (b + 1) * self._panels.shape[2]]
            self._panels[b, now, : known.shape[1]] = known
        tangent, by_target = np.zeros((width, now.stop)), np.zeros(width)
        for k, part in enumerate(self._parts):
            self._slopes[k][t], self._errors[k][t] = slopes[:, part], errors[part]
            add_tangent_row(
                self._panels, self._slopes[k], self._errors[k], self._h_star[k], t,
                model.output_scale / width, model.quadratic_strength, model.rate, model.centered,
                self._work[k == len(self._parts) - 1], tangent, by_target,
            )  # fmt: skip
        factor = model.sample_ratio / slopes.shape[1]
        return factor * tangent, factor * by_target


class ProbedTangents:
    """Hutchinson's estimate: one random sign a row and path, diagonal and x exact.

    kappa = (1 + gamma J L)^-1 J z has E kappa(t) z(s)^T = E dg(t)/du(s) for independent signs z. Of kappa(t) only
    what earlier steps feed is estimated so; J(t) z(t) would add most of the noise and nothing else.
    """

    def __init__(
        self, model: Model, h_star: Array, n_steps: int, width: int, rng: np.random.Generator
    ) -> None:
        self._model, self._h_star, self._rng = model, h_star, rng
        shape = (n_steps * width, len(h_star))
        self._x, self._kappa, self._signs = (np.empty(shape) for _ in range(3))
        self._first = np.empty((0, 0))

    def row(self, t: int, slopes: Array, errors: Array, responses: Array) -> tuple[Array, Array]:
        """As of `ExactTangents`."""
        model, (width, n_paths) = self._model, slopes.shape
        coupling, eps = model.output_scale / width, model.quadratic_strength

        def fed(vectors: Array) -> Array:  # -gamma J(t) sum_s R(t, s) vectors(s)
            sums = responses @ vectors[:n]
            return -model.rate * (
                coupling * slopes * (slopes * sums).sum(axis=0) + eps * errors * sums
            )

        n = t * width
        now = slice(n, n + width)
        signs = self._rng.integers(0, 2, size=(width, n_paths)) * 2.0 - 1.0
        tangent = np.empty((width, n + width))
        kappa = coupling * slopes * (slopes * signs).sum(axis=0) + eps * errors * signs
        x = slopes
        if t:
            rest = fed(self._kappa)
            tangent[:, :n] = rest @ self._signs[:n].T / n_paths
            kappa, x = kappa + rest, slopes + fed(self._x)
        else:
            self._first = slopes.copy()
        tangent[:, now] = coupling * slopes @ slopes.T / n_paths + eps * errors.mean() * np.eye(
            width
        )
        if model.centered:
            tangent[:, :width] -= coupling * x @ self._first.T / n_paths
        self._signs[now], self._kappa[now], self._x[now] = signs, kappa, x
        return model.sample_ratio * tangent, -model.sample_ratio * (x @ self._h_star) / n_paths
