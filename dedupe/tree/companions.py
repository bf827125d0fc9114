"""Which files belong to a photo and move with it.

By name first, within one folder: sidecars, Live Photo videos, Google Takeout's JSON in all its spellings;
RAW+JPEG and iPhone edits are pictures of their own, joined once both were read. Names may mislead, so times are
compared where both state one, and what disagrees is no companion. A sidecar that two photos could claim is
attached to each: actions leave it where it is unless all of them go.
"""

from __future__ import annotations

import bisect
import dataclasses
import functools
import itertools
import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from dedupe.formats.sniff import PICTURE_EXTENSIONS, RAW_EXTENSIONS, VIDEO_EXTENSIONS
from dedupe.types import CompanionKind, Photo

SIDECAR_EXTENSIONS: Final = frozenset((".xmp", ".thm"))
"""Metadata kept beside a photo."""
EDIT_EXTENSIONS: Final = frozenset(
    (
        ".aae", ".pp3", ".arp", ".dop", ".acr", ".on1", ".cos", ".cop", ".comask", ".nksc", ".vrd", ".dr4", ".psd", ".psb",
        ".xcf", ".kra", ".afphoto", ".pxd",
    )
)  # fmt: skip
"""A person's edits kept beside a photo: settings of developing programs, and documents with layers."""
NOTE_EXTENSIONS: Final = frozenset(
    (
        ".wav", ".m4a", ".amr", ".mp3", ".aac", ".ogg", ".opus", ".flac", ".wma", ".3gp", ".txt", ".md", ".rtf", ".pdf", ".doc",
        ".docx", ".odt", ".htm", ".html", ".srt", ".vtt", ".gpx", ".kml", ".exv", ".mie", ".yml", ".yaml", ".xml", ".ori",
    )
)  # fmt: skip
"""A spoken or written note on a photo, where it was taken, and metadata in forms that are not read here."""
_BACKUP: Final = re.compile(r"^(.+?)(?:\.(?:bak|old|orig|backup|save)|_original|~)$", re.IGNORECASE | re.DOTALL)
"""What programs call the file that they were about to change: ``IMG.xmp.bak``, exiftool's ``IMG.jpg_original``."""

_TAKEOUT_TAIL: Final = ".supplemental-metadata"
_TAKEOUT_LIMIT: Final = 46
"""Takeout cuts what comes before ".json" to this many characters."""
_NUMBERED: Final = re.compile(r"^(.*?)(\(\d+\))$", re.DOTALL)
_NUMBERED_FILE: Final = re.compile(r"^(.*?)(\(\d+\))(\.[^.]*)?$", re.DOTALL)
_TAKEOUT_EDITED: Final = re.compile(
    r"-(?:edited|bearbeitet|modifié|editado|modificato|bewerkt|redigerad|edytowane|effects|smile|mix)$", re.IGNORECASE
)
_APPLE_EDIT: Final = re.compile(r"^([A-Z_]{3}_)E(\d{4,5})$")
_APPLE_ORIGINAL: Final = re.compile(r"^([A-Z_]{3}_)O(\d{4,5})$")
_DARKTABLE_COPY: Final = re.compile(r"^(.*)_\d\d(\.[^.]+)$", re.DOTALL)


def attach(photos: Sequence[str], others: Iterable[str]) -> dict[str, list[tuple[str, CompanionKind]]]:
    """Map each photo's name to its companions among ``others``, all of them names in one folder; case does not count."""
    index = _Index(photos)
    found: dict[str, list[tuple[str, CompanionKind]]] = defaultdict(list)
    for other in sorted(others):
        owners, kind = index.owners(other)
        for owner in owners:
            found[owner].append((other, kind))
    return found


_BY_STEM: Final = (
    (SIDECAR_EXTENSIONS, CompanionKind.SIDECAR),
    (EDIT_EXTENSIONS, CompanionKind.EDIT),
    (NOTE_EXTENSIONS, CompanionKind.NOTE),
)


def folded(name: str) -> str:
    """A name without regard to case, and to whether its accents are signs of their own, as macOS once wrote them."""
    return unicodedata.normalize("NFC", name).casefold()


