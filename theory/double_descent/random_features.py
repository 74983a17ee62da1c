r"""Ridge regression on random features of isotropic inputs: double descent in size, in samples and in time.

Setting. Inputs x ~ N(0, I_d), labels y = theta . x + noise, abs(theta)^2 = `teacher_power`. Features
phi_j = act(w_j . x) - E act of weights abs(w_j) = 1, model f = a . phi/sqrt(p), only a is trained.
Of the activation two numbers enter (`hermite`): the linear coefficient mu_1 carries the teacher, and the
variance mu_*^2 beyond it acts as independent noise in each feature (Gaussian equivalence). Its mean drops out.

Excess risk means E (f(x) - theta . x)^2 on fresh inputs, against the noiseless teacher: the label noise
of a test set is left out, what the features cannot express of the teacher is counted.
"""

from lazyrich.theory.double_descent.random_feature_dynamics import learning_curve
from lazyrich.theory.double_descent.random_feature_ridge import best_kernel_penalty, ridge_risk

__all__ = ["best_kernel_penalty", "learning_curve", "ridge_risk"]
