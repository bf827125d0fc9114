"""relate: the verdict on each candidate pair, remembered by content."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dedupe.comparing.version import REFUSAL_VERSION, RELATE_VERSION
from dedupe.errors import QueryError
from dedupe.session import Session
from dedupe.steps.contents import Contents
from dedupe.steps.neighbours import distances, neighbours, search_name
from dedupe.steps.outlook import judging_seconds
from dedupe.steps.previews import chunks, restore_previews
from dedupe.steps.refuse import by_cluster, refused
from dedupe.terminal.text import format_count
from dedupe.types import Change, ContentKey, Match, Pair, PhotoFile, Relation

if TYPE_CHECKING:
    from dedupe.comparing.relate import RelateTask
    from dedupe.terminal.progress import Step

_log = logging.getLogger("dedupe")

PAIR_BATCH = 1_000
"""Pairs whose previews are in memory at once: at most 50 MB."""
SETTLED_VERSION = 1_000 * RELATE_VERSION + REFUSAL_VERSION
PIXEL_KEY_RADIUS = 0.35
"""Two lossless files of the same pixels embed almost alike; farther pairs are not worth two full decodes."""


def matches(session: Session, contents: Contents) -> list[Match]:
    """neighbours and relate: the verdict on each candidate pair that shows one scene at least, by (a, b).

    Where nothing has changed since they were found they come from the cache at once.
    """
    keys = contents.keys
    name = search_name(session, keys)
    # What is asked of some of the candidates is not a part of what is asked of all.
    of_all = not (session.settings.reference or session.settings.cross_only)
    found = session.cache.settled(name, SETTLED_VERSION, RELATE_VERSION) if of_all else None
    if found is not None:
        for step in ("neighbours", "refuse", "compare"):
            with session.step(step, len(keys)) as shown:
                shown.advance(len(keys))
        return found
    pairs = neighbours(session, keys)
    judged, whole = _planned(session, contents, [pair for pair in pairs if may_matter(session, contents, pair)])
    if of_all and whole:
        session.cache.settle(name, SETTLED_VERSION, judged)
    return judged


def _planned(session: Session, contents: Contents, candidates: Sequence[Pair]) -> tuple[list[Match], bool]:
    """Give the verdicts that the families of the candidates need, related ones only, by (a, b); and whether all were for good."""
    with session.step("refuse", len(candidates)) as shown:
        strangers = refused(session, contents.files, candidates, shown.advance)
    rest = [pair for pair in candidates if (pair.a, pair.b) not in strangers]
    session.foresee("compare", judging_seconds(session, rest))
    with session.step("compare") as shown:
        return _asked_for(session, contents, rest, shown)


def _asked_for(
    session: Session, contents: Contents, candidates: Sequence[Pair], shown: Step
) -> tuple[list[Match], bool]:
    from dedupe.comparing.capture_time import two_captures
    from dedupe.grouping.questions import Questions

    facts = session.cache.facts(_ends(candidates))

    def apart(one: ContentKey, other: ContentKey) -> bool:
        return one in facts and other in facts and two_captures(facts[one], facts[other]) is not None

    # A camera's file is the likeliest original, then the larger one. Nothing but the content counts: what is asked is
    # remembered for these contents, whatever folder they are in.
    plan = Questions(candidates, {key: (bool(said.camera), said.pixels) for key, said in facts.items()}, apart)
    given = {(pair.a, pair.b): pair for pair in candidates}
    found: list[Match] = []
    whole = True
    while asked := plan.next():
        shown.expect(plan.foreseen)
        others = [ends for ends in asked if ends not in given]
        far = dict(zip(others, distances(session, others), strict=True)) if others else {}
        pairs = [given.get(ends) or Pair(*ends, far[ends]) for ends in asked]
        judged = judge(session, contents, pairs, shown)
        plan.learn(judged)
        whole = whole and len(judged) == len(pairs) and all(map(_for_good, judged))
        found += (match for match in judged if match.relation is not None)
    shown.expect(plan.asked)
    return sorted(found, key=lambda match: (match.a, match.b)), whole


@dataclass(frozen=True, slots=True)
class Judged:
    """The result of judging pairs.

    ``matches`` are the pairs that at least show one scene, by (a, b). ``count`` is the number of pairs judged for good.
    """

    matches: list[Match]
    count: int


def relate(session: Session, contents: Contents, pairs: Sequence[Pair], *, refuse: bool = True) -> Judged:
    """The verdict on each pair, from the cache or from the workers; unrelated pairs are remembered too.

    ``refuse``: pairs whose signatures share nothing are not looked at more closely. Not for pairs that other verdicts join.
    """
    with session.step("compare", len(pairs)) as shown:
        found = judge(session, contents, pairs, shown, refuse=refuse)
    related = sorted((match for match in found if match.relation is not None), key=lambda match: (match.a, match.b))
    return Judged(related, sum(map(_for_good, found)))


def judge(
    session: Session, contents: Contents, pairs: Sequence[Pair], shown: Step, *, refuse: bool = False
) -> list[Match]:
    """The verdict on each pair, unrelated ones too; ``shown`` advances by each. A pair whose worker failed has none."""
    apart = refused(session, contents.files, pairs) if refuse else set()
    shown.advance(len(apart))
    found = [Match(pair.a, pair.b, pair.distance, None) for pair in pairs if (pair.a, pair.b) in apart]
    pairs = [pair for pair in pairs if (pair.a, pair.b) not in apart]
    known = session.cache.matches(pairs, RELATE_VERSION)
    shown.advance(len(known))
    found += known.values()
    todo = [pair for pair in pairs if (pair.a, pair.b) not in known]
    find_pixel_keys(session, contents.files, _perhaps_same_pixels(session, todo))
    for match in _related(session, contents, by_cluster(todo)):
        if _for_good(match):
            session.cache.put_matches([match], RELATE_VERSION)
        found.append(match)
        shown.advance()
    find_pixel_keys(session, contents.files, _grouped(session, found))
    return found


def _for_good(match: Match) -> bool:
    """Whether the verdict may be remembered: that an original cannot be read is of the moment."""
    return match.remark is None or match.remark.change is not Change.UNREAD


def _related(session: Session, contents: Contents, pairs: Sequence[Pair]) -> Iterator[Match]:
    """The verdicts; a pair whose worker failed gets none, and nothing is remembered of it."""
    if not pairs:
        return
    from dedupe.comparing.relate import relate as relate_pair

    for chunk in chunks(pairs, PAIR_BATCH):
        for _, answer in session.pool().run(relate_pair, _tasks(session, contents, chunk)):
            if isinstance(answer, Match):
                yield answer
            elif answer is not None:
                _log.warning("Two photos could not be compared (%s: %s).", answer.kind, answer.detail)


def examine(session: Session, contents: Contents, ends: tuple[ContentKey, ContentKey], distance: float) -> Match:
    """The verdict on one pair (a < b) with all its evidence, made anew, also where the two show different things.

    Raises QueryError where the worker that compared them failed.
    """
    pair = Pair(*ends, distance)
    find_pixel_keys(session, contents.files, _perhaps_same_pixels(session, [pair]))
    for match in _related(session, contents, [pair]):
        return match
    raise QueryError("The two photos could not be compared.")


def _tasks(session: Session, contents: Contents, pairs: Sequence[Pair]) -> list[RelateTask]:
    from dedupe.comparing.relate import RelateTask, View

    ends = sorted(_ends(pairs))
    restore_previews(session, contents.files, ends)
    previews = session.previews.get_many(ends)
    said = session.cache.contents(ends)
    views = {
        key: View(key, previews[key], said[key][1], contents.files[key][0].path, said[key][0])
        for key in ends
        if key in previews and key in said
    }
    tasks = [
        RelateTask(views[pair.a], views[pair.b], pair.distance) for pair in pairs if pair.a in views and pair.b in views
    ]
    if len(tasks) < len(pairs):
        left = format_count(len(pairs) - len(tasks), "pair")
        _log.warning("Not compared, because a photo changed meanwhile: %s. Scan again.", left)
    return tasks


def _grouped(session: Session, found: Sequence[Match]) -> set[ContentKey]:
    """The matched contents that are no JPEG: the user's decisions hang on the pixel key, and theirs was not worked out."""
    safe = [match for match in found if match.relation is not None and match.relation is not Relation.SIMILAR]
    return {key for key, facts in session.cache.facts(_ends(safe)).items() if facts.format != "JPEG"}


