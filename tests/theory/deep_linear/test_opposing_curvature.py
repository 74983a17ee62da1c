"""Curvature of the opposing-signals model against second differences and the flow."""

import numpy as np
import pytest
from mpmath import mp
from numpy.testing import assert_allclose

from lazyrich.theory.deep_linear import opposing_signals as opposing
from tests.theory.deep_linear.opposing_cases import ALPHA, BETA, START


def loss(point, beta, alpha, kappa):
    """The loss as it is defined, in any arithmetic."""
    n = len(beta)
    c, b_s, b_o = point[0], point[1 : 1 + n], point[1 + n :]
    signal = sum((c * b - target) ** 2 for b, target in zip(b_s, beta, strict=True)) / 2
    outliers = sum(alpha * (c * b) ** 2 / 2 - c * k * b for b, k in zip(b_o, kappa, strict=True))
    return signal + outliers


def second_differences(point, beta, alpha, kappa):
    """Hessian from differences of the loss in 40 digits."""
    with mp.workdps(40):
        h = mp.mpf("1e-10")
        x = [mp.mpf(float(v)) for v in point]

        def shifted(*moves):
            moved = list(x)
            for i, size in moves:
                moved[i] += size * h
            return loss(moved, *model)

        model = ([mp.mpf(float(b)) for b in beta], mp.mpf(alpha), [mp.mpf(float(k)) for k in kappa])
        n = len(x)
        return np.array(
            [
                [
                    float(
                        sum(s * r * shifted((i, s), (j, r)) for s in (1, -1) for r in (1, -1))
                        / (4 * h * h)
                    )
                    for j in range(n)
                ]
                for i in range(n)
            ]
        )


@pytest.mark.parametrize("kappa", [(0.0, 0.0), (0.7, -1.1)])
@pytest.mark.parametrize("seed", range(4))
def test_sharpness_is_the_top_eigenvalue_of_the_hessian(seed, kappa):
    rng = np.random.default_rng(seed)
    c, b_s, b_o = rng.standard_normal(), rng.standard_normal(3), 0.3 * rng.standard_normal(2)
    hessian = second_differences([c, *b_s, *b_o], BETA, ALPHA, kappa)
    expected = np.linalg.eigvalsh(hessian)[-1]
    found = opposing.sharpness(c, b_s, b_o, BETA, ALPHA, kappa)
    assert found == pytest.approx(expected, rel=1e-12)


def test_sharpness_broadcasts_and_covers_every_block():
    rng = np.random.default_rng(1)
    c, b_s, b_o = rng.standard_normal(5), rng.standard_normal((5, 3)), np.zeros((4, 1, 2))
    found = opposing.sharpness(c, b_s, b_o, BETA, [[50.0], [1e-3], [5.0], [1e6]])
    assert found.shape == (4, 5)
    assert found[2, 3] == opposing.sharpness(c[3], b_s[3], b_o[0, 0], BETA, 5.0)


def test_saddle_is_not_the_final_curvature():
    """The trap of taking alpha |beta| for the curvature of the saddle, which is |beta|."""
    at_saddle = opposing.sharpness(0.0, np.zeros(3), [0.0, 0.0], BETA, ALPHA)
    assert at_saddle == pytest.approx(2.0, rel=1e-15)
    end = opposing.final_sharpness(BETA, ALPHA, 0.05 * BETA, [0.0, 0.0], 0.1)
    assert end == pytest.approx(100.0, rel=1e-14)
    assert opposing.threshold_learning_rate(ALPHA, 2.0) == pytest.approx(2 / end)


@pytest.mark.parametrize("kappa", [(0.0, 0.0), (6.0, 3.0)])
def test_flow_ends_at_the_final_sharpness(kappa):
    start = {"b_s": [0.4, 0.3, 0.1], "b_o": [0.3, -0.1], "c": 0.9}
    path = opposing.flow(15.0, BETA, ALPHA, **start, imbalance=kappa)
    found = opposing.sharpness(path.c, path.b_s, path.b_o, BETA, ALPHA, kappa)
    expected = opposing.final_sharpness(BETA, ALPHA, **start, imbalance=kappa)
    assert found == pytest.approx(expected, rel=1e-8)
    assert abs(expected - 100) > 5  # unbalanced: not alpha |beta|


def test_sharpness_rises_along_the_flow_to_alpha_c_squared():
    path = opposing.flow(np.linspace(0, 7, 30), BETA, ALPHA, **START)
    found = opposing.sharpness(path.c, path.b_s, path.b_o, BETA, ALPHA)
    late = path.log_b_o < -40
    top = np.maximum(ALPHA * path.c[late] ** 2, 0)
    assert late.sum() > 15 and np.all(np.diff(found[late]) > -1e-9)
    assert_allclose(found[late], top, rtol=1e-13)
