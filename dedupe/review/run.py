"""What a person wishes to be done with the extras: checked, shown, agreed to, done and accounted for."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dedupe.errors import UsageError
from dedupe.terminal.ask import agreed, is_terminal

if TYPE_CHECKING:
    from rich.console import Console

    from dedupe.actions import Preview, Report
    from dedupe.library.paths import StorePaths
    from dedupe.settings import Settings
    from dedupe.types import ActionKind, Parting, ScanResult


_log = logging.getLogger("dedupe")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user asked to be done with the extras."""

    move_to: str | None = None
    trash: bool = False
    yes: bool = False
    dry_run: bool = False
    review: bool = False
    prune_empty: bool = False
    link: str | None = None

    @property
    def act(self) -> bool:
        """An action was asked for."""
        return self.trash or self.move_to is not None or self.link is not None

    @property
    def kind(self) -> ActionKind:
        """The action that was asked for. Raises UsageError on a link of no known kind."""
        from dedupe.types import ActionKind

        if self.link is not None:
            kinds = {"hard": ActionKind.HARD_LINK, "ref": ActionKind.REFLINK}
            if self.link not in kinds:
                raise UsageError(f"--link is hard or ref, not “{self.link}”.")
            return kinds[self.link]
        return ActionKind.TRASH if self.trash else ActionKind.MOVE

    def check(self, *, to_stdout: bool = False) -> None:
        """Raises UsageError where the wishes contradict each other or cannot be agreed to here."""
        if sum((self.trash, self.move_to is not None, self.link is not None)) > 1:
            raise UsageError("--trash, --move-to and --link can't be used together.")
        if self.link is not None:
            _ = self.kind
            if self.prune_empty:
                raise UsageError("--link leaves no folder empty, so it can't be used with --prune-empty.")
        if self.move_to == "":
            raise UsageError("--move-to needs a folder: is a variable unset?")
        if self.prune_empty and not self.act:
            raise UsageError("--prune-empty needs --trash or --move-to DIR.")
        if (self.yes or self.dry_run) and not self.act:
            raise UsageError("--yes and --dry-run need --trash, --move-to DIR or --link.")
        if self.act and not (self.yes or self.dry_run) and (to_stdout or not is_terminal(sys.stdin)):
            raise UsageError("There is no terminal to ask on; add --yes, or --dry-run to change nothing.")
        if self.review and (to_stdout or not on_terminal()):
            raise UsageError("A review needs a terminal; `--json FILE` writes the result instead.")


def on_terminal() -> bool:
    """A person can be asked: stdin and stdout are terminals."""
    return is_terminal(sys.stdin) and is_terminal(sys.stdout)


def act(
    result: ScanResult,
    settings: Settings,
    wishes: Wishes,
    *,
    quiet: bool = False,
    as_json: bool = False,
    partings: Sequence[Parting] = (),
) -> int:
    """Preview, ask unless --yes, act, and tell what the disk shows afterwards; the exit code.

    ``quiet`` sends the account to stderr, because stdout carries JSON alone; ``as_json`` writes the account as JSON.
    ``partings``: the shots that a person let go by hand.
    """
    from dedupe.review.summary import show_actions, show_preview, show_sidecars
    from dedupe.terminal.console import stderr, stdout

    console = stderr() if quiet else stdout()
    if not (wishes.yes or wishes.dry_run):
        told = _preview(result, settings, wishes, partings)
        show_preview(told, console)
        if not (told.photos or told.own) or not agreed("Proceed?"):
            _print(console, ["Nothing was changed."])
            return 0
    with counted("apply") as advance:
        report = _done(result, settings, wishes, advance, partings)
    with despite_lost_output():
        if as_json:
            from dedupe.report.files import to_stdout
            from dedupe.review.runs import apply_json

            to_stdout(apply_json(report))
            return report.exit_code
        if wishes.dry_run:
            show_actions((outcome.action for outcome in report.done), console)
            show_sidecars(sorted(report.own_sidecars), console)
        _print(console, report.sentences())
    return report.exit_code


def _preview(result: ScanResult, settings: Settings, wishes: Wishes, partings: Sequence[Parting]) -> Preview:
    from dedupe import actions

    if wishes.link is not None:
        return actions.preview_links(result, wishes.kind, settings.max_drop)
    return actions.preview(
        result, kind=wishes.kind, target=wishes.move_to, max_drop=settings.max_drop, partings=partings
    )


def _done(
    result: ScanResult,
    settings: Settings,
    wishes: Wishes,
    advance: Callable[[int, int], None],
    partings: Sequence[Parting],
) -> Report:
    from dedupe import actions
    from dedupe.library.paths import StorePaths

    paths = StorePaths.at(settings.store)
    if wishes.link is not None:
        return actions.link(
            result,
            kind=wishes.kind,
            paths=paths,
            max_drop=settings.max_drop,
            dry_run=wishes.dry_run,
            progress=advance,
        )
    return actions.act(
        result,
        kind=wishes.kind,
        target=wishes.move_to,
        paths=paths,
        max_drop=settings.max_drop,
        dry_run=wishes.dry_run,
        prune_empty=wishes.prune_empty,
        progress=advance,
        partings=partings,
    )


@contextmanager
def despite_lost_output() -> Iterator[None]:
    """Say that an account could not be written, and go on: what was done is done, and its exit code tells."""
    try:
        yield
    except OSError as error:
        _log.warning("The summary could not be written (%s); `dedupe history` shows it.", error.strerror)


@contextmanager
def counted(step: str) -> Iterator[Callable[[int, int], None]]:
    """Progress of that name on the screen, for the length of the block; to be called with (done, in all) after each asset."""
    from dedupe.terminal.progress import progress

    stack = ExitStack()
    with suppress(OSError):  # a screen that is gone or full ends nothing
        shown = stack.enter_context(progress((step,)).step(step))

    def advance(done: int, total: int) -> None:
        shown.expect(total)
        shown.advance()

    try:
        yield advance
    finally:
        with suppress(OSError):
            stack.close()


def recover(settings: Settings, *, dry_run: bool = False, acts: bool = True) -> None:
    """Finish what a crash interrupted, and say so; in a dry run, which moves nothing, only say that it is open."""
    from dedupe.actions import recover_if_needed
    from dedupe.library.paths import StorePaths

    paths = StorePaths.at(settings.store)
    told = _interrupted(paths) if dry_run else recover_if_needed(paths, acts=acts)
    if told:
        from dedupe.terminal.console import stderr

        _print(stderr(), told)


def _interrupted(paths: StorePaths) -> list[str]:
    from dedupe.actions import unreconciled
    from dedupe.errors import StoreError
    from dedupe.terminal.text import format_count

    try:
        count = unreconciled(paths).open
    except StoreError as error:
        return [str(error)]
    them = "it" if count == 1 else "them"
    return [f"{format_count(count, 'move')} interrupted earlier: `dedupe recover` finishes {them}."] if count else []


def tell_unproven(count: int) -> int:
    """Says how many accepted photos stay because their proof is gone; the exit code that makes."""
    if not count:
        return 0
    from dedupe.terminal.text import format_count

    say([f"{format_count(count, 'accepted photo')} can't be verified any more: skipped. Scan again."])
    return 1


def say(lines: Iterable[str]) -> None:
    """Sentences on stdout."""
    from dedupe.terminal.console import stdout

    _print(stdout(), lines)


def _print(console: Console, lines: Iterable[str]) -> None:
    from dedupe.terminal.console import print_sentences

    print_sentences(console, lines)
