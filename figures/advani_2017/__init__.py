"""Figures of Advani, Saxe 2017 (arXiv:1710.03667): generalisation error in time, samples and size."""

from lazyrich.figures.figure import Figure

FIGURES: list[Figure] = []
