"""Decisions on groups, carried from one scan into the next by what the photos hold, wherever they are by then.

A decision is carried whole only where nothing about it changed. A photo that did not exist when a person decided opens the
group again; what was to stay then still stays, and the new photo is marked as the scan suggests.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from dedupe.asset import beside
from dedupe.library.codec import is_of
from dedupe.library.pairs import Who
from dedupe.library.scans import EditState, GroupEdit
from dedupe.types import ContentKey, FileStamp, Group, Photo, PixelKey

LAST_SECOND: Final = 2**63 - 1
"""The latest time that the store can hold."""
_LONGEST_KEY: Final = 255


@dataclass(frozen=True, slots=True)
class ReviewedPhoto:
    """One photo of a group that was reviewed.

    ``goes``: it was marked to leave; ``beside``: a digest of what was beside it (``asset.beside``). ``rescued``: its metadata
    was to be carried over before it leaves.
    """

    content_key: ContentKey
    pixel_key: PixelKey | None
    path: str
    stamp: FileStamp
    goes: bool = False
    beside: str = ""
    rescued: bool = False


@dataclass(frozen=True, slots=True)
class GroupReview:
    """What a person made of a group, apart from the scan it was made on.

    ``stays`` is the place of the photo that stays, ``chosen`` says that the person, not the scan, chose it. ``made_at`` is in
    seconds since 1970. ``within``: the person also chose which copy of a version stays. ``by_folder``: of the photo that
    stays, only the folder was chosen.
    """

    photos: tuple[ReviewedPhoto, ...]
    stays: int
    chosen: bool
    state: EditState
    made_at: int
    within: bool = False
    by_folder: bool = False

    @property
    def contents(self) -> bytes:
        """A digest of what the photos hold, whatever their order: 16 bytes."""
        keys = sorted(photo.content_key for photo in self.photos)
        return blake2b(b"".join(bytes([len(key)]) + key for key in keys), digest_size=16).digest()


def is_sound(review: GroupReview) -> bool:
    """Whether it can be what somebody made of a group; False where the disk, or whoever wrote a file, made it another thing."""
    return (
        is_of(GroupReview, review)
        and len(review.photos) >= 2
        and 0 <= review.stays < len(review.photos)
        and 0 <= review.made_at <= LAST_SECOND
        and all(map(is_known, review.photos))
    )


def is_known(photo: Who | ReviewedPhoto) -> bool:
    """Whether the photo of a decision has keys that can be stored, and a path that can be one of this machine."""
    keys = (photo.content_key, b"?" if photo.pixel_key is None else photo.pixel_key)
    try:
        path = os.fsencode(photo.path)
    except UnicodeEncodeError:
        return False
    return all(0 < len(key) <= _LONGEST_KEY for key in keys) and bool(path) and b"\0" not in path


def review_of(group: Group, edit: GroupEdit, made_at: int) -> GroupReview | None:
    """``edit`` as a decision on the photos of ``group``; None where it does not fit the group any more."""
    photos = _photos(group)
    paths = [photo.path for photo in photos]
    if edit.keeper is not None and edit.keeper not in paths:
        return None
    stays = paths.index(edit.keeper) if edit.keeper is not None else 0
    going, rescued = _proposed(group) if stays == 0 else (set(), set())
    if edit.selected is not None:
        going, rescued = set(edit.selected), set(edit.rescued)
    reviewed = tuple(
        ReviewedPhoto(
            photo.content_key,
            photo.pixel_key,
            photo.path,
            photo.file.stamp,
            goes=photo.path in going,
            beside=beside(photo),
            rescued=photo.path in rescued,
        )
        for photo in photos
    )
    within = any(path != edit.keeper for path in edit.heads)
    return GroupReview(
        reviewed, stays, edit.keeper is not None, edit.state, made_at, within, edit.keeper in edit.by_folder
    )


def carried(groups: Sequence[Group], reviews: Iterable[GroupReview]) -> list[GroupEdit]:
    """The edits of ``groups`` that ``reviews`` of earlier scans amount to; groups that nobody decided on have none."""
    by_key: dict[bytes, list[GroupReview]] = {}
    for review in reviews:
        for key in {key for photo in review.photos for key in _keys(photo)}:
            by_key.setdefault(key, []).append(review)
    if not by_key:
        return []
    edits = []
    for group in groups:
        nearest = _nearest(group, by_key)
        edit = None if nearest is None else _carry(group, nearest)
        if edit is not None and not edit.is_plain:
            edits.append(edit)
    return edits


def _nearest(group: Group, by_key: dict[bytes, list[GroupReview]]) -> GroupReview | None:
    """The review that decided on most photos of ``group``, the newest of equals; None if none knew two of them."""
    photos = _photos(group)
    about = {id(review): review for photo in photos for key in _keys(photo) for review in by_key.get(key, ())}
    ranked = [(sum(one is not None for one in _matched(photos, review)), review) for review in about.values()]
    known, best = max(ranked, key=lambda one: (one[0], one[1].made_at, one[1].contents), default=(0, None))
    return best if known >= 2 else None


def _carry(group: Group, review: GroupReview) -> GroupEdit:
    photos = _photos(group)
    paths = [photo.path for photo in photos]
    matched = _matched(photos, review)
    keeper = review.photos[review.stays]
    stays = next((at for at, one in enumerate(matched) if one is keeper and _same_asset(photos[at], one)), None)
    chosen = stays if review.chosen and stays else None
    same_keeper = stays is not None and (stays == 0 or chosen is not None)
    suggested, freed = _proposed(group) if chosen is None else (set(), set())
    places = [
        at
        for at, photo in enumerate(photos)
        if at != (chosen or 0) and _goes(photo, matched[at], same_keeper=same_keeper, suggested=photo.path in suggested)
    ]
    going = tuple(paths[at] for at in places)
    rescued = tuple(paths[at] for at in places if _is_rescued(matched[at], freed=paths[at] in freed))
    as_proposed = chosen is None and (set(going), set(rescued)) == (suggested, freed)
    holds = _holds(photos, matched, review.state, same_keeper=same_keeper)
    if (
        review.state is EditState.ACCEPTED and review.within
    ):  # not carried is for which copy each leaves: the scan must say it
        holds = holds and as_proposed
    state = review.state if holds else EditState.OPEN
    # By another --rescue the scan would let a copy go that was to stay: then what goes is said in full.
    in_full = state is EditState.ACCEPTED and any(extra.may_be_rescued for extra in group.extras)
    return GroupEdit(
        group.id,
        None if chosen is None else paths[chosen],
        None if as_proposed and not in_full else going,
        state,
        rescued=() if as_proposed and not in_full else rescued,
        by_folder=(paths[chosen],) if chosen is not None and review.by_folder else (),
    )


def _proposed(group: Group) -> tuple[set[str], set[str]]:
    """What the scan lets go, and those of them whose metadata it carries over."""
    going = [extra for extra in group.extras if extra.selected]
    rescued = {extra.photo.path for extra in going if extra.rescue is not None and extra.rescue.obstacle is None}
    return {extra.photo.path for extra in going}, rescued


def _is_rescued(before: ReviewedPhoto | None, *, freed: bool) -> bool:
    """As it was decided on; a photo that a person did not let go is treated as the scan proposes."""
    return before.rescued if before is not None and before.goes else freed


def _goes(photo: Photo, before: ReviewedPhoto | None, *, same_keeper: bool, suggested: bool) -> bool:
    if before is None:
        return suggested
    return before.goes and ((same_keeper and _same_asset(photo, before)) or suggested)


def _holds(
    photos: Sequence[Photo], matched: Sequence[ReviewedPhoto | None], state: EditState, *, same_keeper: bool
) -> bool:
    """Whether the decision holds as it was made: it was about every photo of the group.

    That some of them may go holds only where each has the very bytes that were looked at, beside it as well, and the same photo
    stays.
    """
    if state is EditState.ACCEPTED:
        same = all(one is not None and _same_asset(photo, one) for photo, one in zip(photos, matched, strict=True))
        return same and same_keeper
    return None not in matched


def _matched(photos: Sequence[Photo], review: GroupReview) -> list[ReviewedPhoto | None]:
    """Match each photo with the one of ``review`` that it is, each of those only once.

    Where several hold the same bytes, the one at the photo's path is taken.
    """
    left = list(review.photos)
    found: list[ReviewedPhoto | None] = [None] * len(photos)
    ways = (
        lambda photo, one: _same_bytes(photo, one) and photo.path == one.path,
        _same_bytes,
        lambda photo, one: photo.pixel_key is not None and photo.pixel_key == one.pixel_key,
    )
    for way in ways:
        for at, photo in enumerate(photos):
            if found[at] is None and (one := next((one for one in left if way(photo, one)), None)) is not None:
                found[at] = one
                left.remove(one)
    return found


def _same_bytes(photo: Photo, one: ReviewedPhoto | None) -> bool:
    """The bytes are the same, or the file is: its key may be of another kind than the key of an older dedupe."""
    return one is not None and (photo.content_key == one.content_key or _file(photo) == _file(one))


def _same_asset(photo: Photo, one: ReviewedPhoto) -> bool:
    """The bytes are the same, and so is all that is beside: an edit, a sidecar or a video may be another by now."""
    return _same_bytes(photo, one) and beside(photo) == one.beside


def _photos(group: Group) -> tuple[Photo, ...]:
    return (group.keep, *(extra.photo for extra in group.extras))


def _file(one: Photo | ReviewedPhoto) -> bytes:
    stamp = one.file.stamp if isinstance(one, Photo) else one.stamp
    return b"%d %d %s" % (stamp.size, stamp.mtime_ns, os.fsencode(one.path))


def _keys(one: Photo | ReviewedPhoto) -> tuple[bytes, ...]:
    keys = (one.content_key, _file(one))
    return keys if one.pixel_key is None else (*keys, one.pixel_key)
