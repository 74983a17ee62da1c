"""Digests change with everything a measurement runs, and with nothing else."""

import functools
import importlib
import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
import sympy

from lazyrich.paper_checks.evidence import fingerprint
from lazyrich.paper_checks.evidence.loading import load_claims
from lazyrich.paper_checks.evidence.tasks import facts_of, path_of, tasks_of

MEASURED = """
import numpy as np
from helper_of_NAME import rate
from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble

STEPS = 100
TABLE = {"a": 1.0}
TABLE["b"] = 2.0
LEVELS = []
LEVELS.append(3.0)


def growth(x):  # one step
    return x * rate


def unrelated(x):
    return x + 1


def measure(t, offset=0.5):
    x = np.ones_like(t)
    for k in range(STEPS):
        x = growth(x) + offset + TABLE["b"] + sum(LEVELS)
    return x


def measure_many(rng, width, t, noise):
    return measure(t) + noise * rng.standard_normal(t.shape)


def prediction(t):
    return np.exp(-t)


COMMON = {"statement": "It decays.", "source": "a toy", "prediction": prediction,
          "parameters": {"t": np.array([1.0, 2.0])}, "coordinate": "t"}
CLAIMS = [
    Deterministic(name="one", measurement=measure, margin=0.01, **COMMON),
    Ensemble(name="many", measurement=measure_many, margin=0.01, sizes=(16, 64, 256),
             size="width", settings={"noise": 0.1}, **COMMON),
    *[Deterministic(name=f"scaled-{k}", measurement=lambda t, k=k: k * t, margin=0.01, **COMMON)
      for k in (1, 2)],
]
"""
HELPER = "from helper_of_helper_of_NAME import base\nrate = 0.5 * base\n"


