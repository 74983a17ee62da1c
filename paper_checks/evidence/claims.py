"""Claims: one sentence of one paper, with a prediction and the independent route that can refute it.

Three kinds. `Identity`: a closed form and the equation it must satisfy. `Deterministic`: a
prediction against one independent deterministic number (quadrature, an ODE solver, one training
run). `Ensemble`: a prediction against random finite networks. All numbers that decide a verdict
(margin, scale, sizes, seeds, order) are declared here, before anything runs.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

EFFORTS = ("quick", "standard", "thorough")
SCALES = ("pointwise", "maximum", "initial", "log")
LARGEST_MARGIN = 0.03
LARGEST_SENSITIVITY = 0.05
FEWEST_SEEDS = 8


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A closed form that must satisfy an equation exactly.

    Parameters
    ----------
    name : the claim's name within its paper: lower-case words joined by hyphens.
    statement : the claim in one sentence, in the paper's terms.
    source : where the paper says so, in words.
    closed_form : a function without arguments that returns a sympy expression (a function, so that
        listing claims does not import sympy).
    residual : takes the closed form and returns one expression, or a tuple of them, that vanish
        when the claim holds, e.g. ``lambda u: (u.diff(t) - 2 * u * (s - u), u.subs(t, 0) - u0)``.
    coordinate : name of the symbol that is stretched to measure the sensitivity.
    domain : range (low, high) of each free symbol for the numerical check.
    alternatives : closed forms, by name, that must be rejected.
    equation : the equation for the report, in matplotlib's mathtext.
    cost : seconds this takes on one core, roughly.
    provable : False where sympy is known not to simplify the residual to 0 within seconds, so that
        only the numerical check is made.
    """

    name: str
    statement: str
    source: str
    closed_form: Callable[[], Any]
    residual: Callable[[Any], Any]
    coordinate: str
    domain: Mapping[str, tuple[float, float]]
    alternatives: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    equation: str = ""
    cost: float = 2.0
    max_sensitivity: float = 1e-3
    provable: bool = True

    kind = "Identity"

    def __post_init__(self) -> None:
        _check_words(self)
        for symbol, (low, high) in self.domain.items():
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise ValueError(
                    f"claim {self.name}: domain of {symbol} is ({low}, {high}); needs finite low < high"
                )
        if not 0 < self.max_sensitivity <= LARGEST_SENSITIVITY:
            raise ValueError(
                f"claim {self.name}: max_sensitivity {self.max_sensitivity}; "
                f"needs 0 < max_sensitivity <= {LARGEST_SENSITIVITY}"
            )
        if self.coordinate not in self.domain:
            raise ValueError(
                f"claim {self.name}: coordinate {self.coordinate!r} is not in domain {list(self.domain)}"
            )


