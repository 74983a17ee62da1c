"""Wang 2026: the malignant tail, spectral segregation of label noise in over-parameterized networks.

Known to us from its abstract; arXiv lists its second version as withdrawn by the author. Each statement
that a linear student can make is derived and checked here. Out of its reach: that training itself moves
noise to other directions than the data's (the student's directions are fixed), that a network which learns
features segregates more than an untrained one, and all numbers measured on images.
"""

from lazyrich.paper_checks.malignant_tail_2026 import cuts, label_flips, segregation, two_blocks

BIBTEX = """
@misc{wang2026malignant,
  title = {The malignant tail: spectral segregation of label noise in over-parameterized networks},
  author = {Wang, Zice},
  year = {2026},
  eprint = {2603.02293},
  archivePrefix = {arXiv},
  note = {Withdrawn by the author}
}
"""

CLAIMS = [*segregation.CLAIMS, *cuts.CLAIMS, *two_blocks.CLAIMS, *label_flips.CLAIMS]
