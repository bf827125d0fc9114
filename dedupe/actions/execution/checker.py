"""Every guard on one action, the same in a dry run and a real one."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Self

from dedupe.actions.execution.guards import Terms, plan_blocker, shared_blocker, way_blocker
from dedupe.actions.planning.checks import Held, LeftAloneError, claimed, hold_asset
from dedupe.actions.planning.pictures import Pictures, picture_blocker
from dedupe.actions.planning.siblings import Siblings
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.trash import Trash
from dedupe.types import Action, ActionKind, Relation


class Checker:
    """Checks the actions of one run; a context manager, because comparing pictures may take a worker process."""

    def __init__(self, disk: Disk, terms: Terms, trash: Trash, siblings: Siblings) -> None:
        self._disk, self._terms, self._trash, self._siblings = disk, terms, trash, siblings
        self._pictures = Pictures()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pictures.close()

    def check(self, action: Action, stack: ExitStack) -> tuple[list[Held], list[Held]]:
        """The files of the asset and of its keeper, open and read; ``stack`` closes them. Raises LeftAloneError."""
        _refuse(plan_blocker(action, self._terms))
        victims, keepers = hold_asset(self._disk, action, stack)
        for victim, keeper in claimed(action, victims, keepers, Relation.SAME_PIXELS):
            _refuse(picture_blocker(self._disk, self._pictures, victim, keeper))
        _refuse(way_blocker(action, self._terms.scanned))
        _refuse(self._siblings.unseen_blocker([move.source for move in action.moves], self._terms.shared, again=True))
        _refuse(shared_blocker(action, self._terms, self._siblings))
        if action.kind is ActionKind.TRASH:
            for held in victims:
                _refuse(self._trash.blocker(held.move.source, held.status))
        return victims, keepers


def _refuse(reason: str | None) -> None:
    if reason is not None:
        raise LeftAloneError(reason)
