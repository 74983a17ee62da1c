r"""Online learning of a two-layer teacher by a two-layer student: order parameters in time.

Setting (Saad, Solla 1995; Goldt et al. 2019). Inputs x ~ N(0, I_N), a new one at every step. Fields
lambda_i = w_i . x/sqrt N of the K student units and nu_m = B_m . x/sqrt N of the M teacher units;
student sum_i v_i g(lambda_i), label sum_m A_m g(nu_m) + noise; D = student - label. A step is::

    w_i -= (eta/sqrt N) v_i g'(lambda_i) D x,     v_i -= (eta_v/N) g(lambda_i) D.

Time here is t = steps/N, not learning rate x steps: the learning rate does not scale out. For
N -> inf the overlaps Q = w w^T/N, R = w B^T/N, T = B B^T/N and v follow ODEs in t.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent import online_equations
from lazyrich.theory.double_descent.arguments import numbers, one_number
from lazyrich.theory.double_descent.gaussian_integrals import (
    covariances,
    i2,
    i3,
    i4,
    j2,
    known,
)

__all__ = ["OrderParameters", "i2", "i3", "i4", "j2", "order_parameters"]

FloatArray = NDArray[np.float64]


class OrderParameters(NamedTuple):
    """Overlaps and test error of the student; t's axes first."""

    Q: FloatArray
    """Overlaps of the student's units, (..., K, K)."""
    R: FloatArray
    """Overlaps of the student's with the teacher's units, (..., K, M)."""
    readout: FloatArray
    """Second-layer weights v of the student, (..., K)."""
    error: FloatArray
    """Half of the mean squared difference from the noiseless teacher, (...)."""


def order_parameters(
    t: ArrayLike,
    Q0: ArrayLike,
    R0: ArrayLike,
    T: ArrayLike,
    *,
    student_readout: ArrayLike,
    teacher_readout: ArrayLike,
    learning_rate: float,
    noise_var: float = 0.0,
    activation: str = "scaled_erf",
    readout_learning_rate: float = 0.0,
    rtol: float = 1e-8,
) -> OrderParameters:
    """Q(t), R(t), v(t) and the error of online SGD for N -> inf, at any learning rate.

    With u = (v, -A), j and l over all K + M units, and the integrals I2, J2, I3, I4 of their fields::

        dR_im/dt = -eta v_i sum_j u_j I3(i, m, j),
        dQ_ik/dt = -eta sum_j u_j [v_i I3(i, k, j) + v_k I3(k, i, j)]
                   + eta^2 v_i v_k [sum_jl u_j u_l I4(i, k, j, l) + sigma^2 J2(i, k)],
        dv_i/dt  = -eta_v sum_j u_j I2(i, j),     error = sum_jl u_j u_l I2(j, l)/2.

    Parameters
    ----------
    t : array_like
        Time >= 0, steps/N (not learning rate x steps).
    Q0, R0, T : array_like, (K, K), (K, M), (M, M)
        Overlaps at the start; [[Q0, R0], [R0^T, T]] is a covariance. For relu no student unit is 0.
    student_readout, teacher_readout : array_like, (K,), (M,) or scalar
        v at the start and A.
    learning_rate : float
        eta > 0 of the first layer.
    noise_var : float
        sigma^2 >= 0 of the labels.
    activation : str
        g: "scaled_erf", "relu" or "identity".
    readout_learning_rate : float
        eta_v >= 0; at 0 the readout stays.
    rtol : float
        Relative tolerance a step of the ODE solver (LSODA), in [1e-13, 1e-3]; the absolute one is a
        hundredth of it.

    Returns
    -------
    OrderParameters
        (Q, R, readout, error).

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not fit; and where the order parameters
        diverge before the last time, as for the identity with eta K >= 2.

    Notes
    -----
    The means over networks of one start deviate by O(1/N), single networks by O(1/sqrt N), which the
    escape from a plateau amplifies: from small starts the time of escape fluctuates, and grows as
    log N. Start from the measured overlaps.

    References
    ----------
    Saad, Solla 1995, Phys. Rev. E 52, 4225 (scaled_erf, readout 1); Goldt, Advani, Saxe, Krzakala,
    Zdeborova 2019, arXiv:1906.08632 (both layers, noise, relu and identity).

    Examples
    --------
    Three linear units and one linear teacher end at eta K sigma^2/(4 - 2 eta K):

    >>> linear = {"student_readout": 1.0, "teacher_readout": 1.0, "activation": "identity"}
    >>> end = order_parameters(
    ...     500.0, np.eye(3), np.zeros((3, 1)), [[1.0]], learning_rate=0.2, noise_var=0.01, **linear
    ... )
    >>> print(f"{end.error:.7f} {0.2 * 3 * 0.01 / (4 - 2 * 0.2 * 3):.7f}")
    0.0021429 0.0021429
    """
    known(activation)
    C, K, M = _start(Q0, R0, T, activation)
    u = np.concatenate(
        (
            _readout("student_readout", student_readout, K),
            -_readout("teacher_readout", teacher_readout, M),
        )
    )
    times = numbers("t", t, zero=True)
    rate = one_number("learning_rate", learning_rate)
    noise = one_number("noise_var", noise_var, zero=True)
    readout_rate = one_number("readout_learning_rate", readout_learning_rate, zero=True)
    if not 1e-13 <= one_number("rtol", rtol) <= 1e-3:
        raise ValueError(f"rtol = {rtol} is outside [1e-13, 1e-3]: a tolerance of the ODE solver")
    T = C[K:, K:]
    state = np.concatenate((C[:K, :K][np.triu_indices(K)], C[:K, K:].ravel(), u[:K]))
    equations = online_equations.velocity(activation, T, u, rate, noise, readout_rate)
    states = _integrated(equations, times.ravel(), state, rtol)
    matrices = online_equations.covariances(states, T, K)
    v = states[:, -K:]
    both = np.concatenate((v, np.broadcast_to(u[K:], (len(v), M))), axis=1)
    error = online_equations.test_errors(activation, matrices, both)
    parts = (matrices[:, :K, :K], matrices[:, :K, K:], v, error)
    return OrderParameters(*(part.reshape(times.shape + part.shape[1:])[()] for part in parts))


