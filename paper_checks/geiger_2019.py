"""Geiger, Spigler, Jacot, Wyart 2019: disentangling feature and lazy training: output scale and width.

Two-layer networks of N units, f = alpha (F - F_0), gradient descent on 1/2 sum (f - y)^2 with rates divided
by alpha^2. alpha sqrt N decides between lazy and rich, in the limit of wide networks; the laws in closed
form are derived here for linear networks and white inputs.
"""

import numpy as np

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble
from lazyrich.paper_checks.measurements import lazy_networks as routes
from lazyrich.paper_checks.predictions import lazy_networks as predictions

BIBTEX = """
@misc{geiger2019disentangling,
  title = {Disentangling feature and lazy training in deep neural networks},
  author = {Geiger, Mario and Spigler, Stefano and Jacot, Arthur and Wyart, Matthieu},
  year = {2019},
  eprint = {1906.08034},
  archivePrefix = {arXiv}
}
"""

SOURCE = "arXiv:1906.08034, "
RNG = np.random.default_rng(1906)
INPUTS = RNG.standard_normal((6, 6))
TARGETS = np.array([1.0, -1.0, 1.0, 1.0, -1.0, -1.0])


def _width_law(activation: str) -> Ensemble:
    return Ensemble(
        name=f"weights-move-as-one-over-root-width-{activation}",
        statement=f"At a fixed output scale the relative movement of the weights of {activation} networks "
        "falls as 1/sqrt(width), with the coefficient given by the NTK.",
        source=SOURCE + "lazy training at large width; the coefficient derived here",
        equation=r"$\alpha\sqrt{N}|\delta\theta|/|\theta_0|\to"
        r"(y^T\Theta^{-1}(1-e^{-\Theta t})^2y/(D+1))^{1/2}$",
        prediction=predictions.lazy_weights,
        measurement=routes.lazy_weights,
        parameters={
            "t": np.array([0.5, 1.0, 2.0, 4.0, 8.0]),
            "X": INPUTS,
            "y": TARGETS,
            "activation": activation,
            "learning_rate": 0.05,
        },
        settings={"output_scale": 16.0},
        coordinate=None,
        sizes=(64, 256, 1024),
        size="width",
        noise_exponent=1.0,
        seeds=32,
        margin=0.03,
        alternatives={
            "half as wide": lambda **given: np.sqrt(2) * predictions.lazy_weights(**given),
        },
        quantity=r"$\alpha\sqrt{N}|\delta\theta|/|\theta_0|$",
        cost=10.0,
    )


CLAIMS = [
    Deterministic(
        name="crossover-in-scale-times-root-width",
        statement="From lazy to rich the movement of weights and kernel depends on output scale and width "
        "through alpha sqrt(N) alone: starts with the moments of infinite width collapse exactly.",
        source=SOURCE + "the crossover at alpha sqrt(width) of order 1; closed form derived here",
        equation=r"$|\delta K|/|K_0|=(\sqrt{1+|y|^2/\alpha^2N}-1)\sqrt{(P+3)/4P}$",
        prediction=predictions.crossover,
        measurement=routes.crossover,
        parameters={
            "richness": np.array([0.1, 0.3, 1.0, 3.0, 10.0, 30.0]),
            "width": (16, 64, 256),
            "n_samples": 3,
            "dim": 4,
        },
        coordinate="richness",
        steps=(0.05, 0.025, 0.0125),
        margin=0.02,
        alternatives={"output scale alone": predictions.by_scale_alone},
        quantity="relative movement of weights, of the kernel",
        cost=3.0,
    ),
    Deterministic(
        name="kernel-moves-as-one-over-scale-and-width",
        statement="At a fixed width the collapse ends: as alpha grows the kernel moves by "
        "1/(alpha N), decided by chance overlaps in the start, not by 1/(alpha^2 N).",
        source=SOURCE
        + "collapse in alpha sqrt(width), in corrected form: it holds for large width",
        equation=r"$\alpha N|\delta K|/|K_0|\to|y|\sqrt{(3P+5)/8P}$",
        prediction=predictions.lazy_fluctuation,
        measurement=routes.lazy_fluctuation,
        parameters={"width": (32, 128, 512), "n_samples": 3, "dim": 4},
        coordinate=None,
        steps=(1 / 64, 1 / 128, 1 / 256),
        step="inverse_output_scale",
        margin=0.02,
        alternatives={"collapse at any alpha": predictions.even_in_scale},
        quantity=r"$\alpha N|\delta K|/|K_0|$",
        cost=2.0,
    ),
    _width_law("tanh"),
    _width_law("relu"),
]
