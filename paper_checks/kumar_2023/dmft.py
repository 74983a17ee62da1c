"""Claims about the two-time mean-field theory: networks of planted overlaps against one solve."""

from typing import Any

import numpy as np

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble, Identity
from lazyrich.paper_checks.kumar_2023 import dmft_predictions as predictions
from lazyrich.paper_checks.measurements.kumar_2023 import dmft as routes

SOURCE = "arXiv:2310.06110, dynamical mean-field theory of the quadratic student; discrete form derived here"

GROKKING: dict[str, Any] = {
    "sample_ratio": 6.0,
    "output_scale": 1.0,
    "quadratic_strength": 0.25,
    "scaled_learning_rate": 0.2,
    "overlap": (0.2, -0.2),
    "centered": False,
    "n_steps": 110,
}
GROKKING_START = (
    1.14625  # test loss: |b|^2/D + (tr A)^2/(4 D^2) + |A|^2/(2 D^2) of orthogonal units
)
ONE_UNIT: dict[str, Any] = {
    "sample_ratio": 3.0,
    "output_scale": 1.0,
    "quadratic_strength": 1.0,
    "scaled_learning_rate": 0.05,
    "overlap": (0.2,),
    "n_steps": 39,
}
NOISY: dict[str, Any] = {
    "sample_ratio": 4.0,
    "output_scale": 0.9,
    "quadratic_strength": 0.5,
    "scaled_learning_rate": 0.08,
    "overlap": (0.3, 0.1, -0.2),
    "gram": ((1.0, 0.3, -0.2), (0.3, 1.2, 0.1), (-0.2, 0.1, 0.8)),
    "teacher_power": 1.3,
    "noise_var": 0.16,
    "centered": False,
    "n_steps": 59,
}
NETWORKS: dict[str, Any] = {
    "source": SOURCE,
    "size": "dim",
    "sizes": (50, 200, 800),
    "quick_sizes": (16, 64, 256),
    "order": 1.0,
    "noise_exponent": 1.0,
    "margin": 0.03,
}

