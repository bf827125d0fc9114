"""What is known of a photo, as short texts side by side, so that a person sees in what two copies differ."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from dedupe.report import dates
from dedupe.report.sizes import further_files
from dedupe.terminal.text import display_path, display_text, format_bytes, format_exposure
from dedupe.types import Facts, Photo


class FactKind(StrEnum):
    """What a fact is about; the value is its name for people."""

    NAME = "Name"
    FOLDER = "Folder"
    BYTES = "Size"
    PIXELS = "Pixels"
    FORMAT = "Format"
    TAKEN = "Taken"
    CAMERA = "Camera"
    EXPOSURE = "Exposure"
    PLACE = "Place"
    CAPTION = "Caption"
    RATING = "Rating"
    SOFTWARE = "Software"
    PAGES = "Pictures in the file"
    EMBEDDED = "Also in the file"
    ALPHA = "Transparency"
    SUSPECT = "Damage"
    COMPANIONS = "Belongs to it"


@dataclass(frozen=True, slots=True)
class FactRow:
    """One fact of several photos: ``values`` in their order, empty where a photo has none."""

    kind: FactKind
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Not all photos say the same."""
        return len(set(self.values)) > 1


def compared_facts(photos: Sequence[Photo], *, places: bool = True) -> tuple[FactRow, ...]:
    """The facts that at least one of ``photos`` has: first those that differ, then the others, each in a fixed order.

    Without ``places`` the GPS position is left out.
    """
    columns = [facts_of(photo, places=places) for photo in photos]
    rows = [FactRow(kind, tuple(column.get(kind, "") for column in columns)) for kind in FactKind]
    return tuple(sorted((row for row in rows if any(row.values)), key=lambda row: not row.differs))


def facts_of(photo: Photo, *, places: bool = True) -> dict[FactKind, str]:
    """The facts of one photo, as text that is safe to show anywhere."""
    facts = photo.facts
    companions = [display_path(os.path.basename(path)) for path in further_files(photo)]
    said = {
        FactKind.NAME: display_path(os.path.basename(photo.path)),
        FactKind.FOLDER: display_path(os.path.dirname(photo.path)),
        FactKind.BYTES: f"{format_bytes(photo.file.stamp.size)} ({photo.file.stamp.size:,} bytes)",
        FactKind.PIXELS: f"{facts.width} × {facts.height}",
        FactKind.FORMAT: _format(facts),
        FactKind.TAKEN: dates.shown(photo, precise=True),
        FactKind.CAMERA: display_text(facts.camera or ""),
        FactKind.EXPOSURE: format_exposure(facts.exposure),
        FactKind.PLACE: f"{facts.gps[0]:.5f}, {facts.gps[1]:.5f}" if facts.gps and places else "",
        FactKind.CAPTION: display_text(facts.caption or ""),
        FactKind.RATING: "" if facts.rating is None else f"{facts.rating} of 5",
        FactKind.SOFTWARE: display_text(facts.software or ""),
        FactKind.PAGES: f"{facts.frames:,}" if facts.frames > 1 else "",
        FactKind.EMBEDDED: display_text(", ".join(facts.embedded)),
        FactKind.ALPHA: "yes" if facts.alpha else "",
        FactKind.SUSPECT: display_text(facts.suspect or ""),
        FactKind.COMPANIONS: ", ".join(companions),
    }
    return {kind: value for kind, value in said.items() if value}


def _format(facts: Facts) -> str:
    if facts.quality is not None:
        return f"{facts.format}, quality {facts.quality}"
    return f"{facts.format}, lossless" if facts.lossless else facts.format