class _Index:
    """The photos of a folder, by name and by stem, in casefolded form."""

    def __init__(self, photos: Sequence[str]) -> None:
        self._names: dict[str, list[str]] = defaultdict(list)
        self._stems: dict[str, list[str]] = defaultdict(list)
        for photo in photos:
            self._names[folded(photo)].append(photo)
            self._stems[folded(os.path.splitext(photo)[0])].append(photo)

    def owners(self, other: str) -> tuple[list[str], CompanionKind]:
        """Say whose companion a file is, and what kind of one; of no photo where none is named by it."""
        stem, extension = os.path.splitext(other)
        extension = extension.lower()
        if extension == ".json":
            return self.of_takeout(stem), CompanionKind.TAKEOUT
        if extension in VIDEO_EXTENSIONS:
            return self.of_video(stem, other), CompanionKind.VIDEO
        for names, kind in _BY_STEM:
            if extension in names:
                return self.of_sidecar(stem), kind
        return self._of_note(other, stem), CompanionKind.NOTE

    def _of_note(self, other: str, stem: str) -> list[str]:
        """The photos of a file with any other ending behind a photo's whole name, or of a copy that a program kept."""
        kept = _BACKUP.match(other)
        if kept is not None:
            return self._names.get(folded(kept[1])) or self.owners(kept[1])[0]
        return self._names.get(folded(stem), []) if "." in stem else []

    def of_sidecar(self, stem: str) -> list[str]:
        """Say whose sidecar a name is: ``IMG.jpg.xmp`` of that file alone, ``IMG.xmp`` of every IMG; Apple's O names an edit."""
        owners = self._names.get(folded(stem))
        if owners:
            return owners
        owners = self._stems.get(folded(stem))
        if owners:
            return owners
        if original := _APPLE_ORIGINAL.match(stem):
            return self._stems.get(folded(f"{original[1]}{original[2]}"), [])
        if copy := _DARKTABLE_COPY.match(stem):
            return self._names.get(folded(f"{copy[1]}{copy[2]}"), [])
        return []

    def of_video(self, stem: str, name: str) -> list[str]:
        """Say whose moving half a name is: of the same stem, as ``IMG.HEIC.MOV``, ``IMG_HEVC.MOV`` or ``PXL.MP``."""
        for key in (stem, stem.removesuffix("_HEVC"), name):
            owners = [
                photo
                for photo in self._stems.get(folded(key), [])
                if os.path.splitext(photo)[1].lower() not in (".gif", ".bmp")
            ]
            if owners:
                return owners
        return self._names.get(folded(stem), [])

    def of_takeout(self, stem: str) -> list[str]:
        """The photos that a Takeout JSON is about. ``stem`` is its name without ".json".

        ``IMG.jpg.json``, ``IMG.jpg.supplemental-metadata.json``, both cut to 46 characters anywhere; the counter
        of ``IMG(1).jpg`` is in ``IMG.jpg(1).json`` or in both; ``IMG-edited.jpg`` has its original's; ``IMG.json`` is the
        oldest spelling.
        """
        numbered = _NUMBERED.match(stem)
        core, number = numbered.groups() if numbered else (stem, "")
        core = folded(core)
        if owners := self._takeout.get((core, number)):
            return owners
        for length in range(len(_TAKEOUT_TAIL), -1, -1):
            if core.endswith(_TAKEOUT_TAIL[:length]):
                name = core[: len(core) - length]
                owners = self._takeout.get((name, number)) or self._names.get(name, [])
                # The counter of “img(18).jpg” may be in both places: “img(18).jpg.supple(18).json”.
                if owners and (not number or number in name):
                    return owners
                if owners and (name, number) in self._takeout:
                    return owners
        if owners := self._stems.get(folded(stem)):  # “IMG.json”, as Takeout once wrote it
            return owners
        if len(stem) >= _TAKEOUT_LIMIT - 1 and len(core) >= _TAKEOUT_LIMIT - 6:
            return self._cut_off(core, number)
        return []

    def _cut_off(self, core: str, number: str) -> list[str]:
        """The photos whose names begin with what is left of a name."""
        found, at = list[str](), bisect.bisect_left(self._sorted, (core, ""))
        while at < len(self._sorted) and self._sorted[at][0].startswith(core):
            if self._sorted[at][1] == number:
                found += self._takeout[self._sorted[at]]
            at += 1
        return found

    @functools.cached_property
    def _takeout(self) -> dict[tuple[str, str], list[str]]:
        """Photos by (casefolded name without counter and "-edited", counter)."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for name in itertools.chain.from_iterable(self._names.values()):
            numbered = _NUMBERED_FILE.match(name)
            plain, number = (numbered[1] + (numbered[3] or ""), numbered[2]) if numbered else (name, "")
            stem, extension = os.path.splitext(plain)
            found[folded(_TAKEOUT_EDITED.sub("", stem) + extension), number].append(name)
        return found

    @functools.cached_property
    def _sorted(self) -> list[tuple[str, str]]:
        return sorted(self._takeout)


def stem_families(paths: Sequence[str]) -> list[tuple[str, ...]]:
    """Group the files that :func:`join_members` might join, by their names alone: only these need their facts."""
    folders = {os.path.dirname(path) for path in _leading_to_members(paths)}
    families: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path in paths if folders else ():
        folder, name = os.path.split(path)
        if folder in folders:
            families[folder, _family(name)].append(path)
    return [tuple(members) for members in families.values() if len(members) > 1 and _may_join(members)]


def _leading_to_members(paths: Sequence[str]) -> list[str]:
    """A quick look at the paths' ends: in most trees no file passes. Every RAW extension has three letters."""
    raws = {ending for ending in {path[-4:] for path in paths} if ending.lower() in RAW_EXTENSIONS}
    return [path for path in paths if "_E" in path[-16:] or path[-4:] in raws]