@dataclass(frozen=True, kw_only=True)
class Deterministic:
    """A prediction against an independent deterministic route.

    The gap at point j is ``(measurement_j - prediction_j) / scale_j``. Where only a step size
    separates the two routes, the measurement is repeated at `steps`, must converge with `order`,
    and its Richardson limit is judged.

    Parameters
    ----------
    name, statement, source, equation, cost : as for `Identity`.
    prediction : a function called as ``prediction(**parameters)``, or a sympy expression in symbols
        named after parameters.
    measurement : a function called as ``measurement(**parameters, **settings)``, with the step size
        under the name `step` when `steps` are given. Returns an array of the prediction's shape.
    parameters : what both routes need: coordinates such as ``t`` and physical parameters.
    settings : what only the measurement needs.
    coordinate : the parameter that is stretched by (1 +- e) to measure the sensitivity.
    scale : "pointwise" (the prediction's modulus), "maximum" (its largest modulus along the first
        axis), "initial" (its first entry along the first axis), "log" (both routes positive; gaps
        are differences of logarithms) or a positive number or array.
    steps, step, order : step sizes (two or more), the measurement's name for them, declared order.
    margin : the largest gap that still counts as agreement, at most 0.03.
    max_sensitivity : the claim is inconclusive unless every relative error larger than this is
        noticed, in the value and in the coordinate; at most 0.05.
    alternatives : predictions, by name, that must be rejected; needed where the prediction is flat
        in its coordinate (`coordinate` None) or zero.
    value_sensitivity : False where scaling the prediction means nothing (a prediction of zero).
    quantity : what is predicted, with its symbol, for the axis of the comparison's figure.
    """

    name: str
    statement: str
    source: str
    prediction: Any
    measurement: Callable[..., Any]
    parameters: Mapping[str, Any]
    coordinate: str | None
    margin: float
    scale: Any = "pointwise"
    settings: Mapping[str, Any] = field(default_factory=dict)
    steps: Sequence[float] = ()
    step: str = "learning_rate"
    order: float = 1.0
    max_sensitivity: float = LARGEST_SENSITIVITY
    alternatives: Mapping[str, Any] = field(default_factory=dict)
    value_sensitivity: bool = True
    quantity: str = "value"
    equation: str = ""
    cost: float = 5.0

    kind = "Deterministic"

    def __post_init__(self) -> None:
        _check_words(self)
        _check_judged(self)
        if len(self.steps):
            _check_free(self, self.step)
        if len(self.steps) == 1 or not _distinct_and_positive(self.steps):
            raise ValueError(
                f"claim {self.name}: steps {tuple(self.steps)}; "
                "needs none, or two or more distinct ones above 0"
            )