@pytest.fixture
def digests(tmp_path):
    """Digest of a claim of the file above, after replacements in it or in its helpers."""
    count = iter(range(100))

    def made(claim="one", old="", new="", helper="", deeper="base = 1.0\n"):
        folder = tmp_path / str(next(count))
        folder.mkdir()
        assert old in MEASURED and MEASURED.count(old) == 1 or not old
        name = "toy"
        text = MEASURED.replace(old, new) if old else MEASURED
        (folder / "toy.py").write_text(text.replace("NAME", name))
        (folder / "helper_of_toy.py").write_text((helper or HELPER).replace("NAME", name))
        (folder / "helper_of_helper_of_toy.py").write_text(deeper)
        code = (
            "import sys; from lazyrich.paper_checks.evidence.loading import load_claims\n"
            "from lazyrich.paper_checks.evidence.tasks import path_of, tasks_of\n"
            "from pathlib import Path\n"
            "for claim in load_claims('toy.py').values():\n"
            "    task = tasks_of('toy.py', claim, 'quick', 0, Path('out'))[0]\n"
            "    print(claim.name, path_of(task).stem[-20:])"
        )
        run = subprocess.run(
            [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
        )
        return dict(line.split() for line in run.stdout.splitlines())[claim]

    return made


CHANGES = [
    ("x = np.ones_like(t)", "x = 2 * np.ones_like(t)", {}),
    ("offset=0.5", "offset=0.6", {}),
    ("return x * rate", "return x * rate**2", {}),
    ("STEPS = 100", "STEPS = 101", {}),
    ('TABLE["b"] = 2.0', 'TABLE["b"] = 3.0', {}),
    ("LEVELS.append(3.0)", "LEVELS.append(4.0)", {}),
    ("np.array([1.0, 2.0])", "np.array([1.0, 2.5])", {}),
    ("", "", {"helper": HELPER.replace("0.5", "0.7")}),
    ("", "", {"deeper": "base = 2.0\n"}),
]
NO_CHANGES = [
    ("# one step", "# a single step", {}),
    ("x = np.ones_like(t)", "x = np.ones_like( t )\n\n", {}),
    ("return x + 1", "return x + 2", {}),
    ('"It decays."', '"It decays fast."', {}),
    ("np.exp(-t)", "np.exp(-2 * t)", {}),
    ("measurement=measure, margin=0.01", "measurement=measure, margin=0.02", {}),
    ("for k in (1, 2)]", "for k in (1, 2, 3)]", {}),
    ('"noise": 0.1', '"noise": 0.2', {}),  # of the other claim
    ("", "", {"deeper": "base = 1.0  # the unit\n"}),
]


@pytest.mark.parametrize(("old", "new", "helpers"), CHANGES)
def test_whatever_the_measurement_runs_changes_the_digest(digests, old, new, helpers):
    assert digests() != digests("one", old, new, **helpers)


@pytest.mark.parametrize(("old", "new", "helpers"), NO_CHANGES)
def test_nothing_else_changes_the_digest(digests, old, new, helpers):
    assert digests() == digests("one", old, new, **helpers)


def test_settings_and_default_arguments_change_the_digest(digests):
    assert digests("many") != digests("many", '"noise": 0.1', '"noise": 0.2')
    assert digests("scaled-1") != digests("scaled-2")
    assert digests("scaled-1") == digests("scaled-1", "for k in (1, 2)]", "for k in (1, 2, 3)]")


def test_seeds_sizes_and_root_seed_change_the_path(tmp_path):
    (tmp_path / "toy.py").write_text(
        MEASURED.replace("from helper_of_NAME import rate", "rate = 1")
    )
    source = str(tmp_path / "toy.py")
    claim = load_claims(source)["many"]
    paths = [
        path_of(task)
        for seed in (0, 1)
        for task in tasks_of(source, claim, "standard", seed, tmp_path)
    ]
    assert len(paths) == len(set(paths)) == 2 * 3 * 2  # seeds x sizes x blocks
    assert all(p.name.startswith("size=") and "_seeds=" in p.name for p in paths)


def test_the_environment_changes_every_digest(tmp_path, monkeypatch):
    (tmp_path / "toy.py").write_text(
        MEASURED.replace("from helper_of_NAME import rate", "rate = 1")
    )
    source = str(tmp_path / "toy.py")
    task = tasks_of(source, load_claims(source)["one"], "quick", 0, tmp_path)[0]
    before = fingerprint.digest(facts_of(task))
    version = importlib.metadata.version
    for package in ("numpy", "numba"):
        with monkeypatch.context() as patch:
            patch.setattr(
                importlib.metadata, "version", lambda n, p=package: "0.0" if n == p else version(n)
            )
            assert fingerprint.digest(facts_of(task)) != before
    with monkeypatch.context() as patch:
        patch.setattr(fingerprint, "_solvers_digest", lambda: "edited")
        assert fingerprint.digest(facts_of(task)) != before
    assert fingerprint.digest(facts_of(task)) == before


def test_every_file_of_solvers_counts(tmp_path, monkeypatch):
    for name in ("one.py", "networks/two.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x = 1\n")
    spec = importlib.machinery.ModuleSpec("lazyrich.solvers", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    digest = fingerprint._solvers_digest.__wrapped__
    before = digest()
    (tmp_path / "networks/two.py").write_text("x = 2\n")
    edited = digest()
    (tmp_path / "networks/two.py").rename(tmp_path / "networks/three.py")
    assert len({before, edited, digest()}) == 3


# Functions in every disguise


def scaled(factor):
    def measure(t):
        return factor * t

    return measure


def passing_on(function):
    @functools.wraps(function)
    def wrapper(t):
        return function(t)

    return wrapper


@passing_on
def decorated(t):
    return t + 123


def recursive(n):
    return recursive(n - 1) if n else 0


def even(n):
    return n == 0 or odd(n - 1)


def odd(n):
    return n > 0 and even(n - 1)


def recursive_closure(base):
    def measure(n):
        return measure(n - 1) if n else base

    return measure


@functools.lru_cache
def cached(t):
    return t


class Measured:
    def method(self, t):
        return t

    def __call__(self, t):
        return t


def test_closures_and_partials_carry_their_values():
    source_of = fingerprint.source_of
    assert source_of(scaled(2)) == source_of(scaled(2)) != source_of(scaled(3))
    assert source_of(scaled(np.ones(2))) != source_of(scaled(np.ones(3)))
    assert source_of(scaled(even)) != source_of(scaled(decorated))
    assert source_of(scaled(np.tanh)) != source_of(scaled(np.sinh))
    assert source_of(scaled(np)) != source_of(scaled(sys))
    assert source_of(scaled(scaled(2))) != source_of(scaled(scaled(3)))
    partial = functools.partial
    assert source_of(partial(even, n=2)) != source_of(partial(even, n=3))
    assert source_of(partial(partial(even, 2))) != source_of(partial(even, 3))
    assert source_of(partial(even, np.tanh)) != source_of(partial(even, np.sinh))


def test_closures_carry_symbols_and_compiled_kernels():
    x, y = sympy.symbols("x y")
    assert fingerprint.source_of(scaled(x**2)) != fingerprint.source_of(scaled(y**2))
    assert "n == 0" in fingerprint.source_of(scaled(numba.njit(even)))


def test_a_decorated_function_is_followed_to_its_body():
    assert "t + 123" in fingerprint.source_of(decorated)
    assert "wrapper" in fingerprint.source_of(decorated)


def test_recursion_terminates():
    assert "recursive(n - 1)" in fingerprint.source_of(recursive)
    assert "even(n - 1)" in fingerprint.source_of(even)
    assert fingerprint.source_of(recursive_closure(1)) != fingerprint.source_of(
        recursive_closure(2)
    )


def test_two_lambdas_on_one_line_are_both_told_from_an_edit():
    first, second = [lambda t: 2 * t, lambda t: 3 * t]
    for found in map(fingerprint.source_of, (first, second)):
        assert "2 * t" in found and "3 * t" in found


@pytest.mark.parametrize(
    "function", [Measured().method, Measured(), Measured, cached, np.sin, len, 3.0, "text"]
)
def test_only_plain_functions_can_be_followed(function):
    with pytest.raises(ValueError, match="a measurement must be a plain function"):
        fingerprint.source_of(function)


def test_a_function_without_a_file_is_refused():
    t = sympy.Symbol("t")
    with pytest.raises(ValueError, match="defined in no file"):
        fingerprint.source_of(sympy.lambdify(t, 2 * t))


@pytest.mark.parametrize("hidden", [Measured, Measured().method, object(), {1, 2}])
def test_closures_over_what_cannot_be_followed_are_refused(hidden):
    with pytest.raises(ValueError, match="needs plain data or functions there|must be numbers"):
        fingerprint.source_of(scaled(hidden))


def test_cycles_of_imports_and_relative_imports_are_followed(tmp_path, monkeypatch):
    package = tmp_path / "toy_package"
    package.mkdir()
    (package / "__init__.py").write_text("from .rates import rate\n")
    (package / "rates.py").write_text("import toy_package.units\nrate = 0.25\n")
    (package / "units.py").write_text("import toy_package.rates\nunit = 7.5\n")
    (tmp_path / "toy_of_package.py").write_text(
        "def measure(t):\n    from toy_package import rate\n    return rate * t\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    found = fingerprint.source_of(importlib.import_module("toy_of_package").measure)
    assert "rate = 0.25" in found and "unit = 7.5" in found


def test_installed_packages_are_not_followed(tmp_path):
    file = tmp_path / "toy_installed.py"
    file.write_text(
        "def measure(t):\n"
        "    import json, numpy.linalg\n"
        "    from sklearn.datasets import load_digits\n"
        "    return t\n"
    )
    code = (
        f"import sys; sys.path.append({str(tmp_path)!r})\n"
        "import toy_installed\n"
        "from lazyrich.paper_checks.evidence.fingerprint import source_of\n"
        "print(len(source_of(toy_installed.measure)), 'sklearn' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    length, imported = found.stdout.split()
    assert int(length) < 200 and imported == "False"


# Plain data


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1.0, np.nextafter(1.0, 2)),
        (0.0, -0.0),
        (np.zeros(2), np.zeros(3)),
        (np.zeros(2), np.zeros(2, dtype=np.float32)),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        ((1, 2), (2, 1)),
        ({"a": 1}, {"a": 2}),
        ("a", "b"),
        (None, 0),
        (True, 1),
    ],
)
def test_different_data_have_different_digests(one, other):
    assert fingerprint.digest({"x": one}) != fingerprint.digest({"x": other})


def test_equal_data_have_equal_digests():
    x = np.arange(6.0).reshape(2, 3)
    assert fingerprint.digest({"x": x}) == fingerprint.digest({"x": np.asfortranarray(x)})
    assert fingerprint.digest({"a": 1, "b": 2}) == fingerprint.digest({"b": 2, "a": 1})
    assert fingerprint.digest({"x": np.float64(0.1)}) == fingerprint.digest({"x": 0.1})
    assert re.fullmatch("[0-9a-f]{64}", fingerprint.digest({"x": np.nan}))


@pytest.mark.parametrize(
    "value",
    [1j, np.complex128(1j), np.longdouble(1), {1}, object(), Path("a"), np.array([None]), len],
)
def test_what_is_no_plain_data_is_refused(value):
    with pytest.raises(ValueError, match="must be numbers, strings"):
        fingerprint.digest({"x": value})
