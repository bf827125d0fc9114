"""The table: what a person needs to decide is there, fits the screen, and is never shortened on paper."""

from __future__ import annotations

import io
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from dedupe.grouping.group import reclaimable
from dedupe.report.sizes import freed_by, freed_bytes
from dedupe.report.table import Look, render
from dedupe.terminal.display import Sort
from dedupe.terminal.text import format_bytes
from dedupe.types import Photo, Relation, Series
from tests.review import made

EVERYTHING = Look(everything=True)


def shown(
    result: made.ScanResult, width: int = 120, *, paper: bool = True, look: Look = EVERYTHING, **console: object
) -> str:
    out = io.StringIO()
    options = {"markup": False, "emoji": False, "highlight": False, **console}
    render(result, Console(file=out, width=width, **options), look, paper=paper)
    return out.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 100, 119, 120, 140, 200])
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
    for part in ("4032×3024", "3.41 MB", "2021-07-04 12:31") if width >= 120 else ("3.41 MB",):
        assert part in kept
    assert "kept: more real detail; with 1 companion" in first
    assert "would lose: caption “Roma, Piazza Navona”, rating" in first
    for name, word in (("IMG_2041 (1).JPG", "✓ remove"), ("WA0003.jpg", "✓ remove"), ("-edited.jpg", "copy")):
        line = next(line for line in rows if name in line)
        assert line.strip().startswith(word)
    for part in ("identical", "resaved", "edited", "Backup/old phone/2021", "WhatsApp Images"):
        assert part in first
    for part in ("0.00", "0.21", "0.33") if width >= 120 else ():
        assert part in first


def test_the_kept_photo_is_marked_by_a_word_where_there_is_no_colour() -> None:
    plain = shown(made.holiday(), color_system=None)
    coloured = shown(made.holiday(), force_terminal=True, color_system="truecolor")
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


@pytest.mark.parametrize("width", [40, 80, 100, 140])
def test_no_name_is_shortened_however_narrow_the_screen(width: int) -> None:
    long = "DSC_0001_a_very_long_name_that_some_editor_made_up_on_its_own_final.NEF.jpg"
    text = shown(made.holiday(), width, paper=False)
    assert "…" not in text[: text.index("Series")]
    joined = re.sub(r"\n +", "", text)
    assert f"Kamera/2019/{long}" in joined
    assert "IMG_2041 (1).JPG" in text


def test_on_eighty_columns_a_copy_takes_one_line_where_its_path_fits() -> None:
    lines = shown(made.holiday(), 80, paper=False).splitlines()
    line = next(line for line in lines if "Backup/old phone/2021/IMG_2041 (1).JPG" in line)
    assert line.split()[-3:] == ["3.41", "MB", "identical"]
    text = shown(made.many(300), 80, paper=False)
    body = text[text.index("\nGroup 1 ") : text.index("Summary")].strip().splitlines()
    assert len(body) == 300 * 5 - 1  # heading, kept photo, why, copy, blank


def test_on_paper_every_photo_takes_one_line_with_its_path_last() -> None:
    lines = shown(made.holiday()).splitlines()
    line = next(line for line in lines if "IMG_2041 (1).JPG" in line)
    assert line.endswith("  Backup/old phone/2021/IMG_2041 (1).JPG")
    assert line.split()[:2] == ["✓", "remove"]


def test_wide_characters_keep_the_columns_in_line() -> None:
    lines = shown(made.holiday(), 140, paper=False).splitlines()
    at = {cell_len(line[: line.index("2021-07-04 12:31")]) for line in lines if "2021-07-04 12:31" in line}
    assert len(at) == 1


def test_a_limit_shows_the_first_groups_and_says_how_many_are_not_shown() -> None:
    for paper in (True, False):
        text = shown(made.many(120), 80, paper=paper, look=Look(limit=7))
        assert text.count("\nGroup ") == 7
        assert "… 113 more groups not shown; --limit N shows more." in text
        assert shown(made.many(120), 80, paper=paper).count("\nGroup ") == 120


def test_groups_with_nothing_to_remove_are_counted_and_shown_only_on_demand() -> None:
    text = shown(made.holiday(), 80, paper=False, look=Look())
    assert text.count("\nGroup ") == 2
    assert "… 1 group with nothing to remove not shown; --all shows them." in text
    assert shown(made.holiday(), 80, paper=False).count("\nGroup ") == 3


def order(result: made.ScanResult, sort: Sort) -> list[str]:
    """The kept photos in the order of the table."""
    text = shown(result, look=Look(everything=True, sort=sort))
    return [line.rsplit("/", 1)[-1] for line in text.splitlines() if line.split()[:1] == ["keep"]]


