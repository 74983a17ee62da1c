"""Figures of Saxe, McClelland, Ganguli 2013 (arXiv:1312.6120): dynamics of deep linear networks."""

from lazyrich.figures.saxe_2013 import hierarchy, modes, random_layers, starts

FIGURES = [*modes.FIGURES, *starts.FIGURES, *random_layers.FIGURES, *hierarchy.FIGURES]
