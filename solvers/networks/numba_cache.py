"""The decorator of every compiled kernel: cached on disk wherever numba finds a place for the cache.

Kernels that call each other stand in one file: numba's cache does not follow calls across files.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(**options: Any) -> Callable[[Kernel], Kernel]:
    """Decorator that compiles a kernel on its first call and releases the interpreter lock in it.

    Division follows IEEE rules (no exception). Where neither the package nor the user's cache
    folder can be written, numba refuses ``cache=True``; the kernel is then compiled in each process.

    Parameters
    ----------
    **options
        Further options of ``numba.njit``, such as ``fastmath={"reassoc"}``.

    Examples
    --------
    >>> @compiled()
    ... def twice(x):
    ...     return 2 * x
    >>> twice(21)
    42
    """
    options = {"nogil": True, "error_model": "numpy", **options}

    def decorate(kernel: Kernel) -> Kernel:
        try:
            return njit(cache=True, **options)(kernel)
        except RuntimeError:  # "no locator available"
            return njit(**options)(kernel)

    return decorate
