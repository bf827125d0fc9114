"""The house stands: imports run downwards only and in no circle, and what the code cites is in the repository."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("dedupe", "training", "benchmarks")

STOREYS: tuple[tuple[str, ...], ...] = (
    ("dedupe.__main__",),
    ("dedupe.cli",),
    ("dedupe.config",),
    ("dedupe",),  # the public names; every other module of the package is found by a longer entry
    ("dedupe.api",),
    ("dedupe.queries", "dedupe.review"),
    ("dedupe.actions",),
    ("dedupe.report",),
    ("dedupe.pipeline",),
    ("dedupe.steps",),
    ("dedupe.session",),
    ("dedupe.rescue", "dedupe.series"),
    ("dedupe.grouping",),
    ("dedupe.library",),
    ("dedupe.cluster",),
    ("dedupe.comparing", "dedupe.candidates", "dedupe.embedding"),
    ("dedupe.tree",),
    ("dedupe.decoding",),
    ("dedupe.worker_process",),
    ("dedupe.formats", "dedupe.terminal", "dedupe.workers"),
    ("dedupe.settings",),
    ("dedupe.terminal.text",),
    ("dedupe.asset",),
    ("dedupe.types", "dedupe.errors", "dedupe.limits", "dedupe.mounts", "dedupe.union_find", "dedupe._version"),
    ("dedupe.facts", "dedupe.kinds", "dedupe.loss", "dedupe.verdict"),
)
"""The order of the rooms, the top first. A module may import its own room and every storey below, nothing beside or above."""

KNOWN_UPWARD: set[tuple[str, str]] = set()
"""Imports that still run upwards. Nothing may be added here."""

KNOWN_LONG: set[str] = set()
"""What is still longer. Nothing may be added here."""

LONGEST_MODULE = 400
LONGEST_FUNCTION = 60


@cache
def modules() -> Mapping[str, Path]:
    """Every module of the three packages, by its dotted name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def imports() -> Mapping[str, frozenset[str]]:
    """Which of these modules each one imports, wherever in the file it does: also in a function or for types alone."""
    return {name: frozenset(_imported(name, path)) for name, path in modules().items()}


def _imported(name: str, path: Path) -> Iterator[str]:
    known = modules()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{name}: imports name their module in full"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                target = inner if inner in known else node.module
                if target in known and target != name:
                    yield target
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known and alias.name != name)


def storey(module: str) -> tuple[int, str]:
    """The storey of a module, counted from the top, and its room; the longest entry of STOREYS that fits says so."""
    fitting = [
        (len(room), number, room)
        for number, rooms in enumerate(STOREYS)
        for room in rooms
        if module == room or (module.startswith(f"{room}.") and room != "dedupe")
    ]
    assert fitting, f"{module} has no storey: give its room a place in STOREYS and in docs/architecture.md"
    _, number, room = max(fitting)
    return number, room


