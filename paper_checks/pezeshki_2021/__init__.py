"""Pezeshki, Mitra, Bengio, Lajoie 2021: multi-scale feature learning dynamics, epoch-wise double descent.

Sum loss abs(y - X what)^2/2, inputs of variance 1/d (fast) and 1/(d condition_number^2) (slow), error =
1 - 2 R + Q on labels without noise; the paper plots error/2. Time t = learning rate x steps. Sizes are
given as sample_ratio = n/d and fast_share = p/d.
"""

from lazyrich.paper_checks.pezeshki_2021 import exact, identities, in_time, ridge

BIBTEX = """
@misc{pezeshki2021multiscale,
  title = {Multi-scale feature learning dynamics: insights for double descent},
  author = {Pezeshki, Mohammad and Mitra, Amartya and Bengio, Yoshua and Lajoie, Guillaume},
  year = {2021},
  eprint = {2112.03215},
  archivePrefix = {arXiv}
}
"""

CLAIMS = [*identities.CLAIMS, *exact.CLAIMS, *in_time.CLAIMS, *ridge.CLAIMS]
