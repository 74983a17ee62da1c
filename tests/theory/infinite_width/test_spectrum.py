"""Spectra of zonal kernels: closed forms, high precision, sums, dense matrices and refusals."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import eval_gegenbauer

from lazyrich.theory.infinite_width import spectral_tails, spectrum


def relu_ntk(cosine, hidden_layers=1, sigma_b=0.0):
    """He's networks, |x|^2 = d."""
    q, s = 2 + sigma_b**2, 2 * np.asarray(cosine) + sigma_b**2
    kernel = s
    for _ in range(hidden_layers):
        rho = np.clip(s / q, -1, 1)
        angle = np.arccos(rho)
        s = q / np.pi * (np.sin(angle) + (np.pi - angle) * rho) + sigma_b**2
        kernel = s + kernel * (np.pi - angle) / np.pi
        q = q + sigma_b**2
    return kernel


def test_circle_spectrum_is_the_closed_form():
    found = spectrum.sphere_eigenvalues(relu_ntk, 2, 300).eigenvalues
    exact = spectral_tails.relu_circle_eigenvalues(300)
    assert np.abs(found - exact).max() < 1e-14 * 300
    assert exact[0] == pytest.approx(12 / np.pi**2, rel=1e-15)
    assert exact[1] == 1 and not exact[3::2].any()


@settings(max_examples=25, deadline=None)
@given(power=st.floats(0.3, 3.5), dim=st.integers(2, 12))
def test_powers_have_their_closed_form(power, dim):
    found = spectrum.sphere_eigenvalues(lambda t: (1 - t) ** power, dim, 40).eigenvalues
    exact = spectral_tails.power_eigenvalues(power, dim, 40)
    assert np.abs(found - exact).max() < 1e-12 * exact[0]


def test_power_eigenvalues_against_high_precision_quadrature():
    mpmath.mp.dps = 30
    for dim, power, k in ((2, 0.5, 3), (3, 1.5, 4), (6, 0.25, 2)):
        half = mpmath.mpf(dim) / 2
        norm = mpmath.gamma(half) / (mpmath.sqrt(mpmath.pi) * mpmath.gamma(half - 0.5))

        def integrand(th, dim=dim, power=power, k=k):
            t = mpmath.cos(th)
            at = lambda x: mpmath.gegenbauer(k, mpmath.mpf(dim - 2) / 2, x)
            harmonic = mpmath.cos(k * th) if dim == 2 else at(t) / at(1)
            return (1 - t) ** power * harmonic * mpmath.sin(th) ** (dim - 2)

        exact = norm * mpmath.quad(integrand, mpmath.linspace(0, mpmath.pi, 5))
        found = spectral_tails.power_eigenvalues(power, dim, k + 1)[k]
        assert abs(found - float(exact)) < 1e-13 * abs(float(exact)) + 1e-14


@pytest.mark.parametrize("dim", [2, 3, 5, 40])
def test_polynomials_have_their_gegenbauer_coefficients(dim):
    """t^3 on S^(d-1): 3/(d+2) of the first degree, the rest of the third, at t = 1."""
    found = spectrum.sphere_eigenvalues(lambda t: t**3, dim, 8)
    at_one = found.eigenvalues * found.multiplicities
    np.testing.assert_allclose(
        at_one, [0, 3 / (dim + 2), 0, (dim - 1) / (dim + 2), 0, 0, 0, 0], atol=1e-13
    )


@pytest.mark.parametrize(
    ("dim", "layers", "bias"), [(2, 3, 0.1), (3, 2, 0.0), (5, 1, 0.7), (9, 2, 1.0)]
)
def test_harmonics_rebuild_the_kernel(dim, layers, bias):
    def kappa(t):
        return relu_ntk(t, layers, bias)

    found = spectrum.sphere_eigenvalues(kappa, dim, 400)
    t = np.array([-0.7, -0.1, 0.3, 0.8])
    k = np.arange(400)[:, None]
    if dim == 2:
        harmonics = np.cos(k * np.arccos(t))
    else:
        harmonics = eval_gegenbauer(k, dim / 2 - 1, t) / eval_gegenbauer(k, dim / 2 - 1, 1.0)
    rebuilt = (found.eigenvalues * found.multiplicities) @ harmonics
    np.testing.assert_allclose(rebuilt, kappa(t), rtol=2e-4)
    assert 0 < kappa(1.0) - found.eigenvalues @ found.multiplicities < 0.01 * kappa(1.0)


def test_kinks_between_cost_no_accuracy():
    found = spectrum.sphere_eigenvalues(lambda t: np.abs(t), 3, 5).eigenvalues
    np.testing.assert_allclose(found, [1 / 2, 0, 1 / 8, 0, -1 / 48], atol=1e-14)


