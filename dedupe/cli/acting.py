"""What happens after the groups are known, the same for `scan` and `apply`: write, show, review, act, and the exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from dedupe.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from dedupe.library.paths import StorePaths
    from dedupe.settings import Settings
    from dedupe.types import ScanResult


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user asked to be done with the extras."""

    move_to: str | None = None
    trash: bool = False
    yes: bool = False
    dry_run: bool = False
    review: bool = False

    @property
    def act(self) -> bool:
        """An action was asked for."""
        return self.trash or self.move_to is not None

    def check(self, *, to_stdout: bool = False) -> None:
        """Raises UsageError where the wishes contradict each other or cannot be agreed to here."""
        from dedupe.review.ask import is_terminal

        if self.trash and self.move_to is not None:
            raise UsageError("--trash and --move-to exclude each other: say which of the two.")
        if (self.yes or self.dry_run) and not self.act:
            raise UsageError("--yes and --dry-run need --move-to DIR or --trash.")
        if self.act and not (self.yes or self.dry_run) and (to_stdout or not is_terminal(sys.stdin)):
            raise UsageError("Without a terminal to ask on, --move-to and --trash need --yes (or --dry-run).")
        if self.review and (to_stdout or not on_terminal()):
            raise UsageError("A review needs a terminal.")


def on_terminal() -> bool:
    """A person can be asked: stdin and stdout are terminals."""
    from dedupe.review.ask import is_terminal

    return is_terminal(sys.stdin) and is_terminal(sys.stdout)


def recover(settings: Settings, *, dry_run: bool = False) -> None:
    """Ends what a crash interrupted, and says so; in a dry run, which moves nothing, only says that it is open."""
    from dedupe.actions import recover_if_needed
    from dedupe.library.paths import StorePaths

    paths = StorePaths.at(settings.store)
    told = _interrupted(paths) if dry_run else recover_if_needed(paths)
    if told:
        from dedupe.console import stderr

        _print(stderr(), told)


def _interrupted(paths: StorePaths) -> list[str]:
    from dedupe.actions import unsettled
    from dedupe.console import format_count
    from dedupe.errors import StoreError

    try:
        count = unsettled(paths).open
    except StoreError as error:
        return [str(error)]
    return [f"{format_count(count, 'interrupted move')} not ended yet: `dedupe recover` does it."] if count else []


def finish(
    result: ScanResult,
    settings: Settings,
    wishes: Wishes,
    *,
    json_to: str | None = None,
    csv_to: str | None = None,
    strict: bool = False,
) -> None:
    """Write the reports, show the table, review and act as wished; ends with typer.Exit where the code is not 0."""
    from dedupe.review.report import write_csv, write_json

    if csv_to is not None:
        write_csv(result, csv_to)
    if json_to is not None:
        write_json(result, json_to)
    to_stdout = "-" in (json_to, csv_to)
    if not to_stdout:
        from dedupe.console import stdout
        from dedupe.review.table import render

        render(result, stdout())
    code = 0
    if wishes.review or (not to_stdout and not wishes.act and result.groups and on_terminal()):
        code = _review(settings, wishes)
    elif wishes.act:
        code = act(result, settings, wishes, quiet=to_stdout)
    if strict and result.skipped:
        code = code or 1
    if code:
        raise typer.Exit(code)


def _review(settings: Settings, wishes: Wishes) -> int:
    from dedupe.cli.review import run_review

    return run_review(settings, wishes, offered=not wishes.review)


def act(result: ScanResult, settings: Settings, wishes: Wishes, *, quiet: bool = False) -> int:
    """Preview, ask unless --yes, act, and tell what the disk shows afterwards; the exit code.

    ``quiet`` sends the account to stderr, because stdout carries JSON alone.
    """
    from dedupe import actions
    from dedupe.console import progress, stderr, stdout
    from dedupe.library.paths import StorePaths
    from dedupe.review.ask import agreed
    from dedupe.review.summary import show_actions, show_preview
    from dedupe.types import ActionKind

    console = stderr() if quiet else stdout()
    kind = ActionKind.TRASH if wishes.trash else ActionKind.MOVE
    if not (wishes.yes or wishes.dry_run):
        told = actions.preview(result, kind=kind, target=wishes.move_to, max_drop=settings.max_drop)
        show_preview(told, console)
        if told.photos == 0 or not agreed("Go on?"):
            _print(console, ["Nothing was touched."])
            return 0
    with progress(("apply",)).step("apply") as shown:

        def advance(done: int, total: int) -> None:
            shown.expect(total)
            shown.advance()

        report = actions.act(
            result,
            kind=kind,
            target=wishes.move_to,
            paths=StorePaths.at(settings.store),
            max_drop=settings.max_drop,
            dry_run=wishes.dry_run,
            progress=advance,
        )
    if wishes.dry_run:
        show_actions((outcome.action for outcome in report.done), console)
    _print(console, report.sentences())
    return report.exit_code


def unproven(count: int) -> int:
    """Says how many accepted photos stay because their proof is gone; the exit code that makes."""
    if not count:
        return 0
    from dedupe.console import format_count

    say([f"{format_count(count, 'accepted photo')} can no longer be proven and stay: scan again."])
    return 1


def say(lines: Iterable[str]) -> None:
    """Sentences on stdout."""
    from dedupe.console import stdout

    _print(stdout(), lines)


def _print(console: Console, lines: Iterable[str]) -> None:
    for line in lines:
        console.print(line, soft_wrap=True)
