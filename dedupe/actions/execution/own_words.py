"""What a photo's own Takeout JSON says, written into a sidecar beside it: after the copies have left, each photo for itself.

No file leaves its place for it. The photo, its JSON and its sidecar must be what the scan saw, or what this run made of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack

from dedupe.actions.execution.guards import Terms, keeper_blocker, way_blocker
from dedupe.actions.execution.place import StopError, refusal
from dedupe.actions.execution.sidecars import Sidecars, drafted
from dedupe.actions.journal.journal import JournalError
from dedupe.actions.planning.checks import LeftAloneError, as_keeper, check_content, hold
from dedupe.actions.planning.names import is_plain, root_of
from dedupe.actions.platform.disk import Disk
from dedupe.types import Action, Outcome, OutcomeKind

NOT_BEGUN = "not started, because the run had stopped"


def each_own(
    actions: Sequence[Action], write: Callable[[Action], Outcome | None], stopped: Callable[[], str | None]
) -> tuple[list[Outcome], bool]:
    """What became of each photo by ``write``, and whether the disk or the journal failed; never raises for what goes wrong."""
    outcomes: list[Outcome] = []
    failed = False
    for action in actions:
        if failed or stopped() is not None:
            outcomes.append(Outcome(action, OutcomeKind.REFUSED, NOT_BEGUN))
            continue
        try:
            done = write(action)
        except LeftAloneError as error:
            outcomes.append(Outcome(action, OutcomeKind.REFUSED, str(error)))
        except (StopError, JournalError, OSError) as error:
            phrase = str(refusal(error))
            outcomes.append(Outcome(action, OutcomeKind.FAILED, phrase.rstrip(".")))
            failed = True
        else:
            outcomes += [] if done is None else [done]
    return outcomes, failed


def write_own(action: Action, terms: Terms, disk: Disk, sidecars: Sidecars) -> Outcome | None:
    """Write the sidecar, or return None where all is said by now. Raises LeftAloneError or StopError; it is then as it was."""
    action = sidecars.current(action)
    with ExitStack() as stack:
        _check(action, terms, disk, stack)
        written = sidecars.write(action)
    if written is None:
        return None
    return Outcome(action, OutcomeKind.DONE, sidecar=written.draft.path, saved=written.draft.saved)


def would_write(action: Action, terms: Terms, disk: Disk) -> Outcome | None:
    """The same in a dry run: every check, and then nothing."""
    with ExitStack() as stack:
        _check(action, terms, disk, stack)
        made = drafted(action, terms.scanned)
    return None if made is None else Outcome(action, OutcomeKind.DONE, sidecar=made.path, saved=made.saved)


def _check(action: Action, terms: Terms, disk: Disk, stack: ExitStack) -> None:
    """Refuse what is not about one photo of a scanned folder, with nothing that leaves, or is not what the scan saw."""
    if action.moves or action.handover is None or action.handover.copy is not None:
        raise LeftAloneError("is not planned for a sidecar alone")
    parts = (action.keeper, *action.keeper_parts)
    if not all(is_plain(part.source) and root_of(part.source, terms.roots) is not None for part in parts):
        raise LeftAloneError("is outside the scanned folders")
    reason = keeper_blocker(action, terms) or way_blocker(action, terms.scanned)
    if reason is not None:
        raise LeftAloneError(reason)
    for number, part in enumerate(parts):
        with as_keeper(number):
            check_content(disk, hold(disk, part, stack))
