"""Correlations through a piecewise linear activation: ReLU, leaky ReLU, absolute value, identity."""

import math

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.compilation import compiled

FloatArray = NDArray[np.float64]


@compiled(fastmath={"contract"})
def through_slopes(
    rho: FloatArray,
    gap: FloatArray,
    slope: FloatArray,
    kink: float,
) -> None:
    """kappa, 1 - |kappa| and slope for slopes s_-, s_+; kink = (s_+ - s_-)^2/(s_+^2 + s_-^2), 1 for ReLU.

    With theta = acos(rho) from the gap, x = sin(theta/2) (of pi - theta if rho < 0)::

        kappa = [sin(theta) - theta cos(theta)] kink/pi + (rho, or (1 - kink) rho if rho < 0).
    """
    for i in range(rho.shape[0]):
        for j in range(rho.shape[1]):
            near, z = rho[i, j] >= 0, gap[i, j] / 2
            x = math.sqrt(z)
            lost = kink * x * z * lune(4 * z - 1) / math.pi
            turned = 2 * kink * x * half_angle(4 * z - 1) / math.pi
            kappa = lost + (rho[i, j] if near else (1 - kink) * rho[i, j])
            apart = (gap[i, j] if near else 2 - kink - (1 - kink) * gap[i, j]) - lost
            joint = (2 - gap[i, j] if near else kink + (1 - kink) * gap[i, j]) + lost
            slope[i, j] = 1 - turned if near else 1 - kink + turned
            rho[i, j] = kappa
            gap[i, j] = apart if kappa >= 0 else joint


@compiled(fastmath={"contract"})
def half_angle(t: float) -> float:
    """asin(x)/x of z = x^2 in [0, 1/2] at t = 4 z - 1; Chebyshev interpolant, error 2e-16."""
    p = 4.1052321165594074e-11
    p = p * t + 1.341285869549988e-10
    p = p * t + 2.557903437341297e-10
    p = p * t + 8.51835175897071e-10
    p = p * t + 3.2049513486427854e-09
    p = p * t + 1.0809676130669179e-08
    p = p * t + 3.647300159179633e-08
    p = p * t + 1.257815733346819e-07
    p = p * t + 4.4020387647402136e-07
    p = p * t + 1.5669849102494064e-06
    p = p * t + 5.701782186274753e-06
    p = p * t + 2.1345548279996328e-05
    p = p * t + 8.302317801518925e-05
    p = p * t + 0.00034086372383630546
    p = p * t + 0.0015196685395952834
    p = p * t + 0.007798902238958053
    p = p * t + 0.05375149359132692
    p = p * t + 1.0471975511965979
    return p


@compiled(fastmath={"contract"})
def lune(t: float) -> float:
    """[sin(theta) - theta cos(theta)]/x^3 at t = 4 x^2 - 1, x = sin(theta/2); error 2e-16."""
    p = 2.236323644566492e-11
    p = p * t + 7.79535398534112e-11
    p = p * t + 1.7934540811533655e-10
    p = p * t + 6.453106881128719e-10
    p = p * t + 2.52090929049686e-09
    p = p * t + 9.31202364484542e-09
    p = p * t + 3.4898463026797195e-08
    p = p * t + 1.3442811661390747e-07
    p = p * t + 5.324013042654078e-07
    p = p * t + 2.182117564952463e-06
    p = p * t + 9.347657813509016e-06
    p = p * t + 4.2462577756791805e-05
    p = p * t + 0.00020929854535025688
    p = p * t + 0.0011647733283233546
    p = p * t + 0.007914653991761169
    p = p * t + 0.07967066655271202
    p = p * t + 2.7394130254891182
    return p
