"""Which files are known without reading them.

A file is known by its stamp: inode, size, modification and change time. The change time is what cannot be
forged, so the stamp also finds a file whose *folder* was renamed. The device number is part of it only
where the file system's clock is coarse: btrfs, NFS and removable disks get a new number at each mount, and
a clock of nanoseconds tells files apart. A file that changed within one tick of its reading is stored
without a stamp and read again (borg #3536).
"""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from dedupe.library.database import Database, Row
from dedupe.tree.file_list import Found, packed
from dedupe.types import ContentKey, FileStamp, PhotoFile, SkipKind, Skipped

_PUT_FILE = (
    "INSERT OR REPLACE INTO files(path, stamp, content_key, dev) SELECT ?1, ?2, ?3, ?4 "
    "WHERE EXISTS(SELECT 1 FROM contents WHERE content_key = ?3)"
)
_DROP_FAILURE = "DELETE FROM failures WHERE path = ?"
_DROP_FILE = "DELETE FROM files WHERE path = ?"
_PUT_FAILURE = "INSERT OR REPLACE INTO failures(path, stamp, kind, reason, decoder) VALUES (?, ?, ?, ?, ?)"
_PUT_ROOT = "INSERT OR IGNORE INTO roots(path) VALUES (?)"

Answer: TypeAlias = ContentKey | Skipped | None

_LASTING = frozenset(
    {SkipKind.DAMAGED, SkipKind.TOO_LARGE, SkipKind.NOT_A_PHOTO, SkipKind.UNSUPPORTED, SkipKind.POISON}
)
_ENCODING, _ERRORS = sys.getfilesystemencoding(), sys.getfilesystemencodeerrors()
_SEP = os.fsencode(os.sep)
_MILLISECOND = 1_000_000
_ROWS = 2_048
_FINE_TICK_NS, _COARSE_TICK_NS = 20 * _MILLISECOND, 2_100 * _MILLISECOND
_CHANGE_TIME_TELLS = os.name != "nt"  # On Windows it is the time of creation.


def settled(stamp: FileStamp, read_ns: int) -> bool:
    """Whether a change after the reading at ``read_ns`` (wall clock) would show in the stamp."""
    changed = stamp.ctime_ns if _CHANGE_TIME_TELLS else stamp.mtime_ns
    return changed < read_ns - (_FINE_TICK_NS if changed % _MILLISECOND else _COARSE_TICK_NS)


def put_file(db: Database, path: str, stamp: FileStamp, key: ContentKey, read_ns: int) -> None:
    """Queues what was read at ``read_ns``; its content must be stored too, else the row is not."""
    name = os.fsencode(path)
    held = packed(stamp) if settled(stamp, read_ns) else b""
    db.queue(_PUT_FILE, (name, held, key, _signed(stamp.dev)))
    db.queue(_DROP_FAILURE, (name,))


def put_failure(db: Database, skipped: Skipped, stamp: FileStamp, decoder: str, read_ns: int) -> None:
    """Queues why a file was left out, where that is in the file and not in the moment."""
    if skipped.kind not in _LASTING or not settled(stamp, read_ns):
        return
    name = os.fsencode(skipped.path)
    db.queue(_DROP_FILE, (name,))
    db.queue(_PUT_FAILURE, (name, packed(stamp), skipped.kind.value, skipped.reason, decoder))


def known(db: Database, files: Sequence[PhotoFile], *, decoder: str, retry: bool) -> list[Answer]:
    """For each file the key of its content, or why it is left out, or None where it must be read.

    ``retry`` forgets the failures; so does another ``decoder``. The files' roots are remembered for
    ``prune``.
    """
    if not files:
        return []
    found = Found.of(files)
    names = "\0".join(found.paths).encode(_ENCODING, _ERRORS).split(b"\0")
    roots = set(map(os.fsencode, found.roots))
    held = {row[0] for row in db.rows("SELECT path FROM roots")}
    for root in roots - held:
        db.queue(_PUT_ROOT, (root,))
    answers = _by_path(db, names, found.stamps, roots)
    open_ = [at for at, answer in enumerate(answers) if answer is None] if None in answers else []
    if open_ and not retry:
        _fill_failures(db, files, answers, open_, decoder)
    if open_:
        _fill_moved(db, files, answers, open_)
    return answers


