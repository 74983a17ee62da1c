"""Figures of Mei, Montanari 2019 (arXiv:1908.05355): double descent of random features."""

from lazyrich.figures.mei_2019 import in_time, ridge

FIGURES = [*ridge.FIGURES, *in_time.FIGURES]
