"""Figures of Wang 2026 (arXiv:2603.02293): where a linear student keeps the noise of its labels."""

from lazyrich.figures.malignant_tail_2026 import label_flips, segregation, two_blocks

FIGURES = [*segregation.FIGURES, *two_blocks.FIGURES, *label_flips.FIGURES]
