"""Files that are seen twice without their inodes telling.

They come through a pool or a mount of the own disk, as a file mounted over another, or below a folder whose name is spelled
in two ways on a volume that folds case. What can be told from the mounts is told here, so that such a file is neither a copy
nor counted as one. What cannot is found when a photo is to leave (``actions``): the one that stays is opened anew after it.
"""

from __future__ import annotations

import os
import platform
import stat
from collections.abc import Iterable, Sequence
from dataclasses import replace

from dedupe.mounts import Mount, is_under, whole
from dedupe.terminal.text import format_count
from dedupe.tree.file_list import Record, photo_of, record_of
from dedupe.types import SkipKind, Skipped


def spelled(path: str) -> str:
    """An absolute path with its folders spelled as the disk has them, where the volume takes other spellings too."""
    parts = path.split(os.sep)
    for at in range(1, len(parts)):
        name, parent = parts[at], os.sep.join(parts[:at]) or os.sep
        if name.swapcase() != name and os.path.lexists(os.path.join(parent, name.swapcase())):
            parts[at] = _as_listed(parent, name)
    return os.sep.join(parts)


def _as_listed(parent: str, name: str) -> str:
    try:
        names = os.listdir(parent)
    except OSError:
        return name
    if name in names:
        return name
    return next((listed for listed in names if listed.casefold() == name.casefold()), name)


def shown_by(mount: Mount) -> tuple[str, ...]:
    """The folders of this machine whose files a mount shows once more; none where it shows its own."""
    match mount.fstype:
        case "fuse.sshfs":
            host, _, folder = mount.source.rpartition(":")
            local = host.rpartition("@")[2].strip("[]") in ("", "localhost", "127.0.0.1", "::1", platform.node())
            return (os.path.normpath(os.path.join(os.path.expanduser("~"), folder)),) if local else ()
        case "fuse.mergerfs":
            return _branches(mount)
        case "fuse" | "fuse.bindfs":
            return (mount.source,) if os.path.isabs(mount.source) and os.path.isdir(mount.source) else ()
        case "overlay":
            named = dict(option.partition("=")[::2] for option in mount.options.split(","))
            layers = [*named.get("lowerdir", "").split(":"), named.get("upperdir", "")]
            return tuple(layer for layer in layers if os.path.isabs(layer))
        case _:
            return ()


def _branches(mount: Mount) -> tuple[str, ...]:
    """mergerfs tells its branches in an attribute of a file that only it shows: ``/disk1=RW:/disk2=RO``."""
    try:
        told = os.getxattr(os.path.join(mount.point, ".mergerfs"), "user.mergerfs.branches")
    except (OSError, AttributeError):
        return ()
    return tuple(branch.partition("=")[0] for branch in os.fsdecode(told).split(":") if branch)


def without_aliases(
    files: Sequence[Record], roots: Iterable[str], mounted: Sequence[Mount] | None = None
) -> tuple[list[Record], list[Skipped]]:
    """The photos without those that another folder of the scan shows already, and an account of the mounts that show them.

    A file that is a mount point itself, and shown nowhere else, is protected: it cannot be moved.
    """
    mounted = whole() if mounted is None else mounted
    places = [os.path.realpath(root) for root in roots]
    near = [mount for mount in mounted if any(_overlap(mount.point, place) for place in places)]
    kept, skipped = _without_pools(list(files), places, near)
    points = {mount.point for mount in near if _is_file(mount.point)}
    return _without_mounted_files(kept, points) if points else kept, skipped


def _overlap(point: str, place: str) -> bool:
    return point != os.sep and (is_under(point, place) or is_under(place, point))


def _without_pools(
    files: list[Record], places: Sequence[str], near: Sequence[Mount]
) -> tuple[list[Record], list[Skipped]]:
    skipped = []
    for mount in near:
        sources = [source for source in shown_by(mount) if source != mount.point]
        if not sources:
            continue
        kept = [one for one in files if not _is_shown(one[0], mount, sources, places)]
        if len(kept) < len(files):
            again = format_count(len(files) - len(kept), "photo")
            reason = f"shows {again} of other scanned folders again; each counts once"
            skipped.append(Skipped(mount.point, SkipKind.ALIAS, reason))
        files = kept
    return files, skipped


def _is_shown(path: str, mount: Mount, sources: Sequence[str], places: Sequence[str]) -> bool:
    """The file below the mount is there below one of its sources too, and that is scanned."""
    if not is_under(path, mount.point):
        return False
    below = os.path.relpath(path, mount.point)
    behind = [os.path.join(source, below) for source in sources]
    return any(
        not is_under(one, mount.point) and any(is_under(one, place) for place in places) and os.path.lexists(one)
        for one in behind
    )


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def _without_mounted_files(files: list[Record], points: set[str]) -> list[Record]:
    """A file that is mounted over another (a bind mount of one file) has the inode of its source."""
    mounted = [one for one in files if one[0] in points]
    if not mounted:
        return files
    others = {_identity(one) for one in files if one[0] not in points}
    kept = [one for one in files if one[0] not in points]
    for one in mounted:
        if _identity(one) not in others:
            others.add(_identity(one))
            kept.append(record_of(replace(photo_of(one), protected=True)))
    return kept


def _identity(one: Record) -> tuple[int, int]:
    stamp = photo_of(one).stamp
    return stamp.dev, stamp.inode
