"""exact: what needs no comparison: files of the same bytes, and of the same pixels under other metadata."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

from dedupe.session import Session
from dedupe.steps.compare import find_pixel_keys, may_matter
from dedupe.steps.contents import Contents
from dedupe.steps.neighbours import same_pixel_key
from dedupe.types import Change, Match, PhotoFile, Relation, Remark


def perhaps_equal(session: Session, found: Sequence[PhotoFile]) -> list[PhotoFile]:
    """The files that share their bytes or the mark of their picture with another, in order.

    All others hold a picture of their own. Reads whole only files that have as many bytes as another and whose content the cache
    does not know, and the beginning of the others.
    """
    if not found:
        return []
    from dedupe.decoding.glance import Glance, GlanceRequest, glance

    sizes = Counter(file.stamp.size for file in found)
    answers = zip(found, session.cache.known(found), strict=True)
    known = {file.path: answer for file, answer in answers if isinstance(answer, bytes)}
    signs: dict[str, tuple[Hashable, Hashable]] = {}
    with session.step("hash", len(found)) as shown:
        requests = (GlanceRequest(file.path, sizes[file.stamp.size] > 1 and file.path not in known) for file in found)
        for request, answer in session.pool().run(glance, requests):
            shown.advance()
            if isinstance(answer, Glance):
                signs[request.path] = (known.get(request.path, answer.content_key), answer.mark)
            else:  # unreadable, or it crashed the decoder: reading it will say so
                signs[request.path] = ("unread", "unread")
    shared = _shared(key for key, _ in signs.values()), _shared(mark for _, mark in signs.values())
    return [file for file in found if signs[file.path][0] in shared[0] or signs[file.path][1] in shared[1]]


def _shared(signs: Iterable[Hashable]) -> set[Hashable]:
    """The signs that several files have, and that of the unread."""
    count = Counter(signs)
    return {sign for sign, files in count.items() if sign is not None and (files > 1 or sign == "unread")}


def same_pixels(session: Session, contents: Contents, *, work_out: bool) -> list[Match]:
    """The pairs of contents with one pixel key, by (a, b); in a crowd, those with its first.

    ``work_out``: the pixel keys of contents that are no JPEG, which reading does not give, are worked out where another such
    has as many pixels.
    """
    if work_out:
        facts = session.cache.facts(contents.keys)
        sides = {key: tuple(sorted((one.width, one.height))) for key, one in facts.items() if one.format != "JPEG"}
        crowded = _shared(sides.values())
        find_pixel_keys(session, contents.files, [key for key, size in sides.items() if size in crowded])
    pairs = sorted(same_pixel_key(session, contents.keys), key=lambda pair: (pair.a, pair.b))
    return [
        Match(pair.a, pair.b, 0.0, Relation.SAME_PIXELS, score=1.0, remark=Remark(Change.METADATA))
        for pair in pairs
        if may_matter(session, contents, pair)
    ]
