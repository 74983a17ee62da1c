"""One BLAS thread inside, the former number outside, also where blocks overlap."""

import numpy as np
from threadpoolctl import threadpool_info

from lazyrich.solvers.blas_threads import one_blas_thread


def threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_one_thread_inside_and_the_former_number_outside():
    np.ones((2, 2)) @ np.ones((2, 2))
    before = threads()
    with one_blas_thread():
        with one_blas_thread():
            assert set(threads()) == {1}
        assert set(threads()) == {1}
    assert threads() == before
