"""The claims of Saxe et al. 2013 hold, and would not hold for theories that are a little wrong."""

import dataclasses
import importlib.util
import inspect
import typing
from pathlib import Path

import numpy as np
import pytest
import sympy

from lazyrich.paper_checks import saxe_2013
from lazyrich.paper_checks.evidence.claims import Identity
from lazyrich.paper_checks.evidence.examine import compare_with
from lazyrich.paper_checks.evidence.identities import is_rejected, largest_residual
from lazyrich.paper_checks.saxe_2013 import hierarchy, identities, random_layers
from lazyrich.paper_checks.saxe_2013 import modes as mode_claims
from lazyrich.theory.deep_linear import initialisation, modes

SOURCE = "lazyrich.paper_checks.saxe_2013"
CLAIMS = {claim.name: claim for claim in saxe_2013.CLAIMS}
IDENTITIES = [name for name, claim in CLAIMS.items() if isinstance(claim, Identity)]
JUDGED = [name for name in CLAIMS if name not in IDENTITIES]
FUNCTIONS = [name for name in modes.__all__ if inspect.isfunction(getattr(modes, name))]


@pytest.fixture(scope="module")
def outcomes(check_quickly):
    return check_quickly("saxe_2013").outcomes


def verdict(claim, outcomes):
    return compare_with(claim, outcomes[claim.name]).judgement.verdict


# Claims with an altered prediction


def decaying_part_dropped(t, starts):
    a0, b0, s = np.transpose(starts)
    return np.stack(modes.two_layer_mode(t[:, None], (a0 + b0) / 2, (a0 + b0) / 2, s), axis=-1)


def one_in_the_logarithm_dropped(final_strength, cases):
    u0, s, c = np.transpose(cases)
    uf = np.asarray(final_strength)[:, None]
    grown = [2 * u + np.hypot(c, 2 * u) for u in (uf, u0, s, -s)]
    f = np.hypot(c, 2 * s) / 2
    ratio = 4 * f * (grown[0] - grown[1]) / ((grown[2] - grown[0]) * (grown[1] + grown[3]))
    assert np.allclose(np.log(1 + ratio) / (2 * f), modes.two_layer_time(u0, uf, s, c))
    return np.log(ratio) / (2 * f)


def speed_without_depth(t, starts, depths):
    u0, s = (np.asarray(x)[:, None] for x in np.transpose(starts))
    return modes.deep_mode(t[:, None, None] / depths, u0, s, np.asarray(depths))


def time_without_depth(final_strength, initial_strength, singular_value, depths):
    given = (final_strength, initial_strength, singular_value, depths)
    return mode_claims.deep_times(*given) * np.asarray(depths)


def logarithm_alone(final_strength, initial_strength, singular_value):
    u0, uf, s = initial_strength, final_strength, singular_value
    return np.log(uf * (s - u0) / (u0 * (s - uf))) / s**2


def curvature_without_residual(strength, singular_value, depths):
    u, depth = np.asarray(strength)[:, None], np.asarray(depths)
    root = u ** (1 - 2 / depth)
    return np.stack([root * (2 * depth - 1) * u, root * (singular_value - u)], axis=-1)


def rate_of_infinite_depth(singular_value, depths):
    return 1 / (np.asarray(depths) * singular_value[:, None] ** 2)


def one_factor_more(edges, n_factors):
    return random_layers.bin_masses(edges, np.asarray(n_factors) + 1)


def squared_gain_of_the_mean(gain, depths):
    """E[phi']^2 instead of E[phi'^2]."""
    q, _ = initialisation.tanh_mean_field(gain, max(depths), 1.0)
    mean_slope = np.asarray(gain) ** 2 - q[1:]  # g^2 E[1 - tanh^2]
    return np.cumprod(mean_slope**2 / np.asarray(gain) ** 2, axis=0)[np.subtract(depths, 1)].T


def signal_that_does_not_shrink(gain, depths):
    first = initialisation.tanh_mean_field(gain, 1, 1.0).chi[0]
    return first[:, None] ** np.asarray(depths)


def strengths_for_eigenvalues(flip_probability, n_levels):
    return np.sqrt(hierarchy.level_spectrum(flip_probability, n_levels))


def inputs_taken_for_whitened(flip_probability, n_levels, initial_strength):
    return hierarchy.level_times(flip_probability, n_levels, initial_strength) / 2**n_levels


def levels_counted_from_the_leaves(flip_probability, n_levels, initial_strength):
    return hierarchy.level_times(flip_probability, n_levels, initial_strength)[:, ::-1]


