"""The claims of Chizat et al. 2018 and Geiger et al. 2019 would not hold for theories a little wrong."""

import dataclasses

import numpy as np
import pytest

from lazyrich.paper_checks import chizat_2018, geiger_2019
from lazyrich.paper_checks.evidence.examine import compare_with
from lazyrich.paper_checks.measurements import lazy_networks as routes
from lazyrich.paper_checks.predictions import lazy_networks as predictions
from lazyrich.theory.lazy_to_rich import diagnostics

CLAIMS = {
    paper.__name__.rpartition(".")[2]: {claim.name: claim for claim in paper.CLAIMS}
    for paper in (chizat_2018, geiger_2019)
}


def verdict(check_quickly, paper, name, prediction):
    altered = dataclasses.replace(CLAIMS[paper][name], prediction=prediction)
    return compare_with(altered, check_quickly(paper).outcomes[name]).judgement.verdict


def without_time(t, **network):
    """The end of training at any time."""
    return predictions.weights_moved(np.full(len(t), np.inf), **network)


def one_sided(t, W, v, X, y, activation):
    """Only the gradient of the first of both samples turns."""
    kernel, third = diagnostics.two_layer_kernels(W, v, X, activation)
    moved = diagnostics.kernel_movement(t, kernel, third, y)
    return np.triu(moved) + np.triu(moved, 1).swapaxes(1, 2) * 0.9


def frozen_error(t, W, v, X, y, activation):
    """The departure if the error did not relax while the kernel moves."""
    kernel, third = diagnostics.two_layer_kernels(W, v, X, activation)
    return diagnostics.kernel_movement(t, kernel, third, y) @ y


def power_of_targets_left_out(t, **network):
    return 2 * predictions.alignment_gained(t, **network)


def flow_for_descent(step, learning_rate, W, v, X, y, activation):
    kernel, _ = diagnostics.two_layer_kernels(W, v, X, activation)
    return diagnostics.linearised_outputs(learning_rate * np.asarray(step), kernel, y)


def quadratic_crossover(richness, width, n_samples, dim):
    """The lazy law of the kernel continued into the rich regime."""
    found = predictions.crossover(richness, width, n_samples, dim)
    lazy = np.asarray(richness) ** 2 / 2 * np.sqrt((n_samples + 3) / (4 * n_samples))
    found[..., 1] = lazy[:, None]
    return found


def kernel_of_the_readout(t, X, y, activation, learning_rate, **_):
    from lazyrich.theory.infinite_width.activations import dual

    gram = X @ X.T / X.shape[1]
    kernel = dual(activation, gram.diagonal()[:, None], gram.diagonal(), gram).value
    moved = diagnostics.weight_movement(t, (kernel + kernel.T) / 2, y, learning_rate=learning_rate)
    return moved / np.sqrt(X.shape[1] + 1)


@pytest.mark.parametrize(
    ("paper", "name", "prediction"),
    [
        ("chizat_2018", "linearised-training", flow_for_descent),
        ("chizat_2018", "weights-move-as-one-over-scale", without_time),
        ("chizat_2018", "kernel-moves-as-one-over-scale", one_sided),
        ("chizat_2018", "departure-from-linearised-training", frozen_error),
        ("chizat_2018", "alignment-changes-as-one-over-scale", power_of_targets_left_out),
        ("geiger_2019", "crossover-in-scale-times-root-width", quadratic_crossover),
        (
            "geiger_2019",
            "weights-move-as-one-over-root-width-tanh",
            kernel_of_the_readout,
        ),
        (
            "geiger_2019",
            "weights-move-as-one-over-root-width-relu",
            kernel_of_the_readout,
        ),
    ],
)
def test_a_dropped_term_is_refuted(check_quickly, paper, name, prediction):
    assert verdict(check_quickly, paper, name, prediction) == "disagrees"


def test_the_start_of_the_crossover_has_the_moments_of_infinite_width():
    correlation = np.array([0.2, 0.0, -0.1])
    start = routes._matched_start(12, 3, correlation, seed=0)
    np.testing.assert_allclose(start.W.T @ start.W / 12, np.eye(3), atol=1e-14)
    np.testing.assert_allclose(start.W.T @ start.v / 12, correlation, atol=1e-14)
    assert start.v @ start.v == pytest.approx(12)


def test_relu_networks_of_the_claim_switch_no_unit():
    """The law without phi'' needs it: signs of all preactivations are those of the start."""
    from lazyrich.solvers.networks import scaled_two_layer as networks

    given = chizat_2018.NETWORK
    start = networks.Network(given["W"], given["v"])
    run = networks.train(
        start, given["X"], given["y"], 0.025, [400], output_scale=8000.0, activation="relu"
    )
    before, after = start.W @ given["X"].T > 0, run.network.W[0] @ given["X"].T > 0
    np.testing.assert_array_equal(before, after)
    assert 0.2 < before.mean() < 0.8
