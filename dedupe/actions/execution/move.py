"""One asset to its new place, whole or not at all."""

from __future__ import annotations

import errno
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dedupe.actions.execution.place import (
    ArrivedError,
    Aside,
    NameTakenError,
    StopError,
    drop_aside,
    place_file,
    refusal,
    set_aside,
)
from dedupe.actions.execution.reconcile import Reconciler
from dedupe.actions.journal.journal import Journal
from dedupe.actions.journal.records import AssetPurpose, AssetRow, AssetState, FileRow
from dedupe.actions.planning.checks import (
    SAME_FILE,
    Held,
    LeftAloneError,
    as_keeper,
    far_apart,
    gone_blocker,
    let_go,
    still_blocker,
    whose,
)
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.folders import FolderLook
from dedupe.actions.platform.trash import Trash, TrashError


@dataclass(frozen=True, slots=True)
class Way:
    """How the files of an asset get to their target.

    ``folders`` must be made, outermost first. ``reals`` are, for each file, the real path that its target's folder must
    have (None for the trash). ``looks`` says what some of the folders must look like.
    """

    folders: tuple[str, ...]
    reals: tuple[str | None, ...]
    looks: Mapping[str, FolderLook] = field(default_factory=dict)


def folder_blocker(target: str, real: str | None) -> str | None:
    """A link among the folders would lead the file somewhere else than was planned, or recorded."""
    found = os.path.realpath(os.path.dirname(target))
    if real is None or os.path.normcase(found) != os.path.normcase(real):
        return "a link is in the way of its folder"
    return None


def missing_folders(paths: Sequence[str | None]) -> tuple[str, ...]:
    """The folders that must be made before these files can be there, outermost first."""
    missing: dict[str, None] = {}
    for path in paths:
        folder, above = os.path.dirname(path or os.sep), []
        while not os.path.lexists(folder) and os.path.dirname(folder) != folder:
            above.append(folder)
            folder = os.path.dirname(folder)
        missing.update(dict.fromkeys(reversed(above)))
    return tuple(missing)


_MEMORY_S = (0.0, 0.3, 0.9, 1.2)
"""Waits that add up to more than the second for which FUSE lets the kernel remember a name."""


def make_folder(disk: Disk, folder: str, look: FolderLook | None) -> tuple[str, ...]:
    """Make one folder, closed to others until it looks as it must; what of that could not be given, by name."""
    if look is None:
        disk.mkdir(folder)
        return ()
    disk.mkdir(folder, 0o700)
    return disk.give_look(folder, look)


class KeeperLostError(StopError):
    """The asset has left, and the photo that should stay did not: it is put back, and nothing more may move."""


class OneFileError(LeftAloneError):
    """The photo and the one that stays are one file, reached in two ways; it is back in its place."""