def _integrated(
    equations: tuple[Callable[..., FloatArray], tuple[Any, ...]],
    times: FloatArray,
    state: FloatArray,
    rtol: float,
) -> FloatArray:
    """The state at each time, in any order."""
    import warnings

    from scipy.integrate import ODEintWarning, odeint

    change, given = equations
    grid, place = np.unique(np.append(times, 0.0), return_inverse=True)
    if len(grid) == 1:
        return np.repeat(state[None], len(times), axis=0)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", ODEintWarning)
        states, report = odeint(
            change, state, grid, args=given, rtol=rtol, atol=rtol / 100, mxstep=100_000,
            full_output=True,
        )  # fmt: skip
    last = float(report["tcur"][-1])
    if not (np.isfinite(states).all() and last >= grid[-1]):
        raise ValueError(
            f"the order parameters diverge or cannot be followed to t = {grid[-1]:g} (last t: "
            f"{last:g}): a smaller learning_rate is needed"
        )
    return states[place.ravel()[:-1]]


def _start(
    Q0: ArrayLike, R0: ArrayLike, T: ArrayLike, activation: str
) -> tuple[FloatArray, int, int]:
    """Covariance of all fields at the start, K and M."""
    Q, teacher = covariances("Q0", Q0), covariances("T", T)
    for name, matrix in (("Q0", Q), ("T", teacher)):
        if matrix.ndim != 2:
            raise ValueError(f"{name} has shape {matrix.shape}; needs one square matrix")
    K, M = len(Q), len(teacher)
    R = np.asarray(R0)
    if R.dtype.kind not in "iuf" or R.shape != (K, M):
        raise ValueError(f"R0 has shape {R.shape}, {R.dtype} entries; needs {(K, M)}, real")
    C = covariances("[[Q0, R0], [R0^T, T]]", np.block([[Q, R], [R.T, teacher]]))
    if activation == "relu" and (Q.diagonal() == 0).any():
        raise ValueError("Q0 has 0 on its diagonal: the slope of relu at 0 is undefined")
    return C, K, M


def _readout(name: str, values: ArrayLike, size: int) -> FloatArray:
    given = np.asarray(values)
    if given.dtype.kind not in "iuf" or given.shape not in ((), (size,)):
        raise ValueError(f"{name} has shape {given.shape}; needs a number or {size} real numbers")
    if not np.isfinite(given).all():
        raise ValueError(f"{name} = {values!r} is outside (-inf, inf)")
    return np.broadcast_to(given, (size,)).astype(np.float64)
