"""Wrong input of `mlp_kernels` gives one clear error."""

import numpy as np
import pytest

from lazyrich.theory.infinite_width.kernels import mlp_kernels

X = np.ones((3, 2))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"X1": [1.0, 2.0]}, r"X1 has shape \(2,\)"),
        ({"X1": np.ones((0, 2))}, r"X1 has shape \(0, 2\)"),
        ({"X1": [[1.0, np.nan]]}, "X1 holds NaN"),
        ({"X1": [[1.0, np.inf]]}, "X1 holds NaN or infinite"),
        ({"X1": [["a", "b"]]}, "needs real numbers"),
        ({"X1": [[1.0], [1.0, 2.0]]}, "ragged"),
        ({"X1": [[1j, 2.0]]}, "complex"),
        ({"X2": np.ones((3, 4))}, "X2 has rows of 4 numbers but X1 of 2"),
        ({"X2": np.ones(2)}, r"X2 has shape \(2,\)"),
        ({"sigma_w": -1.0}, r"sigma_w = -1.0 is outside \[0, 1e75\]"),
        ({"sigma_b": -0.1}, "sigma_b = -0.1 is outside"),
        ({"sigma_w": np.nan}, "sigma_w = nan"),
        ({"sigma_w": [1.0, 2.0]}, "sigma_w = "),
        ({"hidden_layers": -1}, "hidden_layers = -1; needs one whole number >= 0"),
        ({"hidden_layers": 1.5}, "hidden_layers = 1.5; needs one whole"),
        ({"hidden_layers": "2"}, "hidden_layers = '2'"),
        ({"activation": "rleu"}, "activation 'rleu' is unknown; needs one of: abs"),
        ({"activation": "leaky_relu"}, "has parameters"),
        ({"activation": 3}, "activation = 3"),
        ({"activation": "step"}, "'step' jumps: its NTK is infinite"),
        ({"activation": "sign"}, "'sign' jumps: its NTK is infinite"),
        ({"activation": np.sort, "X1": [[1.0, 2.0]]}, "function of one real variable"),
        ({"activation": lambda x, y: x}, "function of one real variable"),
        ({"activation": lambda x: np.maximum(x, 0)}, "has a kink"),
        ({"activation": lambda x: np.exp(x**2)}, "grows too fast|is infinite|= inf"),
        ({"activation": lambda x: 1j * x}, "real numbers"),
        ({"activation": "tanh", "sigma_w": 1e4}, "tanh|Hermite|feature"),
        (
            {"activation": "exp", "hidden_layers": 9},
            r"outside \[0, 1e\+75\]: kernels would overflow",
        ),
        ({"X1": [[1e200, 0.0]]}, "after 0 hidden layers have root mean square"),
    ],
)
def test_refused(changes, message):
    given = {"X1": X, "hidden_layers": 2, "activation": "relu", **changes}
    with pytest.raises(ValueError, match=message):
        mlp_kernels(given.pop("X1"), given.pop("X2", None), **given)


def test_memory_is_refused_before_the_work():
    many = np.broadcast_to(np.ones((1, 1)), (4_000_000, 1))
    with pytest.raises(
        ValueError, match=r"kernels of 4000000 x 4000000 pairs.* need 2.38e\+05 GiB"
    ):
        mlp_kernels(many, hidden_layers=1, activation="relu")
    with pytest.raises(ValueError, match="GiB"):
        mlp_kernels(X, hidden_layers=10**13, activation="relu")