class Mover:
    """Carries out assets whose intent is in the journal."""

    def __init__(self, disk: Disk, journal: Journal, trash: Trash) -> None:
        self._disk = disk
        self._journal = journal
        self._trash = trash
        self.reconciler = Reconciler(disk, journal, trash)

    def move(self, asset: AssetRow, victims: Sequence[Held], keepers: Sequence[Held], way: Way) -> tuple[str, ...]:
        """Move every file of the asset; what a copy could not carry, by name.

        On anything in the way the parts that moved are put back, and the reason is raised: NameTakenError, LeftAloneError
        (this asset stays, others may go on), StopError (nothing more may move) or ArrivedError (this asset moved, no other may).
        """
        try:
            lost = self._move_all(asset, victims, keepers, way)
        except (OSError, NameTakenError, LeftAloneError, StopError, TrashError) as error:
            self._put_right(asset, error, keepers)
        except BaseException:
            self.reconciler.reconcile(asset)
            self._journal.flush()
            raise
        if asset.purpose is not AssetPurpose.ACT:
            self.reconciler.finish(asset)
        self._journal.end_asset(asset, AssetState.DONE)
        return lost

    def _move_all(self, asset: AssetRow, victims: Sequence[Held], keepers: Sequence[Held], way: Way) -> tuple[str, ...]:
        lost: dict[str, None] = {}
        for folder in way.folders:
            lost.update(dict.fromkeys(self._make(asset, folder, way.looks.get(folder))))
        names = Counter(held.identity for held in victims)
        copied: list[tuple[FileRow, Held]] = []
        for file, held, real in zip(asset.files, victims, way.reals, strict=True):
            self._look_again(held, keepers, siblings=names[held.identity] > 1)
            if file.move.target is None:
                self._move_to_trash(file, held)
                continue
            _refuse(folder_blocker(file.move.target, real))
            placed = place_file(self._disk, self._journal, file, held, siblings=names[held.identity] > 1)
            lost.update(dict.fromkeys(placed.lost))
            if placed.copied:
                copied.append((file, held))
        aside = self._set_aside(copied, keepers, names)
        self._look_for_keepers(victims, keepers)
        for one in aside:
            drop_aside(self._disk, one)
        return tuple(lost)

    def _set_aside(
        self, copied: Sequence[tuple[FileRow, Held]], keepers: Sequence[Held], names: Counter[tuple[int, int]]
    ) -> list[Aside]:
        """The first original may go only when every copy of the asset is complete, and not yet for good."""
        for file, _ in copied:
            self._journal.placed(file)
        aside = []
        for file, held in copied:
            siblings = names[held.identity] > 1
            self._look_again(held, keepers, siblings=siblings)
            aside.append(set_aside(self._disk, file, held, siblings=siblings))
        return aside

    def _look_again(self, held: Held, keepers: Sequence[Held], *, siblings: bool) -> None:
        for number, keeper in enumerate(keepers):
            with as_keeper(number):
                _refuse(still_blocker(self._disk, keeper, siblings=False))
        _refuse(still_blocker(self._disk, held, siblings=siblings))

    def _look_for_keepers(self, victims: Sequence[Held], keepers: Sequence[Held]) -> None:
        """One file reached in two ways may have two identities: when it has left by one, the other shows it gone."""
        again = far_apart(victims, keepers)
        for number, keeper in enumerate(keepers):
            reason = still_blocker(self._disk, keeper, siblings=False)
            if reason is None and again:
                reason = gone_blocker(self._disk, keeper)
            if reason is not None:
                raise KeeperLostError(f"{whose(number)}{reason}, now that the other has left")

    def _move_to_trash(self, file: FileRow, held: Held) -> None:
        if os.name == "nt":
            let_go(self._disk, held)
        entry = self._trash.move_to_trash(file.move.source, held.status, file.info)
        if entry is not None:
            self._journal.thrown(file, entry.file, entry.info)
            self._journal.arrived(file, self._disk.lstat(entry.file).st_mtime_ns)

    def _make(self, asset: AssetRow, folder: str, look: FolderLook | None) -> tuple[str, ...]:
        """Make a folder and have its name on the disk: a power cut must not take it and its contents once a source has left.
        What of its look could not be given, by name."""
        lost: tuple[str, ...] = ()
        try:
            lost = make_folder(self._disk, folder, look)
        except FileExistsError:
            if not os.path.isdir(folder):
                raise LeftAloneError("a file is in the way of its folder") from None
            self._journal.forget_folder(asset.run, folder)  # somebody else made it, so it is not ours to remove
        self._disk.fsync_folder(os.path.dirname(folder))
        return lost

    # -- when something is in the way ------------------------------------------------------------------------------------

    def _put_right(self, asset: AssetRow, error: Exception, keepers: Sequence[Held]) -> None:
        """Settle the asset, then raise what it means for the others."""
        problem = self._meaning(asset, error)
        try:
            reconciled = self.reconciler.reconcile(asset, back=isinstance(error, KeeperLostError))
        except OSError as second:
            raise StopError(f"{problem}; putting it back failed too ({second.strerror})") from error
        if reconciled.state in (AssetState.NEEDS_PERSON, AssetState.BEGUN):
            raise StopError(f"{problem}: {reconciled.reason}") from error
        if reconciled.state is AssetState.DONE:
            raise ArrivedError(str(problem)) from error
        if isinstance(error, KeeperLostError) and self._came_back(keepers):
            raise OneFileError(SAME_FILE) from error
        raise problem from error

    def _came_back(self, keepers: Sequence[Held]) -> bool:
        """Say whether the keepers are there again, now that the photo was put back.

        The kernel may report for a while that they are gone, so this waits and asks again.
        """
        for wait in _MEMORY_S if keepers else ():
            time.sleep(wait)
            if not any(gone_blocker(self._disk, keeper) for keeper in keepers):
                return True
        return False

    def _meaning(self, asset: AssetRow, error: Exception) -> Exception:
        if isinstance(error, TrashError):
            return StopError(str(error))
        if not isinstance(error, OSError):
            return error
        sources = all(self._disk.is_taken(file.move.source) for file in asset.files)
        if error.errno == errno.ENOENT and sources and asset.files[0].move.target is not None:
            return StopError("the target folder is gone")
        return refusal(error)


def _refuse(reason: str | None) -> None:
    if reason is not None:
        raise LeftAloneError(reason)
