import inspect

"""Modes of linear networks: printed numbers, limits, symmetries, identities, refused input."""

import doctest
import subprocess
import sys

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from lazyrich.theory.deep_linear import chain_curvature, deep_modes, modes
from lazyrich.theory.deep_linear.modes import (
    chain_hessian_eigenvalues,
    deep_mode,
    deep_time,
    infinite_depth_time,
    optimal_learning_rate,
    two_layer_mode,
    two_layer_time,
)

pytestmark = pytest.mark.filterwarnings("error")

SIZE = st.floats(-4, 2).map(lambda exponent: 10.0**exponent)
SIGN = st.sampled_from([-1.0, 1.0])
DEPTH = st.integers(1, 60)
UNIT = st.floats(0.001, 0.999)


# Printed numbers


def test_learning_time_of_each_depth():
    depth = np.array([1, 2, 3, 4, 5, 8, 20, 100])
    printed = [2.970, 3.304, 4.285, 5.174, 5.904, 7.382, 9.495, 10.973]
    assert depth * deep_time(0.05, 1.9, 2.0, depth) == pytest.approx(printed, abs=6e-4)
    assert infinite_depth_time(0.05, 1.9, 2.0) == pytest.approx(11.3888, abs=5e-5)


def test_steps_at_the_optimal_learning_rate_do_not_grow_with_depth():
    depth = np.array([1, 2, 3, 5, 10, 30, 100])
    steps = deep_time(0.2, 0.99 * 2, 2.0, depth) / optimal_learning_rate(2.0, depth)
    assert steps == pytest.approx([4.50, 6.79, 8.46, 10.5, 12.7, 14.6, 15.4], abs=0.05)


# Identities


def test_sigmoid_and_hyperbolic_time_solve_their_equations():
    t, u0, s, c, u = sp.symbols("t u0 s c u", positive=True)
    sigmoid = s / (1 + (s / u0 - 1) * sp.exp(-2 * s * t))
    assert sp.simplify(sp.diff(sigmoid, t) - 2 * sigmoid * (s - sigmoid)) == 0

    def h(v):
        return sp.sqrt(c**2 + 4 * v**2)

    def square(v):
        return 2 * v + h(v)

    ratio = (square(u) - square(u0)) / ((square(s) - square(u)) * (square(u0) + square(-s)))
    time = sp.log(1 + 2 * h(s) * ratio) / h(s)
    residual = sp.diff(time, u) * h(u) * (s - u) - 1
    for values in ((0.3, 1.7, 0.9, 0.8), (2.5, 0.4, 3.0, 1.1)):
        point = dict(zip((u0, s, c, u), map(sp.Rational, map(str, values)), strict=True))
        assert abs(residual.evalf(50, subs=point)) < 1e-40


def _documented_mode(drop_saturation=False):
    t, s = sp.Symbol("t", positive=True), sp.Integer(2)
    a0, b0 = sp.Rational(6, 5), sp.Rational(1, 3)
    c = (a0 + b0) * (a0 - b0)
    f = sp.sqrt(s**2 + c**2 / 4)
    h2 = sp.exp(-2 * f * t)
    W, g = (1 - h2) / (2 * f), a0 + b0 * s / (f + c / 2)
    N = h2 + W * (f + s + (0 if drop_saturation else (a0 - b0) ** 2 / 2))
    D = h2 + W * (a0 + b0) * (a0 + b0 + (a0 - b0) * (c / 2) / (f + s)) / 2
    a, b = (a0 * h2 + (f + c / 2) * W * g) / sp.sqrt(N * D), (b0 * h2 + s * W * g) / sp.sqrt(N * D)
    residuals = sp.diff(a, t) - b * (s - a * b), sp.diff(b, t) - a * (s - a * b), a**2 - b**2 - c
    return [abs(r.evalf(50, subs={t: sp.Rational(7, 10)})) for r in residuals]


def test_the_documented_mode_solves_its_equations():
    assert max(_documented_mode()) < 1e-40
    assert min(_documented_mode(drop_saturation=True)) > 1e-3


def test_infinite_depth_time_is_the_documented_integral():
    u0, s, u = sp.symbols("u0 s u", positive=True)
    limit = sp.log(u * (s - u0) / (u0 * (s - u))) / s**2 + 1 / (s * u0) - 1 / (s * u)
    assert sp.simplify(sp.diff(limit, u) - 1 / (u**2 * (s - u))) == 0
    expected = float(limit.evalf(30, subs={u0: sp.Rational(1, 8), u: 1.5, s: 2}))
    assert infinite_depth_time(0.125, 1.5, 2.0) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("signs", [(1,), (1, 1), (1, -1), (1, 1, 1), (-1, 1, 1), (-1, 1, 1, 1)])