def _family(name: str) -> str:
    """What the pictures of one shot have in common: the stem, with the E of an iPhone edit taken out."""
    stem = os.path.splitext(name)[0]
    edit = _APPLE_EDIT.match(stem)
    return folded(f"{edit[1]}{edit[2]}" if edit else stem)


def _may_join(members: Sequence[str]) -> bool:
    raws = sum(os.path.splitext(path)[1].lower() in RAW_EXTENSIONS for path in members)
    return 0 < raws < len(members) or any(map(_is_edit, members))


def _is_edit(path: str) -> bool:
    return _APPLE_EDIT.match(os.path.splitext(os.path.basename(path))[0]) is not None


def join_members(photos: Sequence[Photo]) -> list[Photo]:
    """The photos with RAW+JPEG of one shot, and an iPhone's edit with its original, joined into one.

    Same folder and stem, capture times agreeing where both state one. The developed picture leads (copies
    elsewhere are copies of it), the others become its ``members``. The order of the rest is kept.
    """
    families: dict[tuple[str, str], list[Photo]] = defaultdict(list)
    for photo in photos:
        folder, name = os.path.split(photo.path)
        families[folder, _family(name)].append(photo)
    leads: dict[str, Photo] = {}
    absorbed: set[str] = set()
    for members in families.values():
        if len(members) > 1:
            for lead in _joined(members):
                leads[lead.path] = lead
                absorbed.update(half.path for half in lead.members)
    return [leads.get(photo.path, photo) for photo in photos if photo.path not in absorbed]


def _joined(members: Sequence[Photo]) -> Iterator[Photo]:
    """The lead of a family with its members; empty where none belong together."""
    pictures = [photo for photo in members if not photo.facts.raw and not _is_edit(photo.path)]
    lead = min(pictures or members, key=_lead_order)
    members = tuple(
        photo
        for photo in sorted(members, key=lambda photo: os.fsencode(photo.path))
        if photo is not lead
        and (photo.facts.raw != lead.facts.raw or _is_edit(photo.path))
        and same_moment(photo, lead)
    )
    if members:
        yield dataclasses.replace(lead, members=members)


def _lead_order(photo: Photo) -> tuple[bool, bool, int, bytes]:
    extension = os.path.splitext(photo.path)[1].lower()
    rank = {".jpg": 0, ".jpeg": 0, ".heic": 1, ".heif": 1, ".hif": 1, ".avif": 2}.get(extension, 3)
    return photo.facts.raw, extension not in PICTURE_EXTENSIONS, rank, os.fsencode(photo.path)


def same_moment(one: Photo, other: Photo) -> bool:
    """Whether nothing speaks against one shot: capture times agree to two seconds, or one states none."""
    first, second = one.facts.taken, other.facts.taken
    return first is None or second is None or abs(first.seconds - second.seconds) <= 2
