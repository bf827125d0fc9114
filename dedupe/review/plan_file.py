"""The plan as a file: what a scan would remove, to be edited by a person or a program, and acted on later.

A plan says no more than the scan did: an entry may be taken out, or ``remove`` be turned on or off. What it names is looked up
in the last scan of the same folders, so nothing is removed that was not verified, and everything is read again before it goes.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dedupe._version import __version__
from dedupe.asset import beside
from dedupe.errors import UsageError
from dedupe.report.files import check, write
from dedupe.report.json import SCHEMA, dumped, lossy, path_entry, paths_entry
from dedupe.report.sizes import pinned
from dedupe.terminal.text import display_path
from dedupe.types import Extra, Group, Photo, Relation, ScanResult

START = b'{"plan": '
"""How a plan begins."""

HELD = ("beside", "keep_content", "keep_beside")
"""What a plan says of an entry besides what it is about."""

_LARGEST = 1 << 30


@dataclass(frozen=True, slots=True)
class Copy:
    """One entry of a plan: whether the copy is to be removed, which photo stays for it, and how the two were related.

    ``relation`` and what of ``held`` a plan does not say are None: dedupe wrote them, but the plan may be another program's.
    ``lost``: nothing of it is to be carried over, though the scan said so.
    """

    remove: bool
    keep: str
    content: str
    relation: Relation | None
    held: Mapping[str, str | None]
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan that was read: its entries by path."""

    roots: tuple[str, ...]
    copies: Mapping[str, Copy]


@dataclass(frozen=True, slots=True)
class Planned:
    """The scan with what the plan selects, and what of the plan can't be done, each as a sentence."""

    result: ScanResult
    refused: tuple[str, ...]


def write_plan(result: ScanResult, target: str) -> None:
    """Write the plan of ``result`` into the file ``target``, or to stdout where it is ``-``.

    Raises UsageError where the file cannot be written, or exists and is not a plan.
    """
    write(target, plan_chunks(result), START)


def check_target(target: str | None, *others: str | None) -> None:
    """Look, before a long scan, whether the plan can be written there; writes nothing. Raises UsageError where it cannot."""
    if target is None:
        return
    if target in others:
        raise UsageError("--plan, --json and --csv need different places.")
    if target != "-":
        check(os.path.realpath(target), START)


def plan_chunks(result: ScanResult) -> Iterator[str]:
    """The plan piece by piece, a line for each copy."""
    head = {"plan": SCHEMA, "dedupe": __version__, **paths_entry("roots", result.roots)}
    yield dumped(head)[:-1] + ',\n"copies": ['
    entries = (_entry(group, extra) for group in result.groups for extra in group.extras)
    for number, entry in enumerate(entries):
        yield f"{',' if number else ''}\n{dumped(entry)}"
    yield "\n]}\n"


def _entry(group: Group, extra: Extra) -> dict[str, object]:
    return {
        "remove": extra.selected,
        **path_entry("path", extra.photo.path),
        **path_entry("keep", group.keeper_of(extra).path),
        "relation": extra.relation.value,
        "bytes": extra.photo.file.stamp.size,
        "content": extra.photo.content_key.hex(),
        **_held(extra.photo, group.keeper_of(extra)),
        **({"rescue": True} if extra.rescue is not None and extra.rescue.obstacle is None else {}),
    }


def _held(photo: Photo, keep: Photo) -> dict[str, str]:
    """What the verdict on two assets rests on besides the first picture of the one."""
    return {"beside": beside(photo), "keep_content": keep.content_key.hex(), "keep_beside": beside(keep)}


