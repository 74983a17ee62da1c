"""The decorator of every compiled kernel outside the networks: cached on disk where that is possible.

Kernels that call each other stand in one file: numba's cache does not follow calls across files.
(The networks import nothing of ours and have a decorator of their own.)
"""

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(kernel: Kernel | None = None, **options: Any) -> Any:
    """`kernel`, compiled on its first call; it releases the interpreter lock and divides as IEEE says.

    Where neither the package nor the user's cache folder can be written, it is compiled in each
    process.

    Parameters
    ----------
    kernel : function
        Left out where there are options: ``@compiled(fastmath={"reassoc"})``.
    **options
        Further options of ``numba.njit``.

    Examples
    --------
    >>> @compiled
    ... def twice(x):
    ...     return 2 * x
    >>> twice(21)
    42
    """
    if kernel is None:
        return lambda function: compiled(function, **options)
    options = {"nogil": True, "error_model": "numpy", **options}
    try:
        return njit(cache=True, **options)(kernel)
    except RuntimeError:  # "no locator available"
        return njit(**options)(kernel)
