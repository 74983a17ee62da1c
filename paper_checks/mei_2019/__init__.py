"""Mei, Montanari 2019: generalisation error of random features regression and the double descent curve.

Features act(w.x) of inputs x ~ N(0, I_d) with |w| = 1, output a.phi/sqrt(p), fit of the readout a to n
samples with penalty |a|^2 on the sum of squares; excess risk E (f - theta.x)^2, |theta| = 1. Sizes in units
of d: feature_ratio = p/d (the paper's psi_1), sample_ratio = n/d (psi_2); its penalty is penalty d/n.
Times t are those of the mean loss (1/2n) sum (y - f)^2, over d.
"""

from lazyrich.paper_checks.mei_2019 import equations, in_time, limits, ridge

BIBTEX = """
@article{mei2022generalization,
  title = {The generalization error of random features regression: precise asymptotics and the double
           descent curve},
  author = {Mei, Song and Montanari, Andrea},
  journal = {Communications on Pure and Applied Mathematics},
  volume = {75},
  number = {4},
  pages = {667--766},
  year = {2022},
  eprint = {1908.05355},
  archivePrefix = {arXiv}
}
"""

CLAIMS = [*equations.CLAIMS, *ridge.CLAIMS, *limits.CLAIMS, *in_time.CLAIMS]
