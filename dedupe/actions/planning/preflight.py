"""Before the first file: is everything there, is the target a fit place, is there room, is it as much as was agreed to?

Each guard looks at the whole plan and returns the sentence that refuses it, or None. Nothing is touched.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from dedupe.actions.planning.names import MARKER
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.volumes import is_under
from dedupe.errors import RefusedError, UsageError
from dedupe.settings import allowed_to_leave
from dedupe.terminal.text import display_path, format_bytes, format_count
from dedupe.types import Action

_SYSTEM = {
    "linux": "/bin /boot /dev /etc /lib /lib64 /proc /run /sbin /sys /usr",
    "darwin": "/bin /dev /etc /sbin /usr /System /Library /Applications /private/etc",
}
# Removable disks are mounted here by desktops.
_NOT_SYSTEM = ("/run/media", "/dev/shm")
_HIDDEN_NAMES = frozenset(("@eadir", "$recycle.bin", "lost+found", "system volume information"))
_SPARE = 1.05


def target_folder(named: str) -> str:
    """The real path of the folder that a move was told to go to.

    Raises UsageError on a ``~`` that is nobody's home, RefusedError on a link that leads nowhere: what it led to may be a disk
    that is not connected, and a folder made in its place would fill another disk and be hidden when that one comes back.
    """
    expanded = os.path.expanduser(named)
    if expanded.startswith("~"):
        whose = display_path(named.partition(os.sep)[0])
        raise UsageError(f"{whose} is nobody's home folder; write ./{display_path(named)} for a folder of that name.")
    dangling = _dangling_link(expanded if os.path.isabs(expanded) else os.path.join(os.getcwd(), expanded))
    if dangling is not None:
        shown, led = display_path(dangling), display_path(os.readlink(dangling))
        raise RefusedError(f"{shown} is a link to {led}, which does not exist: is its disk gone? Nothing was touched.")
    return os.path.realpath(expanded)


def _dangling_link(path: str) -> str | None:
    """The first link on the way to ``path`` that leads to nothing; None where there is none."""
    parts = path.split(os.sep)
    ways = (os.sep.join(parts[:end]) for end in range(2, len(parts) + 1))
    return next((way for way in ways if os.path.islink(way) and not os.path.exists(way)), None)


def check_all(disk: Disk, actions: Sequence[Action], roots: Sequence[str], target: str | None) -> None:
    """Raises RefusedError with the first guard's sentence; ``target`` is a real path, None for the trash."""
    reason = roots_blocker(disk, actions, roots)
    if reason is None and target is not None:
        reason = (
            length_blocker(target)
            or folder_blocker(target)
            or place_blocker(target)
            or root_blocker(target, roots)
            or keeper_blocker(target, actions)
            or crowd_blocker(disk, target, roots)
            or space_blocker(disk, target, actions)
        )
    if reason is not None:
        raise RefusedError(reason + " Nothing was touched.")


# -- the roots ---------------------------------------------------------------------------------------------------------


def roots_blocker(disk: Disk, actions: Sequence[Action], roots: Sequence[str]) -> str | None:
    """A scanned folder is missing: a disk taken out is not the same as files deleted."""
    for root in roots:
        if not os.path.isdir(root):
            return f"The scanned folder {display_path(root)} does not exist any more."
        named = (move.source for action in actions for move in (action.keeper, *action.moves))
        inside = [path for path in named if is_under(path, root)]
        if inside and not any(disk.is_taken(path) for path in inside):
            return f"None of the photos is left in {display_path(root)}: is its disk gone?"
    return None


# -- the target --------------------------------------------------------------------------------------------------------


def length_blocker(target: str) -> str | None:
    """The folder's own name, or its whole path, is longer than the system takes."""
    return f"The name of the folder {display_path(target)} is too long." if is_too_long(target) else None


def is_too_long(path: str) -> bool:
    """No file of this path can be made: the volume, or the system, takes no name as long."""
    there = path
    while not os.path.lexists(there) and os.path.dirname(there) != there:
        there = os.path.dirname(there)
    name, whole = (_limit(there, key, usual) for key, usual in (("PC_NAME_MAX", 255), ("PC_PATH_MAX", 4096)))
    return len(os.fsencode(path)) >= whole or any(len(os.fsencode(part)) > name for part in path.split(os.sep))


