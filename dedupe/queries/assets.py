"""One photo of several files, and which of its files the library has."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Final

from dedupe.asset import POLICIES
from dedupe.queries.library import Found
from dedupe.tree.companion_content import described
from dedupe.tree.companions import join_members
from dedupe.tree.folder_notes import FolderNotes
from dedupe.tree.unscanned import UnscannedFiles
from dedupe.types import Companion, CompanionKind, ContentKey, Photo

_UNREAD: Final = (CompanionKind.RAW, CompanionKind.PHOTO)


def joined(photos: Sequence[Photo], alone: Collection[str] = ()) -> list[Photo]:
    """Join RAW+JPEG, and an iPhone's edit with its original, into one photo each.

    Pictures of their assets that could not be read become companions. A photo in ``alone`` was named by itself: nothing beside
    it counts.
    """
    unscanned, folders = UnscannedFiles(frozenset(photo.path for photo in photos)), FolderNotes()
    return [
        photo if photo.path in alone else unscanned.attached(described(photo, folders))
        for photo in join_members(photos)
    ]


class Counterparts:
    """Looks up files of assets in the library; ``known`` are the paths of its photos that were read, ``key`` hashes a file."""

    def __init__(self, known: Collection[str], key: Callable[[str], ContentKey | None]) -> None:
        self._unscanned, self._key = UnscannedFiles(known), key

    def lacking(self, asset: Photo, have: Iterable[tuple[Photo, Sequence[Found]]]) -> tuple[str, ...]:
        """The files of ``asset`` of which the library has none: ``have`` says what it has of each of the pictures."""
        owned: list[Photo] = []
        lacks: list[str] = []
        for part, found in have:
            owned += (one.photo for one in found)
            if not any(one.photo.facts.raw or not part.facts.raw for one in found):
                lacks.append(part.path)
        lacks += (one.path for one in counted(asset) if not self._beside(one, owned))
        return tuple(dict.fromkeys(lacks))

    def _beside(self, companion: Companion, owned: Sequence[Photo]) -> bool:
        """Whether a file of the same bytes is beside one of these photos; another name of the same file does not count."""
        this = (companion.stamp.dev, companion.stamp.inode)
        if companion.kind in _UNREAD:
            owned = [self._unscanned.attached(photo) for photo in owned]
        rivals = [
            other
            for photo in owned
            for other in photo.file.companions
            if other.stamp.size == companion.stamp.size and (other.stamp.dev, other.stamp.inode) != this
        ]
        key = self._key(companion.path) if rivals else None
        return key is not None and any(self._key(other.path) == key for other in rivals)


def counted(asset: Photo) -> Iterator[Companion]:
    """The companions of an asset that count."""
    return (one for one in asset.companions if POLICIES[one.kind].counted)