def _by_path(db: Database, names: Sequence[bytes], stamps: Sequence[bytes], roots: Iterable[bytes]) -> list[Answer]:
    """Merges the files with the stored rows, both in order of their path, some thousand rows at a time."""
    if names != sorted(names):  # the photos of a walk are in order
        order = sorted(range(len(names)), key=names.__getitem__)
        found = _by_path(db, [names[at] for at in order], [stamps[at] for at in order], roots)
        return [found[at] for at in sorted(range(len(order)), key=order.__getitem__)]
    answers: list[Answer] = []
    rows = _below(db, roots)
    while len(answers) < len(names) and (some := list(itertools.islice(rows, _ROWS))):
        _merge(names, stamps, some, answers)
    return answers + [None] * (len(names) - len(answers))


def _merge(names: Sequence[bytes], stamps: Sequence[bytes], rows: Sequence[Row], answers: list[Answer]) -> None:
    """Appends the answers for the names up to the last of ``rows``."""
    paths, held, keys = zip(*rows, strict=True)
    at, stop = len(answers), len(answers) + len(rows)
    if names[at:stop] == list(paths) and stamps[at:stop] == list(held):  # nothing has changed here
        answers += keys
        return
    for path, stamp, key in rows:
        while at < len(names) and names[at] < path:
            answers.append(None)
            at += 1
        while at < len(names) and names[at] == path:
            answers.append(key if stamps[at] == stamp else None)
            at += 1


def _below(db: Database, roots: Iterable[bytes]) -> Iterator[Row]:
    """The stored files below the roots, in order of their path."""
    last = None
    for prefix in sorted(root.rstrip(_SEP) + _SEP for root in roots):
        if last is not None and prefix.startswith(last):
            continue
        last = prefix
        yield from db.stream(
            "SELECT path, stamp, content_key FROM files WHERE path >= ? AND path < ? ORDER BY path",
            (prefix, prefix[:-1] + bytes([prefix[-1] + 1])),
        )


def _fill_failures(
    db: Database, files: Sequence[PhotoFile], answers: list[Answer], open_: Iterable[int], decoder: str
) -> None:
    failures = {
        stamp: (path, SkipKind(kind), reason)
        for path, stamp, kind, reason in db.stream(
            "SELECT path, stamp, kind, reason FROM failures WHERE decoder = ?", (decoder,)
        )
    }
    for at in open_ if failures else ():
        file = files[at]
        found = failures.get(packed(file.stamp))
        if found and (found[0] == os.fsencode(file.path) or _tells_alone(file.stamp)):
            answers[at] = Skipped(file.path, found[1], found[2])


def _fill_moved(db: Database, files: Sequence[PhotoFile], answers: list[Answer], open_: Iterable[int]) -> None:
    """Files whose folder was renamed: the stamp is known under another path."""
    wanted = {packed(files[at].stamp): at for at in open_ if answers[at] is None and _tells_alone(files[at].stamp)}
    if not wanted:
        return
    moved = [row for row in db.stream("SELECT stamp, content_key FROM files") if row[0] in wanted]
    for stamp, key in moved:
        file = files[wanted[stamp]]
        answers[wanted[stamp]] = key
        db.queue(_PUT_FILE, (os.fsencode(file.path), stamp, key, _signed(file.stamp.dev)))


def _tells_alone(stamp: FileStamp) -> bool:
    """Whether the stamp names the file without its path: file systems with coarse clocks also make up their inodes."""
    return stamp.ctime_ns % _MILLISECOND != 0


def _signed(number: int) -> int:
    """An unsigned 64-bit number as SQLite's signed one."""
    low = number & 0xFFFF_FFFF_FFFF_FFFF
    return low - (1 << 64) if low >> 63 else low
