"""Averages of activations over jointly Gaussian fields of mean 0, in closed form.

g is "scaled_erf", erf(x/sqrt 2); "relu", max(x, 0); or "identity". The field x_a has the row a of the
covariance C. Fields may coincide or depend on each other linearly (singular C), as those of a student
that has become its teacher do: the values are the limits.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent import field_averages

FloatArray = NDArray[np.float64]

ACTIVATIONS = ("scaled_erf", "relu", "identity")

__all__ = ["ACTIVATIONS", "i2", "i3", "i4", "j2"]


def i2(C: ArrayLike, a: int, b: int, activation: str) -> FloatArray:
    """I2 = <g(x_a) g(x_b)>.

    With V_a = 1 + C_aa, rho the correlation and J2 as in `j2`::

        scaled_erf  (2/pi) asin(C_ab/sqrt(V_a V_b))
        relu        sqrt(C_aa C_bb - C_ab^2)/(2 pi) + C_ab J2
        identity    C_ab

    Parameters
    ----------
    C : array_like, (..., n, n)
        Covariances.
    a, b : int
        Rows, from 0; they may be equal, here and below.
    activation : str
        "scaled_erf", "relu" or "identity".

    Returns
    -------
    array, (...)

    Raises
    ------
    ValueError
        If C is not a covariance, a row is not one of its rows, or the activation is another.

    Notes
    -----
    Exact.

    References
    ----------
    Saad, Solla 1995, Phys. Rev. E 52, 4225; Cho, Saul 2009 for relu.

    Examples
    --------
    >>> print(f"{i2([[3.0]], 0, 0, 'relu'):.4f}")  # half of the variance
    1.5000
    """
    return _average("I2", C, (a, b), activation)


def j2(C: ArrayLike, a: int, b: int, activation: str) -> FloatArray:
    """J2 = <g'(x_a) g'(x_b)>, which weighs the label noise.

    With rho the correlation of x_a and x_b::

        scaled_erf  (2/pi)/sqrt((1 + C_aa)(1 + C_bb) - C_ab^2)
        relu        1/4 + asin(rho)/(2 pi)
        identity    1

    Parameters
    ----------
    C, a, b, activation
        As for `i2`; for relu C_aa and C_bb must be above 0, as its slope at 0 is undefined.

    Returns
    -------
    array, (...)

    Raises
    ------
    ValueError
        As for `i2`.

    Notes
    -----
    Exact.

    References
    ----------
    Saad, Solla 1995, Phys. Rev. E 52, 4225; Cho, Saul 2009 for relu.

    Examples
    --------
    >>> print(f"{j2([[3.0]], 0, 0, 'relu'):.4f}")  # on for half of the inputs
    0.5000
    """
    return _average("J2", C, (a, b), activation)


def i3(C: ArrayLike, a: int, b: int, c: int, activation: str) -> FloatArray:
    """I3 = <g'(x_a) x_b g(x_c)>, the drift of the overlaps.

    With V_a = 1 + C_aa and J2 as in `j2`::

        scaled_erf  (2/pi) (C_bc - C_ab C_ac/V_a)/sqrt(V_a V_c - C_ac^2)
        relu        C_ab sqrt(C_aa C_cc - C_ac^2)/(2 pi C_aa) + C_bc J2(a, c)
        identity    C_bc

    Parameters
    ----------
    C, activation
        As for `j2`.
    a, b, c : int
        Rows of the slope, of the field itself and of the activation.

    Returns
    -------
    array, (...)

    Raises
    ------
    ValueError
        As for `i2`.

    Notes
    -----
    Exact.

    References
    ----------
    Saad, Solla 1995, Phys. Rev. E 52, 4225; relu as derived in Goldt et al. 2019, arXiv:1906.08632.

    Examples
    --------
    >>> print(f"{i3([[3.0]], 0, 0, 0, 'relu'):.4f}")
    1.5000
    """
    return _average("I3", C, (a, b, c), activation)


def i4(C: ArrayLike, a: int, b: int, c: int, d: int, activation: str) -> FloatArray:
    """I4 = <g'(x_a) g'(x_b) g(x_c) g(x_d)>, the noise of the steps themselves.

    scaled_erf: (4/pi^2)/sqrt(L) asin(C'_cd/sqrt((1 + C'_cc)(1 + C'_dd))), where
    L = (1 + C_aa)(1 + C_bb) - C_ab^2 and C' is the covariance under the weight g'(x_a) g'(x_b).
    identity: C_cd. relu: let S be the correlations of the distinct fields among the four, P the
    chance that all of some fields are positive; then::

        I4/sqrt(C_cc C_dd) = S_cd P(all)
            + sum_{u<v} (S_cu S_dv|u + S_cv S_du|v) P(rest | x_u = x_v = 0)/(2 pi sqrt(1 - S_uv^2)),

    with S_dv|u = S_dv - S_uv S_du. P is elementary for up to three fields; for four it is one integral
    (Plackett), done with 24 nodes.

    Parameters
    ----------
    C, activation
        As for `j2`.
    a, b, c, d : int
        Rows of both slopes and of both activations.

    Returns
    -------
    array, (...)

    Raises
    ------
    ValueError
        As for `i2`.

    Notes
    -----
    Exact for scaled_erf and identity. For relu within 1e-9 of the product of the standard deviations of
    x_c and x_d; where x_a and x_b are parallel or opposite within an angle of 3e-4, I4 is expanded to
    second order in that angle.

    References
    ----------
    Saad, Solla 1995, Phys. Rev. E 52, 4225, for scaled_erf; relu derived here.

    Examples
    --------
    A student that coincides with its teacher:

    >>> print(f"{i4([[3.0, 3.0], [3.0, 3.0]], 0, 0, 0, 1, 'relu'):.4f}")
    1.5000
    """
    return _average("I4", C, (a, b, c, d), activation)


def known(activation: Any) -> str:
    """The activation, if it is one of `ACTIVATIONS`."""
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        raise ValueError(
            f"activation = {activation!r} is not one of {', '.join(ACTIVATIONS)}: the Gaussian "
            "integrals are closed for these"
        )
    return activation


def covariances(name: str, values: ArrayLike) -> FloatArray:
    """`values` as covariance matrices in float64: finite, symmetric, no negative eigenvalue."""
    try:
        given = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} is ragged: its rows differ in length") from None
    if given.dtype.kind not in "iuf":
        raise ValueError(f"{name} holds {given.dtype} entries: a covariance is real")
    if given.ndim < 2 or given.shape[-1] != given.shape[-2] or given.size == 0:
        raise ValueError(f"{name} has shape {given.shape}; needs square matrices, (..., n, n)")
    matrices = given.astype(np.float64)
    if not np.isfinite(matrices).all():
        raise ValueError(f"{name} holds nan or inf: a covariance is finite")
    size = np.abs(matrices).max(axis=(-1, -2), keepdims=True)
    if (np.abs(matrices - np.swapaxes(matrices, -1, -2)) > 1e-10 * size).any():
        raise ValueError(f"{name} is not symmetric: it is no covariance")
    lowest = np.linalg.eigvalsh(matrices)[..., 0]
    if (lowest < -1e-10 * size[..., 0, 0]).any():
        raise ValueError(
            f"{name} has the eigenvalue {lowest.min():.6g}, outside [0, inf): it is no covariance"
        )
    return matrices


def _average(name: str, C: ArrayLike, rows: tuple[int, ...], activation: str) -> FloatArray:
    known(activation)
    matrices = covariances("C", C)
    n = matrices.shape[-1]
    at = [_row(row, n) for row in rows]
    n_slopes = {"I2": 0, "I3": 1}.get(name, 2)
    for row in at[:n_slopes]:
        if activation == "relu" and (matrices[..., row, row] == 0).any():
            raise ValueError(
                f"C[{row}, {row}] = 0 is outside (0, inf): the slope of relu at 0 is undefined"
            )
    if name == "I4":
        return _i4(matrices, at, activation)
    a, b = at[:2]
    aa, bb, ab = matrices[..., a, a], matrices[..., b, b], matrices[..., a, b]
    if name == "I3":
        c = at[2]
        cc, ac, bc = matrices[..., c, c], matrices[..., a, c], matrices[..., b, c]
        return field_averages.i3(activation, aa, cc, ab, ac, bc)
    return (field_averages.i2 if name == "I2" else field_averages.j2)(activation, aa, bb, ab)


def _i4(matrices: FloatArray, at: list[int], activation: str) -> FloatArray:
    if activation == "identity":
        return matrices[..., at[2], at[3]]
    if activation == "scaled_erf":
        return field_averages.erf_i4(matrices, *at)
    from lazyrich.theory.double_descent.relu_kernel import i4_of_many

    n = matrices.shape[-1]
    return i4_of_many(matrices.reshape(-1, n, n), *at).reshape(matrices.shape[:-2])[()]


def _row(row: Any, n: int) -> int:
    try:
        index = operator.index(row)
    except TypeError:
        raise ValueError(f"row {row!r} is not whole: a, b, c and d number the fields") from None
    if not 0 <= index < n:
        raise ValueError(f"row {row} is outside 0, ..., {n - 1}: C has {n} fields")
    return index
