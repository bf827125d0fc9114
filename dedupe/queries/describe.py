"""What search and compare say of two photos, the same words in the terminal and in a picture."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dedupe.report import dates, phrases
from dedupe.terminal.text import display_path, format_bytes, format_exposure, format_taken
from dedupe.types import Change, Evidence, Photo, Relation, Transform

if TYPE_CHECKING:
    from dedupe.queries.compare import Comparison
    from dedupe.queries.library import Found

_MEANING = {
    Relation.IDENTICAL: "the same bytes",
    Relation.SAME_PIXELS: "the same picture, other metadata",
    Relation.RESAVED: "the same capture, saved again",
    Relation.EDITED: "the same capture, changed",
    Relation.SIMILAR: "another shot of the same scene",
}
_QUARTERS = {0: "", 90: "turned by 90° clockwise", 180: "turned by 180°", 270: "turned by 90° anticlockwise"}


def caption_of(number: int, found: Found) -> tuple[str, ...]:
    """Short lines below a picture: rank, distance and relation; name; size; capture time."""
    relation = f"  {found.relation.value}" if found.relation is not None else ""
    return (
        f"{number}  {found.distance:.2f}{relation}",
        display_path(os.path.basename(found.photo.path)),
        *facts_of(found.photo),
    )


def facts_of(photo: Photo) -> tuple[str, ...]:
    """ "4000×3000, 3.41 MB" and the capture time, where there is one."""
    size = f"{photo.facts.width}×{photo.facts.height}, {format_bytes(photo.file.stamp.size)}"
    return tuple(filter(None, (size, dates.shown(photo))))


def verdict_of(comparison: Comparison) -> tuple[str, ...]:
    """The verdict and what it rests on, a sentence a line."""
    return (_headline(comparison), *_evidence(comparison), *_raw(comparison), *_times(comparison))


def _headline(comparison: Comparison) -> str:
    if comparison.relation is None:
        said = "Not duplicates: nothing suggests that they show the same scene"
    else:
        lead = "Duplicates" if comparison.duplicates else "Not duplicates"
        said = f"{lead}: {comparison.relation.value}, {_MEANING[comparison.relation]}"
    why = phrases.change(comparison.remark)
    reason = f" ({why})" if why and why not in said else ""
    return f"{said}{reason}."


def _evidence(comparison: Comparison) -> tuple[str, ...]:
    evidence, lines = comparison.evidence, [f"Distance {comparison.distance:.3f} (0 same, 1.41 unrelated)."]
    if evidence.transform is None:
        if comparison.relation is None:
            lines.append("No key points of the two match.")
        return tuple(lines)
    how = "B fits on A" if comparison.relation is not None else "The closest fit puts B on A"
    lines.append(f"{_keypoints(evidence)} {how} {_membership(evidence.transform)}; they share {evidence.overlap:.0%}.")
    lines.append(
        f"Block correlation {evidence.correlation:.2f} (25th percentile), worst block {evidence.worst_block:.2f}; "
        f"tone change {evidence.tone:.1f} grey levels, displacement {evidence.residual:.2f} px."
    )
    return tuple(lines)


def _raw(comparison: Comparison) -> tuple[str, ...]:
    raws = [name for name, photo in (("A", comparison.a), ("B", comparison.b)) if photo.facts.raw]
    if not comparison.duplicates or len(raws) != 1:
        return ()
    return (f"{raws[0]} is a camera RAW, compared by its preview; the other photo does not replace it.",)


def _keypoints(evidence: Evidence) -> str:
    if not evidence.keypoints:
        return "Too few key points, so the whole pictures were compared."
    return f"{evidence.inliers} of {evidence.keypoints} matched key points agree."


def _membership(transform: Transform) -> str:
    whole = round(transform.turn)
    near = abs((transform.turn - whole + 180) % 360 - 180) < 0.1
    turn = _QUARTERS.get(whole % 360) if near else None
    if turn is None:
        turn = f"turned by {min(transform.turn, 360 - transform.turn):.1f}°"
    mirrored = "mirrored" if transform.mirrored else ""
    scale = f"at {transform.scale:.2f} times its size" if abs(transform.scale - 1) > 0.005 else "at its own size"
    return ", ".join(filter(None, (mirrored, turn, scale)))


def _times(comparison: Comparison) -> tuple[str, ...]:
    from dedupe.comparing.capture_time import two_captures

    one, other = (format_taken(photo.facts.taken, precise=True) for photo in (comparison.a, comparison.b))
    proof = two_captures(comparison.a.facts, comparison.b.facts)
    if proof is not None and proof.change is Change.TIMES:
        return (f"Taken {phrases.duration(proof.amount)} apart by one camera: A {one}, B {other}.",)
    if proof is not None:
        ours, theirs = (format_exposure(photo.facts.exposure) for photo in (comparison.a, comparison.b))
        return (f"Exposed differently by one camera: A {ours}, B {theirs}.",)
    if not one or not other:
        return (f"Capture times prove nothing: A {one or 'has none'}, B {other or 'has none'}.",)
    if one == other:
        return (f"Both taken {one}, which alone proves nothing.",)
    return (f"Capture times prove nothing: A {one}, B {other}.",)
