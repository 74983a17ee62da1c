"""Bordelon, Pehlevan 2022: self-consistent dynamical field theory of kernel evolution in wide neural networks.

f = w . phi(h^L)/(gamma0 N), L hidden layers, loss 1/2 sum (y - f)^2; time t = learning rate x steps, where the rate of
the weights is learning_rate gamma0^2 N.
"""

from lazyrich.paper_checks.bordelon_2022 import linear, nonlinear

BIBTEX = """
@inproceedings{bordelon2022self,
  title = {Self-consistent dynamical field theory of kernel evolution in wide neural networks},
  author = {Bordelon, Blake and Pehlevan, Cengiz},
  booktitle = {Advances in Neural Information Processing Systems},
  volume = {35},
  year = {2022},
  eprint = {2205.09653},
  archivePrefix = {arXiv}
}
"""

CLAIMS = [*linear.CLAIMS, *nonlinear.CLAIMS]
