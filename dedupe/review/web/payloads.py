"""What the page is told, as plain JSON values. Every path and text in it has been made safe to show."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from dedupe.actions import RunSummary
from dedupe.library.scans import EditState
from dedupe.report import phrases
from dedupe.report import series as shot_words
from dedupe.report.facts import facts_of
from dedupe.report.placement import Placement
from dedupe.report.sizes import folder_of, further_files, pinned
from dedupe.review.choice import CHOSEN, Choice, photos_of
from dedupe.review.series import holds
from dedupe.review.web.acting import RunState, Summary
from dedupe.review.web.desk import Snapshot
from dedupe.series.look import Look
from dedupe.series.shots import ShotSet
from dedupe.series.suggest import Judged
from dedupe.terminal.text import display_path, display_text
from dedupe.types import ActionKind, Extra, Group, Photo, Relation

Json: TypeAlias = dict[str, Any]

STATES: Final = tuple(EditState)
RELATIONS: Final = tuple(Relation)
_KILO: Final = 1000


def totals(now: Snapshot) -> Json:
    """How far the review is."""
    found = Counter(choice.verdict for choice in now.choices)
    counts = {state.value: found[state] for state in STATES}
    going = [
        extra
        for choice in now.choices
        if choice.verdict is EditState.ACCEPTED
        for extra in choice.selected
        if extra.photo.path not in now.away
    ]
    return {
        "scan": now.scan,
        "groups": len(now.choices),
        "counts": counts,
        "left": counts[EditState.OPEN.value],
        "going": len(going) + len(now.partings),
        "freed": now.state.freed,
        "undoable": now.undoable,
        "away": len(now.away),
        "preferred": [display_path(folder) for folder in now.state.preferred],
    }


def index(now: Snapshot) -> Json:
    """All groups in columns, a value each: short enough for ten thousand."""
    folders: dict[str, int] = {}
    names, places, photos, relations, states, frees, loses, going = ([] for _ in range(8))
    for number, group in enumerate(now.state.groups):
        choice = now.choices[number]
        folder = display_path(folder_of(group.keep.file, now.result.roots))
        names.append(display_path(os.path.basename(group.keep.path)))
        places.append(folders.setdefault(folder, len(folders)))
        photos.append(1 + len(group.extras))
        relations.append(_bits(group))
        states.append(STATES.index(choice.verdict))
        frees.append(now.traits[number].reclaimable // _KILO)
        loses.append(int(now.traits[number].loses))
        going.append(len(choice.selected))
    return {
        "scan": now.scan,
        "folders": list(folders),
        "states": [state.value for state in STATES],
        "relations": [relation.value for relation in RELATIONS],
        "columns": {
            "name": names,
            "folder": places,
            "photos": photos,
            "relation": relations,
            "state": states,
            "kilobytes": frees,
            "loses": loses,
            "going": going,
        },
    }


def _bits(group: Group) -> int:
    bits = 0
    for extra in group.extras:
        bits |= 1 << RELATIONS.index(extra.relation)
    return bits


def row(now: Snapshot, number: int) -> list[int]:
    """What of a row in the list a decision changes: number, state, how many would go."""
    choice = now.choices[number]
    return [number, STATES.index(choice.verdict), len(choice.selected)]


# -- one group ---------------------------------------------------------------------------------------------------------------


def parents(group: Group, choice: Choice) -> list[int | None]:
    """For each place the place of the photo that it is a copy of, or was made from; None for the one at the top."""
    places = {photo.path: place for place, photo in enumerate(photos_of(group))}
    found: list[int | None] = []
    for place, extra in enumerate(choice.extras):
        above = places.get(extra.keeper, choice.keep) if extra is not None and extra.keeper else choice.keep
        found.append(None if place == choice.keep else choice.keep if above == place else above)
    return found


def pairs(group: Group, choice: Choice) -> list[tuple[Photo, Photo]]:
    """Each photo with the one above it, by place; the photo at the top with itself."""
    photos = photos_of(group)
    return [
        (photos[place if above is None else above], photos[place]) for place, above in enumerate(parents(group, choice))
    ]


def group(now: Snapshot, number: int, laid: Sequence[Placement | None]) -> Json:
    """One group with its photos; ``laid`` says how each lies on the photo above it."""
    one, choice = now.state.groups[number], now.choices[number]
    above = parents(one, choice)
    return {
        "scan": now.scan,
        "number": number,
        "revision": now.revisions[number],
        "state": choice.verdict.value,
        "keep": choice.keep,
        "reason": display_text(phrases.reason(one) if choice.keep == 0 else CHOSEN),
        "frees": choice.would_free,
        "going": len(choice.selected),
        "photos": [
            _photo(now, photo, choice, place) | {"parent": above[place], "matrix": laid[place]}
            for place, photo in enumerate(photos_of(one))
        ],
    }


def _photo(now: Snapshot, photo: Photo, choice: Choice, place: int) -> Json:
    extra = choice.extras[place]
    return {
        "place": place,
        "mark": _mark(now, photo, choice, place),
        "relation": extra.relation.value if extra else "",
        "loses": [display_text(loss) for loss in phrases.losses(extra)] if extra else [],
        "remark": _remark(photo, extra, is_kept=place == choice.keep),
        "free": not pinned(photo) and extra is not None,
        "rescuable": extra is not None and extra.may_be_rescued,
        "carried": display_text(phrases.carried(extra)) if extra else "",
        **picture(photo, now.result.roots),
    }


def _mark(now: Snapshot, photo: Photo, choice: Choice, place: int) -> str:
    extra = choice.extras[place]
    if photo.path in now.away:
        return "away"
    if place == choice.keep:
        return "keep"
    if extra is None:
        return "unproven"
    return "remove" if extra.selected else "stays"


def _remark(photo: Photo, extra: Extra | None, *, is_kept: bool) -> str:
    if is_kept:
        return ""
    if extra is None:
        return "Not proven against the photo that stays: it stays too."
    made = phrases.made_from(extra, "A")
    said = (made and f"B {made}", phrases.remark(extra) or pinned(photo))
    return display_text("; ".join(filter(None, said)))


def picture(photo: Photo, roots: Sequence[str]) -> Json:
    """What every page tells of a photo."""
    return {
        "name": display_path(os.path.basename(photo.path)),
        "folder": display_path(folder_of(photo.file, roots)),
        "path": display_path(photo.path),
        "bytes": photo.file.stamp.size,
        "width": photo.facts.width,
        "height": photo.facts.height,
        "facts": [[kind.name, kind.value, value] for kind, value in facts_of(photo).items()],
        "files": 1 + sum(1 for _ in further_files(photo)),
    }


# -- the rest ----------------------------------------------------------------------------------------------------------------


def series(now: Snapshot, judged: Judged) -> Json:
    """One set with what was measured of each shot, and what is suggested."""
    one = judged.shots
    shots = [
        {"place": place, "look": _look(look), "away": photo.path in now.away, **picture(photo, now.result.roots)}
        for place, (photo, look) in enumerate(zip(one.photos, judged.looks, strict=True))
    ]
    return {
        "scan": now.scan,
        "kind": shot_words.KINDS[one.kind].capitalize(),
        "whole": one.kind.whole,
        "suggested": judged.suggested,
        "why": display_text(shot_words.why(judged)),
        "photos": shots,
        "picked": picked(now, one),
        **said(now, one),
    }


def _look(look: Look | None) -> Json | None:
    if look is None:
        return None
    return {"sharpness": look.sharpness, "brightness": look.brightness, "clipped": shot_words.clipped(look)}


def said(now: Snapshot, one: ShotSet) -> Json:
    """Which shots of a set may leave by a person's word; ``decided``: there is such a word."""
    word = now.words.get(one.id)
    if word is None or not holds(word, one):
        return {"decided": False, "goes": []}
    return {
        "decided": True,
        "goes": [place for place, photo in enumerate(one.photos) if photo.content_key in word.goes],
    }


