"""Integrals over the Marchenko-Pastur law in 30 digits."""

import mpmath


def in_high_precision(alpha, f):
    """Integral of f over the continuous part, 30 digits, in the variable of the law itself."""
    with mpmath.workdps(30):
        a = mpmath.mpf(alpha)
        low, high = (1 - mpmath.sqrt(a)) ** 2, (1 + mpmath.sqrt(a)) ** 2
        middle, half = (low + high) / 2, (high - low) / 2

        def integrand(angle):
            lam = middle - half * mpmath.cos(angle)
            if not lam:  # ratio 1
                return half / mpmath.pi * f(lam)
            return (half * mpmath.sin(angle)) ** 2 / (2 * mpmath.pi * lam) * f(lam)

        cuts = [mpmath.pi * mpmath.mpf(2) ** -k for k in range(40)]
        return float(mpmath.quad(integrand, [0, *reversed(cuts)]))
