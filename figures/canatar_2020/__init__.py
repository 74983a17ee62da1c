"""Figures of Canatar, Bordelon, Pehlevan 2020 (arXiv:2006.13198): spectral bias and multiple descent."""

from lazyrich.figures.canatar_2020 import digits, modes

FIGURES = [*modes.FIGURES, *digits.FIGURES]
