import numpy as np
import pytest

from lazyrich.theory.infinite_width.activations import dual
from lazyrich.theory.infinite_width.correlation_table import correlation_table

RHO = np.array([1.0, -1.0, 1 - 1e-9, 0.99, 0.3, 0.0, -0.77])


@pytest.mark.parametrize("q", [1e-4, 1.0, 30.0])
@pytest.mark.parametrize("name", ["erf", "gelu", "sin", "tanh"])
def test_tables_meet_the_tolerance(name, q):
    whole = dual(name, q, q, q)
    exact = dual(name, q, q, q * RHO)
    for tolerance in (1e-3, 1e-10):
        found = correlation_table(name, q, tolerance=tolerance).at(RHO)
        for value, expected, scale in zip(found, exact, whole, strict=True):
            assert (np.abs(value - expected) <= tolerance * scale).all()


def test_polynomials_have_finite_tables():
    table = correlation_table(("polynomial", [1.0, 0.0, 2.0]), 3.0)
    assert len(table.value) == 3  # 1 + 4 q + 4 q^2 + 8 q^2 rho^2
    assert table.value == pytest.approx([1 + 12 + 36 + 36, 0, 36], abs=1e-12)


def test_variance_zero():
    table = correlation_table("softplus", 0.0)
    assert table.at(0.5).value == pytest.approx(np.log(2) ** 2)
    assert table.at(0.5).derivative == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: correlation_table("relu", 1.0), "kink"),
        (lambda: correlation_table("erf", 1e6), "too steep"),
        (lambda: correlation_table("erf", [1.0, 2.0]), "shape"),
        (lambda: correlation_table("erf", -1.0), "q = -1.0"),
        (lambda: correlation_table("erf", 1.0, tolerance=1e-12), "tolerance"),
        (lambda: correlation_table("sign", 1.0), "infinite"),
        (lambda: correlation_table("erf", 1.0).at(1.1), "correlation"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
