"""The last scan as it is reviewed and applied: its result, its edits, and the proof of one photo against another."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from dedupe.errors import StoreError, UsageError
from dedupe.review.choice import Reviewed, Verify, reviewed
from dedupe.terminal.text import display_path, format_count
from dedupe.types import ContentKey, Extra, Match, Pair, Photo, RescueMode, ScanResult

if TYPE_CHECKING:
    from dedupe.library.paths import StorePaths
    from dedupe.library.scans import SavedScan
    from dedupe.session import Session
    from dedupe.settings import Settings
    from dedupe.terminal.pictures import Preview


@contextmanager
def last_scan(settings: Settings, roots: Sequence[str] = ()) -> Iterator[tuple[Session, ScanResult]]:
    """Open the last scan in the store of ``settings``, and a session of its model, while the context lasts.

    It is that of the folders ``roots``, where there are any. What dedupe removed since then is not in it.

    Raises UsageError where nothing was scanned yet (and begins no store then), StoreError as ``Session``.
    """
    from dedupe.library.decisions import Decisions
    from dedupe.library.paths import StorePaths
    from dedupe.session import Session

    paths = StorePaths.at(settings.store)
    saved = None
    if os.path.lexists(paths.decisions):
        with Decisions(paths.decisions) as memory:
            if roots and not memory.use_scan(roots):
                raise UsageError(f"There is no scan of {_named(roots)}; `dedupe review --list` lists the scans.")
            saved = memory.saved_scan()
    if saved is None:
        raise UsageError("There is no scan yet: run `dedupe scan DIR` first.")
    with Session(_as_scanned(settings, saved)) as session:
        if roots:
            session.decisions.use_scan(roots)
        yield session, without_removed(saved.result, paths)


def without_removed(result: ScanResult, paths: StorePaths) -> ScanResult:
    """``result`` without the photos that a run removed and that are not back."""
    from dedupe.actions import away

    removed = away(paths)
    gone = {path for path in removed if not os.path.lexists(path)}
    if not gone:
        return result
    groups = []
    for group in result.groups:
        extras = tuple(extra for extra in group.extras if extra.photo.path not in gone)
        if extras and group.keep.path not in gone:
            groups.append(replace(group, extras=extras))
    staying = tuple(one for one in result.from_takeout if one.photo.path not in gone)
    return replace(result, groups=tuple(groups), from_takeout=staying)


def tell_replaced(settings: Settings, roots: Sequence[str]) -> None:
    """Say what becomes of the last scan of these folders when they are scanned again; nothing where there is none."""
    from dedupe.library.decisions import Decisions
    from dedupe.library.paths import StorePaths
    from dedupe.terminal.console import say

    path = StorePaths.at(settings.store).decisions
    if not os.path.lexists(path):
        return
    with Decisions(path) as memory:
        before = next((one for one in memory.saved_scans() if set(one.about.roots) == set(roots)), None)
    if before is not None and before.decided:
        decided = format_count(before.decided, "decision")
        carry = "carries" if before.decided == 1 else "carry"
        say(f"Replaces the scan of {when(before.made_at)}; your {decided} on its groups {carry} over.", talk=True)


def scan_lines(settings: Settings) -> list[str]:
    """The scans that can be reviewed, the newest first, a line each."""
    from dedupe.library.decisions import Decisions
    from dedupe.library.paths import StorePaths

    path = StorePaths.at(settings.store).decisions
    if not os.path.lexists(path):
        return []
    with Decisions(path) as memory:
        found = memory.saved_scans()
    return [
        f"{when(one.made_at)}  {format_count(one.about.groups, 'group')}, {one.decided:,} decided  {_named(one.about.roots)}"
        for one in found
    ]


def when(made_at: int) -> str:
    """A moment as a person reads it."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(made_at))


def _named(roots: Sequence[str]) -> str:
    return ", ".join(map(display_path, roots))


