"""Compiled passes over pairs of inputs: all layers of the recursion for one pair after another.

A pair is carried from layer to layer as three numbers without units: the correlation rho, its gap
1 - |rho|, which keeps its digits near coincident and opposite inputs, and tau, the NTK over the same
root mean squares as rho. With V = E phi(u) phi(v), V_i = E phi(u_i)^2, kappa = V/sqrt(V_1 V_2) and
slope = d kappa/d rho = V' sqrt(q_1 q_2/(V_1 V_2)), a layer maps::

    rho -> r_1 r_2 kappa + b_1 b_2,    tau -> rho + tau r_1 r_2 slope,
    1 - rho -> r_1 r_2 (1 - kappa) + [(r_1 - r_2)^2 + (b_1 - b_2)^2]/2,
    1 + rho -> r_1 r_2 (1 + kappa) + [(r_1 - r_2)^2 + (b_1 + b_2)^2]/2,

where r^2 + b^2 = 1 are the shares of weights and biases in the variance of a row. Nothing cancels,
over- or underflows in it. Each activation has a pass of its own, which supplies kappa, 1 - kappa,
1 + kappa and slope.

Arguments of a pass: `nngp` holds rho of the inputs, `ntk` their gap, and both are overwritten by the
kernels in rows `first` to `last` and columns from `start`. `left` (layers + 1, features, n_rows) and
`right` hold r, b and the features of the activation in a row; `scales` are root mean squares after
the last layer.
"""

import math

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.compilation import fused

FloatArray = NDArray[np.float64]

_TILE = 256  # pairs whose state stays in the fastest cache
_NEAR = 1e-2  # gap below which a scalar product has lost digits of it


@fused
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


@fused
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


@fused
def arc_deficit(t: float) -> float:
    """(x - atan x)/x^3 at t = 2 x^2 - 1, x in [0, 1]; error 2e-16."""
    p = 1.1284356515460674e-11
    p = p * t - 3.537641742564253e-11
    p = p * t + 5.1889990007635726e-11
    p = p * t - 1.6417955655048355e-10
    p = p * t + 6.542883548242914e-10
    p = p * t - 2.076580714791197e-09
    p = p * t + 6.445221669390667e-09
    p = p * t - 2.061472044606591e-08
    p = p * t + 6.635657005233138e-08
    p = p * t - 2.142499764147594e-07
    p = p * t + 6.95786214620224e-07
    p = p * t - 2.275514834918793e-06
    p = p * t + 7.503679456481153e-06
    p = p * t - 2.4993556775049974e-05
    p = p * t + 8.429363468394925e-05
    p = p * t - 0.00028884675693310224
    p = p * t + 0.0010108109313986678
    p = p * t - 0.003641982830657195
    p = p * t + 0.013703710151140764
    p = p * t - 0.055407412565357
    p = p * t + 0.2591604972657936
    return p


@fused
def correlate(
    nngp: FloatArray,
    ntk: FloatArray,
    rows1: FloatArray,
    rows2: FloatArray,
    lengths1: FloatArray,
    lengths2: FloatArray,
    first: int,
    last: int,
    start: int,
) -> None:
    """From scalar products in `nngp` to correlations there, and their gaps in `ntk`.

    A gap below 1e-2 has lost digits in the scalar product: it is found anew from the two rows.
    """
    for i in range(first, last):
        least = np.inf
        for j in range(start, nngp.shape[1]):
            rho = nngp[i, j] * lengths1[i] * lengths2[j]
            gap = 1 - abs(rho)
            nngp[i, j] = rho
            ntk[i, j] = gap
            least = min(least, gap)
        if least >= _NEAR:
            continue
        for j in range(start, nngp.shape[1]):
            if ntk[i, j] < _NEAR:
                gap = narrow_gap(rows1[i], rows2[j], lengths1[i], lengths2[j], nngp[i, j])
                ntk[i, j] = gap
                nngp[i, j] = math.copysign(1 - gap, nngp[i, j])


