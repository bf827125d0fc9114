"""refuse: the candidate pairs that share nothing, found by their signatures before ``relate`` looks closely at any.

Of a hundred candidates of different photos some ninety end here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from dedupe.comparing.refusal import RefusalTask, refusals
from dedupe.comparing.version import REFUSAL_VERSION
from dedupe.decoding.version import SIGNATURE_VERSION
from dedupe.session import Session
from dedupe.steps.previews import PREVIEW_BATCH, chunks, restore_previews
from dedupe.types import ContentKey, Pair, PhotoFile
from dedupe.union_find import UnionFind

Ends: TypeAlias = tuple[ContentKey, ContentKey]
Files: TypeAlias = Mapping[ContentKey, Sequence[PhotoFile]]

CLOSE_SHARE: Final = 0.75
"""The share of the model's radius within which two contents are never refused.

Refusing within it (0.60 of compact-3) would lose 8 of 4,695 pairs of one capture, mostly captioned ones; hardly any two
different photos are so close.
"""
PAIRS_A_TASK: Final = 64
PAIRS_AT_ONCE: Final = 4_096
"""Pairs whose signatures are in memory at once: about 100 MB."""


def refused(
    session: Session, files: Files, pairs: Sequence[Pair], advance: Callable[[int], None] = lambda count: None
) -> set[Ends]:
    """Those of the pairs that are unrelated beyond doubt, from the cache or from the workers.

    ``advance`` is told of each pair, refused or passed on. A pair whose worker failed is not among them. Whether a pair is
    refused depends on its two photos alone.
    """
    far = [pair for pair in pairs if pair.distance > close(session)]
    found = session.cache.refused(far, REFUSAL_VERSION)
    advance(len(pairs) - len(far) + len(found))
    for some in chunks(by_cluster([pair for pair in far if (pair.a, pair.b) not in found]), PAIRS_AT_ONCE):
        for asked, now in _refused_now(session, files, some):
            session.cache.put_refused(now, REFUSAL_VERSION)
            found.update((pair.a, pair.b) for pair in now)
            advance(asked)
    return found


def close(session: Session) -> float:
    """The distance up to which no pair is refused."""
    return CLOSE_SHARE * session.model.radius


def by_cluster(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs, those of photos that hang together side by side, so that a worker meets a photo again while it remembers it."""
    sets = UnionFind[ContentKey]()
    for pair in pairs:
        sets.join(pair.a, pair.b)
    least: dict[ContentKey, ContentKey] = {}
    for key in sorted({key for pair in pairs for key in (pair.a, pair.b)}):
        least.setdefault(sets.find(key), key)
    return sorted(pairs, key=lambda pair: (least[sets.find(pair.a)], pair.a, pair.b))


def _refused_now(session: Session, files: Files, pairs: Sequence[Pair]) -> Iterator[tuple[int, list[Pair]]]:
    """How many pairs a task asked of, and those of them that it refused."""
    signatures = _signatures(session, files, sorted({key for pair in pairs for key in (pair.a, pair.b)}))
    by_ends = {(pair.a, pair.b): pair for pair in pairs}
    tasks = (_task(part, signatures) for part in chunks(pairs, PAIRS_A_TASK))
    for task, answer in session.pool().run(refusals, tasks):
        answers = answer if isinstance(answer, tuple) else (False,) * len(task.pairs)
        yield len(answers), [by_ends[ends] for ends, no in zip(task.pairs, answers, strict=True) if no]


def _task(pairs: Sequence[Pair], signatures: Mapping[ContentKey, bytes]) -> RefusalTask:
    ends = tuple((pair.a, pair.b) for pair in pairs)
    wanted = {key for pair in ends for key in pair}
    return RefusalTask(ends, {key: signatures[key] for key in wanted if key in signatures})


def _signatures(session: Session, files: Files, keys: Sequence[ContentKey]) -> dict[ContentKey, bytes]:
    """The signatures of these contents; what is not stored, or of another version, is made of the previews."""
    current = bytes([SIGNATURE_VERSION])
    found = {key: data for key, data in session.previews.signatures(keys).items() if data[:1] == current}
    lacking = [key for key in keys if key not in found]
    if not lacking:
        return found
    from dedupe.decoding.signing import SigningRequest, sign

    for some in chunks(lacking, PREVIEW_BATCH):
        restore_previews(session, files, some)
        requests = [SigningRequest(key, jpeg) for key, jpeg in session.previews.get_many(some).items()]
        for request, data in session.pool().run(sign, requests):
            if isinstance(data, bytes):
                session.previews.put_signature(request.key, data)
                found[request.key] = data
    return found
