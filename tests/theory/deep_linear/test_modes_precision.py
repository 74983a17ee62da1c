"""Modes of linear networks against high-precision arithmetic, by routes other than the package's.

The bound is 1e-13 times max(1, condition number): ten times tighter than what the package promises.
The condition number is the sum over the inputs of |relative change of the result/relative change of
the input|, here taken from the reference.
"""

import mpmath as mp
import numpy as np
import pytest

from lazyrich.theory.deep_linear.modes import (
    deep_mode,
    deep_time,
    infinite_depth_time,
    two_layer_mode,
    two_layer_time,
)

pytestmark = pytest.mark.filterwarnings("error")

BOUND = 1e-13


def _exact(*values):
    return [mp.mpf(float(value)) for value in values]


def _error(got, reference):
    return float(abs(mp.mpf(float(got)) / reference - 1))


# Integration of the differential equations, 40 digits


@pytest.mark.parametrize(
    ("a0", "b0", "s", "t"),
    [(0.3, 0.1, 2.0, 1.5), (0.5, -1.2, 0.7, 2.0), (0.9, -0.9, 1.3, 1.0), (2.0, 1.0, -1.0, 1.2)],
)
def test_two_layer_mode_integrated(a0, b0, s, t):
    with mp.workdps(40):
        start, target = _exact(a0, b0), mp.mpf(s)
        solution = mp.odefun(
            lambda _, y: [y[1] * (target - y[0] * y[1]), y[0] * (target - y[0] * y[1])], 0, start
        )
        expected = solution(mp.mpf(t))
        got = two_layer_mode(t, a0, b0, s)
        assert max(_error(got.a, expected[0]), _error(got.b, expected[1])) < 2e-15


@pytest.mark.parametrize("depth", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    ("u0", "uf", "s"), [(0.1, 1.8, 2.0), (9.0, 2.1, 2.0), (-1.5, -0.3, 0.9), (3.0, 0.5, 0.0)]
)
def test_deep_time_integrated(depth, u0, uf, s):
    def slowness(exponent):
        return lambda u: 1 / (abs(u) ** exponent * (s - u))

    with mp.workdps(40):
        expected = mp.quad(slowness(2 - mp.mpf(2) / depth), mp.linspace(*_exact(u0, uf), 5)) / depth
        assert _error(deep_time(u0, uf, s, depth), expected) < 2e-15
        expected = mp.quad(slowness(2), mp.linspace(*_exact(u0, uf), 5))
        assert _error(infinite_depth_time(u0, uf, s), expected) < 2e-15
        wrong = mp.quad(slowness(2 - mp.mpf(1) / depth), mp.linspace(*_exact(u0, uf), 5)) / depth
        assert _error(deep_time(u0, uf, s, depth), wrong) > 1e-6


# Random and special extremes


