"""What lists of a whole folder say of one photo, and edits of it that a program keeps in a folder below.

Picasa's ``.picasa.ini`` holds stars, faces, captions, crops and filters, ``descript.ion`` descriptions. Such a file belongs to
all photos of its folder and never moves. Where a program keeps a file for each photo in a folder of its own (Nikon's
NKSC_PARAM, Capture One, gThumb, Picasa's originals), that file cannot move along either.

A list that cannot be understood whole may say anything of any photo, so it holds every photo of its folder.
"""

from __future__ import annotations

import os
import re
import stat
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from dedupe.formats.inventory import Item, packed, position_item
from dedupe.formats.metadata import position
from dedupe.formats.sniff import PHOTO_EXTENSIONS, VIDEO_EXTENSIONS
from dedupe.formats.texts import caption_items, text_items, wording
from dedupe.tree.companions import folded
from dedupe.types import Companion, CompanionKind, FileStamp, Photo

_MOST_BYTES: Final = 32 << 20
_BELOW: Final = frozenset(("nksc_param", ".comments", ".picasaoriginals"))
_CAPTURE_ONE: Final = "captureone"
_MADE_ANEW: Final = re.compile(r"^(?:backuphash|moddate|width|height|originhash|onlinechecksum|bktag|redo|iidlist.*)$")
_DEVELOPING: Final = frozenset(("rotate", "filters", "crop", "text", "textactive", "straighten"))
_FACE: Final = re.compile(r"rect64\(([0-9a-f]+)\)\s*,?\s*([0-9a-f]*)", re.IGNORECASE)
_DESCRIBED: Final = re.compile(r'^(?:"([^"]+)"|(\S+))[ \t]+(.*)$')
_PROGRAMS_MARK: Final = re.compile(rb"\x04[^\r\n]*")
_SHORTENED: Final = re.compile(r"[?~]")
_PHOTOS: Final = PHOTO_EXTENSIONS | VIDEO_EXTENSIONS
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_NO_TURN: Final = "rotate(0)"
_ABOUT_FOLDER: Final = frozenset(("picasa", "contacts", "contacts2", "encoding"))
_ORDER_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_CODE_PAGES: Final = (
    "cp1252", "cp850", "cp437", "cp1250", "cp852", "cp1251", "cp866", "cp1253", "cp737", "cp1254", "cp857", "cp932",
    "cp936", "cp949", "cp950", "mac_roman",
)  # fmt: skip
"""The code pages of Windows and DOS, the commonest first: that one is right by which the list names files of its folder."""
_NO_STAMP: Final = FileStamp(0, 0, 0, 0, 0)

_Files: TypeAlias = Mapping[str, Sequence[str]]
"""The names in a folder, by their folded forms."""
_Told: TypeAlias = dict[str, list[Item]]
"""What a list says, by the names of photos as the list spells them."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of list: how it is read, and whether it speaks of files that are in the folder."""

    read: Callable[[str], _Told]
    fits: Callable[[_Told, _Files], bool]


@dataclass(frozen=True, slots=True)
class _List:
    """A list that was understood: what it says, by the folded name of the photo, then by the name as it is spelt there."""

    path: str
    stamp: FileStamp
    said: Mapping[str, Mapping[str, Sequence[Item]]]


@dataclass(slots=True)
class _Folder:
    """What there is about the photos of a folder; ``unknown`` holds each of them."""

    files: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    lists: list[_List] = field(default_factory=list)
    below: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    unknown: list[Companion] = field(default_factory=list)


@dataclass(slots=True)
class FolderNotes:
    """Gives what lists and folders below say of photos; each folder is looked into once."""

    _folders: dict[str, _Folder] = field(default_factory=dict)

    def on(self, photo: Photo) -> tuple[Companion, ...]:
        """The remarks on a photo by each of its names, which leave together."""
        names = (photo.path, *photo.file.links_inside)
        return tuple(dict.fromkeys(one for name in names for one in self.of(name)))

    def of(self, path: str) -> tuple[Companion, ...]:
        """The remarks on the photo at a path; one without an inventory may say anything."""
        place, name = os.path.split(path)
        if place not in self._folders:
            self._folders[place] = _looked_into(place)
        folder = self._folders[place]
        told = (_remark(one, name, folder.files) for one in folder.lists)
        elsewhere = map(_elsewhere, folder.below.get(folded(name), ()))
        return (*folder.unknown, *filter(None, told), *filter(None, elsewhere))


