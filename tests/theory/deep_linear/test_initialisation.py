"""Where learning starts: every formula against a second route, its limits, and refused input."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp

from lazyrich.theory.deep_linear import initialisation
from lazyrich.theory.deep_linear.initialisation import (
    fuss_catalan_density,
    fuss_catalan_edge,
    fuss_catalan_moment,
    hierarchical_spectrum,
    lyapunov_exponents,
    pretrained_time,
    tanh_mean_field,
)
from lazyrich.theory.deep_linear.modes import deep_time, two_layer_time

pytestmark = pytest.mark.filterwarnings("error")


# Products of random matrices


def density_from_polynomial(x, n_factors):
    """-Im G/pi with B = x G the root of B = 1 + B^(M+1)/x of least positive argument, 60 digits."""
    with mpmath.workdps(60):
        x = mpmath.mpf(float(x))
        coefficients = [1 / x] + [0] * (n_factors - 1) + [-1, 1]
        roots = mpmath.polyroots(coefficients, maxsteps=500, extraprec=400)
        root = min((r for r in roots if r.imag > mpmath.mpf(10) ** -40), key=mpmath.arg)
        return float(root.imag / (mpmath.pi * x))


@pytest.mark.parametrize("n_factors", [1, 2, 3, 7])
@pytest.mark.parametrize("part", [1e-30, 1e-9, 1e-3, 0.1, 0.4, 0.7, 0.95, 0.999])
def test_density_is_the_root_of_its_polynomial(n_factors, part):
    edge = float(fuss_catalan_edge(n_factors))
    expected = density_from_polynomial(part * edge, n_factors)
    found = fuss_catalan_density(part * edge, n_factors)
    assert found == pytest.approx(expected, rel=1e-12 * max(1, 1 / (2 - 2 * part)))


def test_density_of_one_factor_is_marchenko_pastur():
    x = np.concatenate([10.0 ** np.arange(-300, 0, 20), np.linspace(0.1, 3.999, 40)])
    expected = np.sqrt(x) * np.sqrt(4 - x) / (2 * np.pi * x)
    np.testing.assert_allclose(fuss_catalan_density(x, 1), expected, rtol=1e-12)


@pytest.mark.parametrize("n_factors", [1, 2, 5, 20])
def test_moments_and_mass_of_the_density(n_factors):
    """Integrals over y = x^(1/(M+1)), which removes the singularity at 0."""
    edge = float(fuss_catalan_edge(n_factors))
    power = n_factors + 1

    def integrand(y, order):
        x = y**power
        return x**order * float(fuss_catalan_density(x, n_factors)) * power * y ** (power - 1)

    for order in range(4):
        top = edge ** (1 / power)
        found, _ = quad(integrand, 0, top, args=(order,), epsabs=0, epsrel=1e-9, limit=200)
        assert found == pytest.approx(float(fuss_catalan_moment(order, n_factors)), rel=1e-7)


def test_density_outside_its_support_and_at_its_ends():
    edge = float(fuss_catalan_edge(3))
    assert fuss_catalan_density([-1.0, edge, edge + 1, 1e9], 3).tolist() == [0, 0, 0, 0]
    assert fuss_catalan_density(0.0, 3) == np.inf
    assert np.isfinite(fuss_catalan_density(np.nextafter(edge, 0), 3))
    assert fuss_catalan_density(np.ones((2, 1)), [1, 2, 3]).shape == (2, 3)
    small = fuss_catalan_density(np.array([1e-200, 1e-204]), 3)
    assert small[1] / small[0] == pytest.approx(1e3, rel=1e-12)  # x^(-3/4)


def test_density_for_very_many_factors_stays_finite():
    x = np.array([1e-300, 1e-3, 0.5, 2.0, 1e3])
    assert np.all(np.isfinite(fuss_catalan_density(x, 10**6)))
    log_spread = fuss_catalan_density(x[1:4], 10**6) * x[1:4]
    assert np.all(log_spread < 2e-6)  # log x spreads over a range of order M


def test_moments_are_whole_numbers_of_the_recursion():
    """B = 1 + t B^(M+1), coefficient by coefficient."""
    for n_factors in (1, 2, 5):
        series = [1]
        for _ in range(6):
            power = [1] + [0] * len(series)
            for _ in range(n_factors + 1):
                power = [
                    sum(power[i] * series[k - i] for i in range(k + 1) if k - i < len(series))
                    for k in range(len(power))
                ]
            series.append(power[len(series) - 1])
        assert fuss_catalan_moment(np.arange(7), n_factors).tolist() == series


def test_moments_at_the_extremes():
    assert fuss_catalan_moment(1, [1, 10, 10**12]).tolist() == [1, 1, 1]
    assert fuss_catalan_moment(2, 10**12) == 1e12 + 1
    assert fuss_catalan_moment([0, 500, 10**6], 1)[[0, 2]].tolist() == [1, np.inf]
    ratio = float(fuss_catalan_moment(300, 3) / fuss_catalan_moment(299, 3))
    assert ratio == pytest.approx(float(fuss_catalan_edge(3)), rel=0.01)


def test_edge_is_where_the_polynomial_has_a_double_root():
    for n_factors in (1, 2, 9, 1000):
        b = 1 + 1 / n_factors  # where 1 - B + B^(M+1)/x and its derivative vanish
        assert fuss_catalan_edge(n_factors) == pytest.approx(
            b ** (n_factors + 1) / (b - 1), rel=1e-12
        )
    assert fuss_catalan_edge(10**9) / (np.e * (10**9 + 0.5)) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("width", [1, 2, 5, 40])
def test_lyapunov_exponents_sum_to_the_logarithm_of_the_determinant(width):
    """E log |det W| from the chi distributions of the rows' distances, by quadrature."""

    def mean_log_chi(degrees):
        log_norm = (1 - degrees / 2) * np.log(2) - float(mpmath.loggamma(degrees / 2))
        density = lambda r: np.log(r) * np.exp(log_norm + (degrees - 1) * np.log(r) - r * r / 2)
        return quad(density, 0, 1)[0] + quad(density, 1, 20)[0]

    total = sum(mean_log_chi(k) for k in range(1, width + 1)) - width * np.log(width) / 2
    exponents = lyapunov_exponents(width)
    assert exponents.shape == (width,) and np.all(np.diff(exponents) < 0)
    assert exponents.sum() == pytest.approx(total, rel=1e-9)
    assert exponents[0] < 0


