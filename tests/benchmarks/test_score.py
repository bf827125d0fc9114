"""The scorer can fail: every kind of mistake a scan could make shows in its own figure."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from benchmarks import tables
from benchmarks.manifest import Entry, Kind, Manifest
from benchmarks.score import Finding, FoundExtra, FoundGroup, Scan, Score, Share, read_scan, score
from benchmarks.tracing import traced


def entry(path: str, capture: str, kind: Kind = Kind.COPY, change: str | None = None, scene: str = "") -> Entry:
    return Entry(path, capture, scene or capture, kind, "photo", change)


SHEET = Manifest(
    Path("/tree"),
    (
        entry("a.jpg", "a", Kind.ORIGINAL),
        entry("a-small.jpg", "a", change="half size"),
        entry("a-crop.jpg", "a", change="crop 80"),
        entry("a-noise.jpg", "a", change="noise"),
        entry("a-shot.png", "a", change="screenshot"),
        entry("a-moved.jpg", "a", Kind.ALTERED, "moved"),
        entry("a-next.jpg", "a next", Kind.ORIGINAL, scene="a"),
        entry("b.jpg", "b", Kind.ORIGINAL),
    ),
)
RIGHT = (
    FoundExtra("a-small.jpg", "resaved", True),
    FoundExtra("a-crop.jpg", "edited", False),
    FoundExtra("a-noise.jpg", "resaved", True),
    FoundExtra("a-shot.png", "edited", False),
    FoundExtra("a-moved.jpg", "edited", False),
)


def scored(*extras: FoundExtra, keep: str = "a.jpg", series: tuple[tuple[str, ...], ...] = ()) -> Score:
    return score(SHEET, Scan((FoundGroup("1", keep, extras),), series))


def test_a_perfect_scan_has_full_recall_and_no_mistake() -> None:
    result = scored(*RIGHT)
    assert result.clean
    assert {name: share.value for name, share in result.tiers.items()} == {
        "copy": 1.0,
        "edit": 1.0,
        "hard": 1.0,
    }
    assert result.relations["edit"] == Share(2, 2)
    assert not result.missed
    assert result.original_kept == Share(1, 1)


def test_a_copy_that_stands_in_no_group_is_missed_and_named() -> None:
    result = scored(*RIGHT[:1])
    assert result.tiers["copy"] == Share(1, 1)
    assert result.tiers["edit"] == Share(0, 2)
    assert [finding.b for finding in result.missed] == ["a-crop.jpg", "a-noise.jpg", "a-shot.png"]
    assert {finding.said for finding in result.missed} == {"in no group"}


def test_a_copy_grouped_without_its_original_is_missed() -> None:
    result = score(SHEET, Scan((FoundGroup("1", "a-small.jpg", (FoundExtra("a-crop.jpg", "edited", False),)),)))
    assert result.tiers["copy"] == Share(0, 1)
    assert {finding.said for finding in result.missed} == {"in another group", "in no group"}


def test_a_missed_copy_in_a_series_with_its_original_is_said_to_be_there() -> None:
    result = scored(series=(("a.jpg", "a-crop.jpg"),))
    assert [f.said for f in result.missed if f.b == "a-crop.jpg"] == ["in a series"]


def test_two_photos_of_different_captures_in_one_group_are_a_false_pair() -> None:
    result = scored(FoundExtra("b.jpg", "edited", False))
    assert [(f.a, f.b, f.about) for f in result.false_pairs] == [("a.jpg", "b.jpg", "strangers")]
    assert not result.distinct_shots
    assert not result.clean


def test_false_pairs_between_two_extras_count_too() -> None:
    result = scored(*RIGHT[:2], FoundExtra("b.jpg", "edited", True))
    assert {(f.a, f.b) for f in result.false_pairs} == {
        ("a.jpg", "b.jpg"),
        ("a-small.jpg", "b.jpg"),
        ("a-crop.jpg", "b.jpg"),
    }
    assert all(finding.selected for finding in result.false_pairs if finding.a == "a.jpg")


def test_the_next_shot_of_a_burst_in_one_group_is_a_distinct_shot_reported() -> None:
    result = scored(FoundExtra("a-next.jpg", "resaved", True))
    assert [f.b for f in result.distinct_shots] == ["a-next.jpg"]
    assert result.distinct_shots[0].selected


def test_the_next_shot_listed_as_a_series_is_no_mistake() -> None:
    assert scored(*RIGHT, series=(("a.jpg", "a-next.jpg"),)).clean


def test_a_crop_called_resaved_is_a_wrong_relation_and_no_false_pair() -> None:
    result = scored(FoundExtra("a-crop.jpg", "resaved", False))
    assert result.relations["edit"] == Share(0, 1)
    assert not result.false_pairs
    assert [f.said for f in result.wrong_relations] == ["resaved"]


def test_a_half_size_copy_called_edited_is_a_wrong_relation() -> None:
    assert scored(FoundExtra("a-small.jpg", "edited", False)).relations["copy"] == Share(0, 1)


def test_noise_is_right_as_resaved_and_as_edited() -> None:
    for relation in ("resaved", "edited"):
        assert scored(FoundExtra("a-noise.jpg", relation, False)).relations["edit"] == Share(1, 1)


def test_a_selected_crop_is_named() -> None:
    result = scored(FoundExtra("a-crop.jpg", "edited", True))
    assert [f.b for f in result.visible_selected] == ["a-crop.jpg"]
    assert not result.clean


def test_an_original_selected_beside_its_kept_crop_is_named_and_the_original_is_not_kept() -> None:
    result = scored(FoundExtra("a.jpg", "resaved", True), keep="a-crop.jpg")
    assert [f.a for f in result.visible_selected] == ["a-crop.jpg"]
    assert result.original_kept == Share(0, 1)


def test_an_altered_picture_may_be_shown_as_edited_and_nothing_safer() -> None:
    assert scored(FoundExtra("a-moved.jpg", "edited", False)).altered == {"moved, shown as edited": 1}
    for relation, selected in (("resaved", False), ("edited", True)):
        assert [f.b for f in scored(FoundExtra("a-moved.jpg", relation, selected)).altered_wrong] == ["a-moved.jpg"]


def test_a_path_in_two_groups_and_a_path_from_nowhere_are_named() -> None:
    one = FoundGroup("1", "a.jpg", RIGHT[:1])
    two = FoundGroup("2", "a.jpg", (FoundExtra("elsewhere.jpg", "edited", False),))
    result = score(SHEET, Scan((one, two)))
    assert result.twice == ("a.jpg",)
    assert result.unknown == ("elsewhere.jpg",)


def test_the_json_contract_is_read_relative_to_the_tree() -> None:
    extra = {"path": "/tree/a-small.jpg", "relation": "resaved", "selected": True, "distance": 0.1}
    report = {
        "model": "compact-1",
        "threshold": 0.8,
        "groups": [{"id": "1", "keep": {"path": "/tree/a.jpg"}, "extras": [extra]}],
        "series": [{"id": "2", "paths": ["/tree/b.jpg", "/tree/a-next.jpg"]}],
        "skipped": [{"path": "/tree/a-crop.jpg", "reason": "damaged"}],
        "stats": {"photos": 7, "seconds": {"walk": 0.1}},
    }
    said = read_scan(report, Path("/tree"))
    result = score(SHEET, said)
    assert result.tiers["copy"] == Share(1, 1)
    assert [f.said for f in result.missed if f.b == "a-crop.jpg"] == ["skipped"]
    assert result.skipped == ("a-crop.jpg: damaged",)


def test_the_verdict_table_shows_each_figure_beside_what_is_asked() -> None:
    text = tables.verdict(scored(*RIGHT[:1], FoundExtra("b.jpg", "edited", False)))
    assert "| recall, copy" in text
    assert "1.000 (1/1)" in text
    line = next(line for line in text.splitlines() if line.startswith("| false pairs"))
    assert [cell.strip() for cell in line.strip("|").split("|")][1:] == ["2", "0"]


def test_the_step_that_lost_a_copy_is_named_even_where_the_verdict_says_no_why(tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    with closing(sqlite3.connect(store)) as cache:
        cache.executescript("CREATE TABLE files(path, content_key); CREATE TABLE verdicts(pair, verdict);")
        keys = {"a.jpg": b"0", "b.jpg": b"1", "c.jpg": b"2", "d.jpg": b"3"}
        rows = [(f"/tree/{name}".encode(), key) for name, key in keys.items()]
        cache.executemany("INSERT INTO files VALUES (?, ?)", rows)
        cache.executemany("INSERT INTO verdicts VALUES (?, ?)", [(b"01", None), (b"02", '{"relation": "similar"}')])
        cache.commit()
    missed = [Finding("a.jpg", name, "in no group", False, "") for name in ("b.jpg", "c.jpg", "d.jpg", "gone.jpg")]
    assert [finding.said for finding in traced(missed, Path("/tree"), store)] == [
        "in no group, judged unrelated",
        "in no group, verified as similar ()",
        "in no group, not a candidate",
        "in no group",
    ]
