"""Chizat, Oyallon, Bach 2018: lazy training: a large output scale linearises any network.

Two-layer networks, f = alpha (F - F_0), gradient descent on 1/2 sum (f - y)^2 with rates divided by
alpha^2, given starts. The orders 1/alpha are the paper's; their coefficients are derived here.
"""

from functools import partial
from typing import Any

import numpy as np

from lazyrich.paper_checks.evidence.claims import Deterministic
from lazyrich.paper_checks.measurements import lazy_networks as routes
from lazyrich.paper_checks.predictions import lazy_networks as predictions

BIBTEX = """
@misc{chizat2018lazy,
  title = {On lazy training in differentiable programming},
  author = {Chizat, L\\'ena\\"ic and Oyallon, Edouard and Bach, Francis},
  year = {2018},
  eprint = {1812.07956},
  archivePrefix = {arXiv}
}
"""

SOURCE = "arXiv:1812.07956, "
ORDER = SOURCE + "lazy training bounds of order 1/alpha; the coefficient derived here"
RNG = np.random.default_rng(1812)
INPUTS = RNG.standard_normal((8, 6))
NETWORK: dict[str, Any] = {
    "X": INPUTS,
    "y": np.sign(INPUTS[:, 0] * INPUTS[:, 1]),
    "W": RNG.standard_normal((32, 6)),
    "v": RNG.standard_normal(32),
}
TANH = NETWORK | {"activation": "tanh", "t": np.arange(1.0, 21.0)}
RELU = NETWORK | {"activation": "relu", "t": np.arange(1.0, 11.0)}
FIRST_ORDER: dict[str, Any] = {
    "coordinate": "t",
    "scale": "maximum",
    "settings": {"steps_per_unit": 0.03125},
    "steps": (1 / 512, 1 / 1024, 1 / 2048),
    "step": "inverse_output_scale",
    "cost": 2.0,
}

CLAIMS = [
    Deterministic(
        name="linearised-training",
        statement="At a large output scale gradient descent is that of the network linearised at its "
        "start, step by step.",
        source=SOURCE + "lazy training: the path of the linearised model",
        equation=r"$f_k=(1-(1-\eta K_0)^k)\,y$",
        prediction=predictions.linearised,
        measurement=routes.outputs_of_scaled,
        parameters=NETWORK
        | {"activation": "tanh", "step": np.arange(2, 82, 4), "learning_rate": 0.2},
        settings={"output_scale": 1e7},
        coordinate="learning_rate",
        scale="maximum",
        margin=1e-5,
        max_sensitivity=1e-3,
        quantity="output f",
        cost=1.0,
    ),
    Deterministic(
        name="weights-move-as-one-over-scale",
        statement="The weights move by 1/alpha, with the coefficient given by the tangent kernel at "
        "the start.",
        source=ORDER,
        equation=r"$\alpha|\delta\theta|\to(y^TK^{-1}(1-e^{-Kt})^2y)^{1/2}$",
        prediction=predictions.weights_moved,
        measurement=routes.weights_moved,
        parameters=TANH,
        quantity=r"$\alpha|\delta\theta|$",
        margin=0.005,
        **FIRST_ORDER,
    ),
    Deterministic(
        name="kernel-moves-as-one-over-scale",
        statement="At fixed width every entry of the tangent kernel moves by 1/alpha, with the "
        "coefficient given by the third kernel at the start.",
        source=ORDER,
        equation=r"$\alpha\,\delta K\to T\cdot K^{-1}(1-e^{-Kt})y$",
        prediction=predictions.kernel_moved,
        measurement=routes.kernel_moved,
        parameters=TANH,
        alternatives={"no curvature of tanh": partial(predictions.kernel_moved, bend=False)},
        quantity=r"$\alpha\,\delta K$",
        margin=0.02,
        **FIRST_ORDER,
    ),
    Deterministic(
        name="departure-from-linearised-training",
        statement="Outputs leave linearised training by 1/alpha and return to it as the error relaxes.",
        source=ORDER,
        equation=r"$\alpha(f-f_{lin})\to\int_0^te^{-K(t-s)}\,\alpha\,\delta K_s\,e^{-Ks}y\,ds$",
        prediction=predictions.outputs_departed,
        measurement=routes.outputs_departed,
        parameters=TANH,
        alternatives={
            "what has departed does not relax": partial(
                predictions.outputs_departed, relaxing=False
            )
        },
        quantity=r"$\alpha(f-f_{lin})$",
        margin=0.02,
        **FIRST_ORDER,
    ),
    Deterministic(
        name="alignment-changes-as-one-over-scale",
        statement="Lazy networks keep the alignment of kernel and targets up to 1/alpha.",
        source=ORDER,
        equation=r"$y^TKy/(|K||y|^2)$",
        prediction=predictions.alignment_gained,
        measurement=routes.alignment_gained,
        parameters=TANH,
        quantity="alpha x gain of alignment",
        margin=0.01,
        **FIRST_ORDER,
    ),
    Deterministic(
        name="relu-networks-are-lazy-too",
        statement="Networks with ReLU obey the same laws once no unit switches on a training input: "
        "weights, kernel and outputs move by 1/alpha.",
        source=ORDER,
        equation=r"$\phi''=0$",
        prediction=predictions.everything_moved,
        measurement=routes.everything_moved,
        parameters=RELU,
        coordinate="t",
        scale="maximum",
        settings={"steps_per_unit": 0.005},
        steps=(1 / 8000, 1 / 16000, 1 / 32000),
        step="inverse_output_scale",
        margin=0.005,
        alternatives={"the kernel of the readout alone": predictions.only_readout},
        quantity=r"$\alpha|\delta\theta|,\ \alpha|\delta K|,\ \alpha|f-f_{lin}|$",
        cost=5.0,
    ),
]
