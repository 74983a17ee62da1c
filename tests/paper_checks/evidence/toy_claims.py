"""Small claims of known truth for the tests of the evidence engine."""

import numpy as np

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble, Identity
from lazyrich.paper_checks.evidence.store import Outcome

T = np.linspace(0.1, 3.0, 30)


def decay(t):
    return np.exp(-t)


def growth(t):
    return np.exp(t)


def noisy_decay(rng, width, t):
    return np.exp(-t) + 0.1 / width + 1e-3 * rng.standard_normal(t.shape)


def deterministic(**changes):
    declared = {
        "name": "decays",
        "statement": "It decays.",
        "source": "a toy",
        "prediction": decay,
        "measurement": decay,
        "parameters": {"t": T},
        "coordinate": "t",
        "margin": 0.01,
    }
    return Deterministic(**(declared | changes))


def ensemble(**changes):
    declared = {
        "name": "decays-at-infinite-width",
        "statement": "It decays.",
        "source": "a toy",
        "prediction": decay,
        "measurement": noisy_decay,
        "parameters": {"t": T},
        "coordinate": "t",
        "margin": 0.015,
        "scale": "initial",
        "sizes": (16, 64, 256),
        "size": "width",
    }
    return Ensemble(**(declared | changes))


def exponential():
    import sympy

    return sympy.exp(-sympy.Symbol("t", positive=True))


def decay_equation(u):
    import sympy

    t = sympy.Symbol("t", positive=True)
    return u.diff(t) + u, u.subs(t, 0) - 1


def identity(**changes):
    declared = {
        "name": "solves-its-equation",
        "statement": "The exponential solves its equation.",
        "source": "a toy",
        "closed_form": exponential,
        "residual": decay_equation,
        "coordinate": "t",
        "domain": {"t": (0.1, 2.0)},
    }
    return Identity(**(declared | changes))


def outcome(values, **start):
    """One row of values as a stored outcome."""
    rows = {name: np.asarray(array, dtype=float)[None] for name, array in start.items()}
    return Outcome(np.asarray(values, dtype=float)[None], rows)
