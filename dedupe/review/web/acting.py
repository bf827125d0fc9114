"""Moving what was accepted, and putting it back: summary, digest, run, account.

The page sends back the digest of the summary it showed; where the plan is another one by then, nothing moves. Everything
here runs on the main thread, but for ``RunState``, which others read while a run is under way.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dedupe import actions
from dedupe.actions.execution.apply import INTERRUPTED
from dedupe.errors import DedupeError, UsageError
from dedupe.review.web.desk import Clash, ClashError, Desk
from dedupe.terminal.text import display_path
from dedupe.types import Action, ActionKind

if TYPE_CHECKING:
    from dedupe.library.paths import StorePaths

_LONGEST_PATH = 4096


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the extras shall go; ``target`` is a folder, None for the trash."""

    kind: ActionKind
    target: str | None

    @classmethod
    def parse(cls, kind: object, target: object) -> Destination:
        """What a page says. Raises UsageError, ValueError on anything that is not a place."""
        if ActionKind(kind) is ActionKind.TRASH:
            return cls(ActionKind.TRASH, None)
        text = target.strip() if isinstance(target, str) else ""
        if not text or "\0" in text or len(text) > _LONGEST_PATH:
            raise UsageError("Name the folder to move to.")
        path = os.path.expanduser(text)
        if not os.path.isabs(path):
            raise UsageError("Name the folder with its full path, from / or ~ on.")
        return cls(ActionKind.MOVE, os.path.abspath(path))


@dataclass(frozen=True, slots=True)
class Summary:
    """What would happen, and the digest that stands for exactly this plan."""

    preview: actions.Preview
    digest: str
    unproven: int


@dataclass(slots=True)
class RunState:
    """How far a run is; written by the main thread, read by others. ``sentences`` is its account once it ended."""

    purpose: str = ""
    done: int = 0
    total: int = 0
    running: bool = False
    run: int | None = None
    exit_code: int = 0
    undoable: bool = False
    sentences: tuple[str, ...] = ()
    stop: threading.Event = field(default_factory=threading.Event)

    def advance(self, done: int, total: int) -> None:
        """So many assets are dealt with."""
        self.done, self.total = done, total


class Actor:
    """Acts for one review. ``end`` is called where Ctrl-C stopped a run."""

    def __init__(self, desk: Desk, paths: StorePaths, max_drop: str | None, end: Callable[[], None]) -> None:
        self._desk = desk
        self._paths = paths
        self._max_drop = max_drop
        self._end = end
        self.state = RunState()
        self.look_at_disk()

    def look_at_disk(self) -> None:
        """Ask the journal again which photos are away."""
        paths = actions.away(self._paths)
        self._desk.see_away(frozenset(path for path in paths if not os.path.lexists(path)))

    def preview(self, where: Destination) -> Summary:
        """What acting on the decisions as they are would do. Raises RefusedError where it would be refused as a whole."""
        self._must_be_idle()
        plan, leaving = self._desk.snapshot.plan(), self._desk.snapshot.partings
        drafted = actions.plan(plan, kind=where.kind, target=where.target, read_companions=False, partings=leaving)
        told = actions.preview(plan, kind=where.kind, target=where.target, max_drop=self._max_drop, partings=leaving)
        return Summary(told, digest_of(where, drafted), self._desk.snapshot.unproven)

    def apply(self, where: Destination, digest: str) -> Callable[[], None]:
        """The run that does exactly what the summary of that digest said, still to be called.

        Raises ClashError where the plan is another one by now.
        """
        if self.preview(where).digest != digest:
            raise ClashError(Clash.OTHER_PLAN)
        plan, leaving = self._desk.snapshot.plan(), self._desk.snapshot.partings
        state = self._begin("apply")

        def run() -> None:
            report = actions.act(
                plan,
                kind=where.kind,
                target=where.target,
                paths=self._paths,
                max_drop=self._max_drop,
                progress=state.advance,
                stop=state.stop.is_set,
                partings=leaving,
            )
            state.run, state.exit_code = report.run, report.exit_code
            state.undoable = any(one.number == report.run and one.undoable for one in actions.history(self._paths))
            self._ended(report.sentences(options=False), report.stopped)

        return self._guarded(run)

    def undo(self, number: int) -> Callable[[], None]:
        """The run that puts back what run ``number`` moved, still to be called."""
        self._must_be_idle()
        state = self._begin("undo")

        def run() -> None:
            report = actions.undo(self._paths, number, progress=state.advance, stop=state.stop.is_set)
            state.exit_code = report.exit_code
            self._ended(report.sentences(), report.stopped)

        return self._guarded(run)

    def _must_be_idle(self) -> None:
        if self.state.running:
            raise ClashError(Clash.BUSY)

    def _begin(self, purpose: str) -> RunState:
        self.state = RunState(purpose, running=True)
        return self.state

    def _guarded(self, run: Callable[[], None]) -> Callable[[], None]:
        """``run``, whose refusal or failure becomes its account: nobody waits for it to raise."""

        def guarded() -> None:
            state = self.state
            try:
                run()
            except DedupeError as error:
                state.sentences, state.exit_code = (str(error),), error.exit_code
            except OSError as error:
                name = f" {display_path(error.filename)}" if isinstance(error.filename, (str, bytes)) else ""
                state.sentences, state.exit_code = (f"The disk refused{name}: {error.strerror}.",), 4
            finally:
                self.look_at_disk()
                state.running = False

        return guarded

    def _ended(self, sentences: list[str], stopped: str | None) -> None:
        self.state.sentences = tuple(sentences)
        if stopped == INTERRUPTED:
            self._end()


def digest_of(where: Destination, drafted: tuple[Action, ...]) -> str:
    """A digest that another destination, another photo that goes or stays, or another order does not have."""
    digest = hashlib.blake2b(digest_size=16)
    for part in (where.kind.value, where.target or ""):
        digest.update(f"{part}\0".encode("utf-8", "surrogateescape"))
    for action in drafted:
        for file in (*action.moves, action.keeper, *action.keeper_parts):
            digest.update(os.fsencode(file.source) + b"\0" + file.content_key)
        digest.update(f"{action.relation.value}\n".encode())
    return digest.hexdigest()