def _perhaps_same_pixels(session: Session, pairs: Sequence[Pair]) -> set[ContentKey]:
    """The contents whose full pixels are worth hashing: no JPEG, and close to another such of the same size."""
    close = [pair for pair in pairs if pair.distance <= PIXEL_KEY_RADIUS]
    facts = session.cache.facts(_ends(close))
    wanted: set[ContentKey] = set()
    for pair in close:
        a, b = facts.get(pair.a), facts.get(pair.b)
        if a and b and "JPEG" not in (a.format, b.format) and (a.width, a.height) == (b.width, b.height):
            wanted.update((pair.a, pair.b))
    return wanted


def find_pixel_keys(
    session: Session, files: Mapping[ContentKey, Sequence[PhotoFile]], keys: Iterable[ContentKey]
) -> None:
    """Works out the pixel keys of these contents where that was not tried before."""
    wanted = sorted(keys)
    held = session.cache.pixel_keys(wanted)
    todo = [key for key in wanted if key not in held]
    if not todo:
        return
    from dedupe.decoding.pixel_key_task import PixelKeyAnswer, PixelKeyRequest, pixel_key_of

    requests = [PixelKeyRequest(files[key][0].path, key) for key in todo]
    for request, answer in session.pool().run(pixel_key_of, requests):
        if isinstance(answer, PixelKeyAnswer):
            session.cache.put_pixel_key(request.content_key, answer.key)


def _ends(pairs: Iterable[Pair | Match]) -> set[ContentKey]:
    return {key for pair in pairs for key in (pair.a, pair.b)}


def may_matter(session: Session, contents: Contents, pair: Pair) -> bool:
    """The pair can lead to an extra: it is not one of two reference photos, nor with --cross-only of one root."""
    settings = session.settings
    if not (settings.reference or settings.cross_only):
        return True
    files = (*contents.files[pair.a], *contents.files[pair.b])
    if all(file.reference for file in files):
        return False
    return not settings.cross_only or len({file.root for file in files}) > 1