@pytest.mark.parametrize("s", [sp.Rational(3, 2), sp.Rational(-2, 3)])
def test_hessian_of_the_chain_at_balanced_weights_of_any_sign(signs, s):
    depth = len(signs)
    a = sp.symbols(f"a0:{depth}")
    hessian = sp.hessian((s - sp.prod(a)) ** 2 / 2, a)
    size = sp.Rational(4, 5)
    at = hessian.subs({x: sign * size for x, sign in zip(a, signs, strict=True)})
    strength = sp.prod(signs) * size**depth
    got = chain_hessian_eigenvalues(float(strength), float(s), depth)
    expected = np.linalg.eigvalsh(np.array(at, dtype=float))
    repeated = [float(got.repeated)] * (depth - 1)
    assert sorted([float(got.single), *repeated]) == pytest.approx(expected, rel=1e-12, abs=1e-13)


def test_hessian_at_the_saddle():
    single, repeated = chain_hessian_eigenvalues(0.0, 3.0, [1, 2, 3, 50])
    assert single.tolist() == [1.0, -3.0, 0.0, 0.0]
    assert repeated.tolist() == [0.0, 3.0, 0.0, 0.0]


def test_optimal_learning_rate_inverts_the_curvature_at_the_minimum():
    s, depth = np.array([[-3.0], [0.5], [4.0]]), np.array([1, 2, 3, 10])
    curvature = chain_hessian_eigenvalues(s, s, depth).single
    assert optimal_learning_rate(s, depth) * curvature == pytest.approx(np.ones((3, 4)), rel=1e-14)


# Limits


def test_two_layer_limits():
    t = np.array([0.1, 1.0, 4.0])
    a, b, u = two_layer_mode(t, 30.0, 0.01, 0.5)
    assert u == pytest.approx(0.5 + (0.3 - 0.5) * np.exp(-900 * t), rel=1e-3)
    a, b, u = two_layer_mode(t, 0.4, 0.4, 0.0)
    assert u == pytest.approx(0.16 / (1 + 2 * 0.16 * t), rel=1e-14)
    a, b, u = two_layer_mode(t, 0.7, -0.7, 2.0)
    e = np.exp(-4 * t)
    assert u == pytest.approx(2 * e / (e - 1 - 2 / 0.49), rel=1e-14)
    assert np.array_equal(a, -b)


def test_two_layer_mode_at_infinite_time():
    a0, b0 = np.array([0.0, 1.0, 1.0, 1.0, 1.0, 0.0]), np.array([0.0, -1.0, 1.0, 0.0, -1.0, 1.0])
    s = np.array([1.0, 1.0, 0.0, 0.0, -2.0, 3.0])
    assert two_layer_mode(np.inf, a0, b0, s).u == pytest.approx([0, 0, 0, 0, -2, 3], rel=1e-14)


def test_fixed_points_rest():
    a, b, u = two_layer_mode([0.0, 1.0, 1e9, np.inf], -0.5, -4.0, 2.0)
    assert np.array([a, b, u]).T == pytest.approx(np.tile([-0.5, -4.0, 2.0], (4, 1)), rel=1e-15)
    for fixed, s in ((3.0, 3.0), (0.0, 3.0), (-2.0, -2.0), (0.0, 0.0)):
        assert deep_mode([0.0, 1.0, 1e9, np.inf], fixed, s, 4).tolist() == [fixed] * 4


def test_deep_mode_limits():
    t, depth = np.array([0.0, 0.3, 5.0]), np.array([[2], [3], [1000]])
    assert deep_mode(t, -1.0, 2.0, 1) == pytest.approx(2 - 3 * np.exp(-t), rel=1e-14)
    decay = 0.8 / (1 + (2 - 2 / depth) * depth * t * 0.8 ** (2 - 2 / depth)) ** (
        depth / (2 * depth - 2)
    )
    assert deep_mode(t, 0.8, 0.0, depth) == pytest.approx(decay, rel=1e-13)
    assert deep_mode(np.inf, [0.1, -0.1, 0.1, 0.0], [2.0, 2.0, -1.0, 2.0], 3).tolist() == [
        2.0,
        0.0,
        0.0,
        0.0,
    ]


