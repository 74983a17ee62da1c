"""Figures of Pezeshki, Mitra, Bengio, Lajoie 2021 (arXiv:2112.03215): epoch-wise double descent."""

from lazyrich.figures.pezeshki_2021 import in_time, ridge

FIGURES = [*in_time.FIGURES, *ridge.FIGURES]
