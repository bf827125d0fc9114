"""Lays one picture onto another: which similarity carries b's frame onto a's, found from key points alone.

SIFT key points carry a place, a size and a direction, so that *one* pair of matching key points already proposes a whole
similarity. Every match proposes one; the proposal that most other matches agree with is refined by least squares. Nothing is
drawn at random, so the same pictures always give the same transform (1-point RANSAC: Civera et al. 2010; RootSIFT: Arandjelović
and Zisserman 2012; ratio test: Lowe 2004). A mirrored picture needs no second detection: mirroring permutes a SIFT
descriptor's bins.

Coordinates are pixel centres: the centre of the top left pixel is (0, 0).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from dedupe.comparing import homography
from dedupe.comparing.thresholds import DESCRIPTOR_RATIO, WHOLE_LIKENESS

Floats: TypeAlias = npt.NDArray[np.float32]
Matrix: TypeAlias = npt.NDArray[np.float64]
Rgb: TypeAlias = npt.NDArray[np.uint8]
Grey: TypeAlias = npt.NDArray[np.uint8]
Mask: TypeAlias = npt.NDArray[np.bool_]

KEYPOINTS: Final = 800
MIN_MATCHES: Final = 5
MIN_INLIERS: Final = 5
MAX_SCALE: Final = 10.0
THUMB: Final = 40
_PROPOSAL_PX: Final = 14.0
_PROPOSALS: Final = 128
"""The surest matches, this many, each propose a map."""
_SOME: Final = 8
"""One key point in this many is asked whether the mirror image can win."""
_SMALL_SIDE: Final = 320
_MIRROR_BINS: Final = np.arange(128).reshape(4, 4, 8)[::-1][:, :, [0, 7, 6, 5, 4, 3, 2, 1]].reshape(128).copy()


@dataclass(frozen=True, slots=True)
class Features:
    """A preview, decoded, with its key points.

    ``rgb`` is uint8[h, w, 3], ``grey`` uint8[h, w]; ``thumb`` float32[THUMB, THUMB], the whole frame squashed to a square,
    mean 0 and unit length; ``points`` float32[n, 2] in pixels of the preview, ``sizes`` float32[n] in the same unit,
    ``angles`` float32[n] in radians clockwise, ``descriptors`` float32[n, 128] RootSIFT of unit length.
    """

    rgb: Rgb
    grey: npt.NDArray[np.uint8]
    thumb: Floats
    points: Floats
    sizes: Floats
    angles: Floats
    descriptors: Floats


@dataclass(frozen=True, slots=True)
class Alignment:
    """How b's preview fits a's.

    ``matrix``, float64[2, 3], maps pixels of b onto pixels of a; a negative determinant means mirrored. ``matches``
    passed the ratio test, and ``inliers`` of them agree with the map. ``full``, float64[3, 3], does the same by a
    homography, where that explains many more of the matches; ``matrix`` is then its affine part.
    """

    matrix: Matrix
    matches: int
    inliers: int
    full: Matrix | None = None

    @property
    def mirrored(self) -> bool:
        return bool(np.linalg.det(self.matrix[:, :2]) < 0)


@dataclass(frozen=True, slots=True)
class KeyPoints:
    """The key points of a preview, small enough to keep those of many.

    ``at``, float32[n, 4], is place, size and angle as in ``Features``. ``described``, uint8[n, 128], is SIFT.
    """

    at: Floats
    described: npt.NDArray[np.uint8]


def features(rgb: Rgb) -> Features:
    """A preview (long side ≤ 400 px) with its key points."""
    return with_key_points(rgb, key_points(rgb))


def key_points(rgb: Rgb) -> KeyPoints:
    """Key points of a preview; small pictures are enlarged for the detection, so that a thumbnail offers enough of them."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    factor = max(1.0, _SMALL_SIDE / max(grey.shape)) if max(grey.shape) < _SMALL_SIDE else 1.0
    seen = grey if factor == 1.0 else cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    found, described = _detector().detectAndCompute(seen, None)
    count = len(found)
    points = np.array([k.pt for k in found], np.float32).reshape(count, 2)
    sizes = np.array([k.size for k in found], np.float32) / np.float32(factor)
    angles = np.radians(np.array([k.angle for k in found], np.float32))
    return KeyPoints(
        np.column_stack([((points + 0.5) / factor - 0.5).astype(np.float32), sizes, angles]).astype(np.float32),
        # OpenCV rounds its descriptors to whole numbers below 256.
        described.astype(np.uint8) if count else np.zeros((0, 128), np.uint8),
    )


