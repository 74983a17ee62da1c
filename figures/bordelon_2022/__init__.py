"""Figures of Bordelon, Pehlevan 2022 (arXiv:2205.09653): kernels that move while wide networks learn features."""

from lazyrich.figures.bordelon_2022 import linear

FIGURES = [*linear.FIGURES]