class Draw:
    """Random magnitudes, uniform in their logarithm, and signs."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def size(self, low=-12, high=6):
        return float(10 ** self.rng.uniform(low, high))

    def sign(self):
        return float(self.rng.choice([-1, 1]))

    def time_constant(self):
        return self.size(-100, 100) if self.rng.random() < 0.2 else self.size(-2, 2)


def _two_layer_case(draw):
    rng, sign = draw.rng, draw.sign
    narrow = rng.random() < 0.4
    a0, b0, s = (draw.size(-3, 1) if narrow else draw.size() for _ in range(3))
    a0, b0, s = a0 * sign(), b0 * sign(), s * sign()
    a0, b0, s = [
        lambda: (a0, a0, s),
        lambda: (a0, -a0, s),
        lambda: (a0, a0 * (1 + 1e-10) * sign(), s),
        lambda: (a0, -a0 * (1 + sign() * 2.0 ** -rng.integers(10, 53)), s),
        lambda: (a0, 0.0, s),
        lambda: (0.0, b0, s),
        lambda: (a0, b0, 0.0),
        lambda: (a0, a0 * sign(), 0.0),
        lambda: (a0, b0, a0 * b0),
        lambda: (a0, b0, a0 * b0 * (1 + sign() * 1e-13)),
        lambda: (a0, a0 * sign() * draw.size(-16, 0), s),
        lambda: (a0, b0, s),
    ][rng.integers(12)]()
    rate = np.hypot(s, (a0 - b0) * (a0 + b0) / 2) or a0 * a0
    tau = draw.time_constant()
    kind = rng.random()
    if kind < 0.1:
        return float(rng.choice([0.0, np.inf])), a0, b0, s, tau
    t = draw.size(-12, 12) if kind < 0.3 else draw.size(-4, 3) * tau / rate
    return t, a0, b0, s, tau


def _two_layer_reference(t, a0, b0, s, tau):
    """The sigmoid for c = 0, else the solution in the eigenbasis of [[c/2, s], [s, -c/2]]."""
    T, c, u0 = t / tau, (a0 - b0) * (a0 + b0), a0 * b0
    if c == 0:
        side = mp.sign(u0)
        if T == 0 or u0 == 0:
            u = u0
        elif mp.isinf(T):
            u = s if s * side > 0 else mp.mpf(0)
        elif s == 0:
            u = u0 / (1 + 2 * side * u0 * T)
        else:
            u = s / (1 + (s / u0 - 1) * mp.exp(-2 * side * s * T))
        shrink = mp.sqrt(u / u0) if u0 else 0
        return a0 * shrink, b0 * shrink, u
    f, phi = mp.hypot(s, c / 2), mp.atan2(s, c / 2) / 2
    p, m = a0 * mp.cos(phi) + b0 * mp.sin(phi), -a0 * mp.sin(phi) + b0 * mp.cos(phi)
    e, w = mp.exp(-2 * f * T), -mp.expm1(-2 * f * T)
    norm = mp.sqrt(e + (p**2 * w + m**2 * e * w) / (2 * f))
    P, M = p / norm, m * e / norm
    a, b = P * mp.cos(phi) - M * mp.sin(phi), P * mp.sin(phi) + M * mp.cos(phi)
    return a, b, a * b


def _condition_numbers(reference, arguments, values):
    step, total = mp.mpf(10) ** -40, [mp.mpf(0)] * len(values)
    for k, argument in enumerate(arguments):
        if argument != 0 and not mp.isinf(argument):
            moved = reference(*arguments[:k], argument * (1 + step), *arguments[k + 1 :])
            for j, value in enumerate(values):
                total[j] += abs(moved[j] / value - 1) / step if value else 0
    return [float(x) for x in total]


def test_two_layer_mode_at_extremes():
    draw = Draw(1)
    cases = [_two_layer_case(draw) for _ in range(1000)]
    got = np.array(two_layer_mode(*np.array(cases).T)).T
    with mp.workdps(400):
        for case, values in zip(cases, got, strict=True):
            arguments = _exact(*case)
            expected = _two_layer_reference(*arguments)
            large = [abs(x) > 1e-290 for x in expected]
            errors = [
                _error(g, x) if big else float(abs(g) > 1.001e-290)
                for g, x, big in zip(values, expected, large, strict=True)
            ]
            if max(errors) > BOUND:
                conditions = _condition_numbers(_two_layer_reference, arguments, expected)
                errors = [e / max(1, c) for e, c in zip(errors, conditions, strict=True)]
            assert max(errors) <= BOUND, (case, values, errors)


def _two_layer_time_reference(u0, uf, s, c):
    if u0 == uf:
        return mp.mpf(0)
    if not (u0 < uf < s or s < uf < u0) or (c == 0 and u0 * uf <= 0):
        return mp.inf
    if c == 0 and s == 0:
        return abs(1 / uf - 1 / u0) / 2
    if c == 0:
        return abs(mp.log(uf * (s - u0) / (u0 * (s - uf))) / (2 * s))
    # u = (|c|/2) sinh theta; the integral of 1/(2 s - |c| sinh theta) by r = tanh(theta/2).
    c, R = abs(c), mp.sqrt(c * c + 4 * s * s)

    r0, rf = (mp.tanh(mp.asinh(2 * u / c) / 2) for u in (u0, uf))
    if s == 0:
        return abs(mp.log(r0 / rf)) / c
    passed = [(2 * s * r + c + R) / (2 * s * r + c - R) for r in (r0, rf)]
    return abs(mp.log(passed[1] / passed[0])) / R


def _two_layer_time_case(draw):
    rng, sign = draw.rng, draw.sign
    s, u0, c = (draw.size() * sign() for _ in range(3))
    u0, s, c = [
        lambda: (u0, 0.0, c),
        lambda: (u0, s, 0.0),
        lambda: (0.0, s, c),
        lambda: (u0, 0.0, 0.0),
        lambda: (s * (1 + sign() * 2.0 ** -rng.integers(3, 52)), s, c),
        lambda: (u0, s, draw.size(-220, -20)),
        lambda: (u0, s, c),
    ][rng.integers(7)]()
    return u0, _target(draw, u0, s), s, c, draw.time_constant()


def _target(draw, u0, end):
    return float(
        [
            lambda: u0 + (end - u0) * draw.rng.random(),
            lambda: end + (u0 - end) * draw.size(-16, -2),
            lambda: u0 + (end - u0) * draw.size(-16, -1),
            lambda: np.nextafter(u0, end) if u0 else end / 2,
            lambda: draw.size() * draw.sign(),
            lambda: 0.0,
            lambda: u0,
        ][draw.rng.integers(7)]()
    )


def _check_times(cases, got, reference):
    for case, value in zip(cases, got, strict=True):
        expected = reference(*_exact(*case))
        if expected == 0 or mp.isinf(expected):
            assert value == float(expected), case
        else:
            assert _error(value, expected) <= BOUND, (case, value)


def test_two_layer_time_at_extremes():
    draw = Draw(2)
    cases = [_two_layer_time_case(draw) for _ in range(1000)]
    with mp.workdps(500):
        got = two_layer_time(*np.array(cases).T)
        _check_times(
            cases, got, lambda u0, uf, s, c, tau: tau * _two_layer_time_reference(u0, uf, s, c)
        )


def _chain_integral_reference(u0, uf, s, depth):
    """int du/(|u|^(2 - 2/depth) (s - u)) by hypergeometric functions of u/s and of s/u."""
    u0, uf, s = mp.sign(u0) * u0, mp.sign(u0) * uf, mp.sign(u0) * s
    b = mp.mpf(2) / depth - 1
    if s == 0:
        return (uf ** (b - 1) - u0 ** (b - 1)) / (1 - b)
    if b == 0:
        return mp.log(uf * (s - u0) / (u0 * (s - uf))) / s
    if b == -1:
        return mp.log(uf * (s - u0) / (u0 * (s - uf))) / s**2 + (1 / u0 - 1 / uf) / s

    def below(u):
        return u**b / (b * s) * mp.hyp2f1(1, b, b + 1, u / s)

    def above(u):
        return u ** (b - 1) / (1 - b) * mp.hyp2f1(1, 1 - b, 2 - b, s / u)

    if max(u0, uf) <= abs(s):
        return below(uf) - below(u0)
    if min(u0, uf) >= abs(s):
        return above(uf) - above(u0)
    return below(uf) - below(-s) + above(-s) - above(u0)


def _deep_time_reference(u0, uf, s, depth, tau):
    if u0 == uf:
        return mp.mpf(0)
    if not (u0 < uf < s or s < uf < u0) or (depth > 1 and u0 * uf <= 0):
        return mp.inf
    if depth == 1:
        return tau * mp.log((s - u0) / (s - uf))
    per_layer = 1 if mp.isinf(depth) else depth
    return tau / per_layer * _chain_integral_reference(u0, uf, s, depth)


def _deep_case(draw):
    rng, sign = draw.rng, draw.sign
    depth = float(rng.choice([1, 2, 3, 4, 5, 7, 10, 30, 100, 999, 1000, rng.integers(1, 1001)]))
    narrow = rng.random() < 0.4
    s, u0 = (draw.size(-1, 1), draw.size(-3, 1)) if narrow else (draw.size(), draw.size())
    u0, s = [
        lambda: (u0, 0.0),
        lambda: (s * (1 + sign() * 1e-13), s),
        lambda: (s * (1 + sign() * 2.0 ** -rng.integers(1, 52)), s),
        lambda: (u0, -s),
        lambda: (u0, -u0 * (1 + sign() * draw.size(-15, -1))),
        lambda: (s * draw.size(0, 8), s),
        lambda: (u0, s),
    ][rng.integers(7)]()
    flip = sign()
    return flip * u0, flip * s, depth


def test_deep_time_at_extremes():
    draw = Draw(3)
    cases = []
    for _ in range(1000):
        u0, s, depth = _deep_case(draw)
        end = s if s * u0 > 0 else 0.0
        cases.append((u0, _target(draw, u0, end), s, depth, draw.time_constant()))
    u0, uf, s, depth, tau = np.array(cases).T
    with mp.workdps(110):
        _check_times(cases, deep_time(u0, uf, s, depth, tau), _deep_time_reference)
        limits = [(u0, uf, s, np.inf, tau) for u0, uf, s, _, tau in cases]
        _check_times(limits, infinite_depth_time(u0, uf, s, tau), _deep_time_reference)


def _deep_mode_case(draw):
    u0, s, depth = _deep_case(draw)
    start_rate = depth * abs(u0) ** (1 - 2 / depth) * max(abs(s - u0), 1e-300)
    kind = draw.rng.random()
    tau = draw.time_constant()
    if kind < 0.5:
        t = draw.size(-4, 4) / start_rate
    elif kind < 0.6:
        t = draw.size(-16, -4) / start_rate
    elif kind < 0.7 and s:
        t = draw.size(-3, 2) / (depth * abs(s) ** (2 - 2 / depth))
    elif kind < 0.9 and s * u0 > 0:
        on_the_way = u0 * (s / u0) ** draw.rng.random()
        t = float(deep_time(u0, on_the_way, s, depth))
    else:
        t = draw.size(-12, 12)
    return (t if np.isfinite(t) else 0.0) * tau, u0, s, depth, tau


def _deep_mode_error(u, t, u0, s, depth, tau):
    """Relative error of u over max(1, condition number), from the exact time at which u is met."""
    T = t / tau
    power = 2 - 2 / depth
    speed, start_speed = (depth * abs(v) ** power * (s - v) for v in (u, u0))
    if depth == 1:
        expected = s + (u0 - s) * mp.exp(-T)
        error = abs(u - expected) / max(abs(expected), mp.mpf(10) ** -290)
    elif u in (u0, s):
        error = abs(u - u0) / abs(u0) if T == 0 else mp.mpf(0)
    else:
        assert u0 < u < s or s < u < u0
        met = _deep_time_reference(u0, u, s, depth, mp.mpf(1))
        error = abs((met - T) * speed / u)
    per_start = speed / start_speed * u0 / u if start_speed else 0
    condition = abs(T * speed / u) + abs(per_start) + abs(1 - per_start + power * T * speed / u)
    return float(error / max(1, condition))


def test_deep_mode_at_extremes():
    draw = Draw(4)
    cases = [_deep_mode_case(draw) for _ in range(1000)]
    got = deep_mode(*np.array(cases).T)
    compared = 0
    with mp.workdps(110):
        for case, value in zip(cases, got, strict=True):
            t, u0, s, depth, tau = _exact(*case)
            if abs(value) > 1e-290:
                # Where the target is met to rounding, the exact time is sensitive to u beyond use.
                saturated = depth > 1 and abs(value - s) <= 1e-14 * abs(s)
                if not saturated:
                    compared += 1
                    error = _deep_mode_error(mp.mpf(float(value)), t, u0, s, depth, tau)
                    assert error <= BOUND, (case, value, error)
    assert compared > 600


def test_saturation_is_not_early():
    s, depth = 1.5, np.array([2, 3, 10, 1000])
    for u0 in (1e-3, 40.0):
        near = s + (u0 - s) * 1e-9
        t = deep_time(u0, near, s, depth)
        assert deep_mode(t, u0, s, depth) - s == pytest.approx(np.full(4, near - s), rel=1e-5)
