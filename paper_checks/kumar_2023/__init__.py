"""Kumar, Bordelon, Gershman, Pehlevan 2023: grokking as the transition from lazy to rich training dynamics.

Loss: the mean of (f - y)^2 over samples, without 1/2; f = (alpha/N) sum_i phi(w_i . x) - f0, phi(h) = h + eps h^2/2,
inputs N(0, I/D), target (beta . x)^2/2, learning rate eta_hat N D/(2 alpha^2).
"""

from lazyrich.paper_checks.kumar_2023 import dmft, kernel_stage, loss_and_flow, time_course

BIBTEX = """
@inproceedings{kumar2024grokking,
  title = {Grokking as the transition from lazy to rich training dynamics},
  author = {Kumar, Tanishq and Bordelon, Blake and Gershman, Samuel J. and Pehlevan, Cengiz},
  booktitle = {International Conference on Learning Representations},
  year = {2024},
  eprint = {2310.06110},
  archivePrefix = {arXiv}
}
"""

CLAIMS = [
    *loss_and_flow.CLAIMS,
    *time_course.CLAIMS,
    *dmft.CLAIMS,
    *kernel_stage.CLAIMS,
]
