r"""Training in the lazy limit: outputs of infinitely wide networks are a Gaussian process at every time.

Loss 1/2 sum_mu (f(x_mu) - y_mu)^2 over P training inputs X, gradient flow with t = learning_rate x steps (for a
mean over samples divide the learning rate by P), or gradient descent exactly. With Theta = NTK and K = NNGP on X,
and * a test input,

    f_t(X) = y + D (f_0(X) - y)                          D = e^{-Theta t}  or  (1 - learning_rate Theta)^steps
    f_t(*) = f_0(*) + A_t (y - f_0(X))                   A_t = Theta(*, X) Theta^{-1} (1 - D)
    mean   = A_t y
    cov    = K(*, *') + A_t K A_t'^T - A_t K(X, *') - K(*, X) A_t'^T

because f_0 is Gaussian with mean 0 and covariance K. At t = inf the mean is kernel regression with the NTK; the
covariance is the posterior of no Gaussian process. *If only the last layer trains, the NTK is the NNGP kernel*:
pass (K, K) as every pair; the covariance at t = inf then is the posterior of the NNGP.

A pair (nngp, ntk) is as from `kernels.mlp_kernels`. Networks of width n depart from their own linearisation by
O(1/n); late residuals of slow modes, once e^{-lam t} is far below 1/n, are not predicted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.infinite_width.flow_arguments import (
    ROUNDING,
    Modes,
    checked_kernel,
    checked_matrix,
    checked_pair,
    checked_rate,
    checked_targets,
    checked_times,
    modes_of,
)
from lazyrich.theory.infinite_width.mode_decay import mode_decay, mode_response

Array = NDArray[np.float64]
Pair = Sequence[ArrayLike]


class EnsemblePrediction(NamedTuple):
    """Mean and covariance of the outputs of infinitely wide networks over their random starts."""

    mean: Array
    """(..., m), or (..., m, n_outputs) for targets with several columns; the axes of t come first."""
    covariance: Array
    """(..., m, m), the same for every output; outputs of one network are independent."""


def ensemble_prediction(
    train: Pair,
    cross: Pair,
    test: Pair,
    y: ArrayLike,
    t: ArrayLike,
    *,
    learning_rate: float | None = None,
) -> EnsemblePrediction:
    r"""Mean and covariance at time t of the outputs on test inputs.

    Parameters
    ----------
    train : (nngp, ntk), each (P, P)
        Kernels on the training inputs. The ntk may be singular: modes with eigenvalue 0 are never learned.
    cross : (nngp, ntk), each (m, P)
        Rows: test inputs, columns: training inputs.
    test : (nngp, ntk), each (m, m)
        Kernels on the test inputs.
    y : array_like, (P,) or (P, n_outputs)
        Targets.
    t : array_like
        Time >= 0, ``inf`` allowed; with a learning rate a whole number of steps.
    learning_rate : float, optional
        Of gradient descent, > 0 and at most 2/lambda_max(ntk); gradient flow by default.

    Returns
    -------
    EnsemblePrediction

    Raises
    ------
    ValueError
        For values outside these ranges, shapes that do not fit, kernels that are not symmetric or not positive
        semidefinite beyond rounding, or that do not belong to the same inputs.

    Warns
    -----
    UserWarning
        Where an eigenvalue is negative by rounding: it is set to 0.

    References
    ----------
    Lee et al. 2019, arXiv:1902.06720, equations 15 and 16.

    Examples
    --------
    Trained to the end, all networks pass through the training points:

    >>> one = ([[1.0]], [[2.0]])
    >>> ensemble_prediction(one, one, one, [3.0], np.inf)
    EnsemblePrediction(mean=array([3.]), covariance=array([[0.]]))

    Only the last layer learns: the posterior of the NNGP with correlation 1/2.

    >>> K, K_cross = [[1.0]], [[0.5]]
    >>> ensemble_prediction((K, K), (K_cross, K_cross), (K, K), [3.0], np.inf)
    EnsemblePrediction(mean=array([1.5]), covariance=array([[0.75]]))
    """
    nngp, modes, targets = _checked_train(train, y)
    m_shape = _rows(cross), len(nngp)
    nngp_cross, ntk_cross = (
        checked_matrix(kernel, f"{kind} of cross", m_shape)
        for kind, kernel in zip(("nngp", "ntk"), checked_pair(cross, "cross"), strict=True)
    )
    nngp_test, ntk_test = (
        checked_kernel(kernel, f"{kind} of test")
        for kind, kernel in zip(("nngp", "ntk"), checked_pair(test, "test"), strict=True)
    )
    for kind, kernel in (("nngp", nngp_test), ("ntk", ntk_test)):
        checked_matrix(kernel, f"{kind} of test", (m_shape[0], m_shape[0]))
    along = _along_modes(ntk_cross, ntk_test, modes)
    responses = _responses(modes, t, learning_rate)
    turned = modes.vectors.T @ nngp @ modes.vectors
    overlap = nngp_cross @ modes.vectors
    means, covariances = [], []
    for response in responses.reshape(-1, len(nngp)):
        moved = along * response
        means.append(moved @ (modes.vectors.T @ targets))
        mixed = moved @ overlap.T
        covariances.append(nngp_test + moved @ turned @ moved.T - mixed - mixed.T)
    lead = responses.shape[:-1]
    return EnsemblePrediction(
        np.reshape(means, (*lead, m_shape[0], *targets.shape[1:])),
        _with_valid_variance(np.reshape(covariances, (*lead, *nngp_test.shape)), nngp_test),
    )


def training_prediction(
    train: Pair, y: ArrayLike, t: ArrayLike, *, learning_rate: float | None = None
) -> EnsemblePrediction:
    r"""Mean (1 - D) y and covariance D K D of the outputs on the training inputs themselves.

    Parameters, errors, warnings and reference as for `ensemble_prediction`. No digits are lost as D vanishes.

    Examples
    --------
    >>> training_prediction(([[1.0]], [[2.0]]), [3.0], 0.5).covariance.round(4)
    array([[0.1353]])
    """
    nngp, modes, targets = _checked_train(train, y)
    decays = mode_decay(modes.eigenvalues, t, learning_rate=learning_rate)
    responses = mode_response(modes.eigenvalues, t, learning_rate=learning_rate)
    gone = _times_eigenvalue(responses, modes.eigenvalues)
    rotated = modes.vectors.T @ targets
    turned = modes.vectors.T @ nngp @ modes.vectors
    means, covariances = [], []
    for decay, share in zip(
        decays.reshape(-1, len(nngp)), gone.reshape(-1, len(nngp)), strict=True
    ):
        means.append((modes.vectors * share) @ rotated)
        left = modes.vectors * decay
        covariances.append(left @ turned @ left.T)
    lead = decays.shape[:-1]
    return EnsemblePrediction(
        np.reshape(means, (*lead, *targets.shape)), np.reshape(covariances, (*lead, *nngp.shape))
    )


def expected_loss(
    train: Pair, y: ArrayLike, t: ArrayLike, *, learning_rate: float | None = None
) -> Array:
    r"""Mean over networks of the training loss, 1/2 (|D y|^2 + n_outputs tr D K D), the shape of t.

    Parameters, errors, warnings and reference as for `ensemble_prediction`.

    Examples
    --------
    >>> float(expected_loss(([[1.0]], [[2.0]]), [3.0], 0.0))
    5.0
    """
    nngp, modes, targets = _checked_train(train, y)
    squares = mode_decay(modes.eigenvalues, t, learning_rate=learning_rate) ** 2
    columns = targets.reshape(len(targets), -1)
    power = ((modes.vectors.T @ columns) ** 2).sum(axis=1)
    power += columns.shape[1] * np.einsum("pk,pq,qk->k", modes.vectors, nngp, modes.vectors)
    return np.asarray(squares @ power / 2)


def linearised_outputs(
    start_train: ArrayLike,
    start_test: ArrayLike,
    ntk_train: ArrayLike,
    ntk_cross: ArrayLike,
    y: ArrayLike,
    t: ArrayLike,
    *,
    learning_rate: float | None = None,
) -> Array:
    r"""Outputs f_0(*) + A_t (y - f_0(X)) on test inputs of one network that is linear in its parameters.

    Exact for the linearisation of any network around its start, with its own empirical NTK; a network of width n
    follows it up to O(1/n).

    Parameters
    ----------
    start_train, start_test : array_like, (P,) and (m,), or (P, n_outputs) and (m, n_outputs)
        Outputs f_0 at the start.
    ntk_train, ntk_cross : array_like, (P, P) and (m, P)
        Empirical NTK at the start.
    y : array_like, the shape of start_train
    t, learning_rate
        As for `ensemble_prediction`.

    Returns
    -------
    ndarray, the shape of t followed by that of start_test

    Raises
    ------
    ValueError
        As for `ensemble_prediction`.

    References
    ----------
    Lee et al. 2019, arXiv:1902.06720, equations 8 to 11.

    Examples
    --------
    >>> linearised_outputs([1.0], [0.5], [[2.0]], [[1.0]], [3.0], [0.0, np.inf])
    array([[0.5],
           [1.5]])
    """
    ntk = checked_kernel(ntk_train, "ntk_train")
    targets = checked_targets(y, "y", len(ntk))
    start = checked_targets(start_train, "start_train", len(ntk))
    if start.shape != targets.shape:
        raise ValueError(f"start_train has shape {start.shape}; needs {targets.shape}, as y")
    cross = checked_matrix(ntk_cross, "ntk_cross", None)
    checked_matrix(cross, "ntk_cross", (len(cross), len(ntk)))
    before = checked_targets(start_test, "start_test", len(cross))
    if before.shape[1:] != start.shape[1:]:
        raise ValueError(f"start_test has shape {before.shape}; start_train has {start.shape}")
    modes = modes_of(ntk, "ntk_train")
    error = modes.vectors.T @ (targets - start)
    responses = _responses(modes, t, learning_rate)
    along = cross @ modes.vectors
    moved = [(along * response) @ error for response in responses.reshape(-1, len(ntk))]
    return before + np.reshape(moved, (*responses.shape[:-1], *before.shape))


def largest_learning_rate(ntk: ArrayLike) -> float:
    """2/lambda_max of the NTK on the training inputs: gradient descent on 1/2 sum of squares converges below it.

    Lee et al. 2019 (theorem 2.1) ask for less than 2/(lambda_min + lambda_max), which is sufficient; inf for a
    kernel of zeros.

    Examples
    --------
    >>> largest_learning_rate([[3.0, 1.0], [1.0, 3.0]])
    0.5
    """
    modes = modes_of(checked_kernel(ntk, "ntk"), "ntk")
    highest = float(modes.eigenvalues[-1])
    return 2 / highest if highest > 0 else np.inf


def _checked_train(train: Pair, y: ArrayLike) -> tuple[Array, Modes, Array]:
    """NNGP kernel, modes of the NTK, targets."""
    first, second = checked_pair(train, "train")
    nngp, ntk = checked_kernel(first, "nngp of train"), checked_kernel(second, "ntk of train")
    checked_matrix(nngp, "nngp of train", ntk.shape)
    modes_of(nngp, "nngp of train")
    return nngp, modes_of(ntk, "ntk of train"), checked_targets(y, "y", len(ntk))


def _rows(cross: Pair) -> int:
    kernel = checked_matrix(checked_pair(cross, "cross")[0], "nngp of cross", None)
    return len(kernel)


def _along_modes(ntk_cross: Array, ntk_test: Array, modes: Modes) -> Array:
    """Theta(*, X) U. It is at most sqrt(Theta(*, *) lam) along each mode if the kernels belong together."""
    along = ntk_cross @ modes.vectors
    slack = ROUNDING * modes.eigenvalues[-1]
    bound = np.diagonal(ntk_test)[:, None] * (modes.eigenvalues + slack)
    if (along**2 > bound * (1 + 1e-6)).any():
        raise ValueError(
            "ntk of train, cross and test do not belong to the same inputs: together they are not positive "
            "semidefinite. Rows of cross are test inputs, columns are training inputs"
        )
    return along


def _responses(modes: Modes, t: ArrayLike, learning_rate: float | None) -> Array:
    """(1 - decay)/lam of each mode, 0 for modes whose eigenvalue is a rounded zero: nothing overlaps with them."""
    lam = modes.eigenvalues
    checked_rate(learning_rate, lam, checked_times(t))
    null = lam <= len(lam) * np.finfo(float).eps * lam[-1]
    responses = mode_response(np.where(null, 0.0, lam), t, learning_rate=learning_rate)
    return np.where(null, 0.0, responses)


def _times_eigenvalue(responses: Array, lam: Array) -> Array:
    """1 - decay, also where the response of a mode with eigenvalue 0 is infinite."""
    return np.multiply(responses, lam, out=np.zeros(responses.shape), where=lam > 0)


def _with_valid_variance(covariances: Array, nngp_test: Array) -> Array:
    """Variances that are negative by rounding are set to 0."""
    variances = np.einsum("...ii->...i", covariances)
    if (variances < -np.sqrt(ROUNDING) * np.diagonal(nngp_test)).any():
        raise ValueError(
            f"the predicted variance {variances.min():.3g} is negative: nngp of train, cross and test do not "
            "belong to the same inputs"
        )
    np.maximum(variances, 0.0, out=variances)
    return covariances