def _as_scanned(settings: Settings, saved: SavedScan) -> Settings:
    """What decides about photos as it was for the scan, the rest as it is now. A model of other weights is not loaded."""
    from dedupe.library.codec import from_json
    from dedupe.settings import Settings

    try:
        then = from_json(Settings, saved.settings)
    except (ValueError, UsageError) as error:
        raise StoreError("The last scan was saved by another version of dedupe: scan again.") from error
    model = then.model if then.weights is None else "compact"
    return replace(then, model=model, weights=None, store=settings.store, max_drop=settings.max_drop or then.max_drop)


def with_rescue(result: ScanResult, settings: Settings) -> ScanResult:
    """Select the copies that a sidecar frees, as ``settings.rescue`` says.

    ALWAYS selects them all, NEVER selects none of them, ASK returns the scan as it was made.
    """
    from dedupe.rescue.offer import Wanted, offered, withheld

    if settings.rescue is RescueMode.NEVER:
        return replace(result, groups=withheld(result.groups), from_takeout=())
    if settings.rescue is RescueMode.ASK:
        return result
    wanted = Wanted(albums=settings.albums_as_keywords, dates=settings.rescue_dates)
    return replace(result, groups=offered(result.groups, wanted))


def as_reviewed(session: Session, result: ScanResult) -> Reviewed:
    """``result`` as the review left it, for `dedupe apply`."""
    return reviewed(result, session.decisions.edits(), verifier(session, result))


def in_order(result: ScanResult, folder: str | None = None) -> ScanResult:
    """``result`` with its groups in the order in which they are shown, and only those with a photo in ``folder``."""
    from dedupe.report.order import ordered, touches
    from dedupe.terminal.display import chosen

    groups = ordered(result.groups, chosen().sort)
    if folder is None:
        return replace(result, groups=groups)
    return replace(result, groups=tuple(one for one in groups if touches(one, folder)), from_takeout=())


def previews(session: Session) -> Preview:
    """The stored previews by photo; one may be gone."""
    return lambda photo: session.previews.get(photo.content_key)


def verifier(session: Session, result: ScanResult) -> Verify:
    """Proves one photo of ``result`` against another, with every doubt that the scan had of the two.

    What the scan stored counts; two that it did not compare are looked at now.
    """
    from dedupe.grouping.doubts import doubts_of
    from dedupe.grouping.pair import extra_of

    companion_key, doubts = session.cache.companion_key, doubts_of(result)
    settings = session.settings

    def verify(keep: Photo, photo: Photo) -> Extra | None:
        return extra_of(
            keep,
            photo,
            _matches(session, keep, photo),
            select=settings.select,
            cross_only=settings.cross_only,
            companion_key=companion_key,
            caution=settings.caution,
            doubts=doubts,
        )

    return verify


def _matches(session: Session, keep: Photo, photo: Photo) -> list[Match]:
    """What the scan found out about the pictures of the two assets; a pair that it did not ask is judged now."""
    from dedupe.comparing.version import RELATE_VERSION
    from dedupe.steps.compare import relate
    from dedupe.steps.contents import ByContent, Contents
    from dedupe.steps.neighbours import distances

    ours, theirs = _contents(keep), _contents(photo)
    ends = sorted({(min(a, b), max(a, b)) for a in ours for b in theirs if a != b})
    known = session.cache.matches([Pair(a, b, 0.0) for a, b in ends], RELATE_VERSION)
    wanted = [pair for pair in ends if pair not in known or known[pair].relation is not None]
    if not wanted:
        return []
    apart = distances(session, wanted)
    pairs = [Pair(a, b, distance) for (a, b), distance in zip(wanted, apart, strict=True)]
    files = ByContent.of((one.file, one.content_key) for asset in (keep, photo) for one in (asset, *asset.members))
    return relate(session, Contents(files, ()), pairs).matches


def _contents(photo: Photo) -> set[ContentKey]:
    return {photo.content_key, *(half.content_key for half in photo.members)}
