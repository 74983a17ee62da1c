"""Figures of Advani, Saxe 2017 (arXiv:1710.03667): generalisation error in time, samples and size."""

from lazyrich.figures.advani_2017 import (
    deep_students,
    in_time,
    stopping,
    student_size,
)

FIGURES = [
    *in_time.FIGURES,
    *stopping.FIGURES,
    *student_size.FIGURES,
    *deep_students.FIGURES,
]
