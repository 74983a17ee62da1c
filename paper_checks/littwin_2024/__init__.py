"""Littwin et al. 2024: how JEPA avoids noisy features, the implicit bias of deep linear self distillation networks.

Views x, y with Sigma_xx = diag(lam_i/rho_i), Sigma_yx = diag(lam_i); encoder of depth L (weight
matrices, predictor not counted); time t = learning rate x steps of the layers' own weights.
"""

from lazyrich.paper_checks.littwin_2024 import encoders, times, views

BIBTEX = """
@inproceedings{littwin2024jepa,
  title = {How {JEPA} avoids noisy features: the implicit bias of deep linear self distillation networks},
  author = {Littwin, Etai and Saremi, Omid and Advani, Madhu and Thilak, Vimal and
            Nakkiran, Preetum and Huang, Chen and Susskind, Joshua},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2024},
  eprint = {2407.03475},
  archivePrefix = {arXiv}
}
"""

CLAIMS = [*times.CLAIMS, *encoders.CLAIMS, *views.CLAIMS]