def _remark(kept: _List, name: str, files: _Files) -> Companion | None:
    """What a list says of a photo. Where names differ in case alone, only the very name counts."""
    told = kept.said.get(folded(name))
    if not told:
        return None
    rivals = files.get(folded(name), ())
    if len(rivals) > 1 and not (name in rivals and set(told) <= set(rivals)):
        return _unknown(kept.path, kept.stamp)
    items = told.get(name, ()) if len(rivals) > 1 else [item for one in told.values() for item in one]
    return Companion(kept.path, CompanionKind.FOLDER, kept.stamp, packed(items)) if items else None


def _unknown(path: str, stamp: FileStamp = _NO_STAMP) -> Companion:
    return Companion(path, CompanionKind.FOLDER, stamp, None)


def _elsewhere(path: str) -> Companion | None:
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return None
    except OSError:
        return Companion(path, CompanionKind.ELSEWHERE, _NO_STAMP)
    return None if stat.S_ISDIR(status.st_mode) else Companion(path, CompanionKind.ELSEWHERE, FileStamp.of(status))


# -- one folder ----------------------------------------------------------------------------------------------------------


def _looked_into(place: str) -> _Folder:
    found = _Folder()
    names = _names(place, found)
    for name in names:
        found.files[folded(name)].append(name)
    for name in names:
        path, form = os.path.join(place, name), folded(name)
        if form in _LISTS:
            _take_list(path, _LISTS[form], found)
        elif form in _BELOW:
            _take_below(path, found)
        elif form == _CAPTURE_ONE:
            for below in _names(path, found):
                if below.startswith("Settings"):
                    _take_below(os.path.join(path, below), found)
    return found


def _names(place: str, found: _Folder) -> list[str]:
    """The names in a folder; where it cannot be listed, it may hold anything about every photo."""
    try:
        return sorted(os.listdir(place))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError:
        found.unknown.append(_unknown(place))
        return []


def _take_below(place: str, found: _Folder) -> None:
    """The files that a program keeps for single photos in a folder of its own, each by the names of its photo."""
    for name in _names(place, found):
        for photo in {folded(name), folded(os.path.splitext(name)[0])}:
            found.below[photo].append(os.path.join(place, name))


def _take_list(path: str, kind: _Kind, found: _Folder) -> None:
    stamp = _NO_STAMP
    try:
        status = os.lstat(path)
        stamp = FileStamp.of(status)
        told = _told(path, kind, found.files) if stat.S_ISREG(status.st_mode) else None
    except FileNotFoundError:
        return
    except (OSError, ValueError):
        told = None
    if told is None:
        found.unknown.append(_unknown(path, stamp))
        return
    said: dict[str, dict[str, list[Item]]] = defaultdict(dict)
    for name, items in told.items():
        said[folded(name)][name] = items
    found.lists.append(_List(path, stamp, said))


# -- one list ------------------------------------------------------------------------------------------------------------


