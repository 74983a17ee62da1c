"""Figures of Kumar et al. 2023 (arXiv:2310.06110): grokking as the transition from lazy to rich training."""

from lazyrich.figures.kumar_2023 import dmft, kernel_stage, time_course

FIGURES = [*dmft.FIGURES, *time_course.FIGURES, *kernel_stage.FIGURES]
