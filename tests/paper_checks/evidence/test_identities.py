"""Identities: zero or not, whichever way they are written, and proofs that do not end."""

import time

import pytest
import sympy

from lazyrich.paper_checks.evidence import identities
from lazyrich.paper_checks.evidence.examine import NUMERICAL, PROVEN, examine_identity
from tests.paper_checks.evidence.toy_claims import identity, outcome

t = sympy.Symbol("t", positive=True)
FILE = """
import os
import time
import sympy
from lazyrich.paper_checks.evidence.claims import Deterministic, Identity

t = sympy.Symbol("t", positive=True)
COMMON = {"statement": "It decays.", "source": "a toy", "coordinate": "t"}

def exponential():
    return sympy.exp(-t)

def true(u):
    return u.diff(t) + u, u.subs(t, 0) - 1

def hanging(u):
    time.sleep(600)

def raising(u):
    raise ZeroDivisionError("no residual")

def dying(u):
    os._exit(3)

def wrong(u):
    return u - 2

CLAIMS = [
    Identity(
        name=residual.__name__,
        closed_form=exponential,
        residual=residual,
        domain={"t": (0.1, 2.0)},
        **COMMON,
    )
    for residual in (true, wrong, hanging, raising, dying)
]
"""


def examined(proven=True, **changes):
    return examine_identity(identity(**changes), "toys", outcome(float(proven)))


def residual_of(expression):
    claim = identity(residual=lambda u: expression)
    return identities.largest_residual(claim, claim.closed_form())


@pytest.mark.parametrize(("proven", "reason"), [(True, PROVEN), (False, NUMERICAL)])
def test_a_true_identity_agrees(proven, reason):
    found = examined(proven)
    assert (found.verdict, found.reason, found.gap) == ("agrees", reason, 0)
    assert max(found.sensitivity.values()) <= 1.01e-6


@pytest.mark.parametrize("error", ["1/1000", "1/1000000"])
def test_a_false_identity_disagrees_even_if_called_proven(error):
    wrong = sympy.exp(-t) + sympy.Rational(error)
    found = examined(closed_form=lambda: wrong)
    assert found.verdict == "disagrees"
    assert found.gap > float(sympy.Rational(error)) / 2
    assert found.sensitivity == {}


def test_every_residual_must_vanish():
    assert examined(residual=lambda u: (u.diff(t) + u, u.subs(t, 0) - 2)).verdict == "disagrees"
    assert examined(residual=lambda u: [u.diff(t) + u, u.subs(t, 0) - 1]).verdict == "agrees"


def test_a_wrong_alternative_is_rejected_and_a_right_one_is_not():
    found = examined(alternatives={"rising": lambda: sympy.exp(t)})
    assert (found.verdict, found.alternatives) == ("agrees", {"rising": "disagrees"})
    found = examined(alternatives={"the same": lambda: 1 / sympy.exp(t)})
    assert (found.verdict, found.alternatives) == ("inconclusive", {"the same": "agrees"})


def test_an_identity_blind_to_its_coordinate_is_inconclusive():
    found = examined(residual=lambda u: u.subs(t, 0) - 1)
    assert found.verdict == "inconclusive" and "t not at all" in found.reason
    found = examined(residual=lambda u: u.diff(t) + u)
    assert found.verdict == "inconclusive" and "value not at all" in found.reason


ONE = sympy.sin(t) ** 2 + sympy.cos(t) ** 2


@pytest.mark.parametrize(
    "zero", [ONE - 1, t * (ONE - 1), sympy.log(ONE), (ONE - 1) ** 3, sympy.sqrt(ONE) - 1, 0]
)
def test_zero_is_recognised_however_it_is_written(zero):
    assert residual_of(sympy.sympify(zero)) == 0


@pytest.mark.parametrize("size", ["1e-3", "1e-12", "1e-40"])
def test_small_residuals_are_not_zero(size):
    small = sympy.Rational(size)
    assert residual_of(ONE - 1 + small) == pytest.approx(float(small) / 2, rel=1e-3)
    assert residual_of(t * (ONE - 1 + small)) > 0
    assert residual_of(sympy.log(ONE + small)) > 0


@pytest.mark.parametrize(
    "undefined",
    [sympy.nan * t, sympy.zoo * t, sympy.hyper((1, 1), (-1,), t), 1 / (t - t.evalf() + 0)],
)
def test_undefined_residuals_are_refused(undefined):
    with pytest.raises(ValueError, match="infinite or undefined"):
        residual_of(undefined)


def test_an_alternative_that_is_undefined_is_rejected():
    assert examined(alternatives={"infinite": lambda: sympy.zoo * t}).alternatives == {
        "infinite": "disagrees"
    }


def test_symbols_without_domain_are_refused():
    a = sympy.Symbol("a")
    with pytest.raises(ValueError, match=r"no domain for the symbols \['a'\]"):
        examined(residual=lambda u: u - a)


@pytest.fixture
def source(tmp_path):
    file = tmp_path / "proofs.py"
    file.write_text(FILE)
    return str(file)


def test_proofs(source, capfd):
    assert identities.is_proven(source, "true")
    assert not identities.is_proven(source, "wrong")
    assert not identities.is_proven(source, "raising")
    assert not identities.is_proven(source, "dying")
    assert capfd.readouterr() == ("", "")


def test_a_proof_that_hangs_is_stopped(source, monkeypatch):
    monkeypatch.setattr(identities, "PROOF_SECONDS", 4.0)
    start = time.monotonic()
    assert not identities.is_proven(source, "hanging")
    assert 4 <= time.monotonic() - start < 15
