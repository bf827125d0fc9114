"""What each file of a benchmark tree is: the answer sheet that the scorer holds against a scan."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from benchmarks.changes import CHANGES, Tier

EXACT_CHANGES = ("same bytes", "other metadata")
"""Two more copies, outside the tiers: they must be found whatever the embedding says."""

AUGLY: Final[Mapping[str, Tier]] = {
    **dict.fromkeys(("quality", "scale", "hflip", "rotate90"), Tier.COPY),
    **dict.fromkeys(("edges", "perspective", "skew", "onbackground", "rotate12"), Tier.HARD),
}
"""The tiers of AugLy's changes; those that are not named, nor among ``CHANGES``, are edits."""

TURNED: Final = frozenset(("turned 90", "turned 180", "mirrored", "hflip", "rotate90"))
"""The changes after which a picture is shown turned or mirrored."""

_TIERS = {**AUGLY, **{change.name: change.tier for change in CHANGES}}
_EITHER = frozenset(change.name for change in CHANGES if change.either)


class Kind(StrEnum):
    """What a file is to its capture."""

    ORIGINAL = "original"
    COPY = "copy"
    ALTERED = "altered"


class Visible(StrEnum):
    """Whether a person sees a difference from the original when the two lie side by side."""

    NOTHING = "nothing"
    EITHER = "either"
    SOMETHING = "something"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the tree, as the answer sheet has it.

    ``path`` is relative to the tree. Files of one ``capture`` come from one press of the shutter; captures of one ``scene`` are
    different shots of it. ``material`` is "photo" or the kind of document.
    """

    path: str
    capture: str
    scene: str
    kind: Kind
    material: str
    change: str | None = None
    exif: str = "none"

    @property
    def tier(self) -> Tier | None:
        """The tier of the change; None for originals, altered files and exact copies."""
        return None if self.kind is not Kind.COPY or self.change is None else tier_of(self.change)

    @property
    def visible(self) -> Visible:
        """What can be seen of the change."""
        if self.kind is Kind.ALTERED:
            return Visible.SOMETHING
        if self.change in _EITHER:
            return Visible.EITHER
        return Visible.NOTHING if self.tier in {None, Tier.COPY} else Visible.SOMETHING


@dataclass(frozen=True, slots=True)
class Manifest:
    """A tree and what is in it."""

    root: Path
    entries: tuple[Entry, ...]

    def save(self, file: Path) -> None:
        """Write the answer sheet; it stands outside the tree, so that no scan sees it."""
        file.write_text(json.dumps([asdict(entry) for entry in self.entries], indent=0), "utf-8")

    @classmethod
    def load(cls, root: Path, file: Path) -> Manifest:
        """Read what `save` wrote."""
        rows = json.loads(file.read_text("utf-8"))
        return cls(root, tuple(Entry(**{**row, "kind": Kind(row["kind"])}) for row in rows))


def tier_of(change: str) -> Tier | None:
    """The tier of a change; None for exact copies."""
    return None if change in EXACT_CHANGES else _TIERS.get(change, Tier.EDIT)


def in_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """By path, so that the same tree gives the same sheet whichever process wrote what."""
    return tuple(sorted(entries, key=lambda entry: entry.path))