def test_a_mode_that_decays_from_below_ends_at_plain_zero():
    assert not np.any(
        np.signbit([deep_mode(np.inf, -1.0, 2.0, 3), two_layer_mode(np.inf, 1, -1, 2).u])
    )


def test_depth_four_by_arctanh():
    def F(u, s):
        return 2 * s**-1.5 * np.arctanh(np.sqrt(u / s)) - 2 / (s * np.sqrt(u))

    expected = (F(1.7, 2.0) - F(0.02, 2.0)) / 4
    assert deep_time(0.02, 1.7, 2.0, 4) == pytest.approx(expected, rel=1e-13)


def test_infinite_depth_is_approached_as_one_over_depth():
    gap = [infinite_depth_time(0.3, 1.5, 2) - L * deep_time(0.3, 1.5, 2, L) for L in (200, 400)]
    assert gap[0] / gap[1] == pytest.approx(2.0, abs=0.02)


@pytest.mark.parametrize(
    ("u0", "uf", "s", "depth_one", "balanced", "unbalanced"),
    [
        (0.3, 0.3, 2.0, "zero", "zero", "zero"),
        (2.0, 2.0, 2.0, "zero", "zero", "zero"),
        (0.0, 0.0, 2.0, "zero", "zero", "zero"),
        (0.3, 1.0, 2.0, "finite", "finite", "finite"),
        (5.0, 3.0, 2.0, "finite", "finite", "finite"),
        (-0.3, -0.1, 2.0, "finite", "finite", "finite"),
        (0.3, 0.1, -2.0, "finite", "finite", "finite"),
        (0.3, 0.1, 0.0, "finite", "finite", "finite"),
        (-0.3, 0.1, 2.0, "finite", "never", "finite"),
        (0.3, -0.1, -2.0, "finite", "never", "finite"),
        (0.0, 0.1, 2.0, "finite", "never", "finite"),
        (-0.3, 0.0, 2.0, "finite", "never", "finite"),
        (0.3, 0.0, 0.0, "never", "never", "never"),
        (0.3, 2.0, 2.0, "never", "never", "never"),
        (0.3, 2.5, 2.0, "never", "never", "never"),
        (0.3, 0.2, 2.0, "never", "never", "never"),
        (2.0, 1.0, 2.0, "never", "never", "never"),
        (5.0, 1.0, 2.0, "never", "never", "never"),
    ],
)
def test_targets_reached_and_not_reached(u0, uf, s, depth_one, balanced, unbalanced):
    def kind(time):
        return {0.0: "zero", np.inf: "never"}.get(float(time), "finite" if time > 0 else "wrong")

    assert kind(deep_time(u0, uf, s, 1)) == depth_one
    assert kind(two_layer_time(u0, uf, s, 0.7)) == kind(two_layer_time(u0, uf, s, -0.7))
    assert kind(two_layer_time(u0, uf, s, 0.7)) == unbalanced
    for time in (two_layer_time(u0, uf, s), infinite_depth_time(u0, uf, s)):
        assert kind(time) == balanced
    assert {kind(deep_time(u0, uf, s, depth)) for depth in (2, 3, 1000)} == {balanced}


# Properties


@settings(deadline=None)
@given(SIZE, SIZE, SIZE, SIGN, SIGN, UNIT, UNIT)
def test_two_layer_flow_composes_conserves_and_is_symmetric(a0, b0, s, sign, flip, f1, f2):
    b0, s = flip * sign * b0, flip * s
    rate = np.hypot(s, (a0 - b0) * (a0 + b0) / 2)
    t1, t2 = 10 * f1 / rate, 10 * f2 / rate
    whole, half = two_layer_mode(t1 + t2, a0, b0, s), two_layer_mode(t1, a0, b0, s)
    if sign > 0:  # towards s from the start: no zero is crossed, errors do not grow
        rest = two_layer_mode(t2, half.a, half.b, s)
        assert np.array(rest) == pytest.approx(np.array(whole), rel=1e-12)
    assert abs((half.a - half.b) * (half.a + half.b) - (a0 - b0) * (a0 + b0)) <= 1e-13 * (
        half.a**2 + half.b**2 + a0**2 + b0**2
    )
    swapped, mirrored = two_layer_mode(t1, b0, a0, s), two_layer_mode(t1, a0, -b0, -s)
    assert (swapped.a, swapped.b, swapped.u) == (half.b, half.a, half.u)
    assert (mirrored.a, mirrored.b, mirrored.u) == (half.a, -half.b, -half.u)


