"""The claims of Jacot, Gabriel, Hongler 2018 rest on routes that are right, and notice dropped terms."""

import dataclasses

import numpy as np
import pytest
from scipy.integrate import dblquad

from lazyrich.paper_checks import jacot_2018
from lazyrich.paper_checks.evidence.examine import compare_with
from lazyrich.paper_checks.measurements.jacot_2018 import dense_kernels
from lazyrich.paper_checks.predictions import jacot_2018 as predictions

CLAIMS = {claim.name: claim for claim in jacot_2018.CLAIMS}


@pytest.fixture(scope="module")
def outcomes(check_quickly):
    return check_quickly("jacot_2018").outcomes


def without_ntk_depth(modes, hidden_layers, sigma_w, sigma_b):
    """One layer fewer."""
    return predictions.circle_spectra(
        modes, np.maximum(np.subtract(hidden_layers, 1), 1), sigma_w, sigma_b
    )


def without_aliases(n_inputs, hidden_layers):
    lam = predictions.sphere_spectrum(2, 40, hidden_layers, np.sqrt(2), 0.0)
    return np.array([lam[: n // 2 + 1].min() for n in n_inputs])


def flow_of_the_mean_loss(degrees, learning_rate, n_train, **given):
    return predictions.along_component(degrees, learning_rate / n_train, n_train=n_train, **given)


def gradient_flow(degrees, learning_rate, steps, n_train, hidden_layers, sigma_b):
    lam = predictions.component_eigenvalues(degrees, n_train, hidden_layers, sigma_b)
    return np.exp(-learning_rate * lam[:, None] * np.asarray(steps))


def without_label_noise(noise, **given):
    return predictions.risk_on_noisy_labels(noise=np.zeros(len(noise)), **given)


@pytest.mark.parametrize(
    ("name", "prediction"),
    [
        ("circle-spectrum-of-dense-kernels", without_ntk_depth),
        ("a-second-layer-repairs-definiteness", without_aliases),
        ("components-decay-exponentially", flow_of_the_mean_loss),
        ("components-decay-exponentially", gradient_flow),
        ("early-stopping", without_label_noise),
    ],
)
def test_a_dropped_term_is_refuted(outcomes, name, prediction):
    altered = dataclasses.replace(CLAIMS[name], prediction=prediction)
    assert compare_with(altered, outcomes[name]).judgement.verdict == "disagrees"


@pytest.mark.parametrize("correlation", [-0.8, 0.0, 0.6])
def test_moments_of_the_dense_route_against_double_integrals(correlation):
    rest = np.sqrt(1 - correlation**2)

    def average(function):
        def density(y, x):
            return (
                function(x, correlation * x + rest * y) * np.exp(-(x * x + y * y) / 2) / 2 / np.pi
            )

        kink = (lambda x: -correlation * x / rest, lambda _: 9.0)
        return dblquad(density, 0, 9, *kink, epsabs=1e-9)[0]

    value, slope = dense_kernels.relu_moments(1.7, np.array([correlation]))
    assert value[0] == pytest.approx(1.7 * average(lambda u, v: u * v), abs=1e-7)
    assert slope[0] == pytest.approx(average(lambda u, v: 1.0), abs=1e-7)
    value, slope = dense_kernels.square_moments(1.7, np.array([correlation]))
    assert value[0] == pytest.approx(1.7**2 * (1 + 2 * correlation**2), rel=1e-12)
    assert slope[0] == pytest.approx(4 * 1.7 * correlation, abs=1e-12)


def test_stopping_early_helps():
    claim = CLAIMS["early-stopping"]
    risk = claim.prediction(**claim.parameters)
    best = int(np.argmin(risk))
    assert 0 < best < len(risk) - 1
    assert risk[-1] > 1.2 * risk[best] and risk[0] > 5 * risk[best]
