"""What was done so far, run by run, and what of it can be undone."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from dedupe.actions.execution.undo import run_blocker
from dedupe.actions.journal.access import ActionPaths
from dedupe.actions.journal.journal import DamagedRowError, Journal, exists
from dedupe.actions.journal.records import SIDECARS, AssetPurpose, AssetRow, AssetState, RunPurpose, RunRow
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.trash import Trash

_log = logging.getLogger("dedupe")


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run: assets, files and bytes that it moved, how many of its assets are back, and how many need a person.

    ``bytes_away`` leaves out what is back. ``began`` is in seconds since 1970. ``why_not`` says why it cannot be undone;
    None where it can. ``sidecars`` that it wrote stand as it wrote them.
    """

    number: int
    purpose: RunPurpose
    began: float
    target: str | None
    undoes: int | None
    assets: int
    files: int
    bytes: int
    bytes_away: int
    undone: int
    needs_person: int
    why_not: str | None
    sidecars: int = 0

    @property
    def undoable(self) -> bool:
        """Something of it is away and can be put back."""
        return self.why_not is None

    @property
    def way_back(self) -> str:
        """The command that puts it back; else in short why there is none."""
        if self.why_not is None:
            return f"dedupe undo {self.number}"
        if self.purpose is RunPurpose.UNDO:
            return "was an undo"
        return "all back" if self.assets == self.undone else "not possible"


@dataclass(frozen=True, slots=True)
class Unreconciled:
    """How many assets an interruption left.

    ``open`` are begun and not ended (or another dedupe is at work on them). ``needs_person`` were given up.
    """

    open: int = 0
    needs_person: int = 0


def unreconciled(paths: ActionPaths) -> Unreconciled:
    """Count what recovery has not ended, as the journal says.

    No photo is touched or read. Raises StoreError where the journal cannot be read.
    """
    if not exists(paths.journal):
        return Unreconciled()
    with Journal(paths.journal, Disk()) as journal:
        return Unreconciled(len(journal.open_assets()), len(journal.unclear_assets()))


def away(paths: ActionPaths) -> dict[str, int]:
    """The path of every file that a run moved and that is not back, with the number of the run. Raises as ``history``.

    Where another file has taken such a path meanwhile, it is still named.
    """
    if not exists(paths.journal):
        return {}
    with Journal(paths.journal, Disk()) as journal:
        return {
            file.move.source: run.id
            for run, assets in _readable(journal)
            if run.purpose is not RunPurpose.UNDO
            for asset in assets
            if asset.state is AssetState.DONE and asset.purpose is AssetPurpose.ACT
            for file in asset.files
        }


def history(paths: ActionPaths) -> tuple[RunSummary, ...]:
    """List all runs that moved something, newest first.

    A run whose rows are damaged is left out, and the log says so. Raises JournalError where the journal cannot be read.
    """
    if not exists(paths.journal):
        return ()
    disk = Disk()
    with Journal(paths.journal, disk) as journal:
        summaries = [_summary(run, assets, Trash(disk)) for run, assets in _readable(journal)]
        for sentence in journal.damaged_runs():
            _log.warning("%s", sentence)
    return tuple(
        summary for summary in reversed(summaries) if summary.assets or summary.needs_person or summary.sidecars
    )


def _readable(journal: Journal) -> Iterator[tuple[RunRow, list[AssetRow]]]:
    """The runs with their assets, oldest first, without those that have a damaged row."""
    for run in journal.runs():
        with suppress(DamagedRowError):
            yield run, journal.assets(run.id)


def _summary(run: RunRow, assets: Sequence[AssetRow], trash: Trash) -> RunSummary:
    aside = (AssetPurpose.PUT_BACK, *SIDECARS)
    counted = [asset for asset in assets if asset.purpose not in aside]
    written = [one for one in assets if one.purpose is AssetPurpose.RESCUE and one.state is AssetState.DONE]
    unclear = sum(one.purpose in SIDECARS and one.state is AssetState.NEEDS_PERSON for one in assets)
    by_state = Counter(asset.state for asset in counted)
    moved = [asset for asset in counted if asset.state in (AssetState.DONE, AssetState.UNDONE)]
    return RunSummary(
        number=run.id,
        purpose=run.purpose,
        began=run.began,
        target=run.target,
        undoes=run.undoes,
        assets=len(moved),
        files=sum(len(asset.files) for asset in moved),
        bytes=_bytes(moved),
        bytes_away=_bytes(asset for asset in moved if asset.state is AssetState.DONE),
        undone=by_state[AssetState.UNDONE],
        needs_person=by_state[AssetState.NEEDS_PERSON] + unclear,
        why_not=run_blocker(run, assets, trash.undoable),
        sidecars=len(written),
    )


def _bytes(assets: Iterable[AssetRow]) -> int:
    return sum(file.move.stamp.size for asset in assets for file in asset.files)
