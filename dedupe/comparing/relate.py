"""The verdict on a candidate pair: what one photo is to the other.

The evidence is asked in this order. Each step can only make the verdict less safe, but for untouched pixels:

1. equal pixel key: the same pixels, nothing else matters;
2. alignment of the previews: is it one scene at all?
3. capture times and exposures: two of one camera are two captures;
4. displacement: what one affine map cannot explain is another point of view or motion;
5. local differences: other content is another shot, strokes and bands put on the picture are an edit; whatever stands on a
   picture is one where the rest was saved from the other's very pixels, but not a thing that stands elsewhere on the other;
6. frame, tone, colour: a re-save has the whole frame and every textured place agrees;
7. the same questions once more on the originals, for pairs that would still be `edited` or safer;
8. would-be re-saves of one size must be as near to each other as saving leaves them.

A re-save of which something remains in doubt says so in ``remark``, and is not pre-selected.

The pair is put in order before anything is looked at, so the verdict does not depend on which photo was named first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Final

import cv2
import numpy as np

from dedupe.comparing import (
    align,
    capture_time,
    compression,
    direction,
    frames,
    keystone,
    moved,
    quantisation,
    sensor_noise,
    sharpening,
    untouched,
)
from dedupe.comparing.align import Alignment, Features, Matrix, Rgb
from dedupe.comparing.classify import Verdict, bends, judge, may_be_put_on, proven
from dedupe.comparing.detail import SAME_SAMPLING, detail, sampling
from dedupe.comparing.grid import FINE
from dedupe.comparing.keystone import Keystone
from dedupe.comparing.measure import Measurement, measure
from dedupe.comparing.pictures import View, features_of, original_of
from dedupe.comparing.quantisation import Origin
from dedupe.comparing.thresholds import (
    FIT,
    LEAST_BLOCKS,
    LEAST_TILT,
    LOW_TEXTURE,
    MOST_KEYSTONE,
    NOISE_QUALITY,
    SCENE,
    SMALL_BLOCKS,
    SMALL_INLIERS,
    SMALL_QUARTER,
    STRAIGHTER,
    TOO_SOFT,
    TRIMMED,
)
from dedupe.comparing.version import RELATE_VERSION, SOURCE
from dedupe.types import Change, Evidence, Match, Relation, Remark, Transform

__all__ = ["RELATE_VERSION", "RelateTask", "View", "relate"]


CLOSE_SIDE: Final = 1200
"""Long side, in pixels, of the larger original at the second look."""
COARSE_TO_FINE: Final = (3.0, FINE, FINE)
_CLOSER: Final = 1.25
_NO_COARSER: Final = 0.95
_TILTS: Final = 3


@dataclass(frozen=True, slots=True)
class RelateTask:
    """A candidate pair; ``distance`` is Euclidean between the unit vectors."""

    a: View
    b: View
    distance: float


def relate(task: RelateTask) -> Match:
    """The verdict on one pair, regardless of their order and of what was related before.

    Opens the originals only where the pair would still be `edited` or safer and they show more than the previews. An original
    that cannot be read again costs the pair its safety, not the run.
    """
    a, b = (task.a, task.b) if task.a.content_key <= task.b.content_key else (task.b, task.a)
    match = Match(a.content_key, b.content_key, task.distance, None)
    if a.pixel_key is not None and a.pixel_key == b.pixel_key:
        return replace(match, relation=Relation.SAME_PIXELS, score=1.0, remark=Remark(Change.METADATA))
    one, other = features_of(a), features_of(b)
    alignment, measurement = first_measurement(one, other)
    if measurement is None:
        return match
    crisp = cache(partial(sharpening.clue, measurement, (one.rgb, other.rgb)))
    verdict, more = _verdict(a, b, measurement, alignment, crisp)
    if verdict is not None and may_be_put_on(verdict, measurement) and untouched.saved_in_part(a, b):
        verdict = Verdict(Relation.EDITED, Remark(Change.PUT_ON))
    if verdict is not None and verdict.rests_on_regions and moved.has_moved(measurement):
        verdict = Verdict(Relation.SIMILAR, Remark(Change.CONTENT))
    if verdict is not None and verdict.relation is Relation.RESAVED and (remark := frames.unlike(a, b)) is not None:
        verdict = Verdict(Relation.EDITED, remark)
    one_capture = verdict is not None and verdict.relation is not Relation.SIMILAR
    return replace(
        match,
        clues=direction.clues(a, b, measurement, crisp, more) if one_capture else (),
        relation=verdict.relation if verdict else None,
        remark=verdict.remark if verdict else None,
        score=max(0.0, measurement.fit),
        detail=more,
        evidence=_evidence(a, b, alignment, measurement),
    )


def first_measurement(one: Features, other: Features) -> tuple[Alignment | None, Measurement | None]:
    """The previews, aligned by key points or, where these know nothing, frame on frame."""
    alignment = align.align(one, other)
    measurement = None
    if alignment is not None:
        start = _start(alignment, one.rgb, other.rgb)
        measurement = _settled(one.rgb, other.rgb, *start, COARSE_TO_FINE, least_fit=FIT)
    if measurement is None or not _one_scene(measurement):
        whole = align.align_whole(one, other)
        if whole is not None:
            lies = align.to_unit(whole, other.rgb.shape, one.rgb.shape)
            second = measure(one.rgb, other.rgb, lies, least_fit=FIT)
            if measurement is None or second.fit > measurement.fit:
                return None, second
    return alignment, measurement


def _start(alignment: Alignment, a: Rgb, b: Rgb) -> tuple[Matrix, Keystone | None]:
    """Where the alignment places b's frame on a's, and the tilt to take out of b first."""
    if alignment.full is not None:
        tilt, placement = keystone.split(keystone.between_frames(alignment.full, b.shape, a.shape))
        if tilt.amount > LEAST_TILT:
            return placement, tilt
    return align.to_unit(alignment.matrix, b.shape, a.shape), None


def _settled(
    a: Rgb, b: Rgb, placement: Matrix, tilt: Keystone | None, rounds: tuple[float, ...], *, least_fit: float = -1.0
) -> Measurement:
    """The measurement, and where the displacement bends the one after the tilt that explains it best, if it bends less."""
    measurement = measure(a, b, placement, rounds, tilt, least_fit=least_fit)
    for _ in range(_TILTS):
        full = (
            keystone.from_blocks(measurement.registered, tilt)
            if bends(measurement) and _one_scene(measurement)
            else None
        )
        if full is None:
            break
        tilt, placement = keystone.split(full)
        if not LEAST_TILT < tilt.amount < MOST_KEYSTONE:
            break
        again = measure(a, b, placement, (FINE, FINE), tilt, least_fit=least_fit)
        if again.bend.amplitude > STRAIGHTER * measurement.bend.amplitude:
            break
        measurement = again
    return measurement


def _one_scene(measurement: Measurement) -> bool:
    return measurement.blocks >= LEAST_BLOCKS and measurement.quarter > SCENE and measurement.fit > FIT


def _small_scene(measurement: Measurement, alignment: Alignment | None) -> bool:
    """Whether the previews share too little to prove it, but agree there as only one scene does: originals show more."""
    few = SMALL_BLOCKS <= measurement.blocks < LEAST_BLOCKS
    return few and alignment is not None and alignment.inliers >= SMALL_INLIERS and measurement.quarter > SMALL_QUARTER


def _verdict(
    a: View, b: View, measurement: Measurement, alignment: Alignment | None, crisp: sharpening.Crisp
) -> tuple[Verdict | None, float]:
    """The verdict, and which picture holds more detail where they are one capture."""
    if not _one_scene(measurement) and not _small_scene(measurement, alignment):
        return None, 0.0
    apart = capture_time.two_captures(a.facts, b.facts)
    if apart is not None:
        return Verdict(Relation.SIMILAR, apart), 0.0
    verdict = judge(measurement)
    if verdict.relation is Relation.SIMILAR:
        return verdict, 0.0
    closer, close = _close_look(a, b, measurement, verdict)
    if not _one_scene(measurement) and (close is None or not _one_scene(close)):
        return None, 0.0
    looks = [(verdict, measurement), *([] if close is None else [(closer, close)])]
    verdict = proven(max(verdict, closer, key=lambda each: (each.relation.rank, each.open)), looks)
    if verdict.relation is Relation.SIMILAR:
        return verdict, 0.0
    more = detail(a, b, measurement, close, crisp)
    return _doubted(a, b, measurement, more) if verdict.relation is Relation.RESAVED else (verdict, more)


_DOUBTS: Final = {Origin.UNKNOWN: Change.LINEAGE, Origin.UNTESTED: Change.UNTOLD, Origin.PROFILE: Change.PROFILE}


def _doubted(a: View, b: View, measurement: Measurement, more: float) -> tuple[Verdict, float]:
    """What a would-be re-save comes to when its files are asked; and which picture holds more, where that tells it too."""
    if min(a.facts.texture, b.facts.texture) < LOW_TEXTURE:
        return Verdict(Relation.EDITED, Remark(Change.LOW_TEXTURE)), more
    if not _same_size(a, b):
        scale = sampling(a, b, measurement)
        if min(scale, 1 / scale) > TRIMMED:
            return Verdict(Relation.RESAVED), more
        unlike = min(scale, 1 / scale) < 1 / SAME_SAMPLING
        if unlike:
            return Verdict(Relation.RESAVED, None if more else Remark(Change.UNTOLD)), more
        return Verdict(Relation.RESAVED, Remark(Change.UNTOLD)), compression.better(a, b)
    found = quantisation.origin(a, b)
    if found is Origin.APART:
        return Verdict(Relation.EDITED, Remark(Change.APART)), more
    doubt = _DOUBTS.get(found)
    if doubt is not None:
        return Verdict(Relation.RESAVED, Remark(doubt)), more or compression.better(a, b)
    return Verdict(Relation.RESAVED), {Origin.SOURCE: SOURCE, Origin.COPY: -SOURCE}.get(found, 0.0) or more


def _close_look(a: View, b: View, measurement: Measurement, verdict: Verdict) -> tuple[Verdict, Measurement | None]:
    """The verdict on the originals at the highest sampling that both have, at most CLOSE_SIDE pixels on the long side.

    Returns the given verdict, and no measurement, where the previews show it all.
    """
    sides = _close_sides(a, b, measurement, verdict)
    if sides is None:
        return verdict, None
    one, other = original_of(a, sides[0]), original_of(b, sides[1])
    if one is None or other is None:
        return Verdict(Relation.EDITED, Remark(Change.UNREAD)), None
    close = _settled(one, other, measurement.placement, measurement.keystone, (FINE,))
    if abs(close.softened) > TOO_SOFT:
        # One of them shows nothing finer than this: what it lacks is no difference.
        one, other = (_shrunk(picture, 1 / abs(close.softened)) for picture in (one, other))
        if max(*one.shape, *other.shape) < _grid(measurement):
            return verdict, None
        close = _settled(one, other, measurement.placement, measurement.keystone, (FINE,))
    closer = judge(close)
    if closer.relation is not Relation.SIMILAR and all(_keeps_sensor_noise(view) for view in (a, b)):
        own = sensor_noise.noise(close.unsoftened)
        if own is not None and own.own:
            # A resized copy has other noise than its original, and is one capture all the same: that is only in doubt.
            relation = Relation.SIMILAR if _same_size(a, b) else Relation.EDITED
            return Verdict(relation, Remark(Change.SENSOR_NOISE)), close
    return closer, close


def _close_sides(a: View, b: View, measurement: Measurement, verdict: Verdict) -> tuple[int, int] | None:
    """Long sides at which to decode a and b so that both have the same sampling; None where the previews show it all.

    A would-be `resaved` is looked at closely even where the originals are no larger: previews are compressed once more.
    """
    full = [max(view.facts.width, view.facts.height) for view in (a, b)]
    ratio = _per_pixel(a, b, measurement)
    side_a = min(float(full[0]), full[1] / ratio, CLOSE_SIDE, CLOSE_SIDE / ratio)
    gain = max(side_a, side_a * ratio) / _grid(measurement)
    if gain < (_NO_COARSER if verdict.relation is Relation.RESAVED or verdict.open else _CLOSER):
        return None
    return round(side_a), round(side_a * ratio)


def _grid(measurement: Measurement) -> int:
    """The longest side of the two pictures at the first look."""
    return max(*measurement.registered.overlay.still.shape, *measurement.registered.overlay.moving.shape)


def _shrunk(picture: Rgb, factor: float) -> Rgb:
    return cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def _same_size(a: View, b: View) -> bool:
    """Whether the pictures have the same pixels each way, turned or not."""
    return sorted((a.facts.width, a.facts.height)) == sorted((b.facts.width, b.facts.height))


def _keeps_sensor_noise(view: View) -> bool:
    """Whether the file's compression lets sensor noise through; WebP's and HEIC's smooth it away at any quality."""
    jpeg = view.facts.format == "JPEG" and (view.facts.quality or 0) >= NOISE_QUALITY
    return view.facts.lossless or jpeg