@settings(deadline=None)
@given(SIZE, SIZE, SIZE, SIGN, UNIT)
def test_two_layer_time_inverts_the_mode(a0, b0, s, sign, fraction):
    u0, c = a0 * b0 * sign, (a0 - b0) * (a0 + b0)
    uf = u0 + (s - u0) * fraction
    t = two_layer_time(u0, uf, s, c)
    if np.isfinite(t):
        b0 = sign * b0
        reached = two_layer_mode(t, a0, b0, s).u
        nearby = two_layer_mode(t, a0 * np.array([1 + 1e-7, 1]), b0 * np.array([1, 1 + 1e-7]), s).u
        sensitivity = np.sum(np.abs(nearby - reached)) / 1e-7
        growth = (1 + 2 * np.hypot(s, c / 2) * t) * max(abs(u0), s)
        assert abs(reached - uf) <= 1e-13 * (growth + sensitivity)


@settings(deadline=None)
@given(SIZE, SIZE, SIGN, SIGN, DEPTH, UNIT, UNIT)
def test_deep_flow_composes_and_is_monotone(u0, s, sign, flip, depth, f1, f2):
    u0, s = flip * u0, flip * sign * s
    end = s if sign > 0 or depth == 1 else 0.0
    middle = u0 + (end - u0) * f1
    final = middle + (end - middle) * f2
    parts = deep_time(u0, middle, s, depth) + deep_time(middle, final, s, depth)
    assert parts == pytest.approx(deep_time(u0, final, s, depth), rel=1e-11)
    t = deep_time(u0, final, s, depth)
    if t in (0.0, np.inf):
        return
    path = deep_mode(t * np.linspace(0, 3, 40), u0, s, depth)
    assert np.all(np.diff(path) * np.sign(end - u0) >= -4e-14 * np.abs(path[1:]))
    assert path[0] == u0
    assert np.all((path - u0) * (end - path) >= -1e-15 * max(u0**2, end**2))


@settings(deadline=None)
@given(SIZE, SIZE, SIGN, SIGN, DEPTH, UNIT)
def test_deep_mode_inverts_deep_time(u0, s, sign, flip, depth, fraction):
    u0, s = flip * u0, flip * sign * s
    end = s if sign > 0 else 0.0
    uf = u0 + (end - u0) * fraction
    t = deep_time(u0, uf, s, depth)
    if np.isfinite(t) and t > 0:
        amplified = depth * abs(uf) ** (1 - 2 / depth) * abs(s - uf) * t
        assert abs(deep_mode(t, u0, s, depth) / uf - 1) <= 1e-13 * (1 + amplified)


@settings(deadline=None)
@given(SIZE, SIZE, SIGN, st.integers(2, 60), SIZE, UNIT)
def test_scaling_of_strengths_and_time(u0, s, sign, depth, scale, fraction):
    s = sign * s
    uf = u0 + ((s if sign > 0 else 0.0) - u0) * fraction
    t = deep_time(u0, uf, s, depth)
    if np.isfinite(t) and t > 0:
        scaled = deep_time(scale * u0, scale * uf, scale * s, depth, tau=scale ** (2 - 2 / depth))
        slack = 1e-13 * (1 + (abs(u0) + abs(uf)) / abs(uf - u0) + abs(s) / abs(s - uf))
        assert scaled == pytest.approx(t, rel=slack)
        assert deep_mode(3 * t, u0, s, depth, 3.0) == pytest.approx(deep_mode(t, u0, s, depth))


@settings(deadline=None)
@given(SIZE, SIZE, SIGN, UNIT)
def test_depth_two_is_the_balanced_two_layer_mode(a0, s, sign, fraction):
    u0 = sign * a0**2
    uf = u0 + ((s if sign > 0 else 0.0) - u0) * fraction
    t = deep_time(u0, uf, s, 2)
    assert t == pytest.approx(two_layer_time(u0, uf, s), rel=1e-13)
    if np.isfinite(t):
        u = two_layer_mode(t, a0, sign * a0, s).u
        assert u == pytest.approx(deep_mode(t, u0, s, 2), rel=1e-13 * (1 + 2 * s * t))


# Shapes, speed, input


