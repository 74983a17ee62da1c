"""Correlations of pairs: from scalar products of inputs, and through an affine layer.

A pair is carried from layer to layer as three numbers without units: the correlation rho, its gap
1 - |rho|, which keeps its digits near coincident and opposite inputs, and tau, the NTK over the same
root mean squares as rho. An activation maps rho to kappa = V/sqrt(V_1 V_2), the gap to 1 - |kappa|, and
supplies slope = d kappa/d rho = V' sqrt(q_1 q_2/(V_1 V_2)). With r^2 + b^2 = 1, the shares of weights and
biases in the variance of a row, an affine layer maps::

    rho -> r_1 r_2 kappa + b_1 b_2,    tau -> rho + tau r_1 r_2 slope,
    1 - rho -> r_1 r_2 (1 - kappa) + [(r_1 - r_2)^2 + (b_1 - b_2)^2]/2,
    1 + rho -> r_1 r_2 (1 + kappa) + [(r_1 - r_2)^2 + (b_1 + b_2)^2]/2.

Nothing cancels, overflows or underflows in it.
"""

import math

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.compilation import compiled

FloatArray = NDArray[np.float64]

_NEAR = 1e-2  # gap below which a scalar product has lost too many digits of it


@compiled(fastmath={"contract"})
def correlate(
    rho: FloatArray,
    gap: FloatArray,
    rows1: FloatArray,
    rows2: FloatArray,
    over1: FloatArray,
    over2: FloatArray,
    first: int,
    start: int,
) -> None:
    """From scalar products in `rho` to correlations there and their gaps; `over` are inverse lengths.

    A gap below 1e-2 has lost digits in the scalar product: it is found anew from the two rows.
    """
    for i in range(rho.shape[0]):
        least = np.inf
        for j in range(rho.shape[1]):
            rho[i, j] *= over1[first + i] * over2[start + j]
            gap[i, j] = 1 - abs(rho[i, j])
            least = min(least, gap[i, j])
        if least >= _NEAR:
            continue
        for j in range(rho.shape[1]):
            if gap[i, j] < _NEAR:
                a, b = over1[first + i], over2[start + j]
                narrow = narrow_gap(rows1[first + i], rows2[start + j], a, b, rho[i, j])
                gap[i, j] = narrow
                rho[i, j] = math.copysign(1 - narrow, rho[i, j])


@compiled(fastmath={"contract"})
def narrow_gap(x: FloatArray, y: FloatArray, over_x: float, over_y: float, cosine: float) -> float:
    """1 - |cos| of the angle between x and y of lengths 1/over, from y less its projection on x.

    Projected twice: y - share x is rounded once (contracted), so its small rest keeps all digits, and what
    the rounded `share` leaves is taken out of it.
    """
    share = cosine * over_x / over_y
    left_over = 0.0
    for k in range(x.size):
        left_over += x[k] * (y[k] - share * x[k])
    second = left_over * over_x * over_x
    rest = 0.0
    for k in range(x.size):
        rest += ((y[k] - share * x[k]) - second * x[k]) ** 2
    sine2 = rest * over_y * over_y
    return sine2 / (1 + math.sqrt(1 - sine2))


@compiled(fastmath={"contract"})
def affine(
    rho: FloatArray,
    gap: FloatArray,
    tau: FloatArray,
    slope: FloatArray,
    left: FloatArray,
    right: FloatArray,
    first: int,
    start: int,
) -> None:
    """Weights and biases after an activation; the first two lines of the tables are r and b."""
    for i in range(rho.shape[0]):
        r, b = left[0, first + i], left[1, first + i]
        for j in range(rho.shape[1]):
            share = r * right[0, start + j]
            far = (r - right[0, start + j]) ** 2
            apart = gap[i, j] if rho[i, j] >= 0 else 2 - gap[i, j]
            joint = 2 - gap[i, j] if rho[i, j] >= 0 else gap[i, j]
            apart = share * apart + (far + (b - right[1, start + j]) ** 2) / 2
            joint = share * joint + (far + (b + right[1, start + j]) ** 2) / 2
            new = share * rho[i, j] + b * right[1, start + j]
            rho[i, j] = new
            gap[i, j] = apart if new >= 0 else joint
            tau[i, j] = new + tau[i, j] * share * slope[i, j]
