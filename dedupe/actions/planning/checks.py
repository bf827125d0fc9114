"""What a file must still be before it, or a copy of it, is touched.

It is opened without following links, read to the end, and must be the very bytes that the scan saw.

Each guard returns the reason as a phrase, or None; dry run and real run use the same ones. Size and times alone prove
nothing (they can be set back), so the content is read every time. The change time is compared before and after reading,
because it cannot be set back. A relation is a fact about two contents: while both are the plan's, it still holds.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from dedupe.actions.platform.disk import CHUNK, Disk
from dedupe.formats.attributes import said
from dedupe.formats.hashing import hasher
from dedupe.types import Action, ContentKey, FileMove, FileStamp, Relation

CHANGED = "changed since the scan"
RETAGGED = "has other tags, comments or stars than at the scan"
GONE = "no longer exists"
LINK = "is a link, or no longer a regular file"
SAME_FILE = "is the same file as the photo that stays"
NOT_EQUAL = "its bytes are not those of the photo that stays"
NO_COUNTERPART = "is planned to leave for a file that does not stay"
LINKED_ELSEWHERE = "has another name (a hard link) that would stay behind"
KEEPER = "the photo that stays: "
BESIDE = "a file beside the photo that stays: "


class LeftAloneError(Exception):
    """A file or asset is left as it is; the text is the phrase that says why."""


@dataclass(slots=True, eq=False)
class Held:
    """A file that was checked and is held open: what it was planned as, and what the disk says of it."""

    move: FileMove
    handle: int
    status: os.stat_result
    volume_is_weak: bool

    @property
    def identity(self) -> tuple[int, int]:
        """(device, inode)."""
        return self.status.st_dev, self.status.st_ino


# -- guards --------------------------------------------------------------------------------------------------------------


def stamp_blocker(stamp: FileStamp, status: os.stat_result, weak: bool) -> str | None:
    """The file under the name is not the one that was scanned, or was written to. A changed ctime alone passes."""
    if (status.st_size, status.st_mtime_ns) != (stamp.size, stamp.mtime_ns):
        return CHANGED
    if not weak and (status.st_dev, status.st_ino) != (stamp.dev, stamp.inode):
        return CHANGED
    return None


def content_blocker(expected: ContentKey, found: ContentKey) -> str | None:
    """The bytes are not those that the scan compared."""
    return CHANGED if found != expected else None


def attributes_blocker(disk: Disk, held: Held) -> str | None:
    """Tags, comments or ratings in extended attributes are not those that the scan saw: their change shows in no stamp."""
    if held.move.attributes is None or said(disk.attributes(held.handle)) == held.move.attributes:
        return None
    return RETAGGED


def quiet_blocker(before: os.stat_result, after: os.stat_result) -> str | None:
    """Somebody wrote to the file while it was read."""
    same = (before.st_size, before.st_mtime_ns, before.st_ctime_ns) == (
        after.st_size,
        after.st_mtime_ns,
        after.st_ctime_ns,
    )
    return None if same else "is being changed right now"


def same_file_blocker(victims: Sequence[Held], keepers: Sequence[Held]) -> str | None:
    """Refuse where a file would leave in favour of itself under another name.

    It may also be reached through another mount: its device number may differ there, but inode and all times do not.
    """
    staying = {held.identity for held in keepers} | {_traits(held) for held in keepers}
    return SAME_FILE if any(held.identity in staying or _traits(held) in staying for held in victims) else None


def _traits(held: Held) -> tuple[int, ...]:
    status = held.status
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def links_blocker(victims: Sequence[Held]) -> str | None:
    """A hard-linked file leaves with all its names or not at all."""
    for held in victims:
        names = sum(other.identity == held.identity for other in victims)
        if held.status.st_nlink > names and not held.volume_is_weak:
            return LINKED_ELSEWHERE
    return None


def still_blocker(disk: Disk, held: Held, *, siblings: bool) -> str | None:
    """The last look before the act: the name still leads to the file that was read, and nobody has written to it.

    ``siblings``: another name of this file moved just now, which changes its ctime.
    """
    try:
        named = disk.lstat(held.move.source)
    except (FileNotFoundError, NotADirectoryError):
        return GONE
    if (named.st_dev, named.st_ino) != held.identity:
        return CHANGED
    now = disk.fstat(held.handle) if held.handle >= 0 else named
    if (now.st_size, now.st_mtime_ns) != (held.status.st_size, held.status.st_mtime_ns):
        return CHANGED
    return CHANGED if now.st_ctime_ns != held.status.st_ctime_ns and not siblings else None


def far_apart(victims: Sequence[Held], keepers: Sequence[Held]) -> bool:
    """Say whether the two may be one file without their inodes showing it.

    This is so where they are on two volumes, or where a volume invents an inode for each name.
    """
    return any(
        victim.status.st_dev != keeper.status.st_dev or victim.volume_is_weak or keeper.volume_is_weak
        for victim in victims
        for keeper in keepers
    )


def gone_blocker(disk: Disk, keeper: Held) -> str | None:
    """The keeper, opened anew by its name and read to its end, is no longer what it was.

    Its status proves nothing: for a file that is served by a program (FUSE) the kernel answers from what it remembers.
    """
    try:
        with ExitStack() as stack:
            check_content(disk, hold(disk, keeper.move, stack, by_content=True))
    except LeftAloneError as error:
        return str(error)
    return None


# -- reading -------------------------------------------------------------------------------------------------------------


def hold(disk: Disk, move: FileMove, stack: ExitStack, *, by_content: bool = False) -> Held:
    """Open what ``move`` names and check its stamp; ``stack`` closes it.

    With ``by_content`` only the size of the stamp counts, because dedupe itself moved or copied the file. Raises
    LeftAloneError with the phrase.
    """
    try:
        named = disk.lstat(move.source)
        if not stat.S_ISREG(named.st_mode):
            raise LeftAloneError(LINK)
        handle = disk.open_read(move.source)
    except (FileNotFoundError, NotADirectoryError):
        raise LeftAloneError(GONE) from None
    except OSError as error:
        raise LeftAloneError(LINK if error.errno == errno.ELOOP else unreadable(error)) from error
    held = Held(move, handle, disk.fstat(handle), disk.volume(os.path.dirname(move.source)).weak)
    stack.callback(let_go, disk, held)
    if not stat.S_ISREG(held.status.st_mode):
        raise LeftAloneError(LINK)
    if held.identity != (named.st_dev, named.st_ino):
        raise LeftAloneError(CHANGED)
    if by_content:
        _refuse(CHANGED if held.status.st_size != move.stamp.size else None)
    else:
        _refuse(stamp_blocker(move.stamp, held.status, held.volume_is_weak))
    return held


def let_go(disk: Disk, held: Held) -> None:
    """Close it, once."""
    if held.handle >= 0:
        disk.close(held.handle)
        held.handle = -1


def check_content(disk: Disk, held: Held) -> None:
    """Read the held file to its end. Raises LeftAloneError where it is not what was scanned."""
    _wait_for_the_clock(disk, held)
    before = disk.fstat(held.handle)
    try:
        found = content_key_of(disk, held.handle, held.move.content_key)
    except OSError as error:
        raise LeftAloneError(unreadable(error)) from error
    _check_read(disk, held, before, found)


def check_equal(disk: Disk, victim: Held, keeper: Held, number: int = 0) -> None:
    """Read both to their ends, side by side, and compare every byte; ``number`` as in ``as_keeper``. Raises LeftAloneError."""
    for held in (victim, keeper):
        _wait_for_the_clock(disk, held)
    before, before_keeper = disk.fstat(victim.handle), disk.fstat(keeper.handle)
    try:
        found, found_keeper, equal = _compare(disk, victim, keeper)
    except OSError as error:
        raise LeftAloneError(unreadable(error)) from error
    _check_read(disk, victim, before, found)
    with as_keeper(number):
        _check_read(disk, keeper, before_keeper, found_keeper)
    _refuse(bytes_blocker(equal))


def whole(disk: Disk, held: Held) -> bytes:
    """All bytes of a held file. Raises OSError."""
    disk.rewind(held.handle)
    return b"".join(iter(lambda: disk.read(held.handle, CHUNK), b""))


def bytes_blocker(equal: bool) -> str | None:
    """`identical` means the same bytes, not the same hash."""
    return None if equal else NOT_EQUAL


def whose(number: int) -> str:
    """Name the file that a phrase speaks of: the first of those that stay is the photo itself."""
    return BESIDE if number else KEEPER


class as_keeper:  # noqa: N801 - used like a function: `with as_keeper():`
    """Within the block a LeftAloneError speaks of the photo that stays, or of the file beside it of that number."""

    def __init__(self, number: int = 0) -> None:
        self._whose = whose(number)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, LeftAloneError):
            raise LeftAloneError(self._whose + str(error)) from error


def hold_asset(disk: Disk, action: Action, stack: ExitStack) -> tuple[list[Held], list[Held]]:
    """Open and read every file of an asset and of the keeper's: victims, keepers. Raises LeftAloneError.

    Afterwards each is known to hold the bytes of the plan, and nothing was changed.
    """
    victims = [hold(disk, move, stack) for move in action.moves]
    keepers = []
    for number, part in enumerate((action.keeper, *action.keeper_parts)):
        with as_keeper(number):
            keepers.append(hold(disk, part, stack))
    _refuse(same_file_blocker(victims, keepers))
    _refuse(links_blocker(victims))
    _refuse(next(filter(None, (attributes_blocker(disk, held) for held in victims)), None))
    for number, held in enumerate(keepers):
        with as_keeper(number):
            _refuse(attributes_blocker(disk, held))
    read: list[Held] = []
    for victim, keeper in claimed(action, victims, keepers, Relation.IDENTICAL):
        check_equal(disk, victim, keeper, keepers.index(keeper))
        read += [victim, keeper]
    for held in victims:
        if held not in read:
            check_content(disk, held)
    for number, held in enumerate(keepers):
        if held not in read:
            with as_keeper(number):
                check_content(disk, held)
    return victims, keepers


def claimed(
    action: Action, victims: Sequence[Held], keepers: Sequence[Held], relation: Relation
) -> list[tuple[Held, Held]]:
    """The pairs of a leaving and a staying file that the scan called so. Raises LeftAloneError."""
    pairs = [(victims[0], keepers[0])] if action.relation is relation else []
    leaving, staying = ({held.move.source: held for held in side} for side in (victims, keepers))
    for equal in action.equals:
        if equal.leaves not in leaving or equal.stays not in staying:
            raise LeftAloneError(NO_COUNTERPART)
        if equal.relation is relation:
            pairs.append((leaving[equal.leaves], staying[equal.stays]))
    return pairs


def content_key_of(disk: Disk, handle: int, like: ContentKey = b"") -> ContentKey:
    """The key of an open file from its first byte on, of the kind of the key ``like``."""
    made = hasher(like)
    disk.rewind(handle)
    while chunk := disk.read(handle, CHUNK):
        made.update(chunk)
    return made.digest()


def _compare(disk: Disk, victim: Held, keeper: Held) -> tuple[ContentKey, ContentKey, bool]:
    """Both content keys, and whether the bytes are the same ones."""
    hash_a, hash_b, equal = hasher(victim.move.content_key), hasher(keeper.move.content_key), True
    a, b = victim.handle, keeper.handle
    disk.rewind(a)
    disk.rewind(b)
    while True:
        chunk_a, chunk_b = _full_chunk(disk, a), _full_chunk(disk, b)
        if not chunk_a and not chunk_b:
            return hash_a.digest(), hash_b.digest(), equal
        hash_a.update(chunk_a)
        hash_b.update(chunk_b)
        equal = equal and chunk_a == chunk_b


def _full_chunk(disk: Disk, handle: int) -> bytes:
    """A read may return less than is there; two files are compared in step, so it must not."""
    parts = []
    missing = CHUNK
    while missing and (part := disk.read(handle, missing)):
        parts.append(part)
        missing -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _check_read(disk: Disk, held: Held, before: os.stat_result, found: ContentKey) -> None:
    after = disk.fstat(held.handle)
    _refuse(quiet_blocker(before, after))
    _refuse(content_blocker(held.move.content_key, found))
    held.status = after


def _wait_for_the_clock(disk: Disk, held: Held) -> None:
    """Wait until the clock has ticked since the file was last written to.

    Within the same tick it could be written to again without its times changing (borg #3536).
    """
    tick = disk.volume(os.path.dirname(held.move.source)).tick_ns
    newest = max(held.status.st_mtime_ns, held.status.st_ctime_ns)
    ago = time.time_ns() - newest
    if 0 <= ago < tick:
        time.sleep((tick - ago) / 1e9)


def unreadable(error: OSError) -> str:
    """The phrase for a file that may not be read."""
    return f"cannot be read ({(error.strerror or 'unknown error').lower()})"


def _refuse(reason: str | None) -> None:
    if reason is not None:
        raise LeftAloneError(reason)
