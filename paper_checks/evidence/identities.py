"""Identities: does a closed form satisfy its equation, exactly?

The residual is evaluated at random points in high precision and, in a process of its own that can
be stopped, simplified to zero.
"""

import math
import multiprocessing
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lazyrich.paper_checks.evidence.claims import Identity
from lazyrich.paper_checks.evidence.loading import load_claims
from lazyrich.paper_checks.evidence.workers import follow_parent

POINTS = 20
DIGITS = 50
PROOF_SECONDS = 30.0


def largest_residual(claim: Identity, closed_form: Any) -> float:
    """max over random points of |residual| / (sum of the moduli of its terms).

    Points are uniform in the claim's domain, the same for every closed form. 0 when every residual
    vanishes to 50 digits.
    """
    worst = max(_relative_residuals(claim, closed_form), default=0.0)
    if worst == math.inf:
        raise ValueError(
            f"claim {claim.name}: a residual is infinite or undefined in the domain "
            f"{dict(claim.domain)}; needs finite numbers"
        )
    return worst


def is_rejected(claim: Identity, closed_form: Any) -> bool:
    """Whether the residual of a closed form is certainly not zero at one of the random points."""
    return any(size > 0 for size in _relative_residuals(claim, closed_form))


def rejection_of_altered(claim: Identity, closed_form: Any, name: str) -> Callable[[float], bool]:
    """Of a factor: is the form rejected with its "value", or the coordinate of that name, times it?"""
    import sympy

    factor = sympy.Symbol("factor_of_alteration", positive=True)
    if name == "value":
        altered = factor * closed_form
    else:
        stretched = {x: factor * x for x in closed_form.free_symbols if str(x) == name}
        altered = closed_form.subs(stretched)
    compiled = _compiled(claim, altered, [factor])
    return lambda value: any(size > 0 for size in _at_random_points(claim, compiled, [value]))


def is_proven(source: str, name: str) -> bool:
    """Whether sympy simplifies every residual of the claim to 0 within `PROOF_SECONDS`."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_prove, args=(source, name, sender))
    process.start()
    sender.close()
    try:
        return bool(receiver.recv()) if receiver.poll(PROOF_SECONDS) else False
    except EOFError:  # the process ended without an answer
        return False
    finally:
        process.kill()
        process.join()


def _relative_residuals(claim: Identity, closed_form: Any) -> Iterator[float]:
    return _at_random_points(claim, _compiled(claim, closed_form), [])


def _at_random_points(
    claim: Identity, compiled: Sequence[Callable[..., Any]], constants: Sequence[float]
) -> Iterator[float]:
    """At each point: 0 where the residual vanishes, inf where it is not finite."""
    draw = random.Random(0)
    for terms in compiled:
        for _ in range(POINTS):
            point = [draw.uniform(*claim.domain[name]) for name in sorted(claim.domain)]
            yield _relative(terms, [*point, *constants])


def _compiled(
    claim: Identity, closed_form: Any, constants: Sequence[Any] = ()
) -> list[Callable[..., Any]]:
    """For each residual a function of the domain's symbols, sorted, that returns its terms."""
    import sympy

    compiled: list[Callable[..., Any]] = []
    for residual in _residuals(claim, closed_form, constants):
        if residual.has(sympy.nan, sympy.zoo):
            compiled.append(lambda *_: (math.nan,))
            continue
        symbols = {str(symbol): symbol for symbol in residual.free_symbols}
        arguments = [symbols.get(name, sympy.Symbol(name)) for name in sorted(claim.domain)]
        terms = sympy.Add.make_args(residual)
        compiled.append(sympy.lambdify([*arguments, *constants], terms, modules="mpmath"))
    return compiled


def _relative(terms: Callable[..., Any], point: Sequence[float]) -> float:
    """|sum| of the terms over the sum of their moduli, 0 where the sum vanishes.

    Cancellation between the terms costs digits: twice as many as asked for. Where it happens inside
    a single term, as in log(sin^2 + cos^2), a true zero goes on shrinking with the precision.
    """
    import mpmath

    total, size = _summed(terms, point, 2 * DIGITS)
    if not mpmath.isfinite(size):
        return math.inf
    if abs(total) <= size * 10.0**-DIGITS:
        return 0.0
    finer, _ = _summed(terms, point, 4 * DIGITS)
    return 0.0 if abs(finer) <= abs(total) * 10.0**-DIGITS else float(abs(total) / size)


def _summed(terms: Callable[..., Any], point: Sequence[float], digits: int) -> tuple[Any, Any]:
    import mpmath

    with mpmath.workdps(digits):
        try:
            values = [mpmath.mpmathify(value) for value in terms(*map(mpmath.mpf, point))]
        except ZeroDivisionError:
            return math.inf, math.inf
        return sum(values), sum(map(abs, values))


def _residuals(claim: Identity, closed_form: Any, constants: Sequence[Any] = ()) -> tuple[Any, ...]:
    import sympy

    result = claim.residual(closed_form)
    residuals = tuple(result) if isinstance(result, list | tuple) else (result,)
    residuals = tuple(sympy.sympify(residual) for residual in residuals)
    symbols = set().union(*(residual.free_symbols for residual in residuals))
    names = {str(symbol) for symbol in symbols.difference(constants)}
    if missing := sorted(names - set(claim.domain)):
        raise ValueError(f"claim {claim.name}: no domain for the symbols {missing}")
    return residuals


def _prove(source: str, name: str, sender: Any) -> None:
    import sympy

    follow_parent()
    try:
        claim = load_claims(source)[name]
        assert isinstance(claim, Identity)
        residuals = _residuals(claim, claim.closed_form())
        sender.send(all(sympy.simplify(residual) == 0 for residual in residuals))
    except Exception:  # noqa: BLE001 - the numerical check meets it too, and reports it
        sender.send(False)
