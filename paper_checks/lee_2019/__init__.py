"""Lee et al. 2019: wide neural networks of any depth evolve as linear models under gradient descent.

Loss 1/2 sum (f - y)^2; time t = learning rate x steps; NTK parametrisation with all parameters N(0, 1); L hidden
layers. Predictions are Gaussian: mean and covariance of outputs over random starts.
"""

from lazyrich.paper_checks.lee_2019 import deep, digits, identities, kernels, linearised, outputs

BIBTEX = """
@inproceedings{lee2019wide,
  title = {Wide neural networks of any depth evolve as linear models under gradient descent},
  author = {Lee, Jaehoon and Xiao, Lechao and Schoenholz, Samuel S. and Bahri, Yasaman and
    Novak, Roman and Sohl-Dickstein, Jascha and Pennington, Jeffrey},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2019},
  eprint = {1902.06720},
  archivePrefix = {arXiv}
}
"""

CLAIMS = [
    *identities.CLAIMS,
    *linearised.CLAIMS,
    *outputs.CLAIMS,
    *deep.CLAIMS,
    *kernels.CLAIMS,
    *digits.CLAIMS,
]
