"""The decorators of every compiled kernel outside the networks: cached on disk where that is possible.

Kernels that call each other stand in one file: numba's cache does not follow calls across files.
(The networks import nothing of ours and have a decorator of their own.)
"""

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(kernel: Kernel) -> Kernel:
    """`kernel`, compiled on its first call; it releases the interpreter lock and divides as IEEE says.

    Where neither the package nor the user's cache folder can be written, it is compiled in each
    process.

    Examples
    --------
    >>> @compiled
    ... def twice(x):
    ...     return 2 * x
    >>> twice(21)
    42
    """
    return _njit(kernel)


def fused(kernel: Kernel) -> Kernel:
    """As `compiled`; a product and the sum around it are rounded once, where the processor can.

    Examples
    --------
    >>> @fused
    ... def line(x):
    ...     return 2 * x + 1
    >>> line(0.5)
    2.0
    """
    return _njit(kernel, fastmath={"contract"})


def _njit(kernel: Kernel, **options: Any) -> Kernel:
    options = {"nogil": True, "error_model": "numpy", **options}
    try:
        return njit(cache=True, **options)(kernel)
    except RuntimeError:  # "no locator available"
        return njit(**options)(kernel)
