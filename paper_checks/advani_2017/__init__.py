"""Advani, Saxe 2017: high-dimensional dynamics of generalization error in neural networks.

Loss |y - w X|^2/2 summed over samples, inputs of variance 1/N, test errors include the label noise;
time t = learning rate x steps. SNR and INR are the variances of teacher and initial weights over that
of the label noise.
"""

from typing import Any

BIBTEX = """
@article{advani2020high,
  title = {High-dimensional dynamics of generalization error in neural networks},
  author = {Advani, Madhu S. and Saxe, Andrew M. and Sompolinsky, Haim},
  journal = {Neural Networks},
  volume = {132},
  pages = {428--446},
  year = {2020},
  eprint = {1710.03667},
  archivePrefix = {arXiv}
}
"""

CLAIMS: list[Any] = []