@fused
def narrow_gap(
    x: FloatArray,
    y: FloatArray,
    over_x: float,
    over_y: float,
    cosine: float,
) -> float:
    """1 - |cos| of the angle between x and y of lengths 1/over, from y less its projection on x.

    Projected twice: y - share x is rounded once (`fused`), so its small rest keeps all digits, and what
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


@fused
def enter(
    rho: FloatArray,
    gap: FloatArray,
    tau: FloatArray,
    r: float,
    b: float,
    rs: FloatArray,
    bs: FloatArray,
) -> None:
    """The first affine layer: from the correlations of the inputs to those of its outputs."""
    for j in range(rho.size):
        share = r * rs[j]
        far = (r - rs[j]) ** 2
        apart = gap[j] if rho[j] >= 0 else 2 - gap[j]
        joint = 2 - gap[j] if rho[j] >= 0 else gap[j]
        apart = share * apart + (far + (b - bs[j]) ** 2) / 2
        joint = share * joint + (far + (b + bs[j]) ** 2) / 2
        rho[j] = share * rho[j] + b * bs[j]
        gap[j] = apart if rho[j] >= 0 else joint
        tau[j] = rho[j]


@fused
def leave(
    nngp: FloatArray,
    ntk: FloatArray,
    tau: FloatArray,
    scale: float,
    scales: FloatArray,
) -> None:
    """Correlations become kernels: times the root mean squares of both rows."""
    for j in range(tau.size):
        ntk[j] = scale * scales[j] * tau[j]
        nngp[j] = scale * scales[j] * nngp[j]


@fused
def slopes_layer(
    rho: FloatArray,
    gap: FloatArray,
    tau: FloatArray,
    own: FloatArray,
    rows: FloatArray,
    parameters: FloatArray,
) -> None:
    """Piecewise linear: slopes s_-, s_+, parameter (s_+ - s_-)^2/(s_+^2 + s_-^2), which is 1 for ReLU."""
    kink, r, b = parameters[0], own[0], own[1]
    for j in range(rho.size):
        near, z = rho[j] >= 0, gap[j] / 2
        x = math.sqrt(z)
        lost = kink * x * z * lune(4 * z - 1) / math.pi
        turned = 2 * kink * x * half_angle(4 * z - 1) / math.pi
        kappa = lost + (rho[j] if near else (1 - kink) * rho[j])
        apart = (gap[j] if near else 2 - kink - (1 - kink) * gap[j]) - lost
        joint = (2 - gap[j] if near else kink + (1 - kink) * gap[j]) + lost
        slope = 1 - turned if near else 1 - kink + turned
        share = r * rows[0, j]
        far = (r - rows[0, j]) ** 2
        apart = share * apart + (far + (b - rows[1, j]) ** 2) / 2
        joint = share * joint + (far + (b + rows[1, j]) ** 2) / 2
        rho[j] = share * kappa + b * rows[1, j]
        gap[j] = apart if rho[j] >= 0 else joint
        tau[j] = rho[j] + tau[j] * share * slope


@fused
def erf_layer(
    rho: FloatArray,
    gap: FloatArray,
    tau: FloatArray,
    own: FloatArray,
    rows: FloatArray,
    parameters: FloatArray,
) -> None:
    """erf(sqrt(s/2) x), with p = s q for q and alpha = asin(p/(1 + p)) in the features of a row.

    V = (2/pi) alpha_12, sin(alpha_12) = c/sqrt((1 + p_1)(1 + p_2)). 1 - kappa follows from psi =
    (alpha_1 + alpha_2)/2 - alpha_12, whose sine is a ratio of sums of positive terms.
    """
    r, b, root, width, sine, cosine = own[0], own[1], own[2], own[3], own[4], own[5]
    cosine_c, sine_c, half, norm = own[6], own[7], own[8], own[9]
    for j in range(rho.size):
        product = root * rows[2, j]
        wedge = product * product * (gap[j] * (2 - gap[j]))
        c = product * abs(rho[j])
        base = math.sqrt(1 + root * root + rows[2, j] * rows[2, j] + wedge)
        up = sine * rows[5, j] + cosine * rows[4, j]
        along = sine_c * rows[6, j] + cosine_c * rows[7, j]
        close = abs(rho[j]) > 0.5
        widths = width - rows[3, j]
        y = (wedge + widths * widths / 4) / (up * base + along * c) if close else c
        x = along * base + up * c if close else base
        ratio = min(x, y) / max(x, y)
        angle = ratio - ratio * ratio * ratio * arc_deficit(2 * ratio * ratio - 1)
        angle = angle if y <= x else math.pi / 2 - angle
        mean = half + rows[8, j]
        alpha = mean - angle if close else angle
        psi = angle if close else mean - angle
        norms = norm * rows[9, j]
        sign = 1.0 if rho[j] >= 0 else -1.0
        less = max(0.0, psi / norms - (norm - rows[9, j]) ** 2 / (2 * norms))
        kappa = sign * alpha / norms
        apart = less if rho[j] >= 0 else 2 - less
        joint = 2 - less if rho[j] >= 0 else less
        share = r * rows[0, j]
        far = (r - rows[0, j]) ** 2
        apart = share * apart + (far + (b - rows[1, j]) ** 2) / 2
        joint = share * joint + (far + (b + rows[1, j]) ** 2) / 2
        rho[j] = share * kappa + b * rows[1, j]
        gap[j] = apart if rho[j] >= 0 else joint
        tau[j] = rho[j] + tau[j] * share * (product / (base * norms))


@fused
def slopes_pass(
    nngp: FloatArray,
    ntk: FloatArray,
    left: FloatArray,
    right: FloatArray,
    scales_left: FloatArray,
    scales_right: FloatArray,
    parameters: FloatArray,
    first: int,
    last: int,
    start: int,
) -> None:
    """All layers for rows `first` to `last`."""
    tau = np.empty(_TILE)
    for i in range(first, last):
        for tile in range(start, nngp.shape[1], _TILE):
            stop = min(tile + _TILE, nngp.shape[1])
            rho, gap, t = nngp[i, tile:stop], ntk[i, tile:stop], tau[: stop - tile]
            rows = right[:, :, tile:stop]
            enter(rho, gap, t, left[0, 0, i], left[0, 1, i], rows[0, 0], rows[0, 1])
            for k in range(1, left.shape[0]):
                slopes_layer(rho, gap, t, left[k, :, i], rows[k], parameters)
            leave(rho, gap, t, scales_left[i], scales_right[tile:stop])


@fused
def erf_pass(
    nngp: FloatArray,
    ntk: FloatArray,
    left: FloatArray,
    right: FloatArray,
    scales_left: FloatArray,
    scales_right: FloatArray,
    parameters: FloatArray,
    first: int,
    last: int,
    start: int,
) -> None:
    """All layers for rows `first` to `last`."""
    tau = np.empty(_TILE)
    for i in range(first, last):
        for tile in range(start, nngp.shape[1], _TILE):
            stop = min(tile + _TILE, nngp.shape[1])
            rho, gap, t = nngp[i, tile:stop], ntk[i, tile:stop], tau[: stop - tile]
            rows = right[:, :, tile:stop]
            enter(rho, gap, t, left[0, 0, i], left[0, 1, i], rows[0, 0], rows[0, 1])
            for k in range(1, left.shape[0]):
                erf_layer(rho, gap, t, left[k, :, i], rows[k], parameters)
            leave(rho, gap, t, scales_left[i], scales_right[tile:stop])


@fused
def mirror(
    nngp: FloatArray,
    ntk: FloatArray,
    first: int,
    last: int,
) -> None:
    """Copy the pairs right of the diagonal, of rows `first` to `last`, to their left."""
    for corner in range(first, nngp.shape[1], 32):
        for i in range(first, last):
            for j in range(max(corner, i + 1), min(corner + 32, nngp.shape[1])):
                nngp[j, i] = nngp[i, j]
                ntk[j, i] = ntk[i, j]
