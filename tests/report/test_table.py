"""The table: what a person needs to decide is there, fits the screen, and is never shortened on paper."""

from __future__ import annotations

import io
import re
import time
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from dedupe.grouping.group import reclaimable
from dedupe.report.sizes import freed_by, freed_bytes
from dedupe.report.table import SCREEN_GROUPS, render
from dedupe.terminal.text import format_bytes
from dedupe.types import Relation, Series
from tests.review import made


def shown(result: made.ScanResult, width: int = 120, *, paper: bool = True, **console: object) -> str:
    out = io.StringIO()
    options = {"markup": False, "emoji": False, "highlight": False, **console}
    render(result, Console(file=out, width=width, **options), paper=paper)
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 100, 119, 120, 140, 200])
def test_no_line_is_wider_than_the_screen(width: int) -> None:
    lines = shown(made.holiday(), width, paper=False).splitlines()
    assert max(map(cell_len, lines)) <= width


@pytest.mark.parametrize(("width", "paper"), [(80, False), (140, False), (120, True)])
def test_each_photo_is_shown_with_what_decides(width: int, paper: bool) -> None:
    text = shown(made.holiday(), width, paper=paper)
    first = text[text.index("Group 1") : text.index("Group 2")]
    rows = first.splitlines()
    assert "4 photos, 2 to remove, frees 3.65 MB" in rows[0]
    kept = next(line for line in rows if "IMG_2041.JPG" in line)
    assert kept.split()[0] == "keep"
    assert rows.index(kept) == 1
    for part in ("4032×3024", "3.41 MB", "2021-07-04 12:31:07"):
        assert part in kept
    assert "kept: more real detail; with 1 companion" in first
    assert "would lose: caption “Roma, Piazza Navona”, rating" in first
    for name, word in (("IMG_2041 (1).JPG", "✓ remove"), ("WA0003.jpg", "✓ remove"), ("-edited.jpg", "stays")):
        line = next(line for line in rows if name in line)
        assert line.strip().startswith(word)
    for part in ("identical", "resaved", "edited", "0.00", "0.21", "0.33", "Backup/old phone/2021", "WhatsApp Images"):
        assert part in first


def test_the_kept_photo_is_marked_by_a_word_where_there_is_no_colour() -> None:
    plain = shown(made.holiday(), color_system=None)
    coloured = shown(made.holiday(), force_terminal=True, color_system="truecolor")
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_on_a_narrow_screen_long_names_lose_their_middle_and_on_paper_nothing() -> None:
    long = "DSC_0001_a_very_long_name_that_some_editor_made_up_on_its_own_final.NEF.jpg"
    assert "DSC_0001" in shown(made.holiday(), 80, paper=False)
    assert "final.NEF.jpg" not in shown(made.holiday(), 80, paper=False)
    assert "…" in shown(made.holiday(), 80, paper=False)
    paper = shown(made.holiday(), 80)
    assert f"Kamera/2019/{long}" in paper
    assert "…" not in paper


def test_on_paper_every_photo_takes_one_line_with_its_path_last() -> None:
    lines = shown(made.holiday()).splitlines()
    line = next(line for line in lines if "IMG_2041 (1).JPG" in line)
    assert line.endswith("  Backup/old phone/2021/IMG_2041 (1).JPG")
    assert line.split()[:2] == ["✓", "remove"]


def test_wide_characters_keep_the_columns_in_line() -> None:
    lines = shown(made.holiday(), 140, paper=False).splitlines()
    at = {cell_len(line[: line.index("2021-07-04 12:31:07")]) for line in lines if "2021-07-04 12:31:07" in line}
    assert len(at) == 1


def test_a_screen_shows_the_first_groups_and_says_where_the_others_are() -> None:
    result = made.many(SCREEN_GROUPS + 1234)
    text = shown(result, 80, paper=False)
    assert text.count("\nGroup ") == SCREEN_GROUPS
    assert "… and 1,234 more groups: `dedupe review` goes through all, `--json FILE` lists them." in text
    assert shown(result).count("\nGroup ") == SCREEN_GROUPS + 1234


def test_thousands_of_groups_come_as_they_are_made() -> None:
    arrived: list[int] = []

    class Slow(io.StringIO):
        def write(self, text: str) -> int:
            arrived.append(len(text))
            return super().write(text)

    began = time.monotonic()
    render(made.many(5_000), Console(file=Slow(), width=120, markup=False), paper=True)
    # A minute for what takes less than a second: only a table that is built as a whole would take it.
    assert time.monotonic() - began < 60
    assert len(arrived) >= 5_000
    assert max(arrived) < 2_000


def test_series_are_listed_apart_and_never_as_extras() -> None:
    text = shown(made.holiday(), 80, paper=False)
    assert "6 photos in 1 series: different shots of one scene, never selected" in text
    assert "1  Garten: DSC_10.jpg, DSC_11.jpg, DSC_12.jpg, … 2 more …, DSC_15.jpg" in text
    assert "DSC_13.jpg" in shown(made.holiday())
    lots = made.result(series=tuple(Series(f"s{n}", (made.photo(f"{n}.jpg"),)) for n in range(50)))
    assert "… and 30 more; `--json FILE` lists them." in shown(lots, 80, paper=False)


def test_skipped_files_are_counted_by_reason_with_the_first_ones_named() -> None:
    cut = made.holiday().skipped[0]
    result = made.result(skipped=(cut,) * 5 + made.holiday().skipped[1:])
    text = shown(result, 80, paper=False)
    assert "damaged: 5 files" in text
    assert text.count("broken/cut.jpg: the JPEG ends before its picture does") == 3
    assert "… and 2 more" in text
    assert text.index("damaged") < text.index("too large to judge: 1 file")
    assert shown(result).count("broken/cut.jpg") == 5


