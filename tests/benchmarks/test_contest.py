"""The judge of the benchmarks: a wrong contender is void, a missing one unmeasured."""

import time

import numpy as np

from tests.benchmarks.contest import OURS, Contest, Floor


def contender(seconds, loss=1.0):
    def run():
        end = time.process_time() + seconds
        while time.process_time() < end:
            pass
        return [np.ones((2, 2))], np.array([2.0, loss])

    return lambda: run


def missing():
    raise ImportError("No module named 'peer'", name="peer")


def contest(*floors, **contenders):
    reference = contender(0.0)()
    return Contest("toy", 1, 1.0, 0.0, reference, {OURS: contender(0.01), **contenders}, floors)


def test_floors_hold_or_do_not(capsys):
    held = contest(Floor(("slow",), 2), slow=contender(0.04)).run(5)
    assert held and "floor 2: holds" in capsys.readouterr().out
    assert not contest(Floor(("slow",), 8), slow=contender(0.04)).run(5)
    assert "floor 8: DOES NOT HOLD" in capsys.readouterr().out


def test_the_fastest_of_several_peers_counts(capsys):
    peers = {"slow": contender(0.09), "fast": contender(0.02)}
    assert not contest(Floor(("slow", "fast"), 4), **peers).run(5)
    assert "slow and fast" in capsys.readouterr().out


def test_a_missing_peer_is_named_and_a_wrong_one_is_void(capsys):
    floors = Floor(("peer",), 2), Floor(("wrong",), 2)
    assert contest(*floors, peer=missing, wrong=contender(0.04, loss=1 + 1e-11)).run(5)
    out = capsys.readouterr().out
    assert "not installed (peer)" in out and "floor 2: unmeasured, without peer" in out
    assert "void: off the reference by 5.0e-12" in out and "unmeasured, without wrong" in out
