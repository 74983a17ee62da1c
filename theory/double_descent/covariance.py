"""Linear regression on inputs of any covariance; mean loss (1/2P) sum (y - x . w)^2, inputs x ~ N(0, C)."""

from lazyrich.theory.double_descent.block_covariance import BlockCovariance
from lazyrich.theory.double_descent.block_dynamics import LearningCurve, alignment, learning_curve
from lazyrich.theory.double_descent.block_ridge import RidgeRisk, ridge_risk
from lazyrich.theory.double_descent.ridge_flow import RidgeCurve, ridge_learning_curve
from lazyrich.theory.double_descent.spectrum import Spectrum, kernel_spectrum_of, spectrum_of

__all__ = [
    "BlockCovariance",
    "LearningCurve",
    "RidgeCurve",
    "RidgeRisk",
    "Spectrum",
    "alignment",
    "kernel_spectrum_of",
    "learning_curve",
    "ridge_learning_curve",
    "ridge_risk",
    "spectrum_of",
]
