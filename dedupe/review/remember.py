"""What a decision leaves behind: the edit of the group, and what is to last beyond this scan.

The terminal and the browser review store their decisions here, so both leave the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from dedupe.library.decisions import Decisions
from dedupe.library.pairs import DecisionKind
from dedupe.library.scans import EditState
from dedupe.review.choice import Choice, edit_of, photos_of
from dedupe.types import Group, Photo

_ALL_PAIRS = 50


def store_changes(
    groups: Sequence[Group],
    before: Sequence[Choice],
    after: Sequence[Choice],
    memory: Decisions,
    unsaid: Mapping[int, Choice] | None = None,
) -> tuple[int, ...]:
    """Store every choice that is another one in ``after`` than in ``before``; the numbers of their groups.

    ``unsaid``, by number, is stored in place of a choice that no person made.
    """
    changed = [number for number, old in enumerate(before) if old is not after[number]]
    if changed:
        # Also where nothing was said: once a review has begun, `dedupe apply` removes only what was accepted.
        said = {number: after[number] for number in changed} | {
            n: one for n, one in (unsaid or {}).items() if n in changed
        }
        memory.put_edits(edit_of(groups[number], choice) for number, choice in said.items())
    for number in changed:
        remember(groups[number], before[number], after[number], memory)
    return tuple(changed)


def remember(group: Group, before: Choice, after: Choice, memory: Decisions) -> None:
    """Store what is to last beyond this scan; a decision that replaces another takes that one back."""
    photos = photos_of(group)
    if after.verdict is EditState.NOT_DUPLICATES:
        memory.set_apart([(a, b) for a, b in _pairs(photos) if not memory.not_duplicates(a, b)])
    elif before.verdict is EditState.NOT_DUPLICATES:
        memory.forget(_marked(photos, memory))
    chosen, earlier = _chosen(after), _chosen(before)
    if chosen == earlier:
        return
    for place in earlier:
        memory.forget(_stored(photos, before, place, memory))
    for place in chosen:
        memory.choose_keeper(photos[place], _over(photos, after, place))


def _chosen(choice: Choice) -> tuple[int, ...]:
    """The places that a person chose to stay, not only their folder, and accepted, and that still stay for others."""
    if choice.verdict is not EditState.ACCEPTED:
        return ()
    heads = choice.heads or ((choice.keep,) if choice.keep else ())
    said = (place for place in heads if place not in choice.by_folder)
    return tuple(place for place in said if place == choice.keep or choice.extras[place] is not None)


def _over(photos: Sequence[Photo], choice: Choice, place: int) -> list[Photo]:
    """The photos that the one at ``place`` was chosen over: all others where it is the root, else its copies."""
    extras = [extra for extra in choice.extras if extra is not None]
    if place == choice.keep:
        return [extra.photo for extra in extras]
    return [extra.photo for extra in extras if extra.keeper == photos[place].path]


def _stored(photos: Sequence[Photo], choice: Choice, place: int, memory: Decisions) -> list[int]:
    """The decisions that accepting ``choice`` stored: of each pair the newest; an earlier one stays."""
    over = {(photo.content_key, photo.path) for photo in _over(photos, choice, place)}
    keep = (photos[place].content_key, photos[place].path)
    newest = {
        (made.b.content_key, made.b.path): made.id
        for made in memory.made()
        if made.kind is DecisionKind.KEEPER and (made.a.content_key, made.a.path) == keep
    }
    return [number for photo, number in newest.items() if photo in over]


def _pairs(photos: Sequence[Photo]) -> Iterator[tuple[Photo, Photo]]:
    """The pairs of a group that are not duplicates: all of them, in a large group those with the first."""
    if len(photos) <= _ALL_PAIRS:
        return combinations(photos, 2)
    return ((photos[0], photo) for photo in photos[1:])


def _marked(photos: Sequence[Photo], memory: Decisions) -> list[int]:
    pairs = {frozenset((a.content_key, b.content_key)) for a, b in _pairs(photos)}
    return [
        made.id
        for made in memory.made()
        if made.kind is DecisionKind.NOT_DUPLICATES and frozenset((made.a.content_key, made.b.content_key)) in pairs
    ]
