"""Sample paths of Gaussian processes whose covariance is discovered row by row.

In a causal mean-field theory the covariance of the fields at step t is known only after the paths up to
step t - 1 have been used. `GaussianPaths` grows its Cholesky factor a block of rows at a time and draws
each block given the past; what was drawn never changes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

NORMALS = ("independent", "stratified", "matched")
NEGATIVE = 1e-6
"""A variance given the past below minus this share of the variance is no rounding error."""
NUGGET = 1e-3
"""Share of `floor` that each independent row gains in variance.

Without it the conditioning of smooth kernels, and with it every rounding error, grows from row to row."""


class GaussianPaths:
    r"""Paths x = L z of a zero-mean Gaussian process with covariance L L^T, drawn block by block.

    The normals z of a row are

    - "independent";
    - "stratified": one in each of the intervals of probability 1/n, in random order. Averages of
      functions of one row lose most of their noise and stay unbiased;
    - "matched": stratified, then made orthogonal to 1 and to all earlier rows with mean square 1, so that
      sample means and covariances of all rows are exact (functions linear in the process then
      have no noise in their second moments); other averages get a bias of order rows/n.

    Parameters
    ----------
    n_rows : int
        Rows that will be appended, at most.
    n_paths : int
        A multiple of the number of `signs`.
    rng : numpy.random.Generator
    normals : str
        One of `NORMALS`.
    signs : sequence of +1 and -1
        n_paths/len(signs) paths are drawn, and repeated with each sign: (1, -1) for antithetic
        pairs. For two independent fields u and r with every combination of signs, give (1, 1, -1, -1)
        to one and (1, -1, 1, -1) to the other: averages odd in u or in r alone then vanish.
    floor : float
        A row whose variance given the past is below `floor` times its variance follows from the past and
        gets no normals: covariances of slow processes are singular to rounding. Correlations of
        the paths then err by at most about sqrt(floor)/2.

    Raises
    ------
    ValueError
        For values outside these ranges.

    Examples
    --------
    A random walk, its covariance min(s, t) given row by row:

    >>> paths = GaussianPaths(20, 4000, np.random.default_rng(0), normals="matched")
    >>> for t in range(1, 21):
    ...     walk = paths.append([np.arange(1, t + 1)])
    >>> print(f"{np.mean(walk**2):.6f}")
    20.000000
    """

    def __init__(
        self,
        n_rows: int,
        n_paths: int,
        rng: np.random.Generator,
        *,
        normals: str = "stratified",
        signs: Sequence[int] = (1,),
        floor: float = 1e-8,
    ) -> None:
        if not isinstance(rng, np.random.Generator):
            raise ValueError(f"rng = {rng!r}; needs a numpy.random.Generator")  # noqa: TRY004
        if normals not in NORMALS:
            raise ValueError(f"normals = {normals!r}; needs one of {NORMALS}")
        if not len(signs) or not set(signs) <= {1, -1}:
            raise ValueError(f"signs = {signs!r}; needs one or more of +1 and -1")
        if n_rows < 1 or n_paths < 1 or n_paths % len(signs):
            raise ValueError(
                f"n_rows = {n_rows}, n_paths = {n_paths}; needs 1 or more of each, and a multiple of "
                f"{len(signs)} paths, one for each sign"
            )
        if not 0 <= floor < 1:
            raise ValueError(f"floor = {floor} is outside [0, 1): a share of the variance")
        n_drawn = n_paths // len(signs)
        self._rng, self._kind, self._floor = rng, normals, floor
        self._signs = np.array(signs, dtype=np.float64)
        self._factor = np.zeros((n_rows, n_rows))
        self._pivots: list[int] = []
        self._normals = np.empty((min(n_rows, 16), n_drawn))
        self.n_rows = 0
        """Rows drawn so far."""

    @property
    def rank(self) -> int:
        """Rows so far that do not follow from those before them: normals drawn for each path."""
        return len(self._pivots)

    def append(self, covariance: ArrayLike) -> FloatArray:
        """Draw the next rows, given all rows so far.

        Parameters
        ----------
        covariance : array_like, (k, n + k)
            Covariances of the k new rows with the n rows so far and, in the last k columns, with one
            another.

        Returns
        -------
        array, (k, n_paths)
            Path i + j n_paths/len(signs) is path i times sign j.

        Raises
        ------
        ValueError
            For another shape, numbers that are not finite, more rows than announced, a covariance that no
            process has, or more independent rows than "matched" normals of so few paths exist.
        """
        given = np.asarray(covariance, dtype=np.float64)
        n = self.n_rows
        if (
            given.ndim != 2
            or given.shape[1] != n + len(given)
            or n + len(given) > len(self._factor)
        ):
            raise ValueError(
                f"covariance has shape {given.shape}; after {n} of {len(self._factor)} rows it needs "
                f"(k, {n} + k) with k at most {len(self._factor) - n}"
            )
        if not np.isfinite(given).all():
            raise ValueError("covariance holds NaN or infinite entries")
        for k, row in enumerate(given):
            self._extend(row[: n + k + 1])
        rank = self.rank
        drawn = self._factor[n : self.n_rows, :rank] @ self._normals[:rank]
        return (self._signs[:, None] * drawn[:, None, :]).reshape(len(given), -1)

    def _extend(self, row: FloatArray) -> None:
        """One more row of the factor, whose columns are the normals: one for each pivot."""
        from scipy.linalg import solve_triangular

        n, rank = self.n_rows, self.rank
        variance = row[n]
        if rank:
            independent = self._factor[self._pivots, :rank]
            past = solve_triangular(independent, row[self._pivots], lower=True, check_finite=False)
            variance = variance - past @ past
            self._factor[n, :rank] = past
        if variance < -NEGATIVE * abs(row[n]) or row[n] < 0:
            raise ValueError(
                f"covariance is that of no process: row {n} has variance {row[n]:.6g}, and {variance:.3g} "
                "given the rows before it"
            )
        if variance > self._floor * row[n]:
            if rank == len(self._normals):
                self._normals = np.concatenate([self._normals, np.empty_like(self._normals)])
            self._normals[rank] = self._new_normals()
            self._factor[n, rank] = np.sqrt(variance + NUGGET * self._floor * row[n])
            self._pivots.append(n)
        self.n_rows += 1

    def _new_normals(self) -> FloatArray:
        from scipy.special import ndtri

        n_drawn = self._normals.shape[1]
        if self._kind == "independent":
            return self._rng.standard_normal(n_drawn)
        inside = np.maximum(self._rng.random(n_drawn), 1e-12)
        normals = ndtri((self._rng.permutation(n_drawn) + inside) / n_drawn)
        if self._kind == "stratified":
            return normals
        if self.rank >= n_drawn - 1:
            raise ValueError(
                f"{n_drawn} paths cannot match the moments of more than {n_drawn - 1} independent rows"
            )
        earlier = self._normals[: self.rank]
        for _ in range(2):  # the second pass removes what rounding left of the first
            normals = normals - normals.mean()
            normals = normals - (earlier @ normals / n_drawn) @ earlier
        return normals / np.sqrt(np.mean(normals**2))
