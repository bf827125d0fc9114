"""One vocabulary for people, keep / copy / remove / skip, in every sentence of the program and in its whole help."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import typer

import dedupe
from dedupe.cli import app
from dedupe.cli.man import man_page
from dedupe.report import phrases

PACKAGE = Path(dedupe.__file__).parent
SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|PRAGMA|BEGIN|\(SELECT|substr)\b")
STORED = frozenset({"needs a person", "Caution Extra Group Match Photo PhotoFile Relation ScanResult Series Skipped"})
"""A word of the journal, for which people read another; names of the API."""

OLD = {
    r"\bextras?\b": "copy, copies",
    r"\bunits?\b": "photo",
    r"\bhalves\b": "files",
    r"\bstrays?\b": "files",
    r"left alone|leave alone": "skipped",
    r"\bgo on\?": "Proceed?",
    r"needs? a person": "needs your attention",
    r"\brelated? \d|\brelates\b": "compared",
    r"\bis not there\b|\bare not there\b": "does not exist",
    r"(?<!there )\bis no (?!longer)": "is not a",
    r"\bone a core\b": "one per core",
    r"exclude each other": "can't be used together",
    r"\blaid\b|\blies\b|\blie on\b": "fits, is in",
    r"\bbegun\b": "started",
    r"\bsettled?s?\b": "finished",
    r"puts? right": "finishes",
    r"of dedupe's\b|(?:plan|report|lock|journal) of dedupe\b": "a dedupe plan",
    r"\bshall\b": "will",
    r"\bput on it\b": "added",
    r"\bthrown?\b": "moved to the trash",
}


def _sentences(path: Path) -> Iterator[tuple[int, str]]:
    """The texts of more than one word in a module, its docstrings, its SQL and its patterns left out."""
    tree = ast.parse(path.read_text("utf-8"))
    silent: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            silent.add(id(node.value))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "compile":
            silent.update(id(inner) for inner in ast.walk(node))
        if isinstance(node, ast.JoinedStr):
            silent.update(id(part) for part in node.values)
            text = "".join(part.value if isinstance(part, ast.Constant) else "0" for part in node.values)  # type: ignore[misc]
            if " " in text.strip() and not SQL.match(text) and not text.startswith("<"):
                yield node.lineno, text
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            text = node.value
            if " " in text.strip() and not SQL.match(text) and text not in STORED and not text.startswith("<"):
                yield node.lineno, text


MODULES = sorted(PACKAGE.rglob("*.py"))
SILENT = frozenset({"records.py", "legacy.py", "migrate.py", "telling.py", "provenance.py", "chunk_blocks.py"})
"""Modules whose texts are names of columns, patterns or words of photos' names: nobody reads them."""


def test_no_sentence_of_the_program_uses_an_old_word() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{line}: {text!r} (say: {better})"
        for path in MODULES
        if path.name not in SILENT
        for line, text in _sentences(path)
        for old, better in OLD.items()
        if re.search(old, text, re.IGNORECASE)
    ]
    assert found == []


_COUNTED = re.compile(
    r"\b0 (?:more )?(?:photos|files|groups|pairs|copies|folders|queries|decisions|moves|shots|sets|scans|sidecars)\b(?!/s)"
    r"|%d \w+s\b"
)


def test_every_count_goes_through_the_function_that_knows_singular_and_plural() -> None:
    """A number straight before a noun in the plural is wrong for one."""
    found = [
        f"{path.relative_to(PACKAGE)}:{line}: {text!r}"
        for path in MODULES
        for line, text in _sentences(path)
        if _COUNTED.search(text)
    ]
    assert found == []


def test_the_sentences_are_found_at_all() -> None:
    texts = {text for path in MODULES for _, text in _sentences(path)}
    assert {"Put them back?", "Move the selected copies to the trash."} <= texts
    assert len(texts) > 800


def test_the_whole_help_uses_no_old_word() -> None:
    command = typer.main.get_command(app)
    page = man_page(command.make_context("dedupe", [], resilient_parsing=True))
    assert "dedupe scan" in page
    assert [old for old in OLD if re.search(old, page, re.IGNORECASE)] == []


def test_no_phrase_about_a_photo_is_a_sentence_of_its_own() -> None:
    """They stand in the middle of lines: small letters, no full stop."""
    tables = [value for name, value in vars(phrases).items() if isinstance(value, dict) and not name.startswith("__")]
    words = [word for table in tables for word in table.values() if isinstance(word, str) and word]
    assert len(words) > 50
    assert [word for word in words if word.endswith(".") or (word[0].isupper() and not word[1:2].isupper())] == []


PAGE = sorted(path for path in (PACKAGE / "review" / "web" / "static").iterdir() if path.suffix in (".js", ".html"))
COMMENT = re.compile(r"/\*.*?\*/|^\s*//.*?$|(?<=\s)// .*?$", re.DOTALL | re.MULTILINE)


def test_no_sentence_of_the_page_uses_an_old_word() -> None:
    assert len(PAGE) > 5
    found = [
        f"{path.name}: {line.strip()!r} (say: {better})"
        for path in PAGE
        for line in COMMENT.sub("", path.read_text("utf-8")).splitlines()
        if " " in line.strip() and re.search(r"[\"'`>]", line)
        for old, better in OLD.items()
        if re.search(
            old + r"(?![.\w(=:-])", re.sub(r"\$\{.*?\}|\b[\w.]+\(|\.\w+|\bthrow new\b", " ", line), re.IGNORECASE
        )
    ]
    assert not found, "\n".join(found)