def test_groups_come_in_the_order_asked_for_what_frees_most_first_by_default() -> None:
    small, large = made.extra(made.photo("2/b.jpg", size=9_000)), made.extra(made.photo("1/b.jpg", size=90_000_000))
    kept = made.extra(made.photo("3/b.jpg", size=990_000_000), selected=False)
    far = made.extra(made.photo("4/b.jpg", size=10), Relation.RESAVED, 0.4)
    more = made.extra(made.photo("4/c.jpg", size=10))
    names = {"z.jpg": (small,), "x.jpg": (large,), "a.jpg": (kept,), "y.jpg": (far, more)}
    result = made.result(*(made.group(n, made.photo(f"k/{n}"), *extras) for n, extras in names.items()))
    assert order(result, Sort.FREES) == ["x.jpg", "z.jpg", "y.jpg", "a.jpg"]
    assert order(result, Sort.PATH) == ["a.jpg", "x.jpg", "y.jpg", "z.jpg"]
    assert order(result, Sort.PHOTOS)[0] == "y.jpg"
    assert order(result, Sort.DISTANCE)[-1] == "y.jpg"
    assert order(result, Look().sort)[0] == "x.jpg"


def test_show_hides_other_relations_and_says_so_but_counts_them_in_the_summary() -> None:
    text = shown(made.holiday(), 80, paper=False, look=Look(everything=True, relations=(Relation.EDITED,)))
    assert "-edited.jpg" in text
    assert "WA0003" not in text
    assert "… 2 groups of other relations not shown; --show chooses which are shown." in text
    assert "Series" not in text
    assert "3 groups with 5 copies" in text


def test_a_copy_stands_below_the_version_it_is_a_copy_of() -> None:
    crop = made.extra(made.photo("crop.jpg"), Relation.EDITED, 0.3, selected=False)
    copy = made.extra(made.photo("crop copy.jpg"), keeper=crop.photo.path)
    plain = made.extra(made.photo("same.jpg"))
    group = made.group("g", made.photo("a.jpg"), copy, plain, crop)
    lines = [line[12:] for line in shown(made.result(group), 140, paper=False).splitlines() if ".jpg" in line]
    assert [line.split("  ")[0] or line[:20].strip() for line in lines] == [
        "a.jpg",
        "same.jpg",
        "crop.jpg",
        "crop copy.jpg",
    ]
    assert lines[-1].startswith("  crop copy.jpg")


def test_a_long_result_begins_with_what_it_comes_to_and_ends_with_it() -> None:
    lines = shown(made.many(300), 80, paper=False).splitlines()
    assert lines[0] == "300 groups with 300 copies; 300 to remove, frees 1.02 GB."
    assert lines[-1].strip().startswith("dedupe undo")
    assert any("300 groups with 300 copies" in line for line in lines[-15:])


def test_by_folder_it_says_what_would_leave_from_where_and_which_folders_are_copies(tmp_path: Path) -> None:
    for name in ("camera/1.jpg", "camera/2.jpg", "old backup/1.jpg", "old backup/2.jpg", "phone/1.jpg", "phone/9.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    root = str(tmp_path)
    groups = [
        made.group(
            "1", at("camera/1.jpg", root), made.extra(at("old backup/1.jpg", root)), made.extra(at("phone/1.jpg", root))
        ),
        made.group("2", at("camera/2.jpg", root), made.extra(at("old backup/2.jpg", root))),
    ]
    text = shown(made.result(*groups, roots=(root,)), 80, paper=False, look=Look(by_folder=True))
    assert re.search(r"2 +2 +6.82 MB +old backup\n +2 are copies of photos in camera", text)
    assert re.search(r"1 +1 +3.41 MB +phone\n +1 is a copy of a photo in camera", text)
    assert "old backup  =  camera" in text
    assert "phone  =  camera" not in text  # 9.jpg has no copy there
    assert "\nGroup " not in text


def at(name: str, root: str) -> Photo:
    return made.photo(name, root=root)


def test_quiet_shows_the_summary_alone_and_verbose_what_it_cost() -> None:
    quiet = shown(made.holiday(), look=Look(brief=True))
    assert quiet.startswith("Summary")
    assert "Next" not in quiet
    assert "2 min 32 s: walk 0.4 s" in shown(made.holiday(), look=Look(details=True))
    assert "Scanned in 2 min 32 s." in shown(made.holiday())


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
    assert "6 photos in 1 series of different shots, all kept" in text
    assert "1  Garten: DSC_10.jpg, DSC_11.jpg, DSC_12.jpg, 2 more, DSC_15.jpg" in text
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
    assert "3 groups with 5 copies, 1 series" in summary
    rows = {
        line.split()[0]: line.split()[1:] for line in summary.splitlines() if line.startswith("  ") and line.split()
    }
    assert rows["identical"] == ["2", "4.22", "MB", "2", "4.22", "MB"]
    assert rows["same-pixels"] == ["1", "0", "B", "–", "–"]  # protected: it cannot leave
    assert rows["edited"] == ["1", "1.80", "MB", "–", "–"]
    assert rows["all"] == ["5", "6.27", "MB", "3", "4.46", "MB"]
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
    console = Console(file=io.TextIOWrapper(raw, encoding="cp1252", errors="strict"), width=100, markup=False)
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
