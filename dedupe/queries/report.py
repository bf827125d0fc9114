"""The answers of search, compare and check for programs: one JSON object each, a line for each photo asked about.

Paths are absolute, one that is not UTF-8 has ``path_b64`` beside it, and a photo is written as in ``dedupe scan --json``:
``path, bytes, width, height, taken, taken_from, format, protected, companions``. Below, PHOTO stands for these.

- search: ``schema, dedupe, model, roots, queries: [{PHOTO…, found: [{PHOTO…, distance, relation, why, change, loses:
  [{code, words}], note}]}], skipped``; what the query holds and the photo found lacks, and what else tells them apart
- compare: ``schema, dedupe, a: {PHOTO}, b: {PHOTO}, distance, duplicates, relation, why, change, evidence: {keypoints, inliers,
  overlap, correlation, worst_block, tone, residual, transform: {matrix, turn, mirrored, scale} or null}``
- check: ``schema, dedupe, model, threshold, checked: [{PHOTO…, verdict: new|partly|edited|better|have, have: [{PHOTO…, relation,
  distance, why, change}], lacks: [path…], loses: [{code, words}], note, members: [{PHOTO…, have}]}], skipped, unread``;
  ``members`` are the other pictures of an asset

``relation`` is null where two photos do not show one scene.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from dedupe._version import __version__
from dedupe.report import phrases
from dedupe.report.json import SCHEMA, dumped, paths_entry, photo_entry, skipped_entry
from dedupe.types import Remark

if TYPE_CHECKING:
    from dedupe.queries.check import Checked, CheckResult
    from dedupe.queries.compare import Comparison
    from dedupe.queries.library import Found
    from dedupe.queries.search import Answer, SearchResult
    from dedupe.types import Evidence, Transform

_HEAD = {"schema": SCHEMA, "dedupe": __version__}


def search_json(result: SearchResult) -> Iterator[str]:
    """The object piece by piece."""
    yield _begun({**_HEAD, "model": result.model, **paths_entry("roots", result.roots)})
    yield from _list("queries", map(_answer, result.answers))
    yield from _list("skipped", map(skipped_entry, result.skipped))
    yield "}\n"


def check_json(result: CheckResult) -> Iterator[str]:
    """The object piece by piece."""
    yield _begun({**_HEAD, "model": result.model, "threshold": round(result.threshold, 6)})
    yield from _list("checked", map(_checked, result.checked))
    yield from _list("skipped", map(skipped_entry, result.skipped))
    yield from _list("unread", map(skipped_entry, result.unread))
    yield "}\n"


def compare_json(comparison: Comparison) -> Iterator[str]:
    """The object."""
    relation = comparison.relation.value if comparison.relation is not None else None
    item = {
        **_HEAD,
        "a": photo_entry(comparison.a),
        "b": photo_entry(comparison.b),
        "distance": round(comparison.distance, 6),
        "duplicates": comparison.duplicates,
        "relation": relation,
        "why": phrases.change(comparison.remark),
        **_change(comparison.remark),
        "evidence": _evidence(comparison.evidence),
    }
    yield f"{dumped(item)}\n"


def print0(paths: Iterable[str]) -> None:
    """Writes the bytes of these paths to stdout, a NUL after each."""
    sys.stdout.flush()
    sys.stdout.buffer.writelines(os.fsencode(path) + b"\0" for path in paths)
    sys.stdout.buffer.flush()


def _answer(answer: Answer) -> dict[str, object]:
    return {**photo_entry(answer.query), "found": [_searched(found) for found in answer.found]}


def _checked(checked: Checked) -> dict[str, object]:
    return {
        **photo_entry(checked.photo),
        "verdict": checked.verdict,
        "have": [_found(found) for found in checked.have],
        **paths_entry("lacks", checked.lacks),
        "loses": phrases.losses_entry(checked.loses),
        "note": checked.caveat.note if checked.caveat else "",
        "members": [
            {**photo_entry(member.photo), "have": [_found(found) for found in member.have]}
            for member in checked.members
        ],
    }


def _found(found: Found) -> dict[str, object]:
    return {
        **photo_entry(found.photo),
        "distance": round(found.distance, 6),
        "relation": found.relation.value if found.relation is not None else None,
        "why": phrases.change(found.remark),
        **_change(found.remark),
    }


def _searched(found: Found) -> dict[str, object]:
    return {**_found(found), "loses": phrases.losses_entry(found.loses), "note": found.note}


def _change(remark: Remark | None) -> dict[str, object]:
    return {"change": remark.change.value if remark is not None else None}


def _evidence(evidence: Evidence) -> dict[str, object]:
    numbers = ("overlap", "correlation", "worst_block", "tone", "residual")
    return {
        "keypoints": evidence.keypoints,
        "inliers": evidence.inliers,
        **{name: round(float(getattr(evidence, name)), 6) for name in numbers},
        "transform": _transform(evidence.transform) if evidence.transform is not None else None,
    }


def _transform(transform: Transform) -> dict[str, object]:
    return {
        "matrix": [round(value, 6) for value in transform.matrix],
        "turn": round(transform.turn, 3),
        "mirrored": transform.mirrored,
        "scale": round(transform.scale, 6),
    }


def _begun(head: Mapping[str, object]) -> str:
    return dumped(head)[:-1]


def _list(key: str, items: Iterable[Mapping[str, object]]) -> Iterator[str]:
    yield f',\n"{key}": ['
    for number, item in enumerate(items):
        yield f"{',' if number else ''}\n{dumped(item)}"
    yield "]"
