"""Refuse work whose results would not fit in memory before it starts."""

import os


def available_bytes() -> float:
    """Memory that new arrays may take, in bytes; ``inf`` where the system does not tell.

    Examples
    --------
    >>> available_bytes() > 0
    True
    """
    try:
        with open("/proc/meminfo") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return 1024.0 * int(line.split()[1])
    except OSError:
        pass
    try:
        return float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # no sysconf on Windows
        return float("inf")


def require_memory(n_bytes: float, purpose: str) -> None:
    """Raise ``ValueError`` if `n_bytes` for `purpose` exceed the available memory.

    Examples
    --------
    >>> require_memory(8, "one number")
    >>> require_memory(2.0**70, "the recorded weights")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: the recorded weights need 1.1e+12 GiB, but only ... GiB of memory are available
    """
    available = available_bytes()
    if n_bytes > available:
        raise ValueError(
            f"{purpose} need {n_bytes / 2**30:.3g} GiB, "
            f"but only {available / 2**30:.3g} GiB of memory are available"
        )
