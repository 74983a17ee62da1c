"""Networks drawn with the second moments of their outputs exact."""

import numpy as np
import pytest

from lazyrich.solvers.networks.ntk_mlp import empirical_ntk, outputs
from lazyrich.solvers.networks.sibling_networks import sibling_networks

SETTINGS = {"activation": "erf", "sigma_w": 1.5, "sigma_b": 0.3}


def siblings(seed=0, width=20, pairs=6, families=2, samples=5, **settings):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((samples, 3))
    given = {"hidden_layers": 2, "families": families, "pairs": pairs, **SETTINGS, **settings}
    return x, sibling_networks(rng, x, width=width, **given)


@pytest.mark.parametrize("pairs", [5, 6, 30])
def test_outputs_have_the_moments_of_their_hidden_layers(pairs):
    x, networks = siblings(pairs=pairs)
    f = outputs(networks, x, **SETTINGS)
    np.testing.assert_allclose(f.mean(axis=1), 0, atol=1e-13)
    exact = empirical_ntk(networks, x, last_layer_only=True, **SETTINGS)
    moments = np.swapaxes(f, 1, 2) @ f / (2 * pairs)
    np.testing.assert_allclose(moments, exact[:, 0], rtol=1e-10)


def test_fewer_pairs_match_the_leading_directions():
    x, networks = siblings(pairs=2)
    f = outputs(networks, x, **SETTINGS)
    exact = empirical_ntk(networks, x, last_layer_only=True, **SETTINGS)[:, 0]
    leading = np.linalg.eigh(exact)[1][:, :, -2:]
    for k in range(2):
        top = f[k] @ leading[k]
        np.testing.assert_allclose(
            top.T @ top / 4, leading[k].T @ exact[k] @ leading[k], rtol=1e-10, atol=1e-12
        )


def test_hidden_layers_are_shared_within_families_only():
    _, networks = siblings()
    for array in networks[:-2]:
        np.testing.assert_array_equal(array, np.broadcast_to(array[:, :1], array.shape))
        assert (array[0] != array[1]).all()
    np.testing.assert_array_equal(networks[-2][:, :6], -networks[-2][:, 6:])
    np.testing.assert_array_equal(networks[-1][:, :6], -networks[-1][:, 6:])


def test_readouts_stay_nearly_gaussian():
    _, networks = siblings(width=40, pairs=8, families=400)
    v = networks[-2][:, :8]
    assert np.mean(v**2) == pytest.approx(1, abs=0.01)
    assert np.mean(v**4) == pytest.approx(3, abs=0.1)


def test_without_bias_in_the_output_nothing_is_matched_there():
    x, networks = siblings(sigma_b=0.0, width=3, samples=5)  # more inputs than features
    given = {**SETTINGS, "sigma_b": 0.0}
    f = outputs(networks, x, **given)
    exact = empirical_ntk(networks, x, last_layer_only=True, **given)[:, 0]
    np.testing.assert_allclose(np.swapaxes(f, 1, 2) @ f / 12, exact, atol=1e-12)


@pytest.mark.parametrize("change", [{"families": 0}, {"pairs": 0}, {"width": 2.5}])
def test_sizes_are_whole(change):
    with pytest.raises(ValueError, match="whole number >= 1"):
        siblings(**change)