def _limit(folder: str, key: str, usual: int) -> int:
    try:
        return os.pathconf(folder, key)
    except (OSError, ValueError, AttributeError):
        return usual


def folder_blocker(target: str) -> str | None:
    """The target, or the folder it will be made in, is not a folder or may not be written."""
    there = target
    while not os.path.lexists(there) and os.path.dirname(there) != there:
        there = os.path.dirname(there)
    if not os.path.isdir(there):
        return f"{display_path(there)} is not a folder."
    if not os.access(there, os.W_OK | os.X_OK):
        return f"{display_path(there)} can't be written to."
    return None


def place_blocker(target: str) -> str | None:
    """Hidden and system folders are not where somebody looks for photos."""
    parts = target.split(os.sep)
    if any(part.startswith(".") or part.casefold() in _HIDDEN_NAMES for part in parts if part):
        return f"The folder {display_path(target)} is hidden, or is in a hidden one."
    if os.path.dirname(target) == target or _is_system(target):
        return f"The folder {display_path(target)} belongs to the system."
    return None


def _is_system(target: str) -> bool:
    if sys.platform == "win32":
        places = [
            os.environ.get(name, "") for name in ("SystemRoot", "ProgramFiles", "ProgramFiles(x86)", "ProgramData")
        ]
        return any(place and is_under(os.path.normcase(target), os.path.normcase(place)) for place in places)
    if any(is_under(target, place) and target != place for place in _NOT_SYSTEM):
        return False
    places = _SYSTEM.get(sys.platform, _SYSTEM["linux"]).split()
    return any(is_under(target, place) for place in places)


def root_blocker(target: str, roots: Sequence[str]) -> str | None:
    """The target is a scanned folder itself."""
    if any(os.path.realpath(root) == target for root in roots):
        return (
            f"The folder {display_path(target)} is one of those that were scanned; name another, which may lie in it."
        )
    return None


def keeper_blocker(target: str, actions: Sequence[Action]) -> str | None:
    """The target holds photos of this very plan."""
    named = (move.source for action in actions for move in (action.keeper, *action.keeper_parts, *action.moves))
    folders = {os.path.dirname(path) for path in named}
    if any(is_under(os.path.realpath(folder), target) for folder in folders):
        return f"The folder {display_path(target)} holds photos of this scan; name another."
    return None


def crowd_blocker(disk: Disk, target: str, roots: Sequence[str]) -> str | None:
    """Inside a scanned folder the target gets a marker that hides it from later scans: it must hold no other photos."""
    if not is_inside(target, roots) or not os.path.isdir(target) or disk.is_taken(os.path.join(target, MARKER)):
        return None
    if _holds_photos(target):
        return (
            f"The folder {display_path(target)} is in a scanned one and holds photos of its own, which later scans would"
            " no longer see; name a new or empty folder."
        )
    return None


def is_inside(target: str, roots: Sequence[str]) -> bool:
    """The target is in a scanned folder."""
    return any(is_under(target, os.path.realpath(root)) for root in roots)


def _holds_photos(folder: str) -> bool:
    from dedupe.formats.sniff import PHOTO_EXTENSIONS

    return any(
        os.path.splitext(name)[1].lower() in PHOTO_EXTENSIONS for _, _, names in os.walk(folder) for name in names
    )


def space_blocker(disk: Disk, target: str, actions: Sequence[Action]) -> str | None:
    """The copies to another volume would not fit."""
    there = target
    while not os.path.isdir(there) and os.path.dirname(there) != there:
        there = os.path.dirname(there)
    device = disk.lstat(there).st_dev
    needed = sum(move.stamp.size for action in actions for move in action.moves if move.stamp.dev != device)
    if not needed or disk.free_bytes(there) >= needed * _SPARE:
        return None
    return (
        f"{format_bytes(needed)} would be copied to {display_path(target)}, where only"
        f" {format_bytes(disk.free_bytes(there))} are free."
    )


# -- how much ----------------------------------------------------------------------------------------------------------


def drop_blocker(dropped: int, photos: int, limit: str) -> str | None:
    """More photos would leave than ``--max-drop`` allows. Raises UsageError where ``limit`` is neither N nor P%."""
    allowed = allowed_to_leave(limit, photos)
    if dropped <= allowed:
        return None
    return (
        f"{format_count(dropped, 'photo')} of {format_count(photos)} would be removed, more than --max-drop {limit} allows"
        f" ({format_count(allowed)})."
    )