def with_key_points(rgb: Rgb, found: KeyPoints) -> Features:
    """The preview as it is compared, with the key points that were found in it."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    return Features(
        rgb=rgb,
        grey=grey,
        thumb=_thumb(grey),
        points=found.at[:, :2].copy(),
        sizes=found.at[:, 2].copy(),
        angles=found.at[:, 3].copy(),
        descriptors=_root(found.described.astype(np.float32)),
    )


def align(a: Features, b: Features) -> Alignment | None:
    """The similarity that carries b onto a, or None where the key points know of none.

    The picture as it is and its mirror image are both tried; the one with more agreeing matches is returned.
    """
    straight = _align(a, b.points, b.sizes, b.angles, b.descriptors)
    mirrored_bins = b.descriptors[:, _MIRROR_BINS]
    if straight is not None and not _may_win(a, mirrored_bins, straight.inliers):
        return straight
    width = b.grey.shape[1]
    flip = np.array([[-1.0, 0.0, width - 1.0], [0.0, 1.0, 0.0]])
    flipped = (b.points * np.array([-1.0, 1.0]) + np.array([width - 1.0, 0.0])).astype(np.float32)
    mirrored = _align(a, flipped, b.sizes, np.float32(np.pi) - b.angles, mirrored_bins)
    if mirrored is None or (straight is not None and straight.inliers >= mirrored.inliers):
        return straight
    full = None if mirrored.full is None else mirrored.full @ np.vstack([flip, [0.0, 0.0, 1.0]])
    return Alignment(compose(mirrored.matrix, flip), mirrored.matches, mirrored.inliers, full)


def _may_win(a: Features, mirrored: Floats, inliers: int) -> bool:
    """Whether more of the mirrored descriptors may agree than these ``inliers``, for the matches of some of them."""
    matches = len(_matches(a.descriptors, mirrored[::_SOME])[0])
    return 2 * _SOME * (matches + 2) > inliers


def align_whole(a: Features, b: Features) -> Matrix | None:
    """The map of b's whole frame onto a's whole frame, float64[2, 3], whatever their shapes.

    Of the eight turns and mirrors it takes the one whose thumbnails agree best. None where none agrees.
    """
    best, found = WHOLE_LIKENESS, None
    for number, matrix in enumerate(frame_matrices(a.grey.shape, b.grey.shape)):
        likeness = float((a.thumb * _turned(b.thumb, number)).sum())
        if likeness > best:
            best, found = likeness, matrix
    return found


def compose(outer: Matrix, inner: Matrix) -> Matrix:
    """float64[2, 3] that does ``inner`` first, then ``outer``."""
    out = outer[:, :2] @ inner
    out[:, 2] += outer[:, 2]
    return out


def invert(matrix: Matrix) -> Matrix:
    """float64[2, 3] that undoes ``matrix``."""
    linear = np.linalg.inv(matrix[:, :2])
    return np.hstack([linear, -(linear @ matrix[:, 2:])])


def scale_of(matrix: Matrix) -> float:
    """Pixels of the target for one pixel of the source."""
    return float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))


def to_unit(matrix: Matrix, source: tuple[int, ...], target: tuple[int, ...]) -> Matrix:
    """``matrix`` between pixels of pictures of these shapes as one between their frames, 0–1 each way."""
    return compose(_units(target), compose(matrix, invert(_units(source))))


def from_unit(matrix: Matrix, source: tuple[int, ...], target: tuple[int, ...]) -> Matrix:
    """The inverse of `to_unit`, for pictures of these shapes."""
    return compose(invert(_units(target)), compose(matrix, _units(source)))


def frame_matrices(a_shape: tuple[int, ...], b_shape: tuple[int, ...]) -> list[Matrix]:
    """The eight turns and mirrors that lay the whole frame of b onto the whole frame of a, float64[2, 3] each."""
    (ah, aw), (bh, bw) = a_shape[:2], b_shape[:2]
    out = []
    for mirror in (1.0, -1.0):
        for quarter in range(4):
            turn = np.array([[1, 0], [0, 1]]) if quarter == 0 else np.rint(_rotation(quarter * np.pi / 2))
            linear = turn @ np.diag([mirror, 1.0])
            across, down = (bw, bh) if quarter % 2 == 0 else (bh, bw)
            linear = np.diag([aw / across, ah / down]) @ linear
            centre = np.array([(aw - 1) / 2, (ah - 1) / 2]) - linear @ np.array([(bw - 1) / 2, (bh - 1) / 2])
            out.append(np.hstack([linear, centre[:, None]]))
    return out


def _units(shape: tuple[int, ...]) -> Matrix:
    height, width = shape[:2]
    return np.array([[1 / width, 0, 0.5 / width], [0, 1 / height, 0.5 / height]])


def _turned(thumb: Floats, number: int) -> Floats:
    """The thumbnail as the frame matrix of that number turns it."""
    mirrored = thumb[:, ::-1] if number >= 4 else thumb
    return np.rot90(mirrored, -(number % 4))


def _thumb(grey: npt.NDArray[np.uint8]) -> Floats:
    small = cv2.resize(grey, (THUMB, THUMB), interpolation=cv2.INTER_AREA).astype(np.float32)
    small -= cv2.GaussianBlur(small, (0, 0), THUMB / 5)
    return (small / max(float(np.linalg.norm(small)), 1e-6)).astype(np.float32)


def _rotation(angle: float) -> Matrix:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _detector() -> Any:
    # A low contrast threshold: flat pictures have their key points in faint structure.
    return cv2.SIFT_create(nfeatures=KEYPOINTS, contrastThreshold=0.015)


def _root(described: Floats) -> Floats:
    total = described.sum(axis=1, keepdims=True)
    return np.sqrt(described / np.maximum(total, 1e-9)).astype(np.float32)


def _align(a: Features, points: Floats, sizes: Floats, angles: Floats, described: Floats) -> Alignment | None:
    ia, ib = _matches(a.descriptors, described)
    if len(ia) < MIN_MATCHES:
        return None
    target, source = a.points[ia].astype(np.float64), points[ib].astype(np.float64)
    turn = (a.angles[ia] - angles[ib]).astype(np.float64)
    scale = (a.sizes[ia] / sizes[ib]).astype(np.float64)
    matrix = _best_proposal(target, source, turn, scale)
    found = homography.fitted(target, source, matrix)
    if found is None:
        return None
    count = found.support
    if count < MIN_INLIERS or not 1 / MAX_SCALE < scale_of(found.matrix) < MAX_SCALE:
        return None
    return Alignment(found.matrix, len(ia), count, found.full)


def _matches(a: Floats, b: Floats) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Indices of matching descriptors, each of a and of b at most once."""
    none = np.zeros(0, np.intp)
    if len(a) < 2 or len(b) < 2:
        return none, none
    likeness = b @ a.T
    best = likeness.argmax(axis=1)
    rows = np.arange(len(b))
    first = likeness[rows, best]
    likeness[rows, best] = -1.0
    second = likeness.max(axis=1)
    kept = rows[(1 - first) < DESCRIPTOR_RATIO**2 * (1 - second)]
    kept = kept[np.argsort(-first[kept], kind="stable")]
    _, once = np.unique(best[kept], return_index=True)
    kept = kept[np.sort(once)]
    return best[kept], kept


def _best_proposal(target: Matrix, source: Matrix, turn: Matrix, scale: Matrix) -> Matrix:
    """The similarity that the most key points support.

    Every match proposes the similarity that its two key points imply. The surest matches come first, and only these
    propose.
    """
    zoom = (scale * np.exp(1j * turn))[:_PROPOSALS]
    onto, place = (points[:, 0] + 1j * points[:, 1] for points in (target, source))
    move = onto[: len(zoom)] - zoom * place[: len(zoom)]
    off = zoom.astype(np.complex64)[:, None] * place.astype(np.complex64)[None] + (
        move.astype(np.complex64)[:, None] - onto.astype(np.complex64)[None]
    )
    support = np.maximum(0.0, 1.0 - (off.real**2 + off.imag**2) / np.float32(_PROPOSAL_PX**2)).sum(axis=1)
    i = int(support.argmax())
    return np.array([[zoom[i].real, -zoom[i].imag, move[i].real], [zoom[i].imag, zoom[i].real, move[i].imag]])
