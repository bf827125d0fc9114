"""What lists of a whole folder say of one photo, and edits of it that a program keeps in a folder below.

Picasa's ``.picasa.ini`` holds stars, faces, captions, crops and filters, ``descript.ion`` descriptions. Such a file belongs to
all photos of its folder and never moves. Where a program keeps a file for each photo in a folder of its own (Nikon's
NKSC_PARAM, Capture One, gThumb, Picasa's originals), that file cannot move along either.
"""

from __future__ import annotations

import configparser
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from dedupe.formats.inventory import Item, packed, position_item
from dedupe.formats.texts import caption_items, decoded, text_items, wording
from dedupe.types import Companion, CompanionKind, FileStamp

_MOST_BYTES: Final = 32 << 20
_PICASA: Final = (".picasa.ini", "Picasa.ini")
_DESCRIPTIONS: Final = ("descript.ion", "DESCRIPT.ION", "Descript.ion")
_BELOW: Final = ("NKSC_PARAM", ".comments", ".picasaoriginals")
_CAPTURE_ONE: Final = "CaptureOne"
_MADE_ANEW: Final = re.compile(r"^(?:backuphash|moddate|width|height|originhash|onlinechecksum|bktag|redo|iidlist.*)$")
_DEVELOPING: Final = frozenset(("rotate", "filters", "crop", "text", "textactive", "straighten"))
_FACE: Final = re.compile(r"rect64\(([0-9a-f]+)\)\s*,?\s*([0-9a-f]*)", re.IGNORECASE)
_DESCRIBED: Final = re.compile(r'^(?:"([^"]+)"|(\S+))[ \t]+(.*)$')
_NO_TURN: Final = "rotate(0)"
_ABOUT_FOLDER: Final = frozenset(("picasa", "contacts", "contacts2", "encoding"))


@dataclass(frozen=True, slots=True)
class _List:
    """A list of a folder: what it says, by the casefolded name of the photo. ``said`` is None where it cannot be read."""

    path: str
    stamp: FileStamp
    said: Mapping[str, str] | None


@dataclass(slots=True)
class FolderNotes:
    """Gives what lists and folders below say of photos; each folder is looked into once."""

    _lists: dict[str, tuple[_List, ...]] = field(default_factory=dict)
    _below: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def of(self, path: str) -> tuple[Companion, ...]:
        """The remarks on the photo at a path."""
        folder, name = os.path.split(path)
        if folder not in self._lists:
            self._lists[folder] = tuple(_lists(folder))
            self._below[folder] = _files_below(folder)
        found = [one for kept in self._lists[folder] for one in _remark(kept, name)]
        for other in self._below[folder].get(name.casefold(), ()):
            stamp = _stamp(other)
            if stamp is not None:
                found.append(Companion(other, CompanionKind.ELSEWHERE, stamp))
        return tuple(found)


def _remark(kept: _List, name: str) -> Iterator[Companion]:
    said = None if kept.said is None else kept.said.get(name.casefold(), "")
    if said != "":
        yield Companion(kept.path, CompanionKind.FOLDER, kept.stamp, said)


def _stamp(path: str) -> FileStamp | None:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return FileStamp.of(status) if stat.S_ISREG(status.st_mode) else None


def _lists(folder: str) -> Iterator[_List]:
    seen = set[tuple[int, int]]()
    for names, read in ((_PICASA, _picasa), (_DESCRIPTIONS, _descriptions)):
        for name in names:
            path = os.path.join(folder, name)
            stamp = _stamp(path)
            if stamp is not None and (stamp.dev, stamp.inode) not in seen:
                seen.add((stamp.dev, stamp.inode))
                yield _List(path, stamp, _read(path, read))


def _read(path: str, reader: Callable[[str], dict[str, list[Item]]]) -> Mapping[str, str] | None:
    try:
        with open(path, "rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            return None
        return {name: packed(items) for name, items in reader(decoded(data)).items() if items}
    except (OSError, ValueError, configparser.Error):
        return None


def _picasa(text: str) -> dict[str, list[Item]]:
    """The items of each photo in a ``.picasa.ini``, and the names of the people whose faces are marked."""
    parser = configparser.RawConfigParser(
        strict=False, allow_no_value=True, default_section="", delimiters=("=",), comment_prefixes=()
    )
    parser.read_string(text)
    people: dict[str, str] = {}
    for section in parser.sections():
        if section.casefold().startswith("contacts"):
            people.update((key, (value or "").partition(";")[0]) for key, value in parser.items(section))
    return {
        section.casefold(): [item for key, value in parser.items(section) for item in _of_key(key, value or "", people)]
        for section in parser.sections()
        if section.casefold() not in _ABOUT_FOLDER and not section.startswith(".album:")
    }


def _of_key(key: str, value: str, people: Mapping[str, str]) -> Iterator[Item]:
    if not value or _MADE_ANEW.match(key) or (key == "rotate" and value == _NO_TURN):
        return
    if key == "star":
        yield Item.of("favourite", "yes")
    elif key == "caption":
        yield from caption_items(wording(value))
    elif key == "keywords":
        yield from text_items("keyword", wording(value.replace(",", ";")))
    elif key == "faces":
        yield from _faces(value, people)
    elif key == "geotag" and (place := _place(value)) is not None:
        yield position_item(place)
    elif key in _DEVELOPING:
        yield Item.of(f"develop picasa {key}", value)
    else:
        yield Item.of(f"picasa {key}", value)


def _faces(value: str, people: Mapping[str, str]) -> Iterator[Item]:
    for rectangle, number in _FACE.findall(value):
        name = people.get(number.lower(), "")
        yield Item.of("face", f"{rectangle} {name or number}")
        yield from text_items("person", wording(name))


def _place(value: str) -> tuple[float, float] | None:
    try:
        latitude, longitude = (float(part) for part in value.split(","))
    except ValueError:
        return None
    return latitude, longitude


def _descriptions(text: str) -> dict[str, list[Item]]:
    """The items of each file in a ``descript.ion``; a mark of the program that wrote it may follow a description."""
    found: dict[str, list[Item]] = {}
    for line in text.splitlines():
        told = _DESCRIBED.match(line)
        if told is not None:
            name = told.group(1) or told.group(2)
            said = told.group(3).partition("\x04")[0].replace("\\n", " ")
            found.setdefault(name.casefold(), []).extend(caption_items(wording(said)))
    return found


def _files_below(folder: str) -> dict[str, list[str]]:
    """The files that programs keep for single photos in folders of their own, by the casefolded names of the photos."""
    found: dict[str, list[str]] = {}
    captures = os.path.join(folder, _CAPTURE_ONE)
    settings = (os.path.join(captures, name) for name in _names(captures) if name.startswith("Settings"))
    for below in (*(os.path.join(folder, name) for name in _BELOW), *settings):
        for name in _names(below):
            for photo in {name.casefold(), os.path.splitext(name)[0].casefold()}:
                found.setdefault(photo, []).append(os.path.join(below, name))
    return found


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
