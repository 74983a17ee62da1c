"""A fact about random matrices, checked where it is exact: at infinite size.

Try ``lazyrich check docs/my_ensemble.py`` and ``lazyrich reproduce docs/my_ensemble.py``.
"""

import numpy as np

from lazyrich.paper_checks.evidence.claims import Ensemble


def second_moment(ratio):
    """Mean square of the eigenvalues of X X^T / n, X of shape (p, n), as n grows at p/n = ratio."""
    return 1 + ratio


def measured(rng, n, ratio):
    """The same for one random matrix a ratio; its mean is 1 + ratio + 1/n, so the order is 1."""
    found = []
    for p in np.rint(ratio * n).astype(int):
        x = rng.standard_normal((p, n))
        found.append(np.sum((x.T @ x / n) ** 2) / p)  # X^T X has the same nonzero eigenvalues
    return np.array(found)


CLAIMS = [
    Ensemble(
        name="second-moment",
        statement="The squared eigenvalues of a Wishart matrix have the mean 1 + p/n.",
        source="Marchenko and Pastur 1967",
        prediction=second_moment,
        measurement=measured,
        parameters={"ratio": np.array([1.0, 1.5, 2.0, 3.0])},
        coordinate="ratio",
        sizes=(50, 200, 800),  # three or more that span a factor 16; ratio * n is whole for each
        size="n",
        seeds=32,  # half as many with --effort quick
        order=1.0,  # the mean differs from its limit by 1/n
        noise_exponent=2.0,  # the variance between matrices falls as 1/n^2
        margin=0.01,
        alternatives={"no spread": lambda ratio: np.ones_like(ratio)},
        quantity="mean square of the eigenvalues",
    )
]