def test_largest_lyapunov_exponent_is_that_of_one_vector():
    rng = np.random.default_rng(0)
    logs = np.log((rng.standard_normal((200000, 6)) ** 2).sum(axis=1) / 6) / 2
    error = logs.std() / np.sqrt(len(logs))
    assert lyapunov_exponents(6)[0] == pytest.approx(logs.mean(), abs=4 * error)
    assert lyapunov_exponents(1000)[0] == pytest.approx(-1 / 2000, rel=1e-3)


# Random tanh networks


@pytest.mark.parametrize("exponent", range(-12, 7, 2))
def test_expectations_against_high_precision(exponent):
    q = 10.0**exponent
    with mpmath.workdps(25):
        root = mpmath.sqrt(mpmath.mpf(q))
        bends = {mpmath.mpf(2) ** k / root for k in range(-1, 6)}
        ends = sorted({mpmath.mpf(x) for x in (0, 1, 2, 4, 8, 14)} | {x for x in bends if x < 14})
        squared = 2 * mpmath.quad(lambda z: mpmath.tanh(root * z) ** 2 * mpmath.npdf(z), ends)
        slope = 2 * mpmath.quad(lambda z: mpmath.sech(root * z) ** 4 * mpmath.npdf(z), ends)
    found = tanh_mean_field(1.5, 1, q)
    assert found.q[1] == pytest.approx(float(2.25 * squared), rel=1e-12)
    assert found.chi[0] == pytest.approx(float(2.25 * slope), rel=1e-12)


def test_a_gauss_hermite_rule_would_not_do():
    nodes, weights = np.polynomial.hermite_e.hermegauss(100)
    rule = (weights / np.sqrt(2 * np.pi)) @ np.cosh(np.minimum(1e3 * np.abs(nodes), 300)) ** -4.0
    assert abs(rule / float(tanh_mean_field(1.0, 1, 1e6).chi[0]) - 1) > 0.5