def test_the_summary_adds_up() -> None:
    text = shown(made.holiday(), 80, paper=False)
    summary = text[text.index("Summary") :]
    assert "14 photos in 16 files, 2 skipped" in summary
    assert "3 groups with 5 extras, 1 series" in summary
    rows = {
        line.split()[0]: line.split()[1:] for line in summary.splitlines() if line.startswith("  ") and line.split()
    }
    assert rows["identical"] == ["2", "4.22", "MB", "2", "4.22", "MB"]
    assert rows["same-pixels"] == ["1", "0", "B", "–", "–"]  # protected: it cannot leave
    assert rows["edited"] == ["1", "1.80", "MB", "–", "–"]
    assert rows["all"] == ["5", "6.27", "MB", "3", "4.46", "MB"]
    assert "2 min 32 s: walk 0.4 s" in summary
    assert "move the 3 selected photos to the trash" in summary


def test_what_frees_nothing_is_not_counted_as_freed() -> None:
    linked = made.extra(made.photo("b.jpg", links=2))
    text = shown(made.result(made.group("g", made.photo("a.jpg"), linked)))
    assert "1 to remove, frees 0 B" in text
    shared = made.companion("b.xmp")
    both = made.photo("b.jpg", companions=(shared,)), made.photo("b.heic", companions=(shared,))
    assert "frees 3.41 MB" in shown(made.result(made.group("g", both[0], made.extra(both[1]))))


def test_the_bytes_are_those_that_the_scan_counts() -> None:
    result = made.holiday()
    text = shown(result, 80, paper=False)
    for relation, size in reclaimable(result.groups).items():
        if size:
            assert re.search(rf"  {relation.value} +\d+ +{format_bytes(size)}", text)


def test_a_companion_of_two_extras_is_freed_once() -> None:
    shared = made.companion("b.xmp")
    keep, *both = (made.photo(name, size=5_000) for name in ("a.jpg", "b.jpg", "b.heic"))
    extras = [made.extra(replace(one, file=replace(one.file, companions=(shared,)))) for one in both]
    group = made.group("g", keep, *extras)
    assert freed_by(extras, keep) == sum(reclaimable([group]).values()) == 2 * 5_000 + 1_000
    assert [freed_bytes(extra.photo, keep) for extra in extras] == [6_000, 6_000]
    apart = [made.group(extra.photo.path, keep, extra) for extra in extras]
    assert sum(reclaimable(apart).values()) == 2 * 5_000 + 1_000
    half = [extras[0], replace(extras[1], selected=False)]
    assert (
        freed_by(half, keep) == sum(reclaimable([made.group("g", keep, *half)], selected_only=True).values()) == 5_000
    )


def test_the_bytes_of_a_asset_include_its_companions() -> None:
    one = made.photo("b.jpg", size=500_000, companions=(made.companion("b.xmp"), made.companion("b.mov")))
    text = shown(made.result(made.group("g", made.photo("a.jpg"), made.extra(one))))
    assert "frees 502 kB" in text
    assert "with 2 companions" in text


@pytest.mark.parametrize("result", [made.result(), made.result(skipped=made.holiday().skipped)])
def test_no_duplicates_is_said_plainly(result: made.ScanResult) -> None:
    text = shown(result, 80, paper=False)
    assert "no duplicates found" in text
    assert "Next" not in text
    assert "Group" not in text


def test_with_several_roots_the_folder_begins_with_its_root() -> None:
    here, there = "/home/ada/Pictures", "/mnt/old/Pictures"
    groups = (
        made.group("g", made.photo("a/1.jpg", root=here), made.extra(made.photo("1.jpg", root="/mnt/phone"))),
        made.group("h", made.photo("a/2.jpg", root=there), made.extra(made.photo("2.jpg", root=here))),
    )
    text = shown(made.result(*groups, roots=(here, there, "/mnt/phone")))
    # Two roots are called Pictures: only their whole path tells them apart.
    for path in (f"{here}/a/1.jpg", "  phone/1.jpg", f"{there}/a/2.jpg", f"{here}/2.jpg"):
        assert path in text


def test_a_protected_photo_says_why_it_stays() -> None:
    one = made.extra(made.photo("b.jpg", protected=True), Relation.SAME_PIXELS, selected=False)
    assert "is protected" in shown(made.result(made.group("g", made.photo("a.jpg"), one)))


def test_where_the_output_knows_no_unicode_the_signs_are_ascii() -> None:
    raw = io.BytesIO()
    console = Console(file=io.TextIOWrapper(raw, encoding="cp1252", errors="strict"), width=80, markup=False)
    render(made.many(3), console, paper=False)
    console.file.flush()
    assert b"* remove" in raw.getvalue()
    assert b"4032x3024" in raw.getvalue()


def test_a_companion_that_the_kept_photo_shares_is_not_said_to_go_with_the_other() -> None:
    shared, own = made.companion("a.xmp"), made.companion("a.png.xmp")
    keep, other = made.photo("a.jpg", companions=(shared,)), made.photo("a.png", companions=(shared, own))
    lines = shown(made.result(made.group("g", keep, made.extra(other))))
    assert lines.count("with 1 companion") == 2
    without = made.extra(replace(other, file=replace(other.file, companions=(shared,))))
    assert shown(made.result(made.group("g", keep, without))).count("companion") == 1
