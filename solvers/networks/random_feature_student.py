r"""Random-feature students: fixed features, trained readout; exact errors of their fits.

Labels y = theta . x + noise, output f = a . phi/sqrt(p) of features phi (`random_feature_maps`). A fit is
linear in the labels, a = V g U^T y with the singular vectors of the n x p features and a factor g
for each singular value, by ridge regression or after some time of gradient flow. So its error
E (f - theta . x)^2 over fresh inputs, teachers theta ~ N(0, teacher_power/d) and label noise is exact:
the Gaussian averages of products of two features are known, no test set is drawn.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.arguments import positive_number, real_array
from lazyrich.solvers.networks.blas_threads import one_blas_thread
from lazyrich.solvers.networks.deep_linear_input import checked_steps
from lazyrich.solvers.networks.linear_student_input import non_negative, times_of, vector
from lazyrich.solvers.networks.memory import require_memory
from lazyrich.solvers.networks.random_feature_maps import Features

Array = NDArray[np.float64]


class Risk(NamedTuple):
    """Average of (f - theta . x)^2, without the noise of fresh labels."""

    signal: Array
    """What is missed of teachers with E abs(theta)^2 = teacher_power: bias. (...)."""
    noise: Array
    """What label noise adds: variance. (...)."""


class Student:
    """Readouts trained on given features; one eigensystem serves all penalties and all times.

    Parameters
    ----------
    features : Features

    Examples
    --------
    The ridge fit with a tiny penalty, and the flow after a long time:

    >>> from lazyrich.solvers.networks.random_feature_maps import feature_weights, real_features
    >>> W = feature_weights(10, 20, np.random.default_rng(0))
    >>> student = Student(real_features(W, 40, "erf", np.random.default_rng(1)))
    >>> static, late = student.ridge_risk(1e-9), student.flow_risk(1e9)
    >>> bool(np.isclose(static.signal, late.signal)) and bool(np.isclose(static.noise, late.noise))
    True
    """

    def __init__(self, features: Features) -> None:
        phi, x, covariance, of_inputs = features
        self._dim = x.shape[1]
        self._n_train = len(phi)
        with one_blas_thread():
            self._singular, left, right = _singular_system(phi)
            self._labels = left.T @ x  # labels in the modes, for each input
            self._covariance = right.T @ covariance @ right
            cross = ((right.T @ of_inputs) * self._labels).sum(axis=1)
            self._pairs = self._covariance * (self._labels @ self._labels.T)
        self._cross = cross
        self._diagonal = np.diagonal(self._covariance)
        self._left, self._right = left, right

    def ridge_risk(
        self, penalty: ArrayLike, *, teacher_power: float = 1.0, noise_var: float = 1.0
    ) -> Risk:
        """Risk of the minimum of sum_mu (y - f)^2 + penalty abs(a)^2, for each penalty >= 0, (...).

        0 is the least-norm interpolator, or least squares.
        """
        return self._risk(self._ridge(penalty), teacher_power, noise_var)

    def flow_risk(
        self, t: ArrayLike, *, teacher_power: float = 1.0, noise_var: float = 1.0
    ) -> Risk:
        """Risk after time t of gradient flow on (1/2n) sum_mu (y - f)^2 from a = 0, (...)."""
        return self._risk(self._flow(t), teacher_power, noise_var)

    def ridge_readout(self, labels: ArrayLike, penalty: ArrayLike) -> Array:
        """The readout a that `ridge_risk` averages over, for given labels: (..., p)."""
        return self._readout(self._ridge(penalty), labels)

    def flow_readout(self, labels: ArrayLike, t: ArrayLike) -> Array:
        """The readout a that `flow_risk` averages over, for given labels: (..., p)."""
        return self._readout(self._flow(t), labels)

    def _ridge(self, penalty: ArrayLike) -> Array:
        given = real_array(penalty, "penalty")
        if given.size == 0 or not (np.isfinite(given).all() and given.min() >= 0):
            raise ValueError(f"penalty = {penalty!r}; needs finite values >= 0")
        s = self._singular
        return s / (s**2 + given[..., None])

    def _flow(self, t: ArrayLike) -> Array:
        s = self._singular
        exponent = np.multiply.outer(times_of(t), s**2 / self._n_train)
        return -np.expm1(-exponent) / s

    def _readout(self, gain: Array, labels: ArrayLike) -> Array:
        y = vector(labels, "labels", self._n_train, "one label a sample")
        return (gain * (y @ self._left)) @ self._right.T

    def _risk(self, gain: Array, teacher_power: float, noise_var: float) -> Risk:
        power = non_negative(teacher_power, "teacher_power") / self._dim
        noise = non_negative(noise_var, "noise_var")
        with one_blas_thread():
            quadratic = ((gain @ self._pairs) * gain).sum(axis=-1)
            signal = quadratic - 2 * gain @ self._cross + self._dim
            return Risk(power * signal, noise * (gain**2 @ self._diagonal))


def descend(
    features: Features, labels: ArrayLike, learning_rate: float, record: ArrayLike
) -> Array:
    """Readouts a after given numbers of steps of gradient descent on (1/2n) sum_mu (y - f)^2 from a = 0.

    Step by step, without eigenvectors.

    Parameters
    ----------
    features : Features
    labels : array_like, (n,) or (n, k)
        One label a sample, or k students with labels of their own.
    learning_rate : float
        > 0.
    record : array_like of int, (T,)
        Numbers of steps, strictly increasing from 0 on, after which to record.

    Returns
    -------
    array, (T, p) or (T, p, k)

    Raises
    ------
    ValueError
        For values outside these ranges, or a learning rate of 2/(largest eigenvalue) or more, with the
        step at which descent has diverged.

    Examples
    --------
    >>> from lazyrich.solvers.networks.random_feature_maps import feature_weights, real_features
    >>> W = feature_weights(4, 3, np.random.default_rng(0))
    >>> features = real_features(W, 5, "relu", np.random.default_rng(1))
    >>> descend(features, np.ones(5), 0.1, [0, 2, 10]).shape
    (3, 4)
    """
    phi = features.train
    n, p = phi.shape
    y = real_array(labels, "labels")
    if y.ndim not in (1, 2) or len(y) != n or y.size == 0 or not np.isfinite(y).all():
        raise ValueError(f"labels has shape {y.shape}; needs ({n},) or ({n}, k), finite numbers")
    rate, steps = positive_number(learning_rate, "learning_rate"), checked_steps(record, "record")
    require_memory(8.0 * len(steps) * p * (y.size // n), "the recorded readouts")
    readouts = np.empty((len(steps), p, *y.shape[1:]))
    readout = np.zeros((p, *y.shape[1:]))
    bound = 1e6 * float((y**2).sum())
    with one_blas_thread():
        for step in range(int(steps[-1]) + 1):
            readouts[steps == step] = readout
            residual = y - phi @ readout
            if not float((residual**2).sum()) <= bound:
                raise ValueError(
                    f"gradient descent diverged at step {step}: learning_rate = {rate} must be below "
                    "2/(largest eigenvalue of phi^T phi/(n p))"
                )
            readout = readout + rate / n * (phi.T @ residual)
    return readouts


def averaged_risk(features: Features, of_inputs: ArrayLike, of_noise: ArrayLike) -> Risk:
    """Risk at teacher_power = noise_var = 1 of a student that is linear in its labels.

    Parameters
    ----------
    features : Features
    of_inputs : array_like, (..., p, d)
        Readouts whose labels are the single inputs, x_mu i for i = 1, ..., d.
    of_noise : array_like, (..., p, n)
        Readouts for a label 1 at one sample and 0 at the others.

    Returns
    -------
    Risk
        (signal, noise), (...) each, averaged over teachers and label noise.

    Examples
    --------
    Untrained students miss all:

    >>> from lazyrich.solvers.networks.random_feature_maps import feature_weights, real_features
    >>> W = feature_weights(4, 3, np.random.default_rng(0))
    >>> features = real_features(W, 5, "relu", np.random.default_rng(1))
    >>> risk = averaged_risk(features, np.zeros((4, 3)), np.zeros((4, 5)))
    >>> float(risk.signal), float(risk.noise)
    (1.0, 0.0)
    """
    of_x, of_e = real_array(of_inputs, "of_inputs"), real_array(of_noise, "of_noise")
    p, (n, d) = len(features.covariance), features.inputs.shape
    if of_x.shape[-2:] != (p, d) or of_e.shape[-2:] != (p, n):
        raise ValueError(
            f"of_inputs {of_x.shape} and of_noise {of_e.shape}; needs (..., {p}, {d}) and (..., {p}, {n})"
        )
    with one_blas_thread():
        own, noise = (((features.covariance @ a) * a).sum(axis=(-2, -1)) for a in (of_x, of_e))
        cross = (features.of_inputs * of_x).sum(axis=(-2, -1))
    return Risk((own - 2 * cross) / d + 1, noise)


def _singular_system(phi: Array) -> tuple[Array, Array, Array]:
    """Singular values above 0, (r,), left (n, r) and right (p, r) singular vectors."""
    n, p = phi.shape
    wide = p > n
    gram = phi @ phi.T if wide else phi.T @ phi
    values, vectors = np.linalg.eigh(gram)
    kept = values > values[-1] * max(n, p) * np.finfo(float).eps
    singular, vectors = np.sqrt(values[kept]), vectors[:, kept]
    if wide:
        return singular, vectors, phi.T @ vectors / singular
    return singular, phi @ vectors / singular, vectors