CLAIMS = [
    Identity(
        name="moment-of-a-quadratic-form",
        statement="Linear, trace and alignment part of the test loss are the second moment of a "
        "quadratic form in Gaussian inputs.",
        source="arXiv:2310.06110, decomposition of the test loss",
        equation=r"$E(b\cdot x+x^TAx/2)^2=b^TSb+(\mathrm{tr}AS)^2/4+\mathrm{tr}(ASAS)/2$",
        closed_form=predictions.quadratic_form_moment,
        residual=routes.gaussian_moment_residual,
        coordinate="a",
        domain={
            "a": (0.5, 2),
            "c": (-2, 2),
            "d": (0.5, 2),
            "k": (0.5, 2),
            "l": (-2, 2),
            "s": (-2, 2),
        },
        cost=1.0,
    ),
    Identity(
        name="overlap-after-a-step",
        statement="In the first step of a centred unit the overlap grows by the factor "
        "1 + (3/2) (eta_hat/alpha) eps q.",
        source=SOURCE,
        equation=r"$m(1)=m(0)[1+\frac{3}{2}\frac{\hat\eta}{\alpha}\epsilon q]$",
        closed_form=predictions.overlap_after_a_step,
        residual=routes.first_step_residual,
        coordinate="eps",
        domain={"m": (0.1, 0.9), "eps": (0.1, 2), "rate": (0.1, 1), "alpha": (0.5, 2), "q": (1, 2)},
        cost=1.0,
    ),
    Ensemble(
        name="dmft-growth-in-a-step",
        statement="One step of gradient descent from a planted overlap multiplies it by what the "
        "mean-field theory says, for every strength of the quadratic part.",
        equation=r"$m(1)/m(0)-1=\frac{3}{2}\frac{\hat\eta}{\alpha}\epsilon q$",
        prediction=predictions.growth_in_a_step,
        measurement=routes.growth_in_a_step,
        parameters={
            "quadratic_strength": np.array([0.5, 1.0, 1.5, 2.0]),
            "overlap": 0.4,
            "sample_ratio": 3.0,
            "output_scale": 0.8,
            "scaled_learning_rate": 0.4,
        },
        coordinate="quadratic_strength",
        scale="maximum",
        quantity="growth of the overlap in one step",
        alternatives={"teacher not felt": predictions.growth_without_teacher_response},
        size="dim",
        sizes=(400,),  # the mean over samples is exact at any size
        quick_sizes=(100,),
        seeds=1024,
        margin=0.02,
        source=SOURCE,
        cost=8.0,
    ),
    Deterministic(
        name="dmft-linear-student",
        statement="Without the quadratic part the sampled mean-field theory reaches the closed form of a "
        "linear student, to which the target is noise.",
        source=SOURCE,
        equation=r"$\frac{3}{4}[1+\int\rho\,(1-(1-k\lambda)^t)^2/\lambda\,d\lambda]$",
        prediction=predictions.losses_only,
        measurement=routes.linear_student,
        parameters={
            "step": np.array([0, 1, 2, 3, 5, 8, 12, 20, 30, 40]),
            "n_steps": 40,
            "sample_ratio": 3.5,
            "output_scale": 1.0,
            "quadratic_strength": 0.0,
            "scaled_learning_rate": 0.4,
            "overlap": (0.2,),
        },
        coordinate="step",
        scale=0.75,
        margin=0.005,
        quantity="train and test loss",
        alternatives={"no gap": predictions.linear_without_gap},
        cost=0.5,
    ),
    Ensemble(
        name="dmft-early-descent",
        statement="The first steps, in which networks scatter least, are those of the theory, step by step.",
        equation=r"$h(t)=u(t)-\gamma\sum_{s<t}R(t,s)\,g(s)$",
        prediction=predictions.loss_on_fresh_inputs,
        measurement=routes.loss_on_fresh_inputs,
        parameters=GROKKING | {"step": np.array([1, 2, 3, 4, 6, 8, 10])},
        coordinate="step",
        scale=GROKKING_START,
        quantity="test loss",
        seeds=512,
        cost=8.0,
        **(NETWORKS | {"sizes": (25, 100, 400), "quick_sizes": (10, 40, 160), "margin": 0.003}),
    ),
    Ensemble(
        name="dmft-grokking-curve",
        statement="Through a whole grokking curve, train loss early and test loss late, networks of equal "
        "planted overlaps follow one solve of the mean-field theory.",
        equation=r"$h(t)=u(t)-\gamma\sum_{s<t}R(t,s)\,g(s)$",
        prediction=predictions.losses,
        measurement=routes.losses,
        parameters=GROKKING | {"step": np.array([0, 2, 5, 10, 20, 30, 40, 50, 60, 75, 90, 110])},
        coordinate=None,
        scale=GROKKING_START,
        quantity="train and test loss",
        alternatives={"no gap": predictions.without_gap, "later": predictions.late_clock},
        seeds=64,
        cost=25.0,
        **NETWORKS,
    ),
    Ensemble(
        name="dmft-loss-against-loss",
        statement="Test loss as a function of train loss: the way down, whatever its speed.",
        equation=r"$\mathcal{L}_\mathrm{test}(\mathcal{L}_\mathrm{train})$",
        prediction=predictions.loss_against_loss,
        measurement=routes.loss_against_loss,
        parameters=GROKKING | {"train_level": np.geomspace(0.06, 0.5, 10)},
        coordinate=None,
        scale=GROKKING_START,
        quantity="test loss",
        alternatives={"no gap": predictions.train_level},
        seeds=64,
        cost=25.0,
        **(NETWORKS | {"margin": 0.02}),
    ),
    Ensemble(
        name="dmft-two-time-correlation",
        statement="The weights' correlations between any two times are those of the theory: weights turn "
        "as well as grow.",
        equation=r"$C(t,s)=W(t)W(s)^T/D$",
        prediction=predictions.correlations,
        measurement=routes.correlations,
        parameters=GROKKING | {"step": np.array([0, 5, 10, 15, 20, 30])},
        coordinate=None,
        scale="maximum",
        quantity="tr C(t, s)/N",
        alternatives={"weights do not turn": predictions.turned_weights},
        seeds=160,
        cost=15.0,
        **(NETWORKS | {"margin": 0.025}),
    ),
    Ensemble(
        name="dmft-centred-unit",
        statement="One centred unit with too few samples learns its data and never the teacher, as the theory "
        "says with the dependence of the outputs at the start on the data.",
        prediction=predictions.losses,
        measurement=routes.losses,
        parameters=ONE_UNIT
        | {"centered": True, "step": np.array([0, 1, 2, 5, 10, 15, 20, 30, 39])},
        coordinate=None,
        scale=0.75,
        quantity="train and test loss",
        alternatives={"uncentred": predictions.other_start},
        seeds=160,
        cost=20.0,
        **NETWORKS,
    ),
    Ensemble(
        name="dmft-uncentred-unit",
        statement="The same unit, whose outputs at the start are not subtracted.",
        prediction=predictions.losses,
        measurement=routes.losses,
        parameters=ONE_UNIT
        | {"centered": False, "step": np.array([0, 1, 2, 5, 10, 15, 20, 30, 39])},
        coordinate=None,
        scale=1.96,  # 1 + (1 - 1)^2/4 + (1 - 2 (0.2)^2 + 1)/2, test loss of the start
        quantity="train and test loss",
        alternatives={"centred": predictions.other_start},
        seeds=128,
        cost=8.0,
        **NETWORKS,
    ),
    Ensemble(
        name="dmft-noisy-labels",
        statement="Three unequal, correlated units on noisy labels: the train loss counts the noise, the "
        "test loss does not.",
        prediction=predictions.losses,
        measurement=routes.losses,
        parameters=NOISY | {"step": np.array([0, 1, 2, 5, 10, 15, 20, 30, 45, 59])},
        coordinate=None,
        scale=1.47,  # the theory's test loss of the start
        quantity="train and test loss",
        alternatives={"noise in the test loss": predictions.counting_label_noise},
        seeds=128,
        cost=15.0,
        **NETWORKS,
    ),
    Ensemble(
        name="dmft-overlaps",
        statement="Each unit's overlap with the teacher moves as the theory says of that unit: units are "
        "exchangeable only together with their starts.",
        equation=r"$m_i(t)=w_i(t)\cdot\beta/D$",
        prediction=predictions.overlaps,
        measurement=routes.overlaps,
        parameters=NOISY | {"step": np.array([0, 2, 5, 10])},
        coordinate=None,
        scale=0.5,
        quantity="overlaps of three units",
        alternatives={"units exchanged": predictions.swapped_overlaps},
        seeds=400,
        cost=10.0,
        **(NETWORKS | {"margin": 0.025}),
    ),
]