def _told(path: str, kind: _Kind, files: _Files) -> _Told | None:
    """What a list says; None where no character set gives a whole text about files of the folder."""
    with open(path, "rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        return None
    for text in _texts(data):
        told = kind.read(text)
        if "\0" not in text and kind.fits(told, files):
            return told
    return None


def _texts(data: bytes) -> Iterator[str]:
    """The texts that these bytes may be. Those of UTF-16 without a mark are none: their NULs cut off what follows."""
    for mark, name in _ORDER_MARKS:
        if data.startswith(mark):
            yield data[len(mark) :].decode(name)
            return
    data = _PROGRAMS_MARK.sub(b"", data)
    if b"\0" in data:
        return
    try:
        yield data.decode("utf-8")
        return
    except UnicodeDecodeError:
        pass
    for page in _CODE_PAGES:
        with suppress(UnicodeDecodeError):
            yield data.decode(page)


def _picasa(text: str) -> _Told:
    """The items of each photo in a ``.picasa.ini``, with the names of the people whose faces are marked.

    Raises ValueError at a line that is neither a section, a comment nor a value.
    """
    entries = list(_entries(text))
    people = {
        key: value.partition(";")[0] for section, key, value in entries if section.casefold().startswith("contacts")
    }
    found: _Told = defaultdict(list)
    for section, key, value in entries:
        if section.casefold() not in _ABOUT_FOLDER and not section.startswith(".album:"):
            found[section].extend(_of_key(key, value, people))
    return {name: items for name, items in found.items() if items}


def _entries(text: str) -> Iterator[tuple[str, str, str]]:
    """(section, key, value) of every line; a section or a key that comes again adds to the one before."""
    section = ""
    for line in map(str.strip, _LINE_END.split(text)):
        key, equals, value = line.partition("=")
        if line.startswith("[") and line.endswith("]") and len(line) > 2:
            section = line[1:-1]
        elif line and not line.startswith(";"):
            if not (section and equals):
                raise ValueError
            yield section, key.strip().lower(), value.strip()


def _may_be_picasas(told: _Told, files: _Files) -> bool:
    """Whether no photo of the folder can be meant by a name that no file has.

    Lists keep the names of photos that are gone. But one in other letters than ASCII may be a name in another character
    set, and one with ``?`` or ``~`` is a name that an old program shortened.
    """
    strange = [name for name in told if folded(name) not in files]
    if any(map(_SHORTENED.search, strange)):
        return False
    named = set(map(folded, told))
    return all(map(str.isascii, strange)) or all(name.isascii() for name in files.keys() - named)


def _of_key(key: str, value: str, people: Mapping[str, str]) -> Iterator[Item]:
    if not value or _MADE_ANEW.match(key) or (key == "rotate" and value == _NO_TURN):
        return
    if key == "star" and value in ("yes", "1"):
        yield Item.of("favourite", "yes")
    elif key == "caption":
        yield from caption_items(wording(value))
    elif key == "keywords":
        yield from text_items("keyword", wording(value.replace(",", ";")))
    elif key == "faces" and _FACE.search(value):
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
    """A position; None where it is none on Earth."""
    try:
        latitude, longitude = (float(part) for part in value.split(","))
    except ValueError:
        return None
    return position(latitude, longitude)


def _descriptions(text: str) -> _Told:
    """The items of each file in a ``descript.ion``; a mark of the program that wrote it may follow a description."""
    found: _Told = defaultdict(list)
    for line in map(str.strip, _LINE_END.split(text.rstrip("\x1a"))):
        told = _DESCRIBED.match(line.partition("\x04")[0])
        if told is not None and told.group(3):
            found[told.group(1) or told.group(2)].extend(caption_items(wording(told.group(3).replace("\\n", " "))))
    return found


def _are_all_clear(told: _Told, files: _Files) -> bool:
    """Whether every name is a file of the folder, or for sure that of a photo which is gone.

    Any other may be a name in another character set, one that was shortened, or the begin of one with spaces.
    """
    return all(form in files or _is_gone(form, files) for form in map(folded, told))


def _is_gone(form: str, files: _Files) -> bool:
    plain = form.isascii() and not _SHORTENED.search(form) and os.path.splitext(form)[1] in _PHOTOS
    return plain and not any(other.startswith(f"{form} ") for other in files)


_LISTS: Final = {
    ".picasa.ini": _Kind(_picasa, _may_be_picasas),
    "picasa.ini": _Kind(_picasa, _may_be_picasas),
    "descript.ion": _Kind(_descriptions, _are_all_clear),
}
"""The lists by their folded names."""
