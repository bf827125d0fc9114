"""The functions that ``import dedupe`` offers: each checks what it is given, then does what the command of its name does.

Paths may be ``str`` or any ``os.PathLike``; relative ones start at the current folder, ``~`` is the user's home. Whatever is
of the wrong kind raises UsageError, a sentence that names it. Sizes are in bytes, distances Euclidean between unit vectors
(0 the same, 1.41 unrelated), times in seconds.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, TypeAlias

from dedupe.errors import UsageError
from dedupe.settings import Settings, absolute
from dedupe.terminal.progress import SilentProgress

if TYPE_CHECKING:
    from dedupe.actions import Report, RunSummary, UndoReport
    from dedupe.library.paths import StorePaths
    from dedupe.queries.check import CheckResult
    from dedupe.queries.compare import Comparison
    from dedupe.queries.search import SearchResult
    from dedupe.review.decide import Review
    from dedupe.terminal.progress import Progress
    from dedupe.types import ActionKind, ScanResult

AnyPath: TypeAlias = str | os.PathLike[str]
"""A path as the public functions take it."""


def scan(
    paths: AnyPath | Iterable[AnyPath], settings: Settings | None = None, *, progress: Progress | None = None
) -> ScanResult:
    """Find the groups of duplicates below the folders ``paths``, as ``dedupe scan`` does; nothing there is changed.

    The result is remembered in the store of ``settings``, where ``open_review`` finds it. What was decided on these photos in an
    earlier scan holds: nothing is selected that a person let stay. A photo that cannot be read is in
    ``ScanResult.skipped`` and stops nothing. ``Group.keep`` stays; of ``Group.extras`` those with ``selected`` would go.

    Raises MissingRootError for a missing folder, UsageError, ModelUnavailableError or StoreError before
    anything is read.
    """
    from dedupe import pipeline
    from dedupe.review.carried import carried

    held = _settings(settings)
    return carried(pipeline.scan(_paths("scan", paths), held, progress=_progress(progress)), held).result


def search(
    queries: AnyPath | Iterable[AnyPath],
    folders: AnyPath | Iterable[AnyPath],
    settings: Settings | None = None,
    *,
    k: int = 10,
    progress: Progress | None = None,
) -> SearchResult:
    """Find, for each query (a photo, or every photo of a folder), the ``k`` photos below ``folders`` nearest to it.

    ``SearchResult.answers`` has one Answer a query in the order of their paths, its ``found`` nearest first.

    Raises QueryError for a query that is missing or no picture and where there is nothing to search in; UsageError for a
    ``k`` below 1; and as ``scan``.
    """
    from dedupe.queries import search as queried

    if isinstance(k, bool) or not isinstance(k, int):
        raise UsageError(f"k is the number of photos to find, a whole number, not {_kind(k)}.")
    asked, places = _paths("search", queries), _paths("search", folders)
    return queried.search(asked, places, _settings(settings), k=k, progress=_progress(progress))


def compare(
    a: AnyPath, b: AnyPath, settings: Settings | None = None, *, progress: Progress | None = None
) -> Comparison:
    """Say what the photo ``b`` is to the photo ``a``: the verdict of ``scan`` on the two, whatever their distance.

    ``Comparison.relation`` is None where they do not show one scene; ``duplicates`` says whether they show one capture.

    Raises QueryError where one of them is missing, no picture or cannot be compared; and as ``scan``.
    """
    from dedupe.queries import compare as compared

    first, second = (_path("compare", path) for path in (a, b))
    return compared.compare(first, second, _settings(settings), progress=_progress(progress))


def check(
    new: AnyPath | Iterable[AnyPath],
    against: AnyPath | Iterable[AnyPath],
    settings: Settings | None = None,
    *,
    progress: Progress | None = None,
) -> CheckResult:
    """Say which of the photos ``new`` (files, or folders) are in the folders ``against`` already.

    ``CheckResult.have``, ``.partly`` and ``.new`` part the photos; each Checked names its ``files``.

    Raises QueryError for a photo that is missing, a folder without photos, or where none can be read; and as ``scan``.
    """
    from dedupe.queries import check as checked

    fresh, library = _paths("check", new), _paths("check", against)
    return checked.check(fresh, library, _settings(settings), progress=_progress(progress))


@contextmanager
def open_review(store: AnyPath | None = None) -> Iterator[Review]:
    """Open the last scan of the store to decide on its groups; each decision is stored when its call returns.

    Raises UsageError where nothing was scanned yet, StoreError where the store cannot be opened.
    """
    from dedupe.review.decide import Review
    from dedupe.review.saved_scan import last_scan, verifier

    with last_scan(_with_store(store)) as (session, result):
        yield Review(result, session.decisions, verifier(session, result))


def plan(
    result: ScanResult,
    *,
    move_to: AnyPath | None = None,
    trash: bool = False,
    max_drop: str | None = None,
    store: AnyPath | None = None,
) -> Report:
    """Say what ``apply`` would do with the selected extras of ``result``: the same actions and checks, and nothing is touched.

    ``Report.done`` would leave, each with its ``action``; ``Report.refusals`` counts what would be left alone, by reason.

    Raises UsageError, RefusedError as ``apply``.
    """
    return _act(result, move_to, trash, max_drop, store, dry_run=True, progress=None)


def apply(
    result: ScanResult,
    *,
    move_to: AnyPath | None = None,
    trash: bool = False,
    max_drop: str | None = None,
    store: AnyPath | None = None,
    progress: Progress | None = None,
) -> Report:
    """Move the selected extras of ``result`` to the folder ``move_to``, or to the trash, and account for each.

    What goes wrong with single photos is in the report. ``max_drop`` (``"100"`` or ``"5%"``) bounds how many may leave;
    ``store`` is that of the scan. ``undo(report.run, store=store)`` puts them back.

    Raises UsageError unless exactly one of ``move_to`` and ``trash`` is given; RefusedError (LockedError where another dedupe
    acts) where the whole is refused before anything was touched; StoreError where the journal cannot be written.
    """
    return _act(result, move_to, trash, max_drop, store, dry_run=False, progress=progress)


def undo(run: int | None = None, *, store: AnyPath | None = None, progress: Progress | None = None) -> UndoReport:
    """Put back what the run of that number moved; without one, the last run of which something can be put back.

    Nothing is overwritten: where a place is taken again, the photo is put beside it as "NAME (restored)".

    Raises UsageError where there is no such run, RefusedError where it cannot be undone or another dedupe acts.
    """
    from dedupe import actions

    if run is not None and (isinstance(run, bool) or not isinstance(run, int)):
        raise UsageError(f"A run is named by its number in the history, not by {_kind(run)}.")
    with _counted(progress, "undo") as advance:
        return actions.undo(_store_paths(store), run, progress=advance)


def history(*, store: AnyPath | None = None) -> tuple[RunSummary, ...]:
    """List the runs that moved something, newest first. Raises StoreError where the journal cannot be read."""
    from dedupe import actions

    return actions.history(_store_paths(store))


def recover(*, store: AnyPath | None = None) -> list[str]:
    """End what a crash interrupted, with a sentence for each thing done; empty where nothing was open.

    Raises LockedError while another dedupe acts, StoreError where the journal cannot be used.
    """
    from dedupe import actions

    return actions.recover(_store_paths(store))


def keep_workers() -> AbstractContextManager[None]:
    """Let all calls within the ``with`` block share worker processes, which each call otherwise starts and ends.

    For programs that call often: of a call on a few photos the start of its workers is most of the time. They keep the
    environment they were started with, and wait until the block ends.
    """
    from dedupe.workers import keep_workers as kept

    return kept()


def _act(
    result: ScanResult,
    move_to: AnyPath | None,
    trash: bool,
    max_drop: str | None,
    store: AnyPath | None,
    *,
    dry_run: bool,
    progress: Progress | None,
) -> Report:
    from dedupe import actions

    _must_be_result(result)
    kind, target = _where(move_to, trash)
    with _counted(progress, "apply") as advance:
        return actions.act(
            result,
            kind=kind,
            target=target,
            paths=_store_paths(store),
            max_drop=None if max_drop is None else str(max_drop),
            dry_run=dry_run,
            progress=advance,
        )


def _where(move_to: AnyPath | None, trash: bool) -> tuple[ActionKind, str | None]:
    from dedupe.types import ActionKind

    if not isinstance(trash, bool):
        raise UsageError(f"trash is True or False, not {_kind(trash)}.")
    if (move_to is not None) is trash:
        raise UsageError("Say where the copies go: either move_to=FOLDER or trash=True.")
    return (ActionKind.TRASH, None) if move_to is None else (ActionKind.MOVE, _path("move_to", move_to))


@contextmanager
def _counted(progress: Progress | None, name: str) -> Iterator[Callable[[int, int], None]]:
    with _progress(progress).step(name) as step:
        done_before = 0

        def advance(done: int, total: int) -> None:
            nonlocal done_before
            step.expect(total)
            step.advance(done - done_before)
            done_before = done

        yield advance


def _store_paths(store: AnyPath | None) -> StorePaths:
    from dedupe.library.paths import StorePaths

    return StorePaths.at(None if store is None else _path("store", store))


def _with_store(store: AnyPath | None) -> Settings:
    return Settings(store=None if store is None else _path("store", store))


def _paths(of: str, given: object) -> tuple[str, ...]:
    """Absolute paths of one or several; UsageError for anything else, or for none."""
    if isinstance(given, str | os.PathLike):
        return (_path(of, given),)
    if isinstance(given, bytes) or not isinstance(given, Iterable):
        raise UsageError(f"{of} takes a path or several, not {_kind(given)}.")
    found = tuple(_path(of, one) for one in given)
    if not found:
        raise UsageError(f"{of} was given no path.")
    return found


def _path(of: str, given: object) -> str:
    named = os.fspath(given) if isinstance(given, str | os.PathLike) else None
    if not isinstance(named, str):
        raise UsageError(f"{of} takes a path, a str or os.PathLike, not {_kind(given)}.")
    return absolute([named])[0]


def _settings(given: Settings | None) -> Settings:
    if given is None:
        return Settings()
    if not isinstance(given, Settings):
        raise UsageError(f"settings are a dedupe.Settings, not {_kind(given)}.")
    return given


def _progress(given: Progress | None) -> Progress:
    if given is None:
        return SilentProgress()
    if not callable(getattr(given, "step", None)):
        raise UsageError(
            f"progress is an object with a method step, as dedupe.Progress describes it, not {_kind(given)}."
        )
    return given


def _must_be_result(given: object) -> None:
    from dedupe.types import ScanResult

    if not isinstance(given, ScanResult):
        raise UsageError(f"What is to be done is read from the result of a scan, not from {_kind(given)}.")


def _kind(given: object) -> str:
    name = type(given).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
