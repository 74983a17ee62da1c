"""Responses of a layer's fields to the Gaussian ones that drive it, path by path, differentiated backwards."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.compilation import compiled

FloatArray = NDArray[np.float64]

BLOCK = 16
"""Paths treated together; rows of the arrays are padded to a multiple of it."""


@compiled
def response_rows(
    slopes: FloatArray,
    bends: FloatArray,
    forward: FloatArray,
    backward: FloatArray,
    step: int,
    count: int,
    of_features: bool,
) -> FloatArray:
    r"""Sums over paths of d phi(h(t))/d r(s), or of d g(t)/d u(s), s <= t = `step`: (count, (step + 1) count).

    Rows are s count + nu; h = u + X g, z = r + Y phi(h), g = phi'(h) z with causal matrices, gamma0 included.

    Parameters
    ----------
    slopes, bends : array, (rows, paths)
        phi'(h), and phi''(h) z where z is known already (before: 0). Paths beyond the last hold zeros.
    forward, backward : array, (rows, rows)
        X (s < t) and Y (s <= t).
    step, count : int
    of_features : bool
        Which of the two.
    """
    stop = (step + 1) * count
    found = np.zeros((count, stop))
    by_feature = np.empty((stop, BLOCK))
    by_gradient = np.empty((stop, BLOCK))
    kick = np.empty(BLOCK)
    for start in range(0, slopes.shape[1], BLOCK):
        for sample in range(count):
            by_feature[:] = 0.0
            by_gradient[:] = 0.0
            if of_features:
                by_feature[stop - count + sample] = 1.0
            else:
                by_gradient[stop - count + sample] = 1.0
            for s in range(step, -1, -1):
                for row in range(s * count, (s + 1) * count):
                    total = 0.0
                    for k in range(BLOCK):
                        kick[k] = by_gradient[row, k] * slopes[row, start + k]
                        total += kick[k]
                    if of_features:
                        found[sample, row] += total
                    for earlier in range((s + 1) * count):
                        weight = backward[row, earlier]
                        for k in range(BLOCK):
                            by_feature[earlier, k] += weight * kick[k]
                for row in range(s * count, (s + 1) * count):
                    total = 0.0
                    for k in range(BLOCK):
                        kick[k] = (
                            by_feature[row, k] * slopes[row, start + k]
                            + by_gradient[row, k] * bends[row, start + k]
                        )
                        total += kick[k]
                    if not of_features:
                        found[sample, row] += total
                    for earlier in range(s * count):
                        weight = forward[row, earlier]
                        for k in range(BLOCK):
                            by_gradient[earlier, k] += weight * kick[k]
    return found
