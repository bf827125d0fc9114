"""Trees that other programs made, with their answer sheet in ``truth.csv``: ``path, source, transform``.

Files of one ``source`` show the same capture; the ``transform`` "original" is the file that the others were made from. AugLy's
changes have the tiers that their makers would give them; a transform that nobody here knows counts as an edit.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.manifest import Entry, Kind, Manifest, in_order

ORIGINAL = "original"
"""The transform of a file that the others were made from."""


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy and its original, absolute paths, and the change that made the one of the other."""

    original: Path
    copy: Path
    change: str


def read_manifest(tree: Path) -> Manifest:
    """The answer sheet of the tree, as the scorer holds it against a scan."""
    root = tree / "photos" if (tree / "photos").is_dir() else tree
    return Manifest(root, in_order(_entry(row, tree, root) for row in _rows(tree)))


def copies(tree: Path) -> Iterator[Copied]:
    """Each copy of the tree with its original."""
    rows = _rows(tree)
    originals = {row["source"]: tree / row["path"] for row in rows if row["transform"] == ORIGINAL}
    for row in rows:
        if row["transform"] != ORIGINAL:
            yield Copied(originals[row["source"]], tree / row["path"], row["transform"])


def _rows(tree: Path) -> list[dict[str, str]]:
    with (tree / "truth.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def _entry(row: dict[str, str], tree: Path, root: Path) -> Entry:
    path, source, transform = str((tree / row["path"]).relative_to(root)), row["source"], row["transform"]
    if transform == ORIGINAL:
        return Entry(path, source, source, Kind.ORIGINAL, "photo")
    return Entry(path, source, source, Kind.COPY, "photo", transform)
