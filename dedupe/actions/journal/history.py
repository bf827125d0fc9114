"""What was done so far, run by run, and what of it can be undone."""

from __future__ import annotations

from dataclasses import dataclass

from dedupe.actions.execution.recover import ActionPaths
from dedupe.actions.execution.undo import run_blocker
from dedupe.actions.journal.journal import Journal, exists
from dedupe.actions.journal.records import RunPurpose, RunRow, UnitState
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.trash import Trash


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run: units, files and bytes that it moved, how many of its units are back, and how many need a person.

    ``bytes_away`` leaves out what is back. ``began`` is in seconds since 1970. ``why_not`` says why it cannot be undone;
    None where it can.
    """

    number: int
    purpose: RunPurpose
    began: float
    target: str | None
    undoes: int | None
    units: int
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
        return "all back" if self.units == self.undone else self.why_not


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Units that an interruption left: ``open`` are begun and not ended (or another dedupe is at them), ``needs_person`` were
    given up."""

    open: int = 0
    needs_person: int = 0


def unsettled(paths: ActionPaths) -> Unsettled:
    """What recovery has not ended, as the journal says; looks at no photo. Raises StoreError where the journal cannot be
    read."""
    if not exists(paths.journal):
        return Unsettled()
    with Journal(paths.journal, Disk()) as journal:
        return Unsettled(len(journal.open_units()), len(journal.unclear_units()))


def history(paths: ActionPaths) -> tuple[RunSummary, ...]:
    """All runs that moved something, newest first. Raises JournalError where the journal cannot be read."""
    if not exists(paths.journal):
        return ()
    disk = Disk()
    with Journal(paths.journal, disk) as journal:
        summaries = [_summary(journal, run, Trash(disk)) for run in reversed(journal.runs())]
    return tuple(summary for summary in summaries if summary.units or summary.needs_person)


def _summary(journal: Journal, run: RunRow, trash: Trash) -> RunSummary:
    counts = {state: (units, files, size) for state, units, files, size in journal.counts(run.id)}
    moved = [counts.get(state, (0, 0, 0)) for state in (UnitState.DONE, UnitState.UNDONE)]
    return RunSummary(
        number=run.id,
        purpose=run.purpose,
        began=run.began,
        target=run.target,
        undoes=run.undoes,
        units=sum(units for units, _, _ in moved),
        files=sum(files for _, files, _ in moved),
        bytes=sum(size for _, _, size in moved),
        bytes_away=moved[0][2],
        undone=counts.get(UnitState.UNDONE, (0, 0, 0))[0],
        needs_person=counts.get(UnitState.NEEDS_PERSON, (0, 0, 0))[0],
        why_not=run_blocker(run, journal.units(run.id), trash.undoable),
    )