@pytest.mark.parametrize(
    ("name", "prediction"),
    [
        ("two-layer-mode-against-ode-solver", decaying_part_dropped),
        ("unbalanced-networks-follow-the-modes", decaying_part_dropped),
        ("two-layer-time-against-quadrature", one_in_the_logarithm_dropped),
        ("deep-mode-against-ode-solver", speed_without_depth),
        ("deep-time-against-quadrature", time_without_depth),
        ("learning-time-against-depth", time_without_depth),
        ("infinite-depth-limit", logarithm_alone),
        ("chain-hessian-against-diagonalisation", curvature_without_residual),
        ("optimal-learning-rate", rate_of_infinite_depth),
        ("gaussian-product-density", one_factor_more),
        ("orthogonal-jacobians-follow-mean-field", squared_gain_of_the_mean),
        ("orthogonal-jacobians-follow-mean-field", signal_that_does_not_shrink),
        ("gaussian-jacobians-follow-mean-field", signal_that_does_not_shrink),
        ("sampled-features-have-the-hierarchical-spectrum", strengths_for_eigenvalues),
        ("hierarchical-data-is-learned-level-by-level", inputs_taken_for_whitened),
        ("hierarchical-data-is-learned-level-by-level", levels_counted_from_the_leaves),
    ],
)
def test_a_dropped_term_is_refuted(outcomes, name, prediction):
    altered = dataclasses.replace(CLAIMS[name], prediction=prediction)
    assert verdict(altered, outcomes) == "disagrees"


# Identities with an altered closed form


def altered_forms():
    t, s, u0, u, depth = sympy.symbols("t s u0 u L", positive=True)
    growth = sympy.exp(2 * s * t)
    yield "sigmoid-solves-its-ode", s * growth / (growth + s / u0)
    a, b = identities.unbalanced_mode()
    yield "unbalanced-mode-solves-its-odes", sympy.Matrix([b, a])
    yield "deep-time-primitive", identities.deep_time_primitive() * depth
    yield "infinite-depth-time-solves-its-ode", identities.infinite_depth_primitive() + 1 / (s * u)
    root = u ** (1 - 2 / depth)
    yield "chain-hessian-eigenvalues", sympy.Matrix([root * (2 * depth - 1) * u, root * (s - u)])


@pytest.mark.parametrize(("name", "form"), list(altered_forms()))
def test_a_closed_form_with_a_dropped_term_is_refuted(name, form):
    claim = CLAIMS[name]
    assert not is_rejected(claim, claim.closed_form())
    assert is_rejected(claim, form) and largest_residual(claim, form) > 1e-3


# The theory itself, mutated


def mutants():
    """(function, mutation, mutated function) for every public function of the theory's modes."""
    for name in FUNCTIONS:
        original = getattr(modes, name)
        fields = getattr(typing.get_type_hints(original)["return"], "_fields", ())
        for field in fields or ("value",):
            yield name, f"{field} scaled", scaled(original, field)
        if "t" in inspect.signature(original).parameters:
            yield name, "time stretched", lambda t, *rest, f=original: f(1.05 * t, *rest)


def scaled(function, field, factor=1.05):
    def mutated(*arguments, **named):
        found = function(*arguments, **named)
        if field == "value":
            return factor * found
        return found._replace(**{field: factor * getattr(found, field)})

    return mutated


def claims_anew():
    """The paper's claims as they are made when its modules are run now."""
    claims = {}
    for file in Path(saxe_2013.__file__).parent.glob("*.py"):
        if file.stem == "__init__":
            continue
        spec = importlib.util.spec_from_file_location(f"{file.stem}_anew", file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        claims |= {claim.name: claim for claim in module.CLAIMS}
    assert claims.keys() == CLAIMS.keys()
    return claims


def test_every_public_function_is_mutated():
    assert [name for name, *_ in mutants()].count("two_layer_mode") == 4  # a, b, u, time
    assert [name for name, *_ in mutants()].count("chain_hessian_eigenvalues") == 2
    assert {name for name, *_ in mutants()} == set(FUNCTIONS)
    assert len(FUNCTIONS) >= 7


def test_without_a_mutation_the_claims_agree(outcomes):
    anew = claims_anew()
    assert all(verdict(anew[name], outcomes) != "disagrees" for name in JUDGED)


STARTS = {
    "fuss_catalan_moment": "value",
    "fuss_catalan_edge": "value",
    "fuss_catalan_density": "value",
    "gaussian_rate_spread": "value",
    "gaussian_residual": "value",
    "log_length": "variance",
    "lyapunov_exponents": "value",
    "pretrained_time": "value",
    "tanh_fixed_point": "q",
    "tanh_jacobian_spread": "value",
    "tanh_mean_field": "chi",
    "hierarchical_spectrum": "eigenvalues",
}


def test_every_function_of_the_starts_is_mutated():
    functions = (getattr(initialisation, name) for name in initialisation.__all__)
    assert {f.__name__ for f in functions if inspect.isfunction(f)} == set(STARTS)


@pytest.mark.parametrize("name", STARTS)
def test_a_mutated_theory_of_the_starts_is_refuted(outcomes, monkeypatch, name):
    mutated = scaled(getattr(initialisation, name), STARTS[name], 1.15)
    monkeypatch.setattr(initialisation, name, mutated)
    anew = claims_anew()
    assert any(verdict(anew[claim], outcomes) == "disagrees" for claim in JUDGED)


@pytest.mark.parametrize(
    ("name", "mutated"), [pytest.param(n, f, id=f"{n}, {what}") for n, what, f in mutants()]
)
def test_a_mutated_theory_is_refuted(outcomes, monkeypatch, name, mutated):
    monkeypatch.setattr(modes, name, mutated)
    anew = claims_anew()
    assert any(verdict(anew[claim], outcomes) == "disagrees" for claim in JUDGED)