def test_mean_field_limits():
    q, chi = tanh_mean_field(1.0, 3, 0.0)
    assert q.tolist() == [0, 0, 0, 0] and chi.tolist() == [1, 1, 1]
    far = tanh_mean_field(1.0, 1, 1e150)
    assert far.q[1] == pytest.approx(1) and far.chi[0] == pytest.approx(
        4 / 3 / np.sqrt(2 * np.pi * 1e150)
    )
    gain = 1.02
    assert tanh_mean_field(gain, 2000, 1.0).q[-1] == pytest.approx((gain**2 - 1) / 2, rel=0.1)


def test_printed_numbers_of_mean_squared_singular_values():
    chi = tanh_mean_field([0.9, 1.0, 1.05, 1.2], 50, 1.0).chi
    assert np.log(chi).sum(axis=0) == pytest.approx([-12.64, -4.25, -2.41, 0.542], abs=6e-3)


def test_mean_field_broadcasts():
    assert tanh_mean_field([0.9, 1.2], 4, np.ones((3, 1))).q.shape == (5, 3, 2)
    joint = tanh_mean_field([0.9, 1.2], 4, 0.3)
    alone = tanh_mean_field(1.2, 4, 0.3)
    np.testing.assert_array_equal(joint.q[:, 1], alone.q)
    np.testing.assert_array_equal(joint.chi[:, 1], alone.chi)


# Hierarchical data


def explicit_spectrum(n_levels, flip):
    """Eigenvalues of the correlation matrix built from the common ancestors of each pair."""
    items = np.arange(2**n_levels)
    differing = items[:, None] ^ items
    apart = np.array([[int(d).bit_length() for d in row] for row in differing])
    return np.linalg.eigvalsh((1 - 2 * flip) ** (2.0 * apart))[::-1]


@pytest.mark.parametrize("n_levels", [0, 1, 2, 3, 6])
@pytest.mark.parametrize("flip", [0.0, 0.05, 0.1, 0.3, 0.5, 0.9])
def test_hierarchical_spectrum_is_that_of_the_matrix(n_levels, flip):
    values, times = hierarchical_spectrum(n_levels, flip)
    found = np.sort(np.repeat(values, times))[::-1]
    np.testing.assert_allclose(found, explicit_spectrum(n_levels, flip), atol=1e-12 * 2**n_levels)
    assert values @ times == pytest.approx(2**n_levels, rel=1e-13)


def test_trap_rare_flips_leave_small_differences_of_large_sums():
    """mu_l is the small difference of large correlations; here in exact fractions."""
    n_levels, flip = 4, Fraction(1e-13)
    kept = (1 - 2 * flip) ** 2
    correlation = [kept ** (n_levels - k) for k in range(n_levels)]
    sums = [2 ** (n_levels - k - 1) * c for k, c in enumerate(correlation)]
    exact = [1 + sum(sums)] + [1 + sum(sums[k + 1 :]) - sums[k] for k in range(n_levels)]
    found, _ = hierarchical_spectrum(n_levels, 1e-13)
    np.testing.assert_allclose(found, [float(x) for x in exact], rtol=1e-13)


def test_one_flip_an_edge_not_one_a_pair():
    wrong = np.linalg.eigvalsh(np.array([[1, 0.8], [0.8, 1]]))[::-1]
    assert np.abs(hierarchical_spectrum(1, 0.1).eigenvalues - wrong).max() > 0.1


def test_broad_distinctions_are_the_strongest():
    values, times = hierarchical_spectrum(10, np.array([1e-12, 0.01, 0.2, 0.4]))
    assert values.shape == (11, 4) and times.tolist() == [1] + [2**k for k in range(10)]
    assert np.all(np.diff(values, axis=0) < 0)
    with mpmath.workdps(40):
        kept = (1 - 2 * mpmath.mpf(1e-12)) ** 2
        last = float(1 - kept)
    assert values[-1, 0] == pytest.approx(last, rel=1e-14, abs=0)


# Pre-training


