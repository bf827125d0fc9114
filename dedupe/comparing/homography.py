"""Which map carries one set of points onto another: a similarity, an affine map or a homography, as needed.

Each model starts from the points that the simpler one explains, and grows: fitted to them by least squares, it reaches points a
little farther off, and is fitted again. A richer model is taken only where it explains many more of the points, since it can
always explain a few more; a homography also where it places as many, and many more of them to the pixel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from dedupe.comparing.thresholds import FINE_PX, FINER_GAIN, MOST_STRETCH, MOST_TILT, RICHER_GAIN, RICHER_MORE

Points: TypeAlias = npt.NDArray[np.float64]
Matrix: TypeAlias = npt.NDArray[np.float64]
Fit: TypeAlias = Callable[[Points, Points], "Matrix | None"]

INLIER_PX: Final = 4.0
_SIMILARITY_PX: Final = (14.0, 8.0, INLIER_PX, INLIER_PX)
_AFFINE_PX: Final = (24.0, 18.0, 12.0, 8.0, INLIER_PX, INLIER_PX)
_FULL_PX: Final = (14.0, 10.0, 7.0, INLIER_PX, INLIER_PX)
_LEAST_AFFINE: Final = 10
_LEAST_FULL: Final = 20


@dataclass(frozen=True, slots=True)
class Fitted:
    """A map of points, and how many of them it explains.

    ``matrix``, float64[2, 3], maps source onto target. ``full``, float64[3, 3], is set where that takes a homography.
    ``support`` is the number of different places that agree.
    """

    matrix: Matrix
    support: int
    full: Matrix | None = None


def fitted(target: Points, source: Points, start: Matrix) -> Fitted | None:
    """Find the simplest map of ``source`` onto ``target`` that explains nearly as many points as any.

    Both are float64[n, 2]. ``start``, float64[2, 3], is a first guess. None where even a similarity explains too few.
    """
    similarity = _grown(target, source, start, similarity_of, _SIMILARITY_PX)
    if similarity is None:
        return None
    best = Fitted(similarity, _support(similarity, target, source))
    affine = _grown(target, source, similarity, affine_of, _AFFINE_PX)
    if affine is not None and stretch(affine) < MOST_STRETCH:
        support = _support(affine, target, source)
        if support >= max(_LEAST_AFFINE, RICHER_GAIN * best.support + RICHER_MORE):
            best = Fitted(affine, support)
    full = _grown(target, source, best.matrix, homography_of, _FULL_PX)
    if full is not None:
        support = _support(full, target, source)
        richer = support >= RICHER_GAIN * best.support + RICHER_MORE
        if support >= _LEAST_FULL and (
            richer or (support >= best.support and _is_finer(full, best.matrix, target, source))
        ):
            return _flattened(full, support, source) or best
    return best


def _is_finer(full: Matrix, simpler: Matrix, target: Points, source: Points) -> bool:
    """Whether the homography places many more points to the pixel: a small tilt moves most of them by less than INLIER_PX."""
    exact, rough = (_support(matrix, target, source, FINE_PX) for matrix in (full, simpler))
    return exact >= max(_LEAST_FULL, FINER_GAIN * rough + RICHER_MORE)


def similarity_of(target: Points, source: Points) -> Matrix | None:
    """Least-squares similarity (Umeyama 1991, without mirroring)."""
    if len(target) < 3:
        return None
    z = (source - source.mean(0)) @ np.array([1, 1j])
    w = (target - target.mean(0)) @ np.array([1, 1j])
    spread = float((abs(z) ** 2).sum())
    factor = complex((z.conj() * w).sum()) / spread if spread > 0 else 1.0 + 0j
    linear = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.hstack([linear, (target.mean(0) - linear @ source.mean(0))[:, None]])


def affine_of(target: Points, source: Points) -> Matrix | None:
    """Least-squares affine map; None where the points are on a line."""
    middle = source.mean(0)
    basis = np.hstack([source - middle, np.ones((len(source), 1))])
    if len(target) < _LEAST_AFFINE or np.linalg.svd(basis[:, :2], compute_uv=False)[1] < 10:
        return None
    found = np.linalg.lstsq(basis, target, rcond=None)[0].T
    found[:, 2] -= found[:, :2] @ middle
    return np.asarray(found)


def homography_of(target: Points, source: Points, weight: npt.NDArray[np.float64] | None = None) -> Matrix | None:
    """Least-squares homography float64[3, 3] (normalised direct linear transform: Hartley 1997); None where it is degenerate."""
    if len(target) < _LEAST_FULL:
        return None
    (t, t_norm), (s, s_norm) = _normalised(target), _normalised(source)
    ones, zeros = np.ones((len(s), 1)), np.zeros((len(s), 3))
    flat = np.hstack([s, ones])
    rows = np.vstack([np.hstack([flat, zeros, -t[:, :1] * flat]), np.hstack([zeros, flat, -t[:, 1:] * flat])])
    if weight is not None:
        rows *= np.sqrt(np.concatenate([weight, weight]))[:, None]
    _, values, vectors = np.linalg.svd(rows.T @ rows)
    if values[-2] < 1e-9 * values[0]:
        return None
    found = np.linalg.inv(t_norm) @ vectors[-1].reshape(3, 3) @ s_norm
    middle = found[2] @ np.array([*source.mean(0), 1.0])
    return np.asarray(found / middle) if abs(middle) > 1e-9 else None


def placed(matrix: Matrix, points: Points) -> Points:
    """The points float64[n, 2], carried by a map float64[2, 3] or float64[3, 3]."""
    out = points @ matrix[:, :2].T + matrix[:, 2]
    return out if len(matrix) == 2 else out[:, :2] / np.maximum(out[:, 2:], 1e-6)


def stretch(matrix: Matrix) -> float:
    """How much longer the map makes one direction than another, 1 for a similarity."""
    longest, shortest = np.linalg.svd(matrix[:2, :2], compute_uv=False)
    return float(longest / max(shortest, 1e-9))


def _flattened(full: Matrix, support: int, source: Points) -> Fitted | None:
    """The homography with its tangent at the middle of the source; None where it is not a view of a plane."""
    middle = source.mean(0)
    depth = full[2] @ np.array([*middle, 1.0])
    spread = np.abs((source - middle) @ full[2, :2] / depth).max()
    at = placed(full, middle[None])[0]
    linear = (full[:2, :2] - np.outer(at, full[2, :2])) / depth
    if spread > MOST_TILT or np.linalg.det(linear) <= 0 or stretch(linear) > MOST_STRETCH:
        return None
    return Fitted(np.hstack([linear, (at - linear @ middle)[:, None]]), support, full)


def _grown(target: Points, source: Points, start: Matrix, fit: Fit, reach: tuple[float, ...]) -> Matrix | None:
    matrix = start
    for threshold in reach:
        near = _errors(matrix, target, source) < threshold
        found = fit(target[near], source[near])
        if found is None:
            return None
        matrix = found
    return matrix


def _errors(matrix: Matrix, target: Points, source: Points) -> npt.NDArray[np.float64]:
    off = placed(matrix, source) - target
    return np.hypot(off[:, 0], off[:, 1])


def _support(matrix: Matrix, target: Points, source: Points, reach: float = INLIER_PX) -> int:
    """Key points repeat at several sizes and directions on one spot: only different spots count as evidence."""
    near = _errors(matrix, target, source) < reach
    return len(np.unique(np.rint(target[near] / 3).astype(np.int64), axis=0))


def _normalised(points: Points) -> tuple[Points, Matrix]:
    middle = points.mean(0)
    scale = 2**0.5 / max(float(np.hypot(*(points - middle).T).mean()), 1e-6)
    norm = np.array([[scale, 0, -scale * middle[0]], [0, scale, -scale * middle[1]], [0, 0, 1.0]])
    return (points - middle) * scale, norm