def picked(now: Snapshot, one: ShotSet) -> list[int]:
    """The places of the shots of a set that a person ticked."""
    paths = now.picks.get(one.id, ())
    return [place for place, photo in enumerate(one.photos) if photo.path in paths]


def series_index(now: Snapshot) -> Json:
    """All sets of shots, a line each."""
    return {
        "scan": now.scan,
        "series": [
            {
                "number": number,
                "photos": len(one.photos),
                "decided": holds(now.words.get(one.id), one),
                "name": display_path(os.path.basename(one.photos[0].path)),
                "folder": display_path(folder_of(one.photos[0].file, now.result.roots)),
            }
            for number, one in enumerate(now.sets)
        ],
    }


def summary(told: Summary) -> Json:
    """The one screen before anything happens."""
    preview = told.preview
    return {
        "digest": told.digest,
        "trash": preview.kind is ActionKind.TRASH,
        "target": display_path(preview.target or ""),
        "photos": preview.photos,
        "files": preview.files,
        "bytes": preview.bytes,
        "relations": [[relation.value, count] for relation, count in preview.relations.items()],
        "no_copies": preview.no_copies(),
        "carried": preview.carried(),
        "left": [[display_text(reason), count] for reason, count in preview.left.items()],
        "undo": preview.undo,
        "unproven": told.unproven,
    }


def run(state: RunState) -> Json:
    """How far a run is, or how it ended."""
    return {
        "purpose": state.purpose,
        "running": state.running,
        "done": state.done,
        "total": state.total,
        "run": state.run,
        "code": state.exit_code,
        "undoable": state.undoable,
        "sentences": [display_text(line) for line in state.sentences],
        "stopping": state.stop.is_set(),
    }


def past(one: RunSummary) -> Json:
    """A run of the history."""
    return {
        "run": one.number,
        "purpose": one.purpose.value,
        "undoes": one.undoes,
        "began": time.strftime("%Y-%m-%d %H:%M", time.localtime(one.began)),
        "target": display_path(one.target) if one.target is not None else "",
        "photos": one.assets,
        "files": one.files,
        "bytes": one.bytes,
        "back": one.undone,
        "undoable": one.undoable,
        "why_not": display_text(one.why_not or ""),
        "needs_person": one.needs_person,
    }
