"""One forward march of the quadratic DMFT: sampled data process, closed weight process.

Order parameters of step t follow from those of earlier steps alone, so nothing is iterated. Matrices over
pairs of steps and neurons have the rows t N + i.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.gaussian_paths import GaussianPaths
from lazyrich.theory.lazy_to_rich.quadratic_tangents import ExactTangents, Model, ProbedTangents

Array = NDArray[np.float64]

DIVERGED = 1e6
"""Gradient descent has diverged once the training loss exceeds this many times its start."""


class March:
    """Order parameters and losses of `n_paths` sampled data points, after `run`."""

    def __init__(
        self,
        model: Model,
        overlap: Array,
        gram: Array,
        teacher_power: float,
        noise_var: float,
        n_steps: int,
        n_paths: int,
        tangents: str,
        rng: np.random.Generator,
    ) -> None:
        width = len(overlap)
        n = (n_steps + 1) * width
        self.model, self.width, self.n_steps, self.q = model, width, n_steps, teacher_power
        self.train, self.test = np.empty(n_steps + 1), np.empty(n_steps + 1)
        self.m, self.C, self.R = np.zeros(n), np.zeros((n, n)), np.zeros((n, n))
        self.m[:width], self.C[:width, :width] = overlap, gram
        self._g, self._C_g = np.empty((n_steps * width, n_paths)), np.zeros((n, n))
        self._paths = GaussianPaths(n + 1, n_paths, rng, normals="matched")
        self._h_star = self._paths.append([[teacher_power]])[0]
        self._labels = self._h_star**2 / 2
        if noise_var:
            noise = GaussianPaths(1, n_paths, rng, normals="matched")
            self._labels = self._labels + noise.append([[noise_var]])[0]
        self._tangents: ExactTangents | ProbedTangents
        if tangents == "exact":
            self._tangents = ExactTangents(model, self._h_star, n_steps, width)
        else:
            self._tangents = ProbedTangents(model, self._h_star, n_steps, width, rng)
        self._start: Array | float = 0.0

    def run(self) -> March:
        """March to the last step.

        Raises
        ------
        FloatingPointError
            Where gradient descent diverges, with the step.
        """
        for t in range(self.n_steps + 1):
            slopes, errors = self._fields(t)
            self.test[t] = self._test_loss(t)
            if t < self.n_steps:
                self._advance(t, slopes, errors)
        return self

    def _fields(self, t: int) -> tuple[Array, Array]:
        """phi'(h(t)) and Delta(t) of each path, given the past."""
        n, width, model = t * self.width, self.width, self.model
        new = slice(n, n + width)
        try:
            h = self._paths.append(np.column_stack([self.m[new], self.C[new, : n + width]]))
        except ValueError as error:
            if t and self.train[t - 1] > 10 * self.train[0]:  # what grew that large lost its digits
                raise self._diverged(t) from error
            raise
        if t:
            h = h - model.rate * (self.R[new, :n] @ self._g[:n])
        outputs = model.output_scale * (h + model.quadratic_strength / 2 * h**2).mean(axis=0)
        if t == 0 and model.centered:
            self._start = outputs
        errors = outputs - self._start - self._labels
        self.train[t] = np.mean(errors**2)
        if not self.train[t] <= DIVERGED * self.train[0]:
            raise self._diverged(t)
        return 1 + model.quadratic_strength * h, errors

    def _advance(self, t: int, slopes: Array, errors: Array) -> None:
        """Order parameters of step t + 1, from w(t + 1) = w(t) - gamma (r(t) + sum_s B w(s) + b beta)."""
        width, gamma, nu = self.width, self.model.rate, self.model.sample_ratio
        n = (t + 1) * width
        now, new = slice(n - width, n), slice(n, n + width)
        m, C, R = self.m, self.C, self.R
        B, b = self._tangents.row(t, slopes, errors, R[now, : n - width])
        self._g[now] = errors * slopes
        self._C_g[now, :n] = self._g[now] @ self._g[:n].T / len(errors)
        self._C_g[:n, now] = self._C_g[now, :n].T
        m[new] = m[now] - gamma * (B @ m[:n] + b * self.q)
        R[new, :n] = R[now, :n] - gamma * B @ R[:n, :n]
        R[new, now] += np.eye(width)
        V = -gamma * nu * R[: n + width, :n] @ self._C_g[:n, now]
        C[new, :n] = C[now, :n] - gamma * (V[:n].T + B @ C[:n, :n] + np.outer(b, m[:n]))
        C[:n, new] = C[new, :n].T
        last = C[now, new] - gamma * (V[n:].T + B @ C[:n, new] + np.outer(b, m[new]))
        C[new, new] = (last + last.T) / 2

    def _test_loss(self, t: int) -> float:
        """E (f - y)^2 of a fresh input: p.S p + tr(QS)^2/4 + tr(QSQS)/2, z = (u(t), u(0), h*) ~ N(0, S)."""
        width, model = self.width, self.model
        now, first, ones = slice(t * width, (t + 1) * width), slice(0, width), np.ones(width)
        S = np.zeros((2 * width + 1, 2 * width + 1))
        S[:width, :width], S[width:-1, width:-1] = self.C[now, now], self.C[first, first]
        S[:width, width:-1], S[width:-1, :width] = self.C[now, first], self.C[first, now]
        S[-1, :-1] = S[:-1, -1] = np.concatenate([self.m[now], self.m[first]])
        S[-1, -1] = self.q
        p = model.output_scale / width * np.concatenate([ones, -model.centered * ones, [0.0]])
        Q = model.quadratic_strength * p
        Q[-1] = -1.0
        QS = Q[:, None] * S
        return float(p @ S @ p + np.trace(QS) ** 2 / 4 + np.sum(QS * QS.T) / 2)

    def _diverged(self, t: int) -> FloatingPointError:
        return FloatingPointError(
            f"gradient descent diverges at step {t}: a smaller scaled_learning_rate than "
            f"{self.model.rate * self.model.output_scale * self.model.sample_ratio:.6g} is needed. The "
            "largest stable one shrinks slowly with n_paths, as with the samples of a network: "
            "rare inputs have the largest curvature"
        )
