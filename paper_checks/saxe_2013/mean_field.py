"""Wide random tanh networks: settled signals, the edge of chaos, and the spread of Jacobians."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble
from lazyrich.paper_checks.measurements.saxe_2013 import mean_field as routes
from lazyrich.theory.deep_linear import initialisation

Array = NDArray[np.float64]
SOURCE = "arXiv:1312.6120, "
KINDS = ("orthogonal", "gaussian")


def slopes_at_the_edge(order: Any) -> Array:
    """Leading coefficients 1/2 of q in g^2 - 1, 1/3 of chi - 1 in (g^2 - 1)^2, from the fixed point.

    Extrapolated from three distances d = 0.004, 0.002, 0.001 to order d^3.
    """
    distance = np.array([0.004, 0.002, 0.001])
    q, chi = initialisation.tanh_fixed_point(np.sqrt(1 + distance))
    powers = distance ** np.asarray(order)[:, None]
    return np.stack([q, chi - 1]) / powers @ np.array([1 / 3, -2, 8 / 3])


def slopes_of_second_order(order: Any) -> Array:
    """Altered: E tanh^2 = q - 2 q^2 without its third order 17 q^3/3."""
    del order
    return np.array([1 / 2, 7 / 4])


def slopes_of_one_power_of_the_gain(order: Any) -> Array:
    """Altered: distances g - 1 in place of g^2 - 1."""
    return slopes_at_the_edge(order) * np.array([2, 4])


def fixed_variances(gain: Array, kinds: Any, **_: Any) -> Array:
    """q of deep layers, of either kind: (kinds, gains)."""
    return np.tile(initialisation.tanh_fixed_point(gain).q, (len(kinds), 1))


def leading_variances(gain: Array, kinds: Any, **_: Any) -> Array:
    """Altered: (g^2 - 1)/2 far from the edge too."""
    return np.tile((np.asarray(gain) ** 2 - 1) / 2, (len(kinds), 1))


def mean_field_spreads(gain: Array, depths: Any, kind: str, **_: Any) -> Array:
    """Relative variance of the Jacobian's squared singular values: (gains, depths)."""
    found = initialisation.tanh_jacobian_spread(gain, max(depths), 1.0, kind)
    return found[np.subtract(depths, 1)].T


def _other(kind: str) -> str:
    return KINDS[1 - KINDS.index(kind)]


def spreads_of_the_other_layers(kind: str, **given: Any) -> Array:
    """Altered: Gaussian layers taken for orthogonal ones, and the other way round."""
    return mean_field_spreads(kind=_other(kind), **given)


def spreads_of_one_layer(depths: Any, **given: Any) -> Array:
    """Altered: the spread of one layer at any depth."""
    return np.repeat(mean_field_spreads(depths=(1,), **given), len(depths), axis=1)


def _spread_claim(kind: str, sizes: tuple[int, ...], seeds: int) -> Ensemble:
    term = r"-1" if kind == "orthogonal" else ""
    return Ensemble(
        name=f"spread-of-{kind}-jacobians",
        statement="The squared singular values of the Jacobian of a wide tanh network with "
        f"{kind} layers spread layer by layer, by what the slopes of tanh add"
        + (" alone." if kind == "orthogonal" else " and 1 for the layer itself."),
        source=SOURCE + "orthogonal layers keep Jacobians well conditioned near the edge of chaos; "
        "the variance is that of free products, arXiv:1711.04735",
        equation=r"$\mathrm{Var}\,\sigma^2/\langle\sigma^2\rangle^2=\sum_k("
        rf"E[\phi'^4]/E[\phi'^2]^2{term})$",
        prediction=mean_field_spreads,
        measurement=routes.jacobian_spreads,
        parameters={"gain": np.array([0.9, 1.0, 1.1]), "depths": (1, 2, 4), "kind": kind},
        coordinate="gain" if kind == "orthogonal" else None,
        sizes=sizes,
        quick_sizes=(16, 64, 256),
        size="width",
        noise_exponent=1.0,
        seeds=seeds,
        quantity="relative variance of squared singular values",
        margin=0.03,
        alternatives={
            "the other layers": spreads_of_the_other_layers,
            "spread of one layer": spreads_of_one_layer,
        },
        cost=20.0,
    )


CLAIMS = [
    Deterministic(
        name="edge-of-chaos",
        statement="Just above gain 1 the signal of a deep tanh network settles at (g^2 - 1)/2, and its "
        "gradients grow by a factor of 1 + (g^2 - 1)^2/3 a layer.",
        source=SOURCE + "gain 1 is the edge of chaos; coefficients derived",
        equation=r"$q^*\to\frac{1}{2}(g^2-1),\quad\chi^*-1\to\frac{1}{3}(g^2-1)^2$",
        prediction=slopes_at_the_edge,
        measurement=routes.distance_from_edge,
        parameters={"order": (1.0, 2.0)},
        coordinate=None,
        steps=(2e-3, 1e-3, 5e-4),
        step="edge_distance",
        quantity="coefficient",
        margin=2e-3,
        max_sensitivity=0.02,
        alternatives={
            "E tanh^2 to second order": slopes_of_second_order,
            "distance g - 1": slopes_of_one_power_of_the_gain,
        },
        cost=1.0,
    ),
    Ensemble(
        name="signals-settle-above-the-edge",
        statement="Above gain 1 the signals of deep tanh networks, orthogonal or Gaussian, settle at the "
        "fixed point of the mean field, whatever their start.",
        source=SOURCE + "activity of deep nonlinear networks against gain",
        equation=r"$q^*=g^2E[\tanh^2(\sqrt{q^*}z)]$",
        prediction=fixed_variances,
        measurement=routes.settled_variances,
        parameters={"gain": np.array([1.1, 1.2, 1.5, 2.0]), "kinds": KINDS},
        settings={"n_layers": 80, "averaged": 40},
        coordinate="gain",
        sizes=(512, 2048, 8192),
        size="width",
        noise_exponent=1.0,
        seeds=32,
        quantity="variance q of the pre-activations",
        margin=0.02,
        max_sensitivity=0.025,
        alternatives={"(g^2 - 1)/2 at any gain": leading_variances},
        cost=6.0,
    ),
    _spread_claim("orthogonal", (16, 64, 256), 320),
    _spread_claim("gaussian", (32, 128, 512), 128),
]
