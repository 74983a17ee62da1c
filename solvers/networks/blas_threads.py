"""One BLAS thread while small networks train: threaded products are slower there and change bits."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController

_lock = Lock()
_running = 0
_limiter: Any = None


@lru_cache(maxsize=1)
def _controller() -> ThreadpoolController:
    import scipy.linalg  # noqa: F401  the BLAS that compiled kernels call must be loaded to be found

    return ThreadpoolController()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit every loaded BLAS to one thread inside a ``with`` block, in the whole process.

    Blocks may overlap in several Python threads: the last one to end restores the former limit.

    Examples
    --------
    >>> with one_blas_thread():
    ...     pass
    """
    global _running, _limiter
    with _lock:
        if _running == 0:
            _limiter = _controller().limit(limits=1, user_api="blas")
        _running += 1
    try:
        yield
    finally:
        with _lock:
            _running -= 1
            if _running == 0:
                _limiter.restore_original_limits()
