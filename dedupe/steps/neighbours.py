"""neighbours: which contents are close enough in the embedding to be compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Final

from dedupe.library.verdicts import fingerprint
from dedupe.session import Session
from dedupe.types import ContentKey, Pair, PixelKey

if TYPE_CHECKING:
    from dedupe.candidates.index import Floats
    from dedupe.candidates.neighbours import Looks

PIXEL_KEY_CROWD: Final = 50
"""Up to this many files of one pixel key are compared each with each; more are compared with the first of them."""


INSET_SHARE: Final = 0.75
"""The share of the radius within which a picture found inside a photo finds others.

On screens and backgrounds of AugLy, what was to be found was within 0.50; the radius is 0.80.
"""


def search_name(session: Session, keys: Sequence[ContentKey]) -> bytes:
    """What this search is remembered by: its model and the pictures it is asked with, radius, k and set of contents."""
    name = f"{session.model.name} {len(session.model.insets)} {INSET_SHARE}"
    return fingerprint(name, session.radius, session.model.neighbours, keys)


def neighbours(session: Session, keys: Sequence[ContentKey]) -> list[Pair]:
    """Candidate pairs within the radius (``matching.neighbours``), remembered for this very set of contents."""
    with session.step("neighbours", len(keys)) as shown:
        name = search_name(session, keys)
        pairs = session.cache.candidates(name)
        if pairs is None:
            found = {(pair.a, pair.b): pair for pair in same_pixel_key(session, keys)}
            if len(keys) > 1:
                for pair in _searched(session, keys):
                    known = found.get((pair.a, pair.b))
                    if known is None or pair.distance < known.distance:
                        found[pair.a, pair.b] = pair
            pairs = [found[ends] for ends in sorted(found)]
            session.cache.put_candidates(name, pairs)
        shown.advance(len(keys))
    return pairs


def _searched(session: Session, keys: Sequence[ContentKey]) -> Iterator[Pair]:
    """The pairs within the radius; then those of a photo and what a picture inside it is close to, at that distance."""
    from dedupe.candidates.neighbours import VectorBlocks
    from dedupe.candidates.neighbours import neighbours as search
    from dedupe.embedding import unit

    cache, model = session.cache, session.model
    blocks = VectorBlocks(
        len(keys),
        model.dim,
        lambda start, stop: unit(next(cache.vector_blocks(model.name, keys[start:stop], size=max(stop - start, 1)))),
        half=model.storage == "float16",
    )
    holders, looks = _insets(session, keys)
    found = search(blocks, session.radius, model.neighbours, looks=looks)
    for i, j, distance in zip(found.i.tolist(), found.j.tolist(), found.distance.tolist(), strict=True):
        yield Pair(keys[i], keys[j], distance)
    if found.looks is not None:
        yield from _of_insets(found.looks, holders, keys, INSET_SHARE * session.radius)


def _insets(session: Session, keys: Sequence[ContentKey]) -> tuple[list[ContentKey], Floats | None]:
    """The photos in which pictures were found, once for each, and the unit vectors of these; None where there are none."""
    import numpy as np

    from dedupe.embedding import unit

    wanted, holders, parts = set(keys), [], []
    for name in session.model.insets:
        held = [key for key in session.cache.vector_keys(name) if key in wanted]
        if held:
            holders += held
            parts.append(unit(session.cache.vectors(name, held)))
    return holders, np.concatenate(parts) if parts else None


def _of_insets(found: Looks, holders: Sequence[ContentKey], keys: Sequence[ContentKey], most: float) -> Iterator[Pair]:
    """Each photo with what is within ``most`` of a picture inside it, at the least of their distances."""
    nearest: dict[tuple[ContentKey, ContentKey], float] = {}
    for row, other, distance in zip(found.row.tolist(), found.other.tolist(), found.distance.tolist(), strict=True):
        a, b = sorted((holders[row], keys[other]))
        if a != b and distance <= most:
            nearest[a, b] = min(distance, nearest.get((a, b), distance))
    return (Pair(a, b, distance) for (a, b), distance in nearest.items())


def same_pixel_key(session: Session, keys: Sequence[ContentKey]) -> Iterator[Pair]:
    """Pairs with one pixel key, at any radius: the same pixels give the same preview, so their distance is 0."""
    sharing: dict[PixelKey, list[ContentKey]] = {}
    for key, pixel_key in sorted(session.cache.pixel_keys(keys).items()):
        if pixel_key is not None:
            sharing.setdefault(pixel_key, []).append(key)
    for crowd in sharing.values():
        pairs = combinations(crowd, 2) if len(crowd) <= PIXEL_KEY_CROWD else ((crowd[0], other) for other in crowd[1:])
        for a, b in pairs:
            yield Pair(a, b, 0.0)


def distances(session: Session, pairs: Sequence[tuple[ContentKey, ContentKey]]) -> list[float]:
    """The Euclidean distances between the unit vectors of the pairs, in their order; 2 where a vector is missing."""
    import numpy as np

    from dedupe.embedding import unit

    model = session.model.name
    ends = sorted({key for pair in pairs for key in pair})
    lost = set(session.cache.missing_vectors(model, ends))
    row = {key: number for number, key in enumerate(key for key in ends if key not in lost)}
    vectors = unit(session.cache.vectors(model, list(row)))
    return [
        float(np.linalg.norm(vectors[row[a]] - vectors[row[b]])) if a in row and b in row else 2.0 for a, b in pairs
    ]
