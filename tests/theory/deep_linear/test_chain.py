"""The numerics of balanced chains near their target, where the strength is its limit to rounding."""

import numpy as np
import pytest

from lazyrich.theory.deep_linear import chain


@pytest.mark.parametrize("beta", [0.0, 1 / 3, 1.0])
@pytest.mark.parametrize("u0", [0.2**3, 0.008, 7.0, 40.0])
def test_rounding_past_the_target_does_not_count_a_second_branch(u0, beta):
    """Time goes on steadily with the clock, although the strength no longer changes."""
    s = 0.86
    lam = np.linspace(30.0, 42.0, 400) + abs(np.log(s / u0))
    size = np.ones_like(lam)
    u, gap, log_ratio = chain._along(lam, u0 * size, s * size)
    assert np.all(u <= s) if u0 < s else np.all(u >= s)
    time = chain.chain_integral(u0 * size, u, gap, log_ratio, s * size, beta * size)
    np.testing.assert_allclose(np.diff(time), (lam[1] - lam[0]) / s ** (1 + beta), rtol=1e-8)


def test_saturated_strengths_take_few_steps(monkeypatch):
    steps = []
    bent_step = chain._bent_step
    monkeypatch.setattr(chain, "_bent_step", lambda *given: steps.append(1) or bent_step(*given))
    T = np.linspace(1.0, 150.0, 300)
    with np.errstate(invalid="ignore"):
        u = chain.chain_flow(T, np.full(300, 0.2**3), np.full(300, 0.86), np.full(300, 1 / 3))
    assert np.all(np.diff(u) >= 0) and u[-1] == 0.86
    assert len(steps) < 15