@pytest.mark.parametrize("depth", [1, 2, 3, 8, 30])
@pytest.mark.parametrize(("u0", "s"), [(0.0, 2.0), (0.01, 0.3), (1.0, 5.0), (0.5, 40.0)])
def test_pretrained_time_against_ode_solver(depth, u0, s):
    def chain(_, layers):
        a, b = layers
        missing = s - a ** (depth - 1) * b
        return [missing * a ** (depth - 2) * b if depth > 1 else 0.0, missing * a ** (depth - 1)]

    final = np.array([0.1, 0.5, 0.9, 0.999]) * (s - u0) + u0
    times = pretrained_time(u0, final, s, depth)
    for time, strength in zip(times, final, strict=True):
        run = solve_ivp(chain, (0, time), [1.0, u0], method="LSODA", rtol=1e-11, atol=1e-13)
        a, b = run.y[:, -1]
        assert a ** (depth - 1) * b == pytest.approx(strength, rel=1e-7)


def test_pretrained_time_of_one_and_two_layers():
    final = np.array([1e-9, 0.1, 1.0, 1.9, 2 - 1e-9])
    single, double = pretrained_time(0.0, final[:, None], 2.0, [1, 2]).T
    np.testing.assert_allclose(single, -np.log1p(-final / 2), rtol=1e-12)
    np.testing.assert_allclose(double, two_layer_time(0.0, final, 2.0, 1.0), rtol=1e-12)
    huge = np.array([0.5, 1.0, 1e3, 9e5])
    np.testing.assert_allclose(
        pretrained_time(0.2, huge, 1e6, 2), two_layer_time(0.2, huge, 1e6, 0.96), rtol=1e-12
    )


def test_pretrained_chains_have_no_plateau():
    depth = np.arange(1, 41)
    time = pretrained_time(1e-3, 1.8, 2.0, depth)
    assert np.all(np.diff(time) < 0) and np.all(time <= time[0])
    assert np.all(deep_time(1e-3, 1.8, 2.0, depth[1:]) > 2.3 * time[1:])
    printed = [0.993, 0.678, 0.449, 0.276]
    assert pretrained_time(1e-3, 1.8, 2.0, [2, 3, 5, 10]) == pytest.approx(printed, abs=6e-4)


def test_pretrained_time_at_its_ends():
    assert pretrained_time(0.1, [0.1, 2.0, 3.0], 2.0, 4).tolist() == [0, np.inf, np.inf]
    assert pretrained_time(0.1, 1.0, 2.0, 4, tau=3.0) == 3 * pretrained_time(0.1, 1.0, 2.0, 4)


# Refused input


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("fuss_catalan_moment", (-1, 2), r"order = -1.0 is outside \{0, 1"),
        ("fuss_catalan_moment", (1.5, 2), "order = 1.5"),
        ("fuss_catalan_edge", (0,), r"n_factors = 0.0 is outside \{1, 2"),
        ("fuss_catalan_density", (np.nan, 1), "x = nan"),
        ("fuss_catalan_density", (np.inf, 1), "x = inf"),
        ("fuss_catalan_density", ([], 1), "x is empty"),
        ("fuss_catalan_density", ("a", 1), "real numbers"),
        ("lyapunov_exponents", (0,), "width = 0"),
        ("lyapunov_exponents", ([2, 3],), "one whole number"),
        ("tanh_mean_field", (-1.0, 3, 1.0), r"gain = -1.0 is outside \[0"),
        ("tanh_mean_field", (1.0, 0, 1.0), "depth = 0"),
        ("tanh_mean_field", (1.0, 3, np.nan), "q0 = nan"),
        ("hierarchical_spectrum", (-1, 0.1), "n_levels = -1"),
        ("hierarchical_spectrum", (63, 0.1), "outside .0, 62."),
        ("hierarchical_spectrum", (3, 1.1), "it is a probability"),
        ("pretrained_time", (-0.1, 1.0, 2.0, 3), "smaller than the others"),
        ("pretrained_time", (0.5, 0.4, 2.0, 3), "final_strength = 0.4"),
        ("pretrained_time", (0.5, 0.6, 0.5, 3), "singular_value = 0.5"),
        ("pretrained_time", (0.5, 0.6, 2.0, 0), "depth = 0"),
    ],
)
def test_input_outside_the_range_is_refused(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        getattr(initialisation, name)(*arguments)
