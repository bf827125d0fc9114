"""The public functions take what a program has at hand, refuse what does not fit with a sentence, and act as the commands do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import dedupe
from dedupe.library.scans import EditState
from dedupe.terminal.progress import SilentProgress
from dedupe.types import Group
from tests.album import album
from tests.support import tree_snapshot


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A scanned album; its store is ``store.db`` beside it."""
    album(tmp_path / "photos")
    dedupe.scan(tmp_path / "photos", dedupe.Settings(store=tmp_path / "store.db", jobs=1))
    return tmp_path / "photos"


def store_of(photos: Path) -> Path:
    return photos.parent / "store.db"


def the_group(groups: tuple[Group, ...], name: str) -> Group:
    return next(g for g in groups if any(extra.photo.path.endswith(name) for extra in g.extras))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: dedupe.scan(3),
        lambda: dedupe.scan(b"photos"),
        lambda: dedupe.scan([]),
        lambda: dedupe.scan(["a", None]),
        lambda: dedupe.scan(".", {"jobs": 2}),
        lambda: dedupe.scan(".", progress=print),
        lambda: dedupe.search(".", ".", k="ten"),
        lambda: dedupe.search(".", ".", k=True),
        lambda: dedupe.compare("a.jpg", 7),
        lambda: dedupe.check(None, "."),
        lambda: dedupe.plan("result", trash=True),
        lambda: dedupe.undo("last"),
        lambda: dedupe.history(store=5),
        lambda: dedupe.open_review(store=5).__enter__(),
        lambda: dedupe.Settings(jobs="4"),
        lambda: dedupe.Settings(threshold=True),
        lambda: dedupe.Settings(keep="oldest"),
        lambda: dedupe.Settings(select=("resaved",)),
        lambda: dedupe.Settings(protect=(3,)),
        lambda: dedupe.Settings(cross_only="yes"),
        lambda: dedupe.Settings(caution="strict"),
        lambda: dedupe.Settings(prefer=[1]),
    ],
)
def test_a_value_of_the_wrong_kind_is_a_sentence(wrong: Callable[[], object]) -> None:
    with pytest.raises(dedupe.UsageError) as caught:
        wrong()
    said = str(caught.value)
    assert said.endswith(".") and said[0].isalpha() and "\n" not in said


def test_path_objects_and_text_name_the_same_photos(photos: Path) -> None:
    settings = dedupe.Settings(store=store_of(photos), jobs=1)
    one, other = photos / "camera/astronaut.jpg", photos / "old backup/astronaut.jpg"
    assert dedupe.compare(one, other, settings).relation is dedupe.Relation.IDENTICAL
    assert dedupe.compare(str(one), str(other), settings).relation is dedupe.Relation.IDENTICAL
    assert dedupe.search(one, photos, settings, k=1).answers[0].query.path == str(one)
    assert len(dedupe.check([one], photos / "phone", settings).have) == 1
    protecting = dedupe.Settings(store=store_of(photos), protect=photos / "phone", reference=[photos / "camera"])
    assert (protecting.protect, protecting.reference) == ((str(photos / "phone"),), (str(photos / "camera"),))


def test_where_the_extras_go_is_said_once(photos: Path) -> None:
    result = dedupe.scan(photos, dedupe.Settings(store=store_of(photos), jobs=1))
    for where in ({}, {"trash": True, "move_to": photos.parent / "out"}):
        with pytest.raises(dedupe.UsageError, match="Say where the copies go"):
            dedupe.plan(result, store=store_of(photos), **where)


def test_a_plan_says_what_apply_then_does_and_undo_brings_every_byte_back(photos: Path) -> None:
    before, store, out = tree_snapshot(photos), store_of(photos), photos.parent / "out"
    result = dedupe.scan(photos, dedupe.Settings(store=store, jobs=1))
    steps: list[str] = []

    class Names(SilentProgress):
        def step(self, name: str, total: int | None = None) -> object:
            steps.append(name)
            return super().step(name, total)

    would = dedupe.plan(result, move_to=out, store=store)
    assert tree_snapshot(photos) == before and not out.exists() and would.run is None
    report = dedupe.apply(result, move_to=out, store=store, progress=Names())  # type: ignore[arg-type]
    assert [one.action.moves[0].source for one in report.done] == [one.action.moves[0].source for one in would.done]
    assert report.done and all(not Path(one.action.moves[0].source).exists() for one in report.done)
    assert [run.number for run in dedupe.history(store=store)] == [report.run]
    assert dedupe.undo(report.run, store=str(store), progress=Names()).exit_code == 0  # type: ignore[arg-type]
    assert tree_snapshot(photos) == before
    assert steps == ["apply", "undo"]
    with pytest.raises(dedupe.RefusedError):
        dedupe.apply(result, move_to=out, max_drop="0", store=store)


def test_only_what_was_accepted_is_in_the_plan_of_a_review_and_it_lasts(photos: Path) -> None:
    with dedupe.open_review(store_of(photos)) as review:
        group = the_group(review.groups, "old backup/astronaut.jpg")
        copy = next(extra for extra in group.extras if extra.photo.path.endswith("old backup/astronaut.jpg"))
        assert all(not extra.selected for one in review.plan.groups for extra in one.extras)
        for extra in group.extras:
            review.select(group, extra.photo, leaves=extra is copy)
        assert review.accept(group.id).verdict is EditState.ACCEPTED
        kept = the_group(review.groups, "cat.png")
        review.not_duplicates(kept)
        assert {decision.kind.value for decision in review.decisions()} == {"not duplicates"}
    with dedupe.open_review(store_of(photos)) as again:
        leaving = [e.photo.path for one in again.plan.groups for e in one.extras if e.selected]
        assert leaving == [copy.photo.path]
        assert again.forget(again.decisions()) > 0 and again.decisions() == ()


def test_another_photo_may_stay_and_the_one_that_stays_cannot_be_chosen_to_leave(photos: Path) -> None:
    with dedupe.open_review(store_of(photos)) as review:
        group = the_group(review.groups, "old backup/astronaut.jpg")
        copy = next(extra.photo for extra in group.extras if extra.relation is dedupe.Relation.IDENTICAL)
        choice = review.keep(group, copy.path)
        assert choice.stays == copy
        with pytest.raises(dedupe.UsageError, match="is the one that stays"):
            review.select(group, copy)
        with pytest.raises(dedupe.UsageError, match="no such photo"):
            review.select(group, "elsewhere.jpg")
        with pytest.raises(dedupe.UsageError, match="no such group"):
            review.accept("nothing")


def test_a_protected_photo_cannot_be_chosen_to_leave(photos: Path) -> None:
    settings = dedupe.Settings(store=store_of(photos), jobs=1, protect=photos / "old backup")
    result = dedupe.scan(photos, settings)
    with dedupe.open_review(store_of(photos)) as review:
        for group in result.groups:
            for extra in group.extras:
                if extra.photo.file.protected:
                    with pytest.raises(dedupe.UsageError, match="protected"):
                        review.select(group, extra.photo)


def test_importing_dedupe_and_listing_it_loads_nothing_heavy() -> None:
    code = (
        "import sys, dedupe; names = dir(dedupe); dedupe.history; dedupe.apply\n"
        "print('scan' in names and 'Progress' in names and 'undo' in names)\n"
        "print(sorted({'numpy', 'cv2', 'faiss', 'tensorflow', 'keras', 'PIL', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n[]\n"
