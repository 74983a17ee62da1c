"""Kumar et al. 2023: grokking as the transition from lazy to rich training dynamics.

Quadratic two-layer students f = (alpha/N) sum_i phi(w_i . x) - f0, phi(h) = h + eps h^2/2, inputs N(0, I/D), targets
(beta . x)^2/2, loss (1/P) sum (f - y)^2, full-batch gradient descent of rate eta_hat N D/(2 alpha^2).
"""

from lazyrich.paper_checks.kumar_2023 import dmft

BIBTEX = """
@inproceedings{kumar2023grokking,
  title = {Grokking as the transition from lazy to rich training dynamics},
  author = {Kumar, Tanishq and Bordelon, Blake and Gershman, Samuel J. and Pehlevan, Cengiz},
  booktitle = {International Conference on Learning Representations},
  year = {2024},
  eprint = {2310.06110},
  archivePrefix = {arXiv}
}
"""

CLAIMS = [*dmft.CLAIMS]
