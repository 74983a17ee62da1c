"""Linear regression on inputs of any covariance; mean loss (1/2P) sum (y - x . w)^2, inputs x ~ N(0, C)."""

from lazyrich.theory.double_descent.block_covariance import BlockCovariance
from lazyrich.theory.double_descent.block_dynamics import LearningCurve, alignment, learning_curve

__all__ = ["BlockCovariance", "LearningCurve", "alignment", "learning_curve"]