@dataclass(frozen=True, kw_only=True)
class Ensemble:
    """A prediction against an ensemble of random finite networks.

    The prediction is compared with the limit of infinite size, extrapolated from three or more
    sizes with the declared order of the first correction; or, where it is exact at finite size,
    with one size.

    Parameters
    ----------
    name, statement, source, prediction, parameters, settings, coordinate, scale, margin,
    max_sensitivity, alternatives, value_sensitivity, quantity, equation, cost : as for
        `Deterministic`.
    measurement : called as ``measurement(rng, **{size: value}, **parameters, **settings)`` once
        a seed, with a `numpy.random.Generator` of its own. Returns an array of the prediction's
        shape, or a mapping with that array under "values"; other entries are what was measured at
        the start and reach a paired prediction.
    sizes : the sizes at standard and thorough effort: one, or three and more that span 16x.
    quick_sizes : the sizes at quick effort, where they differ.
    size : the measurement's name for the size (the prediction gets it too if it asks for it).
    seeds : networks a size at standard effort; half as many (at least 8) at quick, four times as
        many at thorough.
    order : the gap to the limit shrinks as size^-order.
    noise_exponent : the variance between seeds shrinks as size^-noise_exponent.
    paired : the prediction is made for each seed from its measured start.
    """

    name: str
    statement: str
    source: str
    prediction: Any
    measurement: Callable[..., Any]
    parameters: Mapping[str, Any]
    coordinate: str | None
    margin: float
    sizes: Sequence[float]
    size: str
    scale: Any = "pointwise"
    settings: Mapping[str, Any] = field(default_factory=dict)
    quick_sizes: Sequence[float] = ()
    seeds: int = 16
    order: float = 1.0
    noise_exponent: float = 0.0
    paired: bool = False
    max_sensitivity: float = LARGEST_SENSITIVITY
    alternatives: Mapping[str, Any] = field(default_factory=dict)
    value_sensitivity: bool = True
    quantity: str = "value"
    equation: str = ""
    cost: float = 30.0

    kind = "Ensemble"

    def __post_init__(self) -> None:
        _check_words(self)
        _check_judged(self)
        for sizes in filter(len, (self.sizes, self.quick_sizes)):
            _check_sizes(self.name, sizes)
        if not len(self.sizes):
            raise ValueError(f"claim {self.name}: no sizes; needs one, or three and more")
        if len(self.quick_sizes) and (len(self.quick_sizes) == 1) != (len(self.sizes) == 1):
            raise ValueError(
                f"claim {self.name}: quick_sizes {tuple(self.quick_sizes)} and sizes "
                f"{tuple(self.sizes)}; needs one of both, or three and more of both"
            )
        _check_free(self, self.size)
        if not isinstance(self.seeds, int) or self.seeds < FEWEST_SEEDS:
            raise ValueError(
                f"claim {self.name}: {self.seeds} seeds a size; needs {FEWEST_SEEDS} or more, whole"
            )

    def sizes_at(self, effort: str) -> tuple[float, ...]:
        return tuple(self.quick_sizes if effort == "quick" and self.quick_sizes else self.sizes)

    def seeds_at(self, effort: str) -> int:
        return {
            "quick": max(FEWEST_SEEDS, self.seeds // 2),
            "standard": self.seeds,
            "thorough": 4 * self.seeds,
        }[effort]


Claim = Identity | Deterministic | Ensemble


def _check_words(claim: Claim) -> None:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", claim.name):
        raise ValueError(
            f"claim name {claim.name!r}; needs lower-case letters, digits and single hyphens"
        )
    for word in ("statement", "source"):
        if not getattr(claim, word).strip():
            raise ValueError(f"claim {claim.name}: {word} is empty")


def _check_judged(claim: Deterministic | Ensemble) -> None:
    name = claim.name
    if not 0 < claim.margin <= LARGEST_MARGIN:
        raise ValueError(
            f"claim {name}: margin {claim.margin}; needs 0 < margin <= {LARGEST_MARGIN}"
        )
    if not 0 < claim.max_sensitivity <= LARGEST_SENSITIVITY:
        raise ValueError(
            f"claim {name}: max_sensitivity {claim.max_sensitivity}; "
            f"needs 0 < max_sensitivity <= {LARGEST_SENSITIVITY}"
        )
    if not 0 < claim.order < math.inf:
        raise ValueError(f"claim {name}: order {claim.order}; needs a finite order > 0")
    if not callable(claim.measurement):
        raise ValueError(  # noqa: TRY004 - as for all that is wrong with a claim
            f"claim {name}: the measurement is a {type(claim.measurement).__name__}; needs a function "
            "(wrap an array x as: lambda **_: x)"
        )
    for prediction in (claim.prediction, *claim.alternatives.values()):
        if not callable(prediction) and not hasattr(prediction, "free_symbols"):
            raise ValueError(
                f"claim {name}: the prediction is a {type(prediction).__name__}; needs a function or a "
                "sympy expression"
            )
    if both := sorted(set(claim.parameters) & set(claim.settings)):
        raise ValueError(f"claim {name}: {both} are both parameters and settings")
    if isinstance(claim.scale, str) and claim.scale not in SCALES:
        raise ValueError(f"claim {name}: scale {claim.scale!r}; needs one of {SCALES} or numbers")
    if claim.coordinate is not None and claim.coordinate not in claim.parameters:
        raise ValueError(
            f"claim {name}: coordinate {claim.coordinate!r} is not among its parameters "
            f"{list(claim.parameters)}"
        )
    if claim.coordinate is None and not claim.alternatives:
        raise ValueError(f"claim {name}: without a coordinate it needs alternatives to reject")
    if not claim.value_sensitivity and not claim.alternatives:
        raise ValueError(f"claim {name}: without value sensitivity it needs alternatives to reject")


def _check_free(claim: Deterministic | Ensemble, name: str) -> None:
    if name in claim.parameters or name in claim.settings:
        raise ValueError(
            f"claim {claim.name}: {name!r} varies from run to run; it cannot be a parameter or setting"
        )


def _distinct_and_positive(values: Sequence[float]) -> bool:
    return all(0 < x < math.inf for x in values) and len(set(values)) == len(values)


def _check_sizes(name: str, sizes: Sequence[float]) -> None:
    if not _distinct_and_positive(sizes):
        raise ValueError(f"claim {name}: sizes {tuple(sizes)}; needs distinct numbers above 0")
    if len(sizes) > 1 and (len(sizes) < 3 or max(sizes) < 16 * min(sizes)):
        raise ValueError(
            f"claim {name}: sizes {tuple(sizes)}; needs one (a prediction exact at finite size), "
            "or three and more that span a factor 16, to extrapolate"
        )
