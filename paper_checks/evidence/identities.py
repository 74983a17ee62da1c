"""Identities: does a closed form satisfy its equation, exactly?

The residual is evaluated at random points in high precision and, in a process of its own that can
be stopped, simplified to zero.
"""

import multiprocessing
import random
from collections.abc import Iterator
from typing import Any

from lazyrich.paper_checks.evidence.claims import Identity
from lazyrich.paper_checks.evidence.loading import load_claims

POINTS = 20
DIGITS = 50
PROOF_SECONDS = 30.0


def largest_residual(claim: Identity, closed_form: Any) -> float:
    """max over random points of |residual| / (sum of the moduli of its terms).

    Points are uniform in the claim's domain, the same for every closed form. 0 when every residual
    vanishes to 50 digits.
    """
    worst = max(_relative_residuals(claim, closed_form), default=0.0)
    return worst if worst > 10.0**-DIGITS else 0.0


def is_rejected(claim: Identity, closed_form: Any) -> bool:
    """Whether the residual of a closed form is certainly not zero at one of the random points."""
    return any(size > 10.0**-DIGITS for size in _relative_residuals(claim, closed_form))


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


def altered(claim: Identity, closed_form: Any, name: str, factor: float) -> Any:
    """The closed form with its "value", or the coordinate of that name, multiplied by a factor."""
    import sympy

    exact = sympy.Rational(factor)
    if name == "value":
        return exact * closed_form
    return closed_form.subs({x: exact * x for x in closed_form.free_symbols if str(x) == name})


def _relative_residuals(claim: Identity, closed_form: Any) -> Iterator[float]:
    import mpmath
    import sympy

    names = sorted(claim.domain)
    draw = random.Random(0)
    for residual in _residuals(claim, closed_form):
        symbols = {str(symbol): symbol for symbol in residual.free_symbols}
        terms = sympy.Add.make_args(residual)
        arguments = [symbols.get(name, sympy.Symbol(name)) for name in names]
        compiled = sympy.lambdify(arguments, terms, modules="mpmath")
        # Cancellation between the terms costs digits: twice as many as asked for.
        with mpmath.workdps(2 * DIGITS):
            for _ in range(POINTS):
                point = [mpmath.mpf(draw.uniform(*claim.domain[name])) for name in names]
                values = [mpmath.mpmathify(value) for value in compiled(*point)]
                size = sum(map(abs, values))
                yield float(abs(sum(values)) / size) if size else 0.0


def _residuals(claim: Identity, closed_form: Any) -> tuple[Any, ...]:
    import sympy

    result = claim.residual(closed_form)
    residuals = tuple(result) if isinstance(result, list | tuple) else (result,)
    residuals = tuple(sympy.sympify(residual) for residual in residuals)
    names = {str(symbol) for residual in residuals for symbol in residual.free_symbols}
    if missing := sorted(names - set(claim.domain)):
        raise ValueError(f"claim {claim.name}: no domain for the symbols {missing}")
    return residuals


def _prove(source: str, name: str, sender: Any) -> None:
    import sympy

    claim = load_claims(source)[name]
    assert isinstance(claim, Identity)
    sender.send(all(sympy.simplify(r) == 0 for r in _residuals(claim, claim.closed_form())))
