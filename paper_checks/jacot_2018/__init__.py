"""Jacot, Gabriel, Hongler 2018: neural tangent kernel: convergence and generalization in neural networks.

NTK parametrisation, weights and biases N(0, 1) with strengths sigma_w and sigma_b (the paper's beta); `hidden_layers`
is the paper's depth less 1. Time t = learning rate x steps on (1/2) sum (f - y)^2; on the mean loss rates are P times
smaller.
"""

from lazyrich.paper_checks.jacot_2018 import components, functions, kernels, spectra

BIBTEX = """
@inproceedings{jacot2018neural,
  title = {Neural tangent kernel: convergence and generalization in neural networks},
  author = {Jacot, Arthur and Gabriel, Franck and Hongler, Cl{\\'e}ment},
  booktitle = {Advances in Neural Information Processing Systems},
  volume = {31},
  year = {2018},
  eprint = {1806.07572},
  archivePrefix = {arXiv}
}
"""

CLAIMS = [*kernels.CLAIMS, *functions.CLAIMS, *components.CLAIMS, *spectra.CLAIMS]
