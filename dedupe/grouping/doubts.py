"""What speaks against letting a verified copy go although nothing is lost: what the whole scan knows, not the two photos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from dedupe.types import ContentKey, DamageKind, Photo, ScanResult

FITS_ANOTHER: Final = "fits another shot of the series as well"


@dataclass(frozen=True, slots=True)
class Doubts:
    """Paths of photos that fit another capture as well, and pairs of contents of which one is damaged.

    ``damaged`` has for each such pair in how many bytes the two differ.
    """

    doubtful: frozenset[str] = frozenset()
    damaged: Mapping[frozenset[ContentKey], int] = field(default_factory=dict)

    def concern(self, *photos: Photo) -> bool:
        """Whether any of these fits another capture as well."""
        return any(photo.path in self.doubtful for photo in photos)

    def differing(self, photo: Photo, keep: Photo) -> int:
        """The number of bytes in which two pictures of the assets differ where one is damaged; 0 where none is."""
        if not self.damaged:
            return 0
        pairs = (frozenset((one.content_key, other.content_key)) for one in photo.parts for other in keep.parts)
        return max((self.damaged.get(pair, 0) for pair in pairs), default=0)


NO_DOUBTS: Final = Doubts()


def doubts_of(result: ScanResult) -> Doubts:
    """The doubts of a scan, also of one that was saved before they were kept with it."""
    keys: dict[str, ContentKey] = {}
    noted: set[str] = set()
    for group in result.groups:
        for photo in (group.keep, *(extra.photo for extra in group.extras)):
            keys.update((part.path, part.content_key) for part in photo.parts)
        for extra in group.extras:
            if extra.note == FITS_ANOTHER:
                noted.update((extra.photo.path, group.keeper_of(extra).path))
    damaged: dict[frozenset[ContentKey], int] = {}
    for one in result.damaged:
        if one.kind is DamageKind.DIFFERS:
            contents = one.contents or tuple(keys[path] for path in one.paths if path in keys)
            if len(contents) == 2:
                damaged[frozenset(contents)] = one.count
    return Doubts(frozenset(result.doubtful or noted), damaged)