def read_plan(path: str) -> Plan:
    """The plan in this file. Raises UsageError where it cannot be read or is not a plan."""
    shown = display_path(path)
    try:
        with open(path, "rb") as file:
            data = json.loads(file.read(_LARGEST))
    except OSError as error:
        raise UsageError(f"The plan {shown} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"The plan {shown} is not valid JSON: {error}.") from error
    try:
        return _plan(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{shown} is not a dedupe plan: {error}.") from error


def _plan(data: Any) -> Plan:
    if data["plan"] != SCHEMA:
        raise ValueError(f"its version is {data['plan']!r}, this dedupe reads {SCHEMA}")
    roots = tuple(_path({"path": root, "path_b64": b64}, "path") for root, b64 in _both(data, "roots"))
    copies: dict[str, Copy] = {}
    for entry in data["copies"]:
        path = _path(entry, "path")
        if not isinstance(entry["remove"], bool):
            raise TypeError(f"“remove” of {display_path(path)} is neither true nor false")
        if path in copies:
            raise ValueError(f"{display_path(path)} is in it twice")
        said = entry.get("relation")
        copies[path] = Copy(
            remove=entry["remove"],
            keep=_path(entry, "keep"),
            content=str(entry["content"]),
            relation=None if said is None else Relation(said),
            held={name: entry.get(name) for name in HELD},
            lost=entry.get("rescue") is False,
        )
    return Plan(roots, copies)


def _both(data: Any, key: str) -> Iterator[tuple[str, str | None]]:
    values = data[key]
    yield from zip(values, data.get(f"{key}_b64") or [None] * len(values), strict=True)


def _path(entry: Any, key: str) -> str:
    """The path as bytes where it has them and nobody edited the text beside them."""
    text, exact = entry[key], entry.get(f"{key}_b64")
    if not isinstance(text, str):
        raise TypeError(f"“{key}” is not a path")
    if isinstance(exact, str):
        path = os.fsdecode(base64.b64decode(exact, validate=True))
        if lossy(path) == text:
            return path
    return text


def planned(result: ScanResult, plan: Plan, kept: Collection[str] = ()) -> Planned:
    """``result`` with only what ``plan`` names: the copies selected that it removes, as far as the scan verified them.

    ``kept`` are the paths that a person let stay in a review. Raises UsageError where the plan is about other folders.
    """
    if set(plan.roots) != set(result.roots):
        raise UsageError("The plan is about other folders than this scan.")
    wanted = {path for path, copy in plan.copies.items() if copy.remove}
    left = wanted.difference(kept)
    refused = [f"{display_path(path)}: you let it stay in a review; skipped." for path in sorted(wanted - left)]
    groups = []
    for group in result.groups:
        extras = tuple(_selected(group, extra, plan, left, refused) for extra in group.extras)
        groups.append(replace(group, extras=extras))
    refused += [f"{display_path(path)}: not in the last scan; skipped." for path in sorted(left)]
    return Planned(replace(result, groups=tuple(groups), from_takeout=()), tuple(refused))


def _selected(group: Group, extra: Extra, plan: Plan, left: set[str], refused: list[str]) -> Extra:
    path = extra.photo.path
    if path not in left:
        return replace(extra, selected=False)
    left.discard(path)
    reason = _reason(group, extra, plan)
    if reason is not None:
        refused.append(f"{display_path(path)}: {reason}; skipped.")
    rescue = None if plan.copies[path].lost else extra.rescue
    return replace(extra, selected=reason is None, rescue=rescue)


def _reason(group: Group, extra: Extra, plan: Plan) -> str | None:
    copy, keep = plan.copies[extra.photo.path], group.keeper_of(extra)
    if copy.content != extra.photo.content_key.hex():
        return "changed since the plan was written"
    if copy.keep != keep.path:
        return "the last scan keeps another photo for it"
    if any(copy.held[name] not in (None, now) for name, now in _held(extra.photo, keep).items()):
        return "it, the photo that stays, or a file beside them changed since the plan was written"
    if copy.relation is not None and extra.relation.rank > copy.relation.rank:
        return f"the last scan calls it {extra.relation.value}, the plan {copy.relation.value}"
    if extra.relation is Relation.SIMILAR:
        return "another shot, not a duplicate"
    return pinned(extra.photo) or None
