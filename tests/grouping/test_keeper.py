"""Of several copies the one stays that a person would keep, and the rule that decided is named."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.errors import UsageError
from dedupe.grouping.keeper import RULES, Candidate, ordered, quality_of, ranked, reason
from dedupe.grouping.provenance import copy_mark
from dedupe.report import phrases
from dedupe.settings import KEEPER_RULES
from dedupe.types import CompanionKind, Photo, Relation
from tests.comparing.made import at, companion, group, match, name, photo, shot


def candidate(one: Photo) -> Candidate:
    return Candidate(one, one.pixels, one.pixels, quality_of(one))


def kept(*photos: Photo, rules: tuple[str, ...] = (), prefer: Sequence[str] = ()) -> tuple[str, str]:
    """Which of the photos stays, and why."""
    every = ordered(rules, prefer)
    order = ranked(map(candidate, photos), every)
    why = reason(order[0], order[1], every)
    return name(order[0].photo), phrases.reason_of(why.text, why.has)


PREFER = ("/photos/album", "/photos/other")
PAIRS = {
    "undamaged": (
        photo("a.jpg", suspect="premature end"),
        photo("000000.jpg", width=100, height=75),
        "undamaged; the other decodes with warnings",
    ),
    "protected": (photo("a.jpg"), photo("000000.jpg", protected=True), "in a protected folder"),
    "detail": (photo("a.jpg", width=2000, height=1500), photo("000000.jpg"), "more real detail (4000×3000)"),
    "raw": (photo("a.jpg"), photo("000000.nef", format="RAW", raw=True), "has the RAW"),
    "original": (photo("a.jpg"), photo("000000.jpg", camera="Maker Model"), "camera original"),
    "metadata": (
        photo("a.jpg", gps=(1.0, 2.0)),
        photo("000000.jpg", gps=(1.0, 2.0), taken=at(0), rating=4),
        "has the capture date and the rating",
    ),
    "compression": (
        photo("a.jpg", quality=60),
        photo("000000.jpg", quality=95),
        "less compressed (quality 95 against quality 60)",
    ),
    "preferred": (photo("a.jpg"), photo("album/000000.jpg"), "in a preferred folder"),
    "oldest": (photo("a.jpg", mtime=1_600_000_000), photo("000000.jpg", mtime=1_500_000_000), "older file"),
    "name": (photo("a (1).jpg"), photo("a 000000.jpg"), "name without “(1)”"),
    "path": (photo("a/000000.jpg"), photo("z.jpg"), "shorter path"),
}


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_decides_where_those_before_it_do_not(rule):
    worse, better, phrase = PAIRS[rule]
    assert kept(worse, better, prefer=PREFER) == (name(better), phrase)
    assert kept(better, worse, prefer=PREFER) == (name(better), phrase)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "undamaged"])
def test_a_rule_named_first_overrules_all_but_damage(rule):
    worse, better, phrase = PAIRS[rule]
    rest = [one for one in PAIRS if one not in (rule, "undamaged")]
    assert kept(worse, better, rules=(rule, *rest), prefer=PREFER) == (name(better), phrase)
    damaged = photo("a.jpg", suspect="premature end", protected=True)
    assert kept(damaged, photo("000000.jpg"), rules=(rule,))[0] == "000000.jpg"


def test_keep_path_prefers_the_shorter_path_over_more_detail():
    small, large = photo("a.jpg", width=100, height=75), photo("000000.jpg")
    assert kept(small, large, rules=("path",)) == ("a.jpg", "shorter path")


def test_the_rules_are_those_that_the_settings_know_in_the_same_order():
    assert tuple(RULES) == KEEPER_RULES


def test_an_unknown_rule_is_refused_with_those_there_are():
    with pytest.raises(UsageError, match=r"“biggest”.*undamaged, protected, detail, raw, original"):
        ordered(["path", "biggest"])
    with pytest.raises(UsageError, match="biggest"):
        group([], [], rules=["biggest"])


def test_an_enlarged_copy_is_not_better_than_what_it_was_made_from():
    original = photo("the original.jpg", width=2000, height=1500)
    enlarged = photo("a.jpg", width=3200, height=2400)
    groups, _ = group([original, enlarged], [match(original, enlarged, finer=original)])
    assert groups[0].keep is original
    assert groups[0].reason == "more real detail (2000×1500; the other is enlarged)"
    assert groups[0].extras[0].selected
    groups, _ = group([original, enlarged], [match(original, enlarged)])
    assert groups[0].keep is enlarged, "where nobody looked, the pixels count"


def test_of_pictures_of_one_size_the_sharper_one_stays():
    sharp, soft, softer = photo("sharp.jpg"), photo("b.jpg"), photo("c.jpg")
    verdicts = [match(sharp, soft, finer=sharp), match(soft, softer, finer=soft), match(sharp, softer, finer=sharp)]
    for order in permutations([sharp, soft, softer]):
        groups, _ = group(order, verdicts)
        assert groups[0].keep is sharp
        assert groups[0].reason.startswith("more real detail")


def test_verdicts_on_detail_that_contradict_each_other_still_give_one_keeper():
    a, b, c = (photo(path) for path in ("a.jpg", "b.jpg", "c.jpg"))
    verdicts = [match(a, b, finer=a), match(b, c, finer=b), match(a, c, finer=c)]
    results = {tuple(map(name, (group(order, verdicts)[0][0].keep,))) for order in permutations([a, b, c])}
    assert len(results) == 1


def test_a_raw_is_not_given_up_for_the_larger_picture_developed_from_it():
    raw = photo("a.nef", format="RAW", raw=True, width=1620, height=1080)
    developed = photo("b.jpg", width=6000, height=4000)
    groups, _ = group([raw, developed], [match(raw, developed, Relation.EDITED)])
    assert groups[0].keep is raw
    assert groups[0].reason == "has the RAW"


def test_the_asset_with_the_raw_stays():
    raw = photo("b/1.nef", format="RAW", raw=True)
    pair = photo("b/1.jpg", "same", members=[raw])
    alone = photo("1.jpg", "same")
    groups, _ = group([pair, alone], [])
    assert groups[0].keep is pair
    assert groups[0].reason == "has the RAW"


def test_the_asset_with_the_live_photo_video_stays():
    live = photo("far/away/1.heic", "same", companions=[companion("far/away/1.mov", CompanionKind.VIDEO)])
    groups, _ = group([live, photo("1.heic", "same")], [])
    assert groups[0].keep is live
    assert phrases.reason(groups[0]) == "has the Live Photo video"


def test_a_png_made_of_a_jpeg_is_not_the_less_compressed_of_the_two():
    jpeg = photo("000000.jpg", quality=80, mtime=1_500_000_000)
    png = photo("a.png", format="PNG", lossless=True, quality=None)
    groups, _ = group([jpeg, png], [match(jpeg, png, Relation.SAME_PIXELS)])
    assert (groups[0].keep, groups[0].reason) == (jpeg, "older file")
    groups, _ = group([jpeg, png], [match(jpeg, png, Relation.RESAVED)])
    assert groups[0].reason == "less compressed (lossless against quality 80)"


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"camera": "Maker Model", "software": "Adobe Photoshop Lightroom 6"}, "a.jpg"),
        ({"camera": "Maker Model", "format": "PNG", "lossless": True}, "a.png"),
        ({"camera": "Maker Model"}, "IMG_1-edited.jpg"),
        ({"camera": None}, "a.jpg"),
    ],
)
def test_a_file_that_a_program_wrote_again_is_no_camera_original(facts, path):
    original = photo("a much 000000 name.jpg", camera="Maker Model", software="17.1.2")
    assert kept(photo(path, **facts), original)[1] == "camera original"


def test_a_file_without_a_date_is_not_the_oldest():
    undated = photo("a.jpg", mtime=0)
    assert kept(undated, photo("000000.jpg"))[0] == "000000.jpg"


def test_a_copy_onto_a_stick_that_rounds_times_is_not_older():
    exact, rounded = photo("a.jpg", mtime=1_600_000_001), photo("000000.jpg", mtime=1_600_000_000)
    assert kept(exact, rounded) == ("a.jpg", "shorter path")


@pytest.mark.parametrize(
    "path",
    [
        "IMG_1234 (1).jpg",
        "IMG_1234(12).JPG",
        "IMG_1234 copy.jpg",
        "IMG_1234 copy 2.jpg",
        "IMG_1234 - Kopie.jpg",
        "IMG_1234 - Copy (3).jpg",
        "Copy of IMG_1234.jpg",
        "IMG_1234-edited.jpg",
        "IMG_1234-bearbeitet.jpg",
        "IMG_E1234.JPG",
        "20200101_120000~2.jpg",
        "IMG-20200101-WA0003.jpg",
        "WhatsApp Image 2020-01-01 at 12.00.00.jpeg",
        "FB_IMG_1577880000000.jpg",
        "received_1234567890.jpeg",
        "signal-2020-01-01-120000.jpg",
        "photo_2020-01-01_12-00-00.jpg",
        "mmexport1577880000000.jpg",
        "Screenshot_20200101-120000.png",
        "Bildschirmfoto 2020-01-01 um 12.00.00.png",
        "IMG_1234-1024x768.jpg",
        "IMG_1234_thumb.jpg",
    ],
)
def test_names_that_copies_get_are_known(path):
    assert copy_mark("/anywhere/" + path) is not None


@pytest.mark.parametrize(
    "path",
    [
        "IMG_1234.JPG",
        "DSC00012.ARW",
        "PXL_20200101_120000000.jpg",
        "20200101_120000.jpg",
        "2020-01-01 12.00.00.jpg",
        "Copyright.jpg",
        "photocopy.jpg",
        "Edith.jpg",
        "P1010001.RW2",
        "_MG_0001.CR2",
        "Grandma (left) and Bob.jpg",
        "copies/IMG_1.jpg",
        "copy/IMG_1.jpg",
    ],
)
def test_names_that_cameras_and_people_give_are_no_copies(path):
    assert copy_mark("/anywhere/" + path) is None


def facts_of_any_photo():
    return st.fixed_dictionaries(
        {
            "width": st.sampled_from([100, 4000]),
            "suspect": st.sampled_from([None, "bad"]),
            "raw": st.booleans(),
            "camera": st.sampled_from([None, "M"]),
            "gps": st.sampled_from([None, (1.0, 2.0)]),
            "taken": st.sampled_from([None, at(0), at(60)]),
            "quality": st.sampled_from([None, 60, 90]),
            "lossless": st.booleans(),
            "protected": st.booleans(),
            "reference": st.booleans(),
            "mtime": st.sampled_from([0, 1_500_000_000, 1_600_000_000]),
        }
    )


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b (1)", "copy"]), facts_of_any_photo()), min_size=2, max_size=6),
    st.permutations(list(RULES)),
    st.randoms(use_true_random=False),
)
def test_the_order_is_total_and_the_same_whatever_order_the_photos_come_in(described, rules, random):
    photos = [photo(f"{number}/{stem}.jpg", **facts) for number, (stem, facts) in enumerate(described)]
    one = [name(each.photo) for each in ranked(map(candidate, photos), ordered(rules))]
    random.shuffle(photos)
    other = [name(each.photo) for each in ranked(map(candidate, photos), ordered(rules))]
    assert one == other
    by_name = {name(each): candidate(each) for each in photos}
    keys = [tuple(rule.key(by_name[each]) for rule in ordered(rules)) for each in one]
    assert keys == sorted(keys)
    for better, worse in pairwise(one):
        assert reason(by_name[better], by_name[worse], ordered(rules))


def test_choosing_a_keeper_loads_no_library_for_numbers_or_pictures():
    code = (
        "import sys, dedupe.grouping.group; "
        "print(sorted({'numpy', 'cv2', 'faiss', 'tensorflow', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_shot_with_camera_and_time_is_kept_over_what_a_messenger_made_of_it():
    sent = photo("IMG-20200101-WA0003.jpg", width=1600, height=1200)
    original = photo("2020/January/IMG_1234.jpg", **shot(0))
    groups, _ = group([sent, original], [match(sent, original)])
    assert groups[0].keep is original
    assert groups[0].extras[0].selected


def test_of_preferred_folders_the_first_named_is_preferred_most():
    one, other, third = photo("11/1.jpg"), photo("other/000000.jpg"), photo("3.jpg")
    for prefer, best in ((["/photos/other", "/photos/11"], other), (["/photos/11", "/photos/other"], one)):
        assert kept(one, other, prefer=prefer) == (name(best), "in a preferred folder")
    assert kept(third, one, prefer=["/photos/1"])[0] == "3.jpg", "a folder is no beginning of a name"
    older = photo("older.jpg", mtime=1_400_000_000)
    assert kept(older, one, prefer=["/photos/11"])[0] == "11/1.jpg"
    better = photo("better.jpg", quality=99)
    assert kept(better, one, prefer=["/photos/11"])[0] == "better.jpg", "preference settles only what is equal"


@pytest.mark.parametrize(
    ("more", "less"),
    [
        ("2019-07-04 Roma/IMG_1.jpg", "x/IMG_1.jpg"),
        ("2019/IMG_1.jpg", "DCIM/IMG_1.jpg"),
        ("Hochzeit von Ada/IMG_1.jpg", "backup/IMG_1.jpg"),
        ("Ada am See.jpg", "DSC_0001.jpg"),
        ("20190704_121212.jpg", "2019/1.jpg"),
        ("東京旅行/1.jpg", "old/1.jpg"),
    ],
)
def test_of_equal_copies_the_one_stays_whose_name_or_folder_says_more(more, less):
    assert kept(photo(less), photo(more)) == (more, "its name or folder says more")
    assert kept(photo(less), photo(more.replace(".jpg", " (1).jpg")))[0] == less, "a copy mark counts before"
