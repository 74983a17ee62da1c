"""Compare a prediction with a measurement from a notebook or a script, in one call."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lazyrich.paper_checks.evidence import store
from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble
from lazyrich.paper_checks.evidence.examine import examine
from lazyrich.paper_checks.evidence.record import Evidence
from lazyrich.paper_checks.evidence.tasks import generators, measure, tasks_of


def compare(
    prediction: Any,
    measurement: Callable[..., Any],
    *,
    parameters: Mapping[str, Any],
    coordinate: str | None = "t",
    settings: Mapping[str, Any] | None = None,
    margin: float = 0.02,
    scale: Any = "maximum",
    steps: Sequence[float] = (),
    step: str = "learning_rate",
    sizes: Sequence[float] = (),
    size: str = "width",
    seeds: int = 16,
    order: float = 1.0,
    noise_exponent: float = 0.0,
    paired: bool = False,
    alternatives: Mapping[str, Any] | None = None,
    max_sensitivity: float = 0.05,
    seed: int = 0,
) -> Evidence:
    """Judge a prediction against a measurement; prints as one line.

    The gap (measurement - prediction)/scale is judged as a claim of a paper is: an ensemble of
    random networks if `sizes` are given, one deterministic run otherwise. Nothing is stored and
    everything runs in this process, so both may be lambdas or closures.

    Parameters
    ----------
    prediction : function called as ``prediction(**parameters)``, or a sympy expression in symbols
        named after parameters.
    measurement : called as ``measurement(**parameters, **settings)``; with `steps` it gets the
        step size under the name `step`; with `sizes` it gets a `numpy.random.Generator` first and
        the size under the name `size`.
    parameters, settings, coordinate, scale, margin, steps, step, sizes, size, seeds, order,
    noise_exponent, paired, alternatives, max_sensitivity : see `claims.Deterministic` and
        `claims.Ensemble`.
    seed : root of the networks' random streams.

    Returns
    -------
    Evidence : `str()` of it is the verdict with gap, margin and sensitivity in one line.

    Raises
    ------
    ValueError : a prediction or measurement that is not finite or of the wrong shape, or settings
        that could not decide (too few seeds or sizes, too wide a margin).

    Examples
    --------
    One step of gradient descent after the other is close to gradient flow:

    >>> import numpy as np
    >>> def train(t, learning_rate):
    ...     return (1 - learning_rate) ** np.round(t / learning_rate)
    >>> evidence = compare(
    ...     lambda t: np.exp(-t), train, parameters={"t": np.array([0.5, 1.0])}, steps=(1e-2, 1e-3)
    ... )
    >>> evidence.verdict
    'agrees'
    """
    common: dict[str, Any] = {
        "name": "comparison",
        "statement": "the prediction holds",
        "source": "the caller",
        "prediction": prediction,
        "measurement": measurement,
        "parameters": parameters,
        "settings": settings or {},
        "coordinate": coordinate,
        "scale": scale,
        "margin": margin,
        "order": order,
        "max_sensitivity": max_sensitivity,
        "alternatives": alternatives or {},
    }
    claim: Deterministic | Ensemble
    if len(sizes):
        claim = Ensemble(
            sizes=sizes,
            size=size,
            seeds=seeds,
            noise_exponent=noise_exponent,
            paired=paired,
            **common,
        )
    else:
        claim = Deterministic(steps=steps, step=step, **common)
    outcomes: dict[float, list[store.Outcome]] = {}
    for task in tasks_of("compare", claim, "standard", seed, Path()):
        outcomes.setdefault(task.size, []).append(measure(claim, task.size, generators(task)))
    return examine(claim, "compare", {s: store.joined(o) for s, o in outcomes.items()})
