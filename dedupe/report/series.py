"""The sets of shots for people and programs: what each shot looks like, which one is suggested, and why."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final

from rich.text import Text

from dedupe._version import __version__
from dedupe.report import dates
from dedupe.report.json import SCHEMA, dumped, path_entry, paths_entry
from dedupe.report.rows import Layout
from dedupe.report.sizes import folder_of, pinned
from dedupe.series.look import Look
from dedupe.series.shots import SetKind, stops
from dedupe.series.suggest import Judged, Why
from dedupe.terminal.text import display_path, format_bytes, format_count, format_exposure
from dedupe.types import Photo

KINDS: Final = {
    SetKind.BURST: "burst",
    SetKind.BRACKET: "bracket: one scene in several exposures",
    SetKind.PANORAMA: "panorama: one picture in parts",
    SetKind.SHOTS: "shots of one scene",
}
_CLIPPED_FROM: Final = 0.5


class Fate(StrEnum):
    """What becomes of a shot."""

    OPEN = "open"
    STAYS = "stays"
    GOES = "goes"
    GONE = "gone"


def why(one: Judged) -> str:
    """What is suggested, and on what ground, as a sentence."""
    if one.suggested is None:
        return {
            Why.WHOLE: "All of them stay: each shot is a part of the whole.",
            Why.UNCOMPARABLE: "No suggestion: the shots share too little to be compared.",
        }.get(one.why, "")
    name = display_path(os.path.basename(one.shots.photos[one.suggested].path))
    said = {
        Why.MARKED: "the only one that you rated or edited",
        Why.SHARPEST: "the sharpest",
        Why.LESS_CLIPPED: "as sharp as the sharpest, and less of it is burnt out or black",
        Why.ALIKE: "by a hair; all are about as sharp",
    }[one.why]
    return f"Suggested: {one.suggested + 1}, {name} ({said})."


def clipped(look: Look) -> str:
    """How much of a shot is burnt out or black; empty where that is next to nothing."""
    parts = ((look.bright, "burnt out"), (look.dark, "black"))
    return ", ".join(f"{share:.0f} % {word}" for share, word in parts if share >= _CLIPPED_FROM)


def heading(one: Judged, number: int, total: int, layout: Layout) -> Text:
    """The first line of a set."""
    shots = one.shots
    count = format_count(len(shots.photos), "shot")
    folder = display_path(folder_of(shots.photos[0].file, layout.roots))
    return layout.heading(f"Set {number} of {total:,}", f"{count}, {KINDS[shots.kind]}  {folder}")


def set_lines(one: Judged, layout: Layout, fates: Mapping[str, Fate], copies: Mapping[str, int]) -> list[Text]:
    """The shots of a set, and the suggestion; ``fates`` and ``copies`` (of a shot, which stay) by path."""
    lines: list[Text] = []
    for place, photo in enumerate(one.shots.photos):
        mark = "*" if place == one.suggested else " "
        name = display_path(os.path.basename(photo.path))
        fate = fates.get(photo.path, Fate.OPEN)
        said = [name, dates.shown(photo), *_figures(one.looks[place], photo)]
        if copies.get(photo.path):
            said.append(f"{format_count(copies[photo.path], 'copy', 'copies')} of it in groups")
        if pin := pinned(photo):
            said.append(f"{pin}: it stays")
        elif fate is not Fate.OPEN:
            said.append(fate.value)
        wrapped = layout.wrapped("  ".join(filter(None, said)), margin=8)
        wrapped[0] = Text(f"  {mark}{place + 1:>3}  {wrapped[0].plain.lstrip()}")
        lines += wrapped
    lines += layout.wrapped(why(one), "bold" if one.suggested is not None else "dim", margin=2)
    return lines


def _figures(look: Look | None, photo: Photo) -> Iterator[str]:
    if look is None:
        yield "cannot be read"
        return
    yield f"sharpness {look.sharpness:.0f}" if look.sharpness is not None else "sharpness not compared"
    yield format_exposure(photo.facts.exposure) or f"brightness {look.brightness:.0f} %"
    yield clipped(look)
    yield format_bytes(photo.file.stamp.size)


def json_chunks(
    roots: Sequence[str], sets: Sequence[Judged], fates: Mapping[str, Fate], copies: Mapping[str, int]
) -> Iterator[str]:
    """All sets as one JSON object, a line each."""
    head = {"schema": SCHEMA, "dedupe": __version__, **paths_entry("roots", roots)}
    yield dumped(head)[:-1] + ',\n"sets": ['
    for number, one in enumerate(sets):
        yield f"{',' if number else ''}\n{dumped(_set_entry(one, fates, copies))}"
    stats = {"sets": len(sets), "shots": sum(len(one.shots.photos) for one in sets)}
    yield f'\n], "stats": {dumped(stats)}}}\n'


def _set_entry(one: Judged, fates: Mapping[str, Fate], copies: Mapping[str, int]) -> dict[str, object]:
    photos = one.shots.photos
    best = {} if one.suggested is None else path_entry("suggested", photos[one.suggested].path)
    return {
        "id": one.shots.id,
        "kind": one.shots.kind.value,
        "whole": one.shots.kind.whole,
        **(best or {"suggested": None}),
        "why": one.why.value,
        "reason": why(one),
        "shots": [
            {
                **path_entry("path", photo.path),
                "bytes": photo.file.stamp.size,
                "width": photo.facts.width,
                "height": photo.facts.height,
                "taken": dates.shown(photo, precise=True) or None,
                "exposure_stops": _rounded(stops(photo.facts.exposure)),
                **_look_entry(look),
                "copies": copies.get(photo.path, 0),
                "fate": fates.get(photo.path, Fate.OPEN).value,
            }
            for photo, look in zip(photos, one.looks, strict=True)
        ],
    }


def _look_entry(look: Look | None) -> dict[str, float | None]:
    names = ("sharpness", "brightness", "dark", "bright", "share")
    return {name: None if look is None else _rounded(getattr(look, name)) for name in names}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
