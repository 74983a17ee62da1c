"""Quadratic networks on the whole population: Gauss-Hermite nodes integrate their errors exactly."""

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def _population(dim: int) -> tuple[Array, Array]:
    """Inputs N(0, I/D) and their weights; three nodes a dimension are exact up to degree 5."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(3)
    x = np.array(list(itertools.product(nodes, repeat=dim))) / np.sqrt(dim)
    share = np.array(list(itertools.product(weights / weights.sum(), repeat=dim))).prod(axis=1)
    return x, share


def _outputs(x: Array, W: Array, alpha: float, eps: float) -> Array:
    h = x @ W.T
    return np.asarray(alpha * (h + eps / 2 * h**2).mean(axis=1))


def parts_by_quadrature(
    output_scale: Any, W: Any, beta: Any, quadratic_strength: float, initial_W: Any = None
) -> Array:
    """Power of the odd part, squared mean, and variance of the even part of f - y: (scales, 3)."""
    w, teacher = np.asarray(W, float), np.asarray(beta, float)
    x, share = _population(len(teacher))
    found = []
    for alpha in np.asarray(output_scale, float):

        def error(x: Array, alpha: float = alpha) -> Array:
            f = _outputs(x, w, alpha, quadratic_strength)
            if initial_W is not None:
                f = f - _outputs(x, np.asarray(initial_W, float), alpha, quadratic_strength)
            return np.asarray(f - (x @ teacher) ** 2 / 2)

        odd, even = (error(x) - error(-x)) / 2, (error(x) + error(-x)) / 2
        mean = share @ even
        found.append([share @ odd**2, mean**2, share @ (even - mean) ** 2])
    return np.array(found)


def descend_on_population(
    t: Array,
    W0: Any,
    beta: Any,
    output_scale: float,
    quadratic_strength: float,
    learning_rate: float,
) -> Array:
    """Loss, and second moment along and across the teacher, of a centred network: (times, 3).

    `learning_rate` is in units of t: a step changes unit i by -learning_rate E (f - y) phi'(h_i) x.
    """
    w, teacher = np.array(W0, float), np.asarray(beta, float)
    x, share = _population(len(teacher))
    labels = (x @ teacher) ** 2 / 2 + _outputs(x, w, output_scale, quadratic_strength)
    unit = teacher / np.linalg.norm(teacher)
    marks = np.rint(np.asarray(t) / learning_rate).astype(int)
    rows = {}
    for step in range(marks.max() + 1):
        error = _outputs(x, w, output_scale, quadratic_strength) - labels
        if step in marks:
            square = (w**2).sum(axis=1).mean()
            along = ((w @ unit) ** 2).mean()
            loss = share @ error**2
            rows[step] = [loss, along, (square - along) / max(len(teacher) - 1, 1)]
        slope = (1 + quadratic_strength * (x @ w.T)) * (share * error)[:, None]
        w = w - learning_rate * slope.T @ x
    return np.array([rows[step] for step in marks])