def test_every_argument_broadcasts():
    t, u0 = np.linspace(0, 2, 5)[:, None, None], np.array([[0.1], [0.2], [-0.3]])
    s = np.array([1.0, 2.0])
    u = deep_mode(t, u0, s, 3, tau=[0.5, 2.0])
    assert u.shape == (5, 3, 2) and u.dtype == np.float64
    assert u[4, 1, 1] == deep_mode(2.0, 0.2, 2.0, 3, tau=2.0)
    assert two_layer_mode(t, u0, 0.3, s).b.shape == (5, 3, 2)
    assert two_layer_time(u0, s, 3.0).shape == deep_time(u0, s, 3.0, 2).shape == (3, 2)
    for scalar in (two_layer_mode(1, 1, 1, 1).u, deep_mode(1, 1, 2, 3), deep_time(1, 2, 3, 4)):
        assert isinstance(scalar, np.float64)


@pytest.mark.parametrize("depth", [1, 2, 3, 1000])
def test_one_element_does_not_depend_on_its_neighbours(depth):
    rng = np.random.default_rng(1)
    t, u0, s = 10 ** rng.uniform(-6, 6, (3, 200))
    together = deep_mode(t, u0, s, depth)[:20]
    alone = [deep_mode(t[i], u0[i], s[i], depth) for i in range(20)]
    assert together == pytest.approx(alone, rel=1e-15)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: two_layer_mode(-1.0, 1, 1, 1), "t = .*-1.0.*outside .0, inf"),
        (lambda: two_layer_mode(np.nan, 1, 1, 1), "t holds nan; needs numbers in .0, inf"),
        (lambda: two_layer_mode(1, np.inf, 1, 1), "a0 = .*inf.* outside .-1e"),
        (lambda: two_layer_mode(1, 1, [0.0, np.nan], 1), "b0 holds nan"),
        (lambda: two_layer_mode(1, 1, 1, 1e200), "singular_value = .*1e.200"),
        (lambda: two_layer_mode(1, 1, 1, 1, tau=0.0), "tau = .*0.0.*outside .0, inf"),
        (lambda: two_layer_mode(1, 1, 1, 1, tau=np.inf), "tau = "),
        (
            lambda: two_layer_mode([1, 2], [1, 2, 3], 1, 1),
            "broadcast.*t .2,.*a0 .3,.*use t.:, None.",
        ),
        (lambda: two_layer_mode([], 1, 1, 1), "t is empty"),
        (lambda: two_layer_mode("1", 1, 1, 1), "t = '1'.*real"),
        (lambda: two_layer_mode(1, 1j, 1, 1), "a0 = 1j.*real"),
        (lambda: two_layer_time(1, 2, 3, imbalance=np.inf), "imbalance = "),
        (lambda: two_layer_time(np.nan, 2, 3), "initial_strength holds nan"),
        (lambda: deep_mode(1, 1, 1, 0), "depth = .*0.*outside .1, 2, 3"),
        (lambda: deep_mode(1, 1, 1, 2.5), "depth = .*2.5"),
        (lambda: deep_mode(1, 1, 1, np.inf), "depth = .*inf"),
        (lambda: deep_mode(1, 1, 1, True), "depth = True"),
        (lambda: deep_time(1, np.inf, 1, 3), "final_strength = "),
        (lambda: deep_time(1, 2, 3, -2), "depth = "),
        (lambda: infinite_depth_time(1, 2, 3, tau=-1.0), "tau = .*-1"),
        (lambda: chain_hessian_eigenvalues(np.nan, 1, 2), "strength holds nan"),
        (lambda: optimal_learning_rate([1.0, 0.0], 2), "singular_value = 0"),
    ],
)
def test_input_outside_the_theory_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_optimal_learning_rate_of_depth_one_needs_no_singular_value():
    assert optimal_learning_rate(0.0, 1) == 1.0


@pytest.mark.parametrize("module", [modes, deep_modes, chain_curvature])
def test_examples(module):
    assert doctest.testmod(module).failed == 0


def test_import_needs_numpy_only():
    code = (
        "import sys, lazyrich.theory.deep_linear.modes;"
        "print(*{'scipy', 'sympy', 'numba', 'matplotlib', 'sklearn'} & set(sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == ""


def test_help_shows_short_signatures():
    for formula in (two_layer_mode, deep_mode, chain_hessian_eigenvalues):
        shown = inspect.signature(formula)
        assert len(str(shown)) < 200 and "_SupportsArray" not in str(shown)
