"""Canatar, Bordelon, Pehlevan 2020: spectral bias and task-model alignment explain generalization in kernel regression.

Mean loss (1/2P) sum (y - f)^2 + (penalty/2) |f|_K^2: the paper's sum loss has P times this penalty, and P
times this kappa. Excess risk, without label noise; a block k has n_k modes of eigenvalue c_k.
"""

from lazyrich.paper_checks.canatar_2020 import digits, modes

BIBTEX = """
@article{canatar2021spectral,
  title = {Spectral bias and task-model alignment explain generalization in kernel regression and
           infinitely wide neural networks},
  author = {Canatar, Abdulkadir and Bordelon, Blake and Pehlevan, Cengiz},
  journal = {Nature Communications},
  volume = {12},
  year = {2021},
  eprint = {2006.13198},
  archivePrefix = {arXiv}
}
"""

CLAIMS = [*modes.CLAIMS, *digits.CLAIMS]
