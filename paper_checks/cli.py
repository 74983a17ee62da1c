"""The command ``lazyrich``: list, check, explain, figure, reproduce, cite."""

import argparse
import importlib
import importlib.metadata
import os
import pkgutil
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import lazyrich.figures
import lazyrich.paper_checks
from lazyrich.paper_checks.evidence.claims import EFFORTS, Claim
from lazyrich.paper_checks.evidence.loading import (
    InputError,
    choose,
    load_claims,
    load_file,
    paper_of,
)

if TYPE_CHECKING:
    from lazyrich.paper_checks.evidence.record import Evidence
    from lazyrich.paper_checks.evidence.report import ReportFigure
    from lazyrich.paper_checks.evidence.run import Reference

EXIT_CODES = """\
exit codes: 0 every claim agrees, 1 one disagrees, 2 usage or input error,
3 one is inconclusive, 4 a run failed (a measurement diverged, a prediction was
not finite or had the wrong shape); of several, the first of 4, 1, 3"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = parser().parse_args(arguments)
    try:
        code = int(options.run(options))
        sys.stdout.flush()
        return code
    except InputError as error:
        print(f"lazyrich: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nlazyrich: stopped; run the same command again to go on", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, `head` say, has gone; what is left goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"lazyrich: {error}", file=sys.stderr)
        return 2


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = argparse.ArgumentParser(
        prog="lazyrich",
        description="Predict how neural networks learn, and check every prediction against a "
        "network that really trains.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    version = importlib.metadata.version("lazyrich")
    top.add_argument("--version", action="version", version=f"lazyrich {version}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(
            name,
            help=text,
            description=text,
            epilog=EXIT_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sub.set_defaults(run=run)
        return sub

    sub = command("list", _list, "papers, their claims and figures")
    sub.add_argument("papers", nargs="*", metavar="PAPER", help="default: every paper")
    sub = command("check", _check, "judge claims; writes verdicts.json")
    sub.add_argument(
        "targets", nargs="*", metavar="PAPER|PAPER/CLAIM|FILE.py", help="default: every paper"
    )
    _run_options(sub)
    sub = command(
        "explain", _explain, "what a claim compared, where it is worst, what would decide it"
    )
    sub.add_argument("target", metavar="PAPER/CLAIM")
    _run_options(sub)
    sub = command("figure", _figure, "draw a figure; writes its curves beside it")
    sub.add_argument("target", metavar="PAPER/FIGURE")
    sub.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="replace a parameter; may be repeated",
    )
    sub.add_argument("--output", type=Path, metavar="FILE", help="default: FIGURE.pdf; or svg, png")
    sub = command("reproduce", _reproduce, "check claims, draw figures, write the report")
    sub.add_argument("targets", nargs="*", metavar="PAPER|FILE.py", help="default: every paper")
    _run_options(sub)
    sub = command("cite", _cite, "BibTeX of a paper")
    sub.add_argument("paper", metavar="PAPER")
    return top


def _run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--effort",
        choices=EFFORTS,
        default="standard",
        help="quick has fewer seeds, thorough four times as many; default standard",
    )
    parser.add_argument(
        "--jobs", type=_positive, metavar="N", help="worker processes; default: one a core"
    )
    parser.add_argument(
        "--seed",
        type=_not_negative,
        default=0,
        metavar="S",
        help="root of all random streams; default 0",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("results"),
        metavar="DIR",
        help="folder for outcomes and results; default results/",
    )


def _positive(text: str) -> int:
    return _whole_number(text, 1)


def _not_negative(text: str) -> int:
    return _whole_number(text, 0)


def _whole_number(text: str, least: int) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text!r}; needs a whole number, {least} or more")
    return int(text)


def papers() -> list[str]:
    """The names of all papers: the modules and packages beside this one."""
    found = {m.name for m in pkgutil.iter_modules(lazyrich.paper_checks.__path__)}
    return sorted(found - {"cli", "__main__", "evidence", "measurements", "predictions"})


def figures_of(paper: str) -> dict[str, Any]:
    """The figures of a paper by name; empty where it has none."""
    known = {m.name for m in pkgutil.iter_modules(lazyrich.figures.__path__)}
    if paper not in known:
        return {}
    module = importlib.import_module(f"lazyrich.figures.{paper}")
    return {figure.name: figure for figure in module.FIGURES}


def _source_of(name: str) -> str:
    if name.endswith(".py"):
        return name
    return f"lazyrich.paper_checks.{choose(name, papers(), 'paper')}"


def _module_of(name: str) -> ModuleType:
    source = _source_of(name)
    return load_file(Path(source)) if source.endswith(".py") else importlib.import_module(source)


def references(targets: Sequence[str]) -> "list[Reference]":
    """The claims that targets name, in order, each once."""
    from lazyrich.paper_checks.evidence.run import Reference

    found: dict[Reference, None] = {}
    sources: dict[str, str] = {}
    for target in targets or papers():
        name, _, claim = _split(target)
        source = _source_of(name)
        if sources.setdefault(paper_of(source), source) != source:
            raise InputError(
                f"{source} and {sources[paper_of(source)]} share a name; rename one, or check each "
                "by itself"
            )
        known = load_claims(source)
        for chosen in [choose(claim, known, f"claim of {name}")] if claim else known:
            found[Reference(source, chosen)] = None
    return list(found)


def _papers_named(targets: Sequence[str]) -> list[str]:
    """The papers and files that targets name, in order, each once."""
    return list(dict.fromkeys(_split(target)[0] for target in targets or papers()))


def _split(target: str) -> tuple[str, str, str]:
    """PAPER/CLAIM or FILE.py/CLAIM, the claim empty where there is none."""
    if target.endswith(".py"):
        return target, "", ""
    if ".py/" in target:
        head, _, tail = target.rpartition(".py/")
        return f"{head}.py", "/", tail
    return target.partition("/")


def _title(module: ModuleType) -> str:
    return (module.__doc__ or "").strip().partition("\n")[0].rstrip(".")


def _list(options: argparse.Namespace) -> int:
    for paper in options.papers or papers():
        print(f"{paper}  {_title(_module_of(paper))}")
        for claim in load_claims(_source_of(paper)).values():
            _print_entry(claim.kind.lower(), f"{paper}/{claim.name}", claim.statement)
        for figure in figures_of(paper).values():
            _print_entry("figure", f"{paper}/{figure.name}", figure.caption)
    return 0


def _print_entry(kind: str, name: str, text: str) -> None:
    print(f"  {kind:<14} {name}")
    print(textwrap.fill(text, 100, initial_indent=17 * " ", subsequent_indent=17 * " "))


def _cite(options: argparse.Namespace) -> int:
    bibtex = getattr(_module_of(options.paper), "BIBTEX", None)
    if bibtex is None:
        raise InputError(f"{options.paper} has no BIBTEX entry")
    print(bibtex.strip())
    return 0


def _check(options: argparse.Namespace) -> int:
    from lazyrich.paper_checks.evidence.provenance import provenance
    from lazyrich.paper_checks.evidence.report import summary, write_verdicts

    evidence = _run(options, options.targets)
    path = options.output / "verdicts.json"
    write_verdicts(path, evidence, provenance(options.effort, options.seed))
    print(f"{summary(evidence)}\nverdicts: {path}")
    return exit_code(evidence)


def _run(
    options: argparse.Namespace, targets: Sequence[str], is_aside: bool = False
) -> "list[Evidence]":
    """Run the claims; where the result is not their list of verdicts, progress is an aside."""
    from rich.console import Console

    from lazyrich.paper_checks.evidence.progress import Progress
    from lazyrich.paper_checks.evidence.run import run

    return run(
        references(targets),
        effort=options.effort,
        seed=options.seed,
        jobs=options.jobs,
        output=options.output,
        progress=Progress(Console(highlight=False, stderr=is_aside)),
    )


def exit_code(evidence: "Sequence[Evidence]") -> int:
    """The first that applies of 4 (a run failed), 1 (disagrees), 3 (inconclusive); else 0."""
    verdicts = {e.verdict for e in evidence}
    for verdict, code in (("failed", 4), ("disagrees", 1), ("inconclusive", 3)):
        if verdict in verdicts:
            return code
    return 0


def _explain(options: argparse.Namespace) -> int:
    from lazyrich.paper_checks.evidence.explain import explanation

    name, _, claim = _split(options.target)
    known = load_claims(_source_of(name))
    if claim not in known and claim in figures_of(name):
        raise InputError(f"{options.target} is a figure: lazyrich figure {options.target}")
    if not claim and len(known) > 1:
        raise InputError(f"{options.target} names no claim; choose one of: {', '.join(known)}")
    evidence = _run(options, [options.target], is_aside=True)
    chosen: Claim = known[claim] if claim else next(iter(known.values()))
    print(explanation(chosen, evidence[0]))
    return exit_code(evidence)


def _figure(options: argparse.Namespace) -> int:
    from lazyrich.figures.figure import check_path, curves, save, with_settings

    paper, _, name = _split(options.target)
    if paper.endswith(".py"):
        raise InputError(
            f"{options.target}: own files have no figures; lazyrich reproduce {paper} draws the "
            "comparison"
        )
    choose(paper, papers(), "paper")
    known = figures_of(paper)
    if not known:
        raise InputError(f"{paper} has no figures")
    if not name:
        raise InputError(f"{options.target} names no figure; choose one of: {', '.join(known)}")
    figure = known[choose(name, known, f"figure of {paper}")]
    output = options.output or Path(f"{name}.pdf")
    try:
        check_path(output)
        figure = with_settings(figure, options.settings)
        for path in save(figure, curves(figure), output):
            print(path)
    except FloatingPointError as error:
        print(f"lazyrich: {options.target}: {error}", file=sys.stderr)
        return 4
    except (ValueError, OSError) as error:
        raise InputError(f"{options.target}: {error}") from error
    return 0


def _reproduce(options: argparse.Namespace) -> int:
    from lazyrich.figures.claim import gap_figure
    from lazyrich.figures.figure import svg
    from lazyrich.paper_checks.evidence.provenance import provenance
    from lazyrich.paper_checks.evidence.report import summary, write_report, write_verdicts

    evidence = _run(options, options.targets)
    facts = provenance(options.effort, options.seed)
    write_verdicts(options.output / "verdicts.json", evidence, facts)
    drawn, failures = _drawn_figures(options)
    pictures = {e.claim: svg(gap_figure(e)) for e in evidence if e.points}
    path = options.output / "index.html"
    names = _papers_named(options.targets)
    titles = {paper_of(_source_of(name)): _title(_module_of(name)) for name in names}
    write_report(path, evidence, pictures=pictures, figures=drawn, provenance=facts, titles=titles)
    for failure in failures:
        print(failure, file=sys.stderr)
    print(f"{summary(evidence)}\nreport: {path}")
    return 4 if failures else exit_code(evidence)


def _drawn_figures(options: argparse.Namespace) -> "tuple[list[ReportFigure], list[str]]":
    """Every figure of the chosen papers, computed on worker processes, and what failed."""
    from lazyrich.paper_checks.evidence.report import ReportFigure
    from lazyrich.paper_checks.evidence.workers import available_cores, workers

    names = _papers_named(options.targets)
    figures = [(paper, f) for paper in names for f in figures_of(paper).values()]
    drawn, failures = [], []
    jobs = min(options.jobs or available_cores(), max(1, len(figures)))
    with workers(jobs) as pool:
        futures = [pool.submit(draw_stored, paper, f.name, options.output) for paper, f in figures]
        for (paper, f), future in zip(figures, futures, strict=True):
            try:
                drawn.append(
                    ReportFigure(f"{paper}/{f.name}", f.caption, f.source, future.result())
                )
            except Exception as error:  # noqa: BLE001 - the report is written without this figure
                failures.append(f"figure {paper}/{f.name} failed: {type(error).__name__}: {error}")
    return drawn, failures


def draw_stored(paper: str, name: str, output: Path) -> str:
    """The SVG of a figure, its curves computed once and kept under the output folder."""
    from lazyrich.figures.figure import compute_or_load, drawn, save, svg
    from lazyrich.paper_checks.evidence.fingerprint import digest, environment, source_of

    figure = figures_of(paper)[name]
    facts = {"parameters": dict(figure.parameters), "source": source_of(figure.compute)}
    data = compute_or_load(figure, digest(facts | environment())[:20], output / "outcomes" / paper)
    save(figure, data, output / "figures" / f"{paper}_{name}.pdf")
    return svg(drawn(figure, data))