def test_multiplicities_count_harmonics():
    np.testing.assert_array_equal(spectrum.multiplicities(2, 4), [1, 2, 2, 2])
    np.testing.assert_array_equal(spectrum.multiplicities(4, 5), np.arange(1, 6) ** 2)
    total = spectrum.multiplicities(7, 9)  # homogeneous polynomials of degree 8, by steps of two
    assert total[::2].sum() == 3003


@pytest.mark.parametrize("layers", [1, 2, 4])
@pytest.mark.parametrize("dim", [2, 3])
def test_deep_relu_tails(dim, layers):
    found = spectrum.sphere_eigenvalues(lambda t: relu_ntk(t, layers), dim, 160).eigenvalues
    tail = spectral_tails.relu_tail(dim, 160, hidden_layers=layers)
    k = np.arange(40, 160, 1 if layers > 1 else 2)
    error = found[k] / tail[k] - 1
    assert np.all(np.abs(error) * k**2 < 12) and np.all(error > 0)  # the next order is 1/k^2
    assert spectrum.decay_exponent(found, 40) == pytest.approx(dim, abs=0.02)


def test_wrong_amplitudes_are_noticed():
    found = spectrum.sphere_eigenvalues(lambda t: relu_ntk(t, 2), 2, 120).eigenvalues
    ratio = found / spectral_tails.relu_tail(2, 120, hidden_layers=3)
    assert np.abs(ratio[100:] - 1).min() > 0.3


def test_only_one_layer_without_bias_misses_modes():
    for layers, bias, missed in ((1, 0.0, True), (1, 0.05, False), (2, 0.0, False)):
        for dim in (2, 3, 5):
            lam = spectrum.sphere_eigenvalues(
                lambda t, L=layers, b=bias: relu_ntk(t, L, b), dim, 20
            )
            gone = spectrum.vanishing_modes(lam.eigenvalues)
            assert gone[3::2].all() == missed and not gone[:3].any() and not gone[4::2].any()
            assert gone.any() == missed


@settings(max_examples=20, deadline=None)
@given(exponent=st.floats(1.0, 6.0), parity=st.floats(0.1, 1.0))
def test_exponents_are_recovered_whatever_the_parities(exponent, parity):
    k = np.arange(1.0, 60.0)
    lam = np.append(1.0, k**-exponent * np.where(k % 2, parity, 1.0))
    assert spectrum.decay_exponent(lam, 4, resolution=1e-15) == pytest.approx(exponent, abs=1e-9)


def test_noise_above_the_tolerance_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="accurate to the tolerance"):
        spectrum.sphere_eigenvalues(lambda t: t**2 + 1e-7 * rng.normal(size=t.shape), 3, 4)
    rough = spectrum.sphere_eigenvalues(
        lambda t: t**2 + 1e-9 * rng.normal(size=t.shape), 3, 4, tolerance=1e-5
    )
    assert rough.eigenvalues[0] == pytest.approx(1 / 3, abs=1e-6)


def test_singularities_that_cosines_cannot_resolve_are_refused():
    with pytest.raises(ValueError, match="last digit of the cosine"):
        spectrum.sphere_eigenvalues(lambda t: (1 - t) ** 0.01, 2, 4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3.0, 3, 4), "profile is a float"),
        ((np.cos, 1, 4), "dim = 1"),
        ((np.cos, 2.5, 4), "dim = 2.5"),
        ((np.cos, [2, 3], 4), "one number"),
        ((np.cos, 3, 0), "n_modes = 0"),
        ((np.cos, 3, np.nan), "finite"),
        ((lambda t: 1.0, 3, 4), "one real number for each"),
        ((lambda t: t + 0j, 3, 4), "complex"),
        ((lambda t: np.where(t > 0, t, np.nan), 3, 4), "not finite at cosine"),
        ((np.cos, 1000, 1000), "fewer degrees"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        spectrum.sphere_eigenvalues(*arguments)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: spectrum.sphere_eigenvalues(np.cos, 3, 4, tolerance=1e-16), "tolerance"),
        (lambda: spectrum.decay_exponent([1.0, 0.5, 0.2, 0.1], 2), "2 positive eigenvalues"),
        (lambda: spectrum.decay_exponent([[1.0]], 1), "one a degree"),
        (lambda: spectrum.vanishing_modes([0.0, 0.0]), "all zero"),
        (lambda: spectrum.vanishing_modes([1.0, [2.0]]), "ragged"),
        (lambda: spectrum.vanishing_modes([1.0], resolution=1.0), "resolution"),
        (lambda: spectral_tails.power_eigenvalues(-1.0, 2, 3), "integrable"),
        (lambda: spectral_tails.power_eigenvalues(True, 2, 3), "one number"),
        (lambda: spectral_tails.relu_tail(2, 3, hidden_layers=0), "hidden_layers = 0"),
        (lambda: spectral_tails.relu_circle_eigenvalues(1.5), "n_modes"),
    ],
)
def test_other_wrong_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
