"""Saxe, McClelland, Ganguli 2013: exact solutions to the nonlinear dynamics of learning in deep linear networks.

Loss 1/(2P) sum |y - W_L ... W_1 x|^2 with whitened inputs, Sigma_yx = U diag(s) V^T; time
t = learning rate x steps; depth L counts weight matrices.
"""

from lazyrich.paper_checks.saxe_2013 import (
    deep_starts,
    hierarchy,
    identities,
    mean_field,
    modes,
    random_layers,
    random_rates,
    random_starts,
)

BIBTEX = """
@inproceedings{saxe2014exact,
  title = {Exact solutions to the nonlinear dynamics of learning in deep linear neural networks},
  author = {Saxe, Andrew M. and McClelland, James L. and Ganguli, Surya},
  booktitle = {International Conference on Learning Representations},
  year = {2014},
  eprint = {1312.6120},
  archivePrefix = {arXiv}
}
"""

CLAIMS = [
    *identities.CLAIMS,
    *modes.CLAIMS,
    *random_starts.CLAIMS,
    *deep_starts.CLAIMS,
    *random_layers.CLAIMS,
    *random_rates.CLAIMS,
    *mean_field.CLAIMS,
    *hierarchy.CLAIMS,
]
