"""A run that is told to stop ends between two photos, and the history knows what is away."""

from __future__ import annotations

from pathlib import Path

from dedupe import actions
from dedupe.types import ActionKind
from tests.support import Places, fake_scan, make, tree_snapshot


def _three_pairs(root: Path) -> None:
    make(root, {f"{folder}/{n}.jpg": f"p{n}\n{folder}" for n in range(3) for folder in ("keep", "old")})


def test_a_stop_ends_a_run_and_its_undo_between_two_photos(tmp_path: Path) -> None:
    root, paths = tmp_path / "photos", Places.below(tmp_path / "state")
    _three_pairs(root)
    before = tree_snapshot(root)
    dealt: list[int] = []
    report = actions.act(
        fake_scan(root),
        kind=ActionKind.MOVE,
        target=str(tmp_path / "to"),
        paths=paths,
        progress=lambda done, total: dealt.append(done),
        stop=lambda: len(dealt) == 2,
    )
    assert len(report.done) == 2
    assert report.stopped == "Stopped as you asked, between two photos."
    assert set(actions.away(paths)) == {outcome.action.moves[0].source for outcome in report.done}
    back = actions.undo(paths, stop=lambda: True)
    assert (back.restored, back.stopped) == ([], "Stopped as you asked, between two photos.")
    actions.undo(paths)
    assert tree_snapshot(root) == before
    assert actions.away(paths) == {}


def test_what_is_away_is_named_with_its_run(tmp_path: Path) -> None:
    root, paths = tmp_path / "photos", Places.below(tmp_path / "state")
    assert actions.away(paths) == {}
    _three_pairs(root)
    report = actions.act(fake_scan(root), kind=ActionKind.TRASH, target=None, paths=paths)
    assert set(actions.away(paths).values()) == {report.run}
    assert len(actions.away(paths)) == 3
