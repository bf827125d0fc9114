"""The result for programs: JSON, one object, deterministic.

What could act on a terminal is written as JSON's own ``\\u`` escape.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from dedupe._version import __version__
from dedupe.loss import Obstacle
from dedupe.report import dates, phrases
from dedupe.report.files import write
from dedupe.report.sizes import freed_bytes, further_files
from dedupe.terminal.text import display_text, is_unsafe
from dedupe.types import Damage, Extra, FromTakeout, Group, Photo, Rescue, Saved, ScanResult, Series, Skipped

SCHEMA = 2
START = b'{"schema": '
"""How a JSON report begins."""


def write_json(result: ScanResult, target: str) -> None:
    """Write ``result`` as JSON into the file ``target``, or to stdout where it is ``-``.

    Raises UsageError where the file cannot be written, or exists and is not a JSON report.
    """
    write(target, json_chunks(result), START)


def json_chunks(result: ScanResult) -> Iterator[str]:
    """The JSON object piece by piece: head, a line for each group, series and skipped file, account."""
    head = {
        "schema": SCHEMA,
        "dedupe": __version__,
        "model": result.model,
        "threshold": round(result.threshold, 6),
        **paths_entry("roots", result.roots),
    }
    yield dumped(head)[:-1]
    yield from _list("groups", map(_group, result.groups))
    yield from _list("series", map(_series, result.series))
    yield from _list("skipped", map(skipped_entry, result.skipped))
    yield from _list("damaged", map(_damage, result.damaged))
    if result.from_takeout:
        yield from _list("from_takeout", map(_from_takeout, result.from_takeout))
    yield f',\n"stats": {dumped(_stats(result))}}}\n'


def _list(key: str, items: Iterable[Mapping[str, object]]) -> Iterator[str]:
    yield f',\n"{key}": ['
    for number, item in enumerate(items):
        yield f"{',' if number else ''}\n{dumped(item)}"
    yield "]"


def dumped(item: object) -> str:
    """JSON on one line that no terminal acts on."""
    text = json.dumps(item, ensure_ascii=False, allow_nan=False)
    if text.isprintable():
        return text
    return "".join(json.dumps(char)[1:-1] if ord(char) > 0x9F and is_unsafe(char) else _control(char) for char in text)


def _control(char: str) -> str:
    return f"\\u{ord(char):04x}" if 0x7F <= ord(char) <= 0x9F else char


def _group(group: Group) -> dict[str, object]:
    return {
        "id": group.id,
        "keep": photo_entry(group.keep),
        "reason": display_text(phrases.reason(group)),
        "extras": [_extra(extra, group.keeper_of(extra)) for extra in group.extras],
        "reclaimable_bytes": sum(freed_bytes(extra.photo, group.keeper_of(extra)) for extra in group.extras),
    }


def photo_entry(photo: Photo) -> dict[str, object]:
    """A photo as every report writes it."""
    return {
        **path_entry("path", photo.path),
        "bytes": photo.file.stamp.size,
        "width": photo.facts.width,
        "height": photo.facts.height,
        "taken": dates.iso(photo),
        "taken_from": dates.source(photo),
        "format": photo.facts.format,
        "protected": photo.file.protected or photo.file.reference,
        **paths_entry("companions", tuple(further_files(photo))),
    }


def _extra(extra: Extra, keeper: Photo) -> dict[str, object]:
    return {
        **photo_entry(extra.photo),
        **path_entry("keeper", keeper.path),
        "relation": extra.relation.value,
        "distance": round(extra.distance, 6),
        "selected": extra.selected,
        "note": display_text(phrases.remark(extra)),
        "loses": phrases.losses_entry(extra.lost),
        **_rescue(extra.rescue),
    }


def _from_takeout(one: FromTakeout) -> dict[str, object]:
    """A photo that stays, with what of its own Takeout JSON goes into a sidecar."""
    return {**path_entry("path", one.photo.path), **_rescue(one.rescue, phrases.own_obstacle)}


def _rescue(rescue: Rescue | None, said: Callable[[Obstacle, str], str] = phrases.obstacle) -> dict[str, object]:
    """What is carried over into which sidecar, or what is in the way; empty where nothing needs to be."""
    if rescue is None:
        return {}
    if rescue.obstacle is not None:
        words = display_text(said(rescue.obstacle, rescue.detail))
        return {"rescues": [], "rescue_obstacle": {"code": rescue.obstacle.value, "words": words}}
    sidecar = path_entry("sidecar", rescue.sidecar) if rescue.sidecar else {}
    return {"rescues": saved_entry(rescue.saved), **sidecar}


def saved_entry(saved: Iterable[Saved]) -> list[dict[str, object]]:
    """Properties of a sidecar and the values that they are given."""
    return [{"property": one.name, "values": list(one.values)} for one in saved]


def _damage(one: Damage) -> dict[str, object]:
    return {
        "kind": one.kind.value,
        **paths_entry("paths", one.paths),
        "bytes": one.count,
        "reason": display_text(phrases.damage(one)),
    }


def _series(series: Series) -> dict[str, object]:
    return {"id": series.id, **paths_entry("paths", [photo.path for photo in series.photos])}


def skipped_entry(skipped: Skipped) -> dict[str, object]:
    """A file that was left out, and why."""
    return {**path_entry("path", skipped.path), "reason": display_text(skipped.reason), "kind": skipped.kind.value}


def _stats(result: ScanResult) -> dict[str, object]:
    stats = result.stats
    return {
        "files": stats.files,
        "photos": stats.photos,
        "groups": stats.groups,
        "extras": stats.extras,
        "reclaimable_bytes": stats.reclaimable_bytes,
        "rescuable": sum(extra.may_be_rescued for group in result.groups for extra in group.extras),
        "seconds": {name: round(seconds, 3) for name, seconds in stats.seconds.items()},
    }


def path_entry(key: str, path: str) -> dict[str, object]:
    """A path; one that is not UTF-8 gets ``key_b64`` beside a lossy ``key``."""
    if _is_text(path):
        return {key: path}
    return {key: lossy(path), f"{key}_b64": b64(path)}


def paths_entry(key: str, paths: Sequence[str]) -> dict[str, object]:
    """A list of paths; where one is not UTF-8, ``key_b64`` beside it has an entry for each, or null."""
    shown: dict[str, object] = {key: [lossy(path) for path in paths]}
    if not all(map(_is_text, paths)):
        shown[f"{key}_b64"] = [None if _is_text(path) else b64(path) for path in paths]
    return shown


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def lossy(path: str) -> str:
    """``path`` with a replacement character for each byte that is not UTF-8."""
    return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in path)


def b64(path: str) -> str:
    """The exact bytes of ``path``, as base64."""
    return base64.b64encode(os.fsencode(path)).decode("ascii")