def circles(edges: Mapping[str, frozenset[str]]) -> list[list[str]]:
    """The sets of modules that reach each other (Tarjan 1972), each sorted."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in sorted(edges.get(node, ())):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            start = stack.index(node)
            component = stack[start:]
            del stack[start:]
            if len(component) > 1:
                found.append(sorted(component))

    for node in sorted(edges):
        if node not in index:
            visit(node)
    return found


def test_no_module_imports_one_above_or_beside_it() -> None:
    upward = set()
    for module, targets in imports().items():
        if not module.startswith("dedupe"):
            continue
        number, room = storey(module)
        for target in targets:
            below, other = storey(target) if target.startswith("dedupe") else (-1, target)
            if below <= number and other != room:
                upward.add((module, target))
    assert not upward - KNOWN_UPWARD


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles(imports()) == []


def test_a_circle_and_an_upward_import_would_be_seen() -> None:
    assert circles({"a": frozenset("b"), "b": frozenset("c"), "c": frozenset("a"), "d": frozenset("a")}) == [
        ["a", "b", "c"]
    ]
    assert storey("dedupe.terminal.text") > storey("dedupe.terminal.keys") > storey("dedupe.review.state")
    assert "dedupe.types" in imports()["dedupe.settings"]


def test_the_product_imports_neither_the_training_nor_the_benchmarks() -> None:
    outside = {m: t for m, t in imports().items() if m.startswith("dedupe") and any("dedupe" not in x for x in t)}
    assert outside == {}


def test_modules_and_functions_stay_short() -> None:
    long = {name: lines for name, path in modules().items() if (lines := _lines(path)) > LONGEST_MODULE}
    for name, path in modules().items():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    long[f"{name}.{node.name}"] = length
    assert {name: lines for name, lines in long.items() if name not in KNOWN_LONG} == {}


def _lines(path: Path) -> int:
    return path.read_text("utf-8").count("\n")


def test_every_folder_of_tests_is_named_after_what_it_tests() -> None:
    rooms = {path.name for path in (ROOT / "dedupe").iterdir() if path.is_dir()}
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    assert folders <= rooms | {"safety", "training", "benchmarks"}


_CITED = re.compile(r"(?<![\w/.:-])(?:[\w.-]+/)*[\w-]+\.(?:py|md|toml|sql|yml)(?![\w/])")
_EXAMPLES = {"FILE.md", "config.toml", "sitecustomize.py"}
"""Names that stand for a file of the reader's own."""


def _texts() -> Iterator[tuple[Path, str]]:
    for path in modules().values():
        yield path, "\n".join(_docstrings_and_comments(path))
    for folder in (".", "docs", "training", "benchmarks", "dedupe/embedding/weights"):
        for path in sorted((ROOT / folder).glob("*.md")):
            yield path, path.read_text("utf-8")


def _docstrings_and_comments(path: Path) -> Iterator[str]:
    source = path.read_text("utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value
    yield from re.findall(r"(?m)(?:^|\s{2})# (.*)$", source)


def test_what_a_text_cites_is_in_the_repository() -> None:
    there = [f"/{path}" for path in _all_paths()]
    missing = set()
    for path, text in _texts():
        for name in set(_CITED.findall(re.sub(r"https?://\S+", "", text))):
            if name.rsplit("/", 1)[-1] in _EXAMPLES:
                continue
            wanted = "/" + re.sub(r"^(?:\.{1,2}/)+", "", name)
            if not any(one.endswith(wanted) for one in there):
                missing.add(f"{path.relative_to(ROOT)} cites {name}")
    assert missing == set()


@cache
def _all_paths() -> tuple[str, ...]:
    places = [ROOT / part for part in (*PACKAGES, "tests", "docs", ".github", ".ci")]
    inside = [path for place in places if place.exists() for path in place.rglob("*") if path.is_file()]
    return tuple(path.relative_to(ROOT).as_posix() for path in (*inside, *ROOT.glob("*")))


_ENDS_OF_SENTENCES = (".", ":", "?", "!", "”")


def _begins_with_a_sentence(text: str) -> bool:
    first, _, rest = text.strip().partition("\n")
    is_cut = first.rstrip().endswith(":") and rest[:1] not in ("", "\n")
    return first.rstrip().endswith(_ENDS_OF_SENTENCES) and not is_cut


def test_every_docstring_begins_with_a_whole_sentence_on_one_line() -> None:
    broken = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in (*modules().values(), *sorted((ROOT / "tests").rglob("*.py")))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        if not _begins_with_a_sentence(node.value.value)
    ]
    assert broken == []


def test_a_first_sentence_that_runs_over_the_line_would_be_seen() -> None:
    assert _begins_with_a_sentence("Say which photo stays.\n\nThe rest may go.")
    assert not _begins_with_a_sentence("Say which photo stays, and which of the others\nmay go.")
    assert not _begins_with_a_sentence("Say which photo stays (of two:\nthe first).")
