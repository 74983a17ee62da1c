"""A claim that could not decide anything is refused when it is declared."""

import math

import pytest

from lazyrich.paper_checks.evidence.loading import InputError, load_claims
from tests.paper_checks.evidence.toy_claims import deterministic, ensemble, identity

NAN, INF = math.nan, math.inf


def refused(make, **changes):
    """The message: one ValueError that names the claim, and nothing else."""
    with pytest.raises(ValueError) as caught:
        make(**changes)
    message = str(caught.value)
    assert message.startswith("claim ") and "\n" not in message
    return message


@pytest.mark.parametrize("make", [deterministic, ensemble, identity])
def test_toys_are_accepted(make):
    assert make().name


@pytest.mark.parametrize("make", [deterministic, ensemble])
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"margin": 0}, "margin 0;"),
        ({"margin": -0.01}, "margin -0.01"),
        ({"margin": 0.031}, "margin <= 0.03"),
        ({"margin": NAN}, "margin nan"),
        ({"margin": INF}, "margin inf"),
        ({"max_sensitivity": 0}, "max_sensitivity 0;"),
        ({"max_sensitivity": 0.051}, "max_sensitivity <= 0.05"),
        ({"max_sensitivity": NAN}, "max_sensitivity nan"),
        ({"order": 0}, "order 0;"),
        ({"order": NAN}, "order nan"),
        ({"order": INF}, "order inf"),
        ({"scale": "relative"}, "'relative'; needs one of"),
        ({"coordinate": "tau"}, "'tau' is not among its parameters ['t']"),
        ({"parameters": {}}, "'t' is not among its parameters []"),
        ({"coordinate": None}, "without a coordinate it needs alternatives"),
        ({"value_sensitivity": False}, "without value sensitivity it needs alternatives"),
        ({"settings": {"t": 1}}, "['t'] are both parameters and settings"),
        ({"measurement": "train"}, "the measurement is a str; needs a function"),
        ({"prediction": 3.0}, "the prediction is a float; needs a function or a sympy expression"),
        ({"alternatives": {"none": None}}, "the prediction is a NoneType; needs"),
        ({"statement": " "}, "statement is empty"),
        ({"source": ""}, "source is empty"),
    ],
)
def test_declared_numbers_are_checked(make, changes, words):
    assert words in refused(make, **changes)


@pytest.mark.parametrize("make", [deterministic, ensemble, identity])
@pytest.mark.parametrize("name", ["", "Decays", "two words", "a_b", "-a", "a-", "a--b", "a/b", "é"])
def test_names_are_hyphenated_words(make, name):
    assert f"claim name {name!r}; needs" in refused(make, name=name)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sizes": ()}, "no sizes"),
        ({"sizes": (16, 256)}, "three and more"),
        ({"sizes": (16, 64, 255)}, "span a factor 16"),
        ({"sizes": (16, 16, 256)}, "distinct"),
        ({"sizes": (0, 16, 256)}, "above 0"),
        ({"sizes": (-16, 64, 256)}, "above 0"),
        ({"sizes": (16, 64, NAN)}, "above 0"),
        ({"sizes": (16, 64, INF)}, "above 0"),
        ({"quick_sizes": (16, 256)}, "three and more"),
        ({"quick_sizes": (16,)}, "quick_sizes (16,) and sizes"),
        ({"sizes": (64,), "quick_sizes": (8, 32, 128)}, "needs one of both"),
        ({"seeds": 7}, "7 seeds a size; needs 8"),
        ({"seeds": 8.5}, "8.5 seeds"),
        ({"seeds": NAN}, "nan seeds"),
        ({"parameters": {"t": 1.0, "width": 3}}, "'width' varies"),
        ({"settings": {"width": 3}}, "'width' varies"),
    ],
)
def test_sizes_and_seeds_are_checked(changes, words):
    assert words in refused(ensemble, **changes)


@pytest.mark.parametrize(
    "steps", [(0.1,), (0.1, 0.0), (0.1, -0.1), (0.1, 0.1), (0.1, NAN), (INF, 1)]
)
def test_steps_are_checked(steps):
    assert "two or more distinct ones above 0" in refused(deterministic, steps=steps)


def test_a_step_cannot_be_a_setting_too():
    changes = {"steps": (0.2, 0.1), "settings": {"learning_rate": 1}}
    assert "'learning_rate' varies" in refused(deterministic, **changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"domain": {"t": (1.0, 1.0)}}, "finite low < high"),
        ({"domain": {"t": (2.0, 1.0)}}, "finite low < high"),
        ({"domain": {"t": (0.0, INF)}}, "finite low < high"),
        ({"domain": {"t": (NAN, 1.0)}}, "finite low < high"),
        ({"domain": {}}, "'t' is not in domain []"),
        ({"coordinate": "tau"}, "'tau' is not in domain ['t']"),
        ({"max_sensitivity": 0.06}, "max_sensitivity 0.06"),
        ({"max_sensitivity": NAN}, "max_sensitivity nan"),
    ],
)
def test_domains_are_checked(changes, words):
    assert words in refused(identity, **changes)


@pytest.mark.parametrize("sizes", [(64,), (16, 64, 256), (1, 4, 5, 16)])
def test_sizes_that_can_decide_are_accepted(sizes):
    assert ensemble(sizes=sizes).sizes_at("quick") == sizes


def test_seeds_and_sizes_of_each_effort():
    claim = ensemble(seeds=20, quick_sizes=(8, 32, 128))
    assert [claim.seeds_at(e) for e in ("quick", "standard", "thorough")] == [10, 20, 80]
    assert ensemble(seeds=9).seeds_at("quick") == 8
    assert claim.sizes_at("quick") == (8, 32, 128)
    assert claim.sizes_at("standard") == claim.sizes_at("thorough") == (16, 64, 256)


def test_two_claims_of_one_name_are_refused(tmp_path):
    file = tmp_path / "twice_named.py"
    file.write_text(
        "from tests.paper_checks.evidence.toy_claims import deterministic\n"
        "CLAIMS = [deterministic(), deterministic(margin=0.02)]\n"
    )
    with pytest.raises(InputError, match="two claims are called 'decays'"):
        load_claims(str(file))