def _per_pixel(a: View, b: View, measurement: Measurement) -> float:
    """Long side of b in units of a's sampling, over the long side of a."""
    shape_a, shape_b = (a.facts.height, a.facts.width), (b.facts.height, b.facts.width)
    scale = align.scale_of(align.from_unit(measurement.tangent, shape_b, shape_a))
    return scale * max(shape_b) / max(shape_a)


def _evidence(a: View, b: View, alignment: Alignment | None, measurement: Measurement) -> Evidence:
    shape_a, shape_b = (a.facts.height, a.facts.width), (b.facts.height, b.facts.width)
    pixels = align.from_unit(measurement.tangent, shape_b, shape_a)
    textured = measurement.registered.field.textured
    return Evidence(
        keypoints=alignment.matches if alignment else 0,
        inliers=alignment.inliers if alignment else 0,
        overlap=min(measurement.overlap),
        correlation=measurement.quarter,
        worst_block=float(measurement.registered.field.correlation[textured].min()) if textured.any() else 0.0,
        tone=measurement.difference.tone,
        residual=measurement.bend.amplitude,
        transform=_transform(pixels, measurement.tangent),
    )


def _transform(pixels: Matrix, placement: Matrix) -> Transform:
    mirrored = bool(np.linalg.det(pixels[:, :2]) < 0)
    turn = float(np.degrees(np.arctan2(pixels[1, 0], pixels[0, 0])))
    if mirrored:
        turn = float(np.degrees(np.arctan2(-pixels[1, 0], -pixels[0, 0])))
    values = tuple(float(v) for v in placement.ravel())
    return Transform(
        matrix=(values[0], values[1], values[2], values[3], values[4], values[5]),
        turn=round(turn, 3) % 360.0,
        mirrored=mirrored,
        scale=align.scale_of(pixels),
    )
