"""What was done so far, run by run, and what of it can be undone."""

from __future__ import annotations

from dataclasses import dataclass

from dedupe.actions.execution.undo import run_blocker
from dedupe.actions.journal.access import ActionPaths
from dedupe.actions.journal.journal import Journal, exists
from dedupe.actions.journal.records import AssetPurpose, AssetState, RunPurpose, RunRow
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.trash import Trash


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run: assets, files and bytes that it moved, how many of its assets are back, and how many need a person.

    ``bytes_away`` leaves out what is back. ``began`` is in seconds since 1970. ``why_not`` says why it cannot be undone;
    None where it can.
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
        return "all back" if self.assets == self.undone else self.why_not


@dataclass(frozen=True, slots=True)
class Unreconciled:
    """Assets that an interruption left: ``open`` are begun and not ended (or another dedupe is at them), ``needs_person`` were
    given up."""

    open: int = 0
    needs_person: int = 0


def unreconciled(paths: ActionPaths) -> Unreconciled:
    """What recovery has not ended, as the journal says; looks at no photo. Raises StoreError where the journal cannot be
    read."""
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
            for run in journal.runs()
            if run.purpose is not RunPurpose.UNDO
            for asset in journal.assets(run.id)
            if asset.state is AssetState.DONE and asset.purpose is AssetPurpose.ACT
            for file in asset.files
        }


def history(paths: ActionPaths) -> tuple[RunSummary, ...]:
    """All runs that moved something, newest first. Raises JournalError where the journal cannot be read."""
    if not exists(paths.journal):
        return ()
    disk = Disk()
    with Journal(paths.journal, disk) as journal:
        summaries = [_summary(journal, run, Trash(disk)) for run in reversed(journal.runs())]
    return tuple(summary for summary in summaries if summary.assets or summary.needs_person)


def _summary(journal: Journal, run: RunRow, trash: Trash) -> RunSummary:
    counts = {state: (assets, files, size) for state, assets, files, size in journal.counts(run.id)}
    moved = [counts.get(state, (0, 0, 0)) for state in (AssetState.DONE, AssetState.UNDONE)]
    return RunSummary(
        number=run.id,
        purpose=run.purpose,
        began=run.began,
        target=run.target,
        undoes=run.undoes,
        assets=sum(assets for assets, _, _ in moved),
        files=sum(files for _, files, _ in moved),
        bytes=sum(size for _, _, size in moved),
        bytes_away=moved[0][2],
        undone=counts.get(AssetState.UNDONE, (0, 0, 0))[0],
        needs_person=counts.get(AssetState.NEEDS_PERSON, (0, 0, 0))[0],
        why_not=run_blocker(run, journal.assets(run.id), trash.undoable),
    )
