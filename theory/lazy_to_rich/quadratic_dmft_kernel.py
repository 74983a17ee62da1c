"""Compiled tangents of the quadratic DMFT: row t of E dg/du and of E dg/dh*, exact for the paths given.

With L(t, s) = R(t, s) and the block-diagonal J(t), the tangents of a path are K = (1 + gamma J L)^-1 J
(besides what enters through the outputs at the start). Row t of K solves, backward in s,

    y(t) = 1,   y(s) = -gamma sum_{s < s' <= t} y(s') J(s') R(s', s),   K(t, s) = y(s) J(s),

so that nothing but the fields of a path must be kept from step to step.
"""

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.compilation import compiled

Array = NDArray[np.float64]

COLUMNS = 24
"""Columns of the responses that one matrix product takes at once."""


@compiled
def add_tangent_row(
    panels: Array, slopes: Array, errors: Array, target: Array, t: int, coupling: float,
    eps: float, gamma: float, centered: bool, work: Array, tangent: Array, by_target: Array,
) -> None:  # fmt: skip
    """Add the sums over these paths of dg_a(t)/du_j(s) and dg_a(t)/dh*.

    Parameters: `panels` (blocks, rows, columns), panel b holds R[(s', j), (s, i)] for the times s of
    block b in its columns; `slopes` phi'(h) (T, N, P), `errors` Delta (T, P), `target` h* (P,); `work`
    ((t + 1) N, N P) or larger; `tangent` (N, (t + 1) N) and `by_target` (N,).
    """
    width, n_paths = slopes.shape[1], slopes.shape[2]
    times = panels.shape[2] // width
    seen = np.zeros((width, n_paths), slopes.dtype)  # sum_s y(s) phi'(s)
    shared = np.empty(n_paths, slopes.dtype)
    part = np.empty((panels.shape[2], width * n_paths), slopes.dtype)
    y = np.empty((width, width * n_paths), slopes.dtype)
    end = (t + 1) * width
    for b in range(t // times, -1, -1):
        after = min((b + 1) * times, t + 1)
        part[:] = 0
        if after <= t:
            panel = panels[b, after * width : end]
            np.dot(panel.T, work[after * width : end], part)
        for s in range(after - 1, b * times - 1, -1):
            for i in range(width):
                column = (s - b * times) * width + i
                row = part[column]
                for later in range((s + 1) * width, after * width):
                    response = panels[b, later, column]
                    for p in range(row.size):
                        row[p] += response * work[later, p]
                for p in range(row.size):
                    y[i, p] = -gamma * row[p]
                if s == t:
                    y[i, i * n_paths : (i + 1) * n_paths] = 1
            for a in range(width):
                first = a * n_paths
                shared[:] = 0
                for i in range(width):
                    for p in range(n_paths):
                        shared[p] += y[i, first + p] * slopes[s, i, p]
                for p in range(n_paths):
                    seen[a, p] += shared[p]
                for j in range(width):
                    for p in range(n_paths):
                        work[s * width + j, first + p] = (
                            coupling * shared[p] * slopes[s, j, p]
                            + eps * errors[s, p] * y[j, first + p]
                        )
    for a in range(width):
        for row in range(end):
            tangent[a, row] += work[row, a * n_paths : (a + 1) * n_paths].sum()
        for p in range(n_paths):
            by_target[a] -= seen[a, p] * target[p]
            if centered:
                for j in range(width):
                    tangent[a, j] -= coupling * seen[a, p] * slopes[0, j, p]
