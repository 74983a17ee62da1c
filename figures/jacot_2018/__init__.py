"""Figures of Jacot, Gabriel, Hongler 2018 (arXiv:1806.07572): kernel, functions, components, spectrum."""

from lazyrich.figures.jacot_2018 import components, networks, spectrum

FIGURES = [*networks.FIGURES, *components.FIGURES, *spectrum.FIGURES]
