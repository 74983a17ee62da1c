"""Advani, Saxe 2017: high-dimensional dynamics of generalization error in neural networks.

Loss |y - w X|^2/2 summed over samples, inputs of variance 1/N, test errors include the label noise;
time t = learning rate x steps. SNR and INR are the variances of teacher and initial weights over that
of the label noise.
"""

from lazyrich.paper_checks.advani_2017 import (
    deep_students,
    identities,
    learning_curves,
    limits,
    stopping,
    student_size,
)

BIBTEX = """
@misc{advani2017high,
  title = {High-dimensional dynamics of generalization error in neural networks},
  author = {Advani, Madhu S. and Saxe, Andrew M.},
  year = {2017},
  eprint = {1710.03667},
  archivePrefix = {arXiv}
}
"""

CLAIMS = [
    *identities.CLAIMS,
    *learning_curves.CLAIMS,
    *limits.CLAIMS,
    *stopping.CLAIMS,
    *student_size.CLAIMS,
    *deep_students.CLAIMS,
]
