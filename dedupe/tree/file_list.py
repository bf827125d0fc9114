"""The photos of a walk as it finds them: a path, a packed stamp, and where they are from.

A library has a hundred thousand photos of which a run that finds nothing changed asks for few. So a ``PhotoFile`` is made
when it is asked for, and what is asked of all of them, their paths and stamps, is at hand without.
"""

from __future__ import annotations

import operator
import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, overload

from dedupe.types import FileStamp, PhotoFile

_MILLISECOND: Final = 1_000_000
_LOW: Final = 0xFFFF_FFFF_FFFF_FFFF
_STAMP: Final = struct.Struct("<QQQqq")
_WHOLE: Final = struct.Struct("<QQQqqQQ")
"""The stamp that tells whether a file changed, then device and links."""
_SIZE: Final = _STAMP.size


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder still to be entered, or in which photos were found; the flags are what it inherited."""

    path: str
    root: str
    protected: bool = False
    reference: bool = False


Record: TypeAlias = "tuple[str, bytes, Folder | PhotoFile]"
"""Path, packed status, and the folder that it is in; or the photo itself where there is more to say of it."""

path_of: Final = operator.itemgetter(0)
_source_of: Final = operator.itemgetter(2)
_root_of: Final = operator.attrgetter("root")


def packed(stamp: FileStamp) -> bytes:
    """The stamp as 40 bytes that are equal for an unchanged file and for no other.

    The device is part of it only where the file system's clock is coarse.
    """
    changed = stamp.ctime_ns
    device = 0 if changed % _MILLISECOND else stamp.dev
    try:
        return _STAMP.pack(device, stamp.inode, stamp.size, stamp.mtime_ns, changed)
    except struct.error:  # ReFS has inodes of 128 bits.
        return _STAMP.pack(device & _LOW, stamp.inode & _LOW, stamp.size, stamp.mtime_ns, changed)


def record(path: str, found: os.stat_result, folder: Folder) -> Record:
    """The record of a photo without companions."""
    changed, device = found.st_ctime_ns, found.st_dev
    try:
        return (
            path,
            _WHOLE.pack(
                0 if changed % _MILLISECOND else device,
                found.st_ino,
                found.st_size,
                found.st_mtime_ns,
                changed,
                device,
                found.st_nlink,
            ),
            folder,
        )
    except struct.error:
        stamp = FileStamp.of(found)
        return record_of(PhotoFile(path, folder.root, stamp, (), (), folder.protected, folder.reference))


def record_of(file: PhotoFile) -> Record:
    """The record of a photo of which more is known than its folder says."""
    return file.path, packed(file.stamp), file


def _setters(kind: type) -> tuple[Any, ...]:
    return tuple(kind.__dict__[name].__set__ for name in kind.__slots__)  # type: ignore[attr-defined]


# A frozen dataclass fills its slots one __setattr__ at a time. The slots' own descriptors take half as long.
_DEV, _INODE, _BYTES, _MTIME, _CTIME, _LINKS = _setters(FileStamp)
_PATH, _ROOT, _HELD, _COMPANIONS, _INSIDE, _PROTECTED, _REFERENCE = _setters(PhotoFile)
_new = object.__new__


def photo_of(one: Record) -> PhotoFile:
    """The photo of a record."""
    path, held, source = one
    if isinstance(source, PhotoFile):
        return source
    stamp, file = _new(FileStamp), _new(PhotoFile)
    _, inode, size, mtime, ctime, device, links = _WHOLE.unpack(held)
    _DEV(stamp, device)
    _INODE(stamp, inode)
    _BYTES(stamp, size)
    _MTIME(stamp, mtime)
    _CTIME(stamp, ctime)
    _LINKS(stamp, links)
    _PATH(file, path)
    _ROOT(file, source.root)
    _HELD(file, stamp)
    _COMPANIONS(file, ())
    _INSIDE(file, ())
    _PROTECTED(file, source.protected)
    _REFERENCE(file, source.reference)
    return file


class Found(Sequence[PhotoFile]):
    """Photos, each made when it is asked for: the same place gives equal ones, not the same."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._records = tuple(records)

    @classmethod
    def of(cls, files: Sequence[PhotoFile]) -> Found:
        """Any photos in this form."""
        return files if isinstance(files, cls) else cls(map(record_of, files))

    @property
    def paths(self) -> list[str]:
        """The path of each."""
        return list(map(path_of, self._records))

    @property
    def stamps(self) -> list[bytes]:
        """What ``packed`` gives for each."""
        return [one[1][:_SIZE] for one in self._records]

    @property
    def roots(self) -> set[str]:
        """The roots below which they were found."""
        return set(map(_root_of, map(_source_of, self._records)))

    def __len__(self) -> int:
        return len(self._records)

    @overload
    def __getitem__(self, at: int) -> PhotoFile: ...

    @overload
    def __getitem__(self, at: slice) -> Found: ...

    def __getitem__(self, at: int | slice) -> PhotoFile | Found:
        return Found(self._records[at]) if isinstance(at, slice) else photo_of(self._records[at])

    def __iter__(self) -> Iterator[PhotoFile]:
        return map(photo_of, self._records)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))
