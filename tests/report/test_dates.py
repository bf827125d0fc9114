"""The date of a photo is the best there is, and where it is not EXIF's it says where it is from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dedupe.formats.inventory import packed, utc_item
from dedupe.grouping.holdings import missing
from dedupe.report import dates
from dedupe.types import CaptureTime, CompanionKind, Dated, DateSource, Photo
from tests.review import made

DAY = 86_400 * 19_000


def named(name: str, **facts: object) -> Photo:
    return made.photo(name, **{"taken": None, **facts})


def with_takeout(photo: Photo, seconds: int) -> Photo:
    json = replace(made.companion("a.json", CompanionKind.TAKEOUT), inventory=packed([utc_item(seconds)]))
    return replace(photo, file=replace(photo.file, companions=(json,)))


def test_the_date_of_the_name_is_shown_as_such_where_there_is_no_other() -> None:
    photo = named("IMG_20240131_123456.jpg")
    assert (dates.iso(photo), dates.source(photo)) == ("2024-01-31T12:34:56", "name of the file")
    assert dates.shown(photo) == "2024-01-31 12:34:56 (name of the file)"
    assert dates.brief(photo) == "2024-01-31 name"


def test_a_name_that_states_a_day_states_no_time() -> None:
    photo = named("IMG-20240131-WA0001.jpg")
    assert (dates.iso(photo), dates.shown(photo)) == ("2024-01-31", "2024-01-31 (name of the file)")


@pytest.mark.parametrize("source", [one for one in DateSource if one not in (DateSource.NAME, DateSource.TAKEOUT)])
def test_every_date_in_the_file_comes_before_that_of_the_name(source: DateSource) -> None:
    photo = named("IMG_20240131_123456.jpg", dated=Dated(CaptureTime(DAY), source))
    assert dates.source(photo) == source.value
    assert dates.iso(photo) == "2022-01-08T00:00:00"
    assert 10 < len(dates.brief(photo)) <= 16


def test_exifs_own_date_needs_no_word() -> None:
    photo = made.photo("IMG_20240131_123456.jpg")
    assert dates.source(photo) == "EXIF"
    assert dates.shown(photo) == "2021-07-04 12:31:07" and dates.brief(photo) == "2021-07-04 12:31"


def test_takeouts_date_stands_between_those_of_the_capture_and_of_the_last_change() -> None:
    bare = with_takeout(named("IMG_20240131_123456.jpg"), DAY)
    assert (dates.iso(bare), dates.source(bare)) == ("2022-01-08T00:00:00+00:00", "Google Takeout")
    saved = with_takeout(named("a.jpg", dated=Dated(CaptureTime(0), DateSource.MODIFIED)), DAY)
    assert dates.source(saved) == "Google Takeout"
    told = with_takeout(named("a.jpg", dated=Dated(CaptureTime(0), DateSource.XMP)), DAY)
    assert dates.source(told) == "XMP"


def test_a_photo_without_any_date_has_none() -> None:
    photo = named("holiday.jpg")
    assert (dates.iso(photo), dates.source(photo), dates.shown(photo), dates.brief(photo)) == (None, None, "", "")


def test_the_dates_of_two_names_are_no_reason_to_keep_either() -> None:
    one, other = named("IMG_20240131_123456.jpg"), named("2019-05-04 12.00.00.jpg")
    assert missing(one, other) == missing(other, one) == []
    assert missing(one, made.photo("a.jpg")) == []
