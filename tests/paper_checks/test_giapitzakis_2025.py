"""The claims of Giapitzakis et al. 2025 hold, and would not for theories a little wrong."""

import dataclasses

import numpy as np
import pytest

from lazyrich.paper_checks import giapitzakis_2025
from lazyrich.paper_checks.evidence.examine import compare_with
from lazyrich.paper_checks.measurements import giapitzakis_2025 as routes
from lazyrich.paper_checks.measurements import giapitzakis_2025_networks as networks
from lazyrich.paper_checks.predictions import giapitzakis_2025 as predictions
from lazyrich.theory.infinite_width import permutations

CLAIMS = {claim.name: claim for claim in giapitzakis_2025.CLAIMS}


@pytest.fixture(scope="module")
def outcomes(check_quickly):
    return check_quickly("giapitzakis_2025").outcomes


def without_means(n_ones, length, **_):
    """Variance of the outputs at the start, 1/(2 k)."""
    found = predictions.moments(n_ones, length)
    found[:, 2] = 0.5 / np.asarray(length)
    return found


def mean_of_set_bits_alone(n_ones, length, ensemble_size):
    """Only set bits can be wrong."""
    return permutations.success_probability(n_ones, n_ones, ensemble_size)


def two_set_bits_decide(length, probability):
    """All inputs: those with two bits set only."""
    found = predictions.ensembles(length, probability).astype(float)
    found[:, 1] = found[:, 0]
    return found


def training_inputs_fail(ensemble_size, length):
    return permutations.expected_failures(length, ensemble_size) + length


def without_correction_of_the_mean(n_ones):
    found = predictions.limits(n_ones)
    found[:, 1] = -np.asarray(n_ones) * found[:, 0]
    return found


@pytest.mark.parametrize(
    ("name", "prediction"),
    [
        ("moments-against-dense-kernels", without_means),
        ("moments-keep-their-digits", without_means),
        ("moments-of-trained-networks", without_means),
        ("hardest-input", mean_of_set_bits_alone),
        ("limits-of-long-inputs", without_correction_of_the_mean),
        ("expected-number-of-failures", training_inputs_fail),
        ("needed-ensembles", two_set_bits_decide),
        ("growth-of-the-needed-ensemble", lambda **g: predictions.needed_ensembles(**g)[:, ::-1]),
    ],
)
def test_a_dropped_term_is_refuted(outcomes, name, prediction):
    altered = dataclasses.replace(CLAIMS[name], prediction=prediction)
    assert compare_with(altered, outcomes[name]).judgement.verdict == "disagrees"


def test_kernels_by_angle_are_those_of_sampled_weights():
    rng = np.random.default_rng(0)
    cosine = np.array([-0.9, 0.0, 0.3, 1.0])
    u, z = rng.standard_normal((2, 400_000))
    v = cosine[:, None] * u + np.sqrt(1 - cosine[:, None] ** 2) * z
    nngp, ntk = routes.kernels(cosine)
    both = (np.maximum(u, 0) * np.maximum(v, 0)).mean(axis=1)
    np.testing.assert_allclose(nngp, both, atol=4e-3)
    hidden = cosine * ((u > 0) & (v > 0)).mean(axis=1)
    np.testing.assert_allclose(ntk - nngp, hidden, atol=4e-3)


@pytest.mark.parametrize("kind", ["first step", "readout"])
def test_noise_taken_off_has_the_expectation_stated(kind):
    """The control variates of the trained moments: over many networks they average to zero."""
    from lazyrich.solvers.networks.relu_ensemble import random_ensemble

    start = random_ensemble(4000, 20, 4, 4, np.random.default_rng(3))
    order = np.arange(4)
    if kind == "first step":
        noise = networks._first_step(start, 4, order)
    else:
        linear, power = networks._readout_noise(start, 4, order)
        noise = linear**2 - power[..., None]
    error = noise.std(axis=0) / np.sqrt(len(noise))
    assert np.all(np.abs(noise.mean(axis=0)) <= 4.5 * error + 1e-15)


def test_the_permutation_does_not_matter():
    """Labels are permuted at random; outputs come back in the order of the input bits."""
    _, order, outputs = networks._trained(np.random.default_rng(5), 1, 50, 5, 1.0)
    assert not np.array_equal(order, np.arange(5))
    single = routes.every_input(5).max(axis=1) == 1
    np.testing.assert_allclose(
        outputs[:, 0, single], np.broadcast_to(np.eye(5), (2, 5, 5)), atol=2e-6
    )
