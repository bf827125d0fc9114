"""Tells from two signatures, in a millisecond, that two photos share nothing; what they do share is for ``relate`` to say.

Matching corners propose how one picture fits the other (one pair of corners proposes a whole similarity, as in
``align``). Each of the few proposals that most matches support is held against the thumbnails: where two pictures show
one scene they correlate there, band-passed and evened out; a proposal born of chance maps unlike things onto each other.
Two pictures are refused when support and correlation together stay below ``LEAST_EVIDENCE``.

A refusal claims something, the contrary claims nothing: in doubt a pair is passed on. Pictures with few corners are
always passed on, since of them the signature knows too little.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from dedupe.decoding.signature import SIDE, THUMB_SIDE, Corners, parse

Floats: TypeAlias = NDArray[np.float32]
Matrix: TypeAlias = NDArray[np.float64]
Complexes: TypeAlias = NDArray[np.complex64]

LEAST_EVIDENCE: Final = 0.64
"""Evidence below which two pictures are refused.

Measured by the distance of the pair, pairs below it. 0.60–0.70: 0 of 271 of one capture (32 everyday changes of 260
photos, each copy against each), 32 of 32 of different photos, 92 of 92 of different documents. 0.70–0.80: 3 of 179
(crops to a sixth of the picture), 221 of 259, 31 of 53.
"""
PER_SUPPORT: Final = 0.035
MOST_SUPPORT: Final = 20.0
FEW_CORNERS: Final = 40
"""A guess: what fewer corners say was not measured."""
ALIKE_FRAMES: Final = 0.6
"""Correlation of two whole frames, squashed to a square [AugLy's stretched copies ≥ 0.9; 1 of 1,500 pairs of strangers]."""
PAGE: Final = 0.3
"""Share of one tone, ± 2, lighter than PAPER [AugLy's screenshots 0.36; 5 % of photographs more]."""
PAPER: Final = 160
_SQUARE: Final = 32

_MOST_BITS: Final = 90
_REACH_PX: Final = 9.0
_ZOOM_SLACK: Final = 0.6
_TURN_SLACK: Final = 0.5
_PROPOSALS: Final = 3
_LEVELS: Final = 7
_LEVEL: Final = 2**0.5
_LEAST_AREA: Final = 120


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature made ready for comparing.

    ``places`` complex64[n] (x + iy), ``turns`` complex64[n] and ``bits`` uint64[n, 4] describe the corners, each also
    for the mirror image. ``levels``, float32[h, w, 2], are the evened thumbnail and its cover, each level √2 smaller.
    ``frames``, float32[8, n], are the whole frame squashed to a square, in its eight turns and mirrors. ``page`` means
    that one light tone covers much of it, so that a picture in it may be too small for the thumbnail.
    """

    width: int
    places: Complexes
    turns: Complexes
    bits: NDArray[np.uint64]
    mirrored_places: Complexes
    mirrored_turns: Complexes
    mirrored_bits: NDArray[np.uint64]
    levels: tuple[Floats, ...]
    frames: Floats
    page: bool


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two signatures are under the best proposal.

    ``support`` counts the matches that agree with it, weighted by how alike they are. ``correlation``, −1…1, is that of
    the thumbnails.
    """

    support: float
    correlation: float

    @property
    def evidence(self) -> float:
        """One number for both."""
        return self.correlation + PER_SUPPORT * min(self.support, MOST_SUPPORT)


@dataclass(frozen=True, slots=True)
class _Proposal:
    """b fits a by ``place ↦ zoom · place + shift``, in pixels of the frame of SIDE."""

    support: float
    zoom: complex
    shift: complex
    mirrored: bool


def ready(data: bytes) -> Signature:
    """Raises DamagedError where the bytes are no signature of this version."""
    corners = parse(data)
    width = corners.frame[0]
    places = corners.places[:, 0] + 1j * corners.places[:, 1]
    return Signature(
        width,
        places.astype(np.complex64),
        corners.turns,
        corners.described,
        (width - 1 - places.conj()).astype(np.complex64),
        -corners.turns.conj(),
        corners.mirrored,
        _levels(corners),
        _frames(corners.thumb),
        _is_page(corners.thumb),
    )


def may_be_related(a: Signature, b: Signature) -> bool:
    """False where the two share nothing that a closer look could find."""
    if min(len(a.places), len(b.places)) < FEW_CORNERS:
        return True
    if a.page or b.page or float((b.frames @ a.frames[0]).max()) > ALIKE_FRAMES:
        return True
    return likeness(a, b).evidence >= LEAST_EVIDENCE


def likeness(a: Signature, b: Signature) -> Likeness:
    """What speaks for the two showing one scene."""
    proposals = [
        *_proposals(a, b.places, b.turns, b.bits, mirrored=False),
        *_proposals(a, b.mirrored_places, b.mirrored_turns, b.mirrored_bits, mirrored=True),
    ]
    proposals.sort(key=lambda one: -one.support)
    support = proposals[0].support if proposals else 0.0
    correlation = max((_correlation(a, b, one) for one in proposals[:_PROPOSALS]), default=0.0)
    return Likeness(support, correlation)


def _proposals(
    a: Signature, places: Complexes, turns: Complexes, bits: NDArray[np.uint64], *, mirrored: bool
) -> Iterator[_Proposal]:
    """The similarities that most matches support; each match speaks for one of them."""
    if not (len(bits) and len(a.bits)):
        return
    apart = np.zeros((len(bits), len(a.bits)), np.int16)
    for word in range(bits.shape[1]):  # word by word: a sum along the last, short axis takes as long as all the rest
        apart += np.bitwise_count(np.bitwise_xor.outer(bits[:, word], a.bits[:, word]))
    best = apart.argmin(axis=1)
    least = apart[np.arange(len(best)), best]
    found = np.flatnonzero((apart.argmin(axis=0)[best] == np.arange(len(best))) & (least < _MOST_BITS))
    if len(found) < 2:
        return
    target, source = a.places[best[found]], places[found]
    zoom = a.turns[best[found]] / turns[found]
    shift = target - zoom * source
    off = np.abs(zoom[:, None] * source + shift[:, None] - target) / (_REACH_PX * np.maximum(1, np.abs(zoom)))[:, None]
    unlike = np.log(zoom)
    unlike = unlike[:, None] - unlike
    turn = np.abs((unlike.imag + np.pi) % (2 * np.pi) - np.pi)
    agree = np.maximum(0, 1 - off**2) * ((np.abs(unlike.real) < _ZOOM_SLACK) & (turn < _TURN_SLACK))
    weight = np.clip((80 - least[found]) / 60, 0.1, None).astype(np.float32)
    for _ in range(_PROPOSALS):
        support = agree @ weight
        lead = int(support.argmax())
        behind = np.flatnonzero(agree[lead] * weight > 0)
        if len(behind) < 2:
            return
        fitted = _fitted(target[behind], source[behind], complex(zoom[lead]), complex(shift[lead]))
        yield _Proposal(float(support[lead]), *fitted, mirrored)
        weight[behind] = 0


def _fitted(target: Complexes, source: Complexes, zoom: complex, shift: complex) -> tuple[complex, complex]:
    """The least-squares similarity of the matches; the proposed one where they are too close together to tell."""
    middle, onto = source.mean(), target.mean()
    spread = float((np.abs(source - middle) ** 2).sum())
    if spread < 2 * _REACH_PX**2:
        return zoom, shift
    better = complex(((source - middle).conj() * (target - onto)).sum()) / spread
    if not 0.7 < abs(better / zoom) < 1.4:
        return zoom, shift
    return better, complex(onto) - better * complex(middle)


def _correlation(a: Signature, b: Signature, proposal: _Proposal) -> float:
    """How alike the thumbnails are where the proposal lays b on a; 0 where they hardly overlap."""
    matrix = np.array(
        [
            [proposal.zoom.real, -proposal.zoom.imag, proposal.shift.real],
            [proposal.zoom.imag, proposal.zoom.real, proposal.shift.imag],
        ]
    )
    if proposal.mirrored:
        matrix[:, 2] += matrix[:, 0] * (b.width - 1)
        matrix[:, 0] *= -1
    steps = round(float(np.log(abs(proposal.zoom)) / np.log(_LEVEL)))
    if abs(steps) >= _LEVELS:
        return 0.0
    # The picture that is finer on the other's grid is taken from a smaller level.
    still, moving = a.levels[max(0, steps)], b.levels[max(0, -steps)]
    onto = _moved(matrix, b.levels[0].shape, moving.shape, a.levels[0].shape, still.shape)
    laid = cv2.warpAffine(moving, onto, (still.shape[1], still.shape[0]))
    both = laid[..., 1] > 0.99
    if np.count_nonzero(both) < _LEAST_AREA:
        return 0.0
    one, other = still[..., 0][both], laid[..., 0][both]
    return float(one @ other / np.sqrt(max(float((one @ one) * (other @ other)), 1e-6)))


def _moved(matrix: Matrix, *shapes: tuple[int, ...]) -> Matrix:
    """``matrix`` between pixels of SIDE as one between pixels of two levels, given the shapes of both whole thumbnails."""
    whole_source, source, whole_target, target = shapes
    into = _grown(source, whole_source, SIDE / THUMB_SIDE)
    out = cv2.invertAffineTransform(_grown(target, whole_target, SIDE / THUMB_SIDE))
    return _after(out, _after(matrix, into))


def _grown(small: tuple[int, ...], whole: tuple[int, ...], factor: float) -> Matrix:
    """Pixels of a level onto pixels of the frame of SIDE."""
    across, down = factor * whole[1] / small[1], factor * whole[0] / small[0]
    return np.array([[across, 0, (across - 1) / 2], [0, down, (down - 1) / 2]])


def _after(outer: Matrix, inner: Matrix) -> Matrix:
    done = outer[:, :2] @ inner
    done[:, 2] += outer[:, 2]
    return np.asarray(done)


def _levels(corners: Corners) -> tuple[Floats, ...]:
    levels, (height, width) = [], corners.thumb.shape
    for level in range(_LEVELS):
        size = max(1, round(width / _LEVEL**level)), max(1, round(height / _LEVEL**level))
        small = cv2.resize(corners.thumb, size, interpolation=cv2.INTER_AREA)
        levels.append(np.dstack([_evened(small), np.ones(small.shape, np.float32)]))
    return tuple(levels)


def _frames(thumb: NDArray[np.uint8]) -> Floats:
    square = cv2.resize(thumb, (_SQUARE, _SQUARE), interpolation=cv2.INTER_AREA).astype(np.float32)
    square -= cv2.GaussianBlur(square, (0, 0), _SQUARE / 5)
    square /= max(float(np.linalg.norm(square)), 1e-6)
    turned = [np.rot90(one, quarter).ravel() for one in (square, square[:, ::-1]) for quarter in range(4)]
    return np.stack(turned).astype(np.float32)


def _is_page(thumb: NDArray[np.uint8]) -> bool:
    tones = np.convolve(np.bincount(thumb.ravel(), minlength=256) / thumb.size, np.ones(5), "same")
    return float(tones[PAPER:].max()) > PAGE


def _evened(thumb: NDArray[np.uint8]) -> Floats:
    """Structure between 1 and 5 pixels with its contrast made even, so that a bright caption counts no more than a wall."""
    grey = thumb.astype(np.float32)
    band = cv2.GaussianBlur(grey, (0, 0), 1.0) - cv2.blur(grey, (15, 15))
    contrast = cv2.sqrt(cv2.blur(band * band, (21, 21)) + 4.0)
    return np.clip(band / contrast, -2.5, 2.5).astype(np.float32)
