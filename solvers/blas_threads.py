"""One BLAS thread where blocks of work are spread over threads: faster, and the same bits on any machine.

(The networks import nothing of ours and have a limiter of their own.)
"""

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
