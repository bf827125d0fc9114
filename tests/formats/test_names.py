"""The date in the name of a photo is read as phones, messengers and programs write it, and no other number is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.formats.names import date_in
from dedupe.terminal.text import format_taken


def read(name: str) -> str | None:
    found = date_in(f"/photos/2011-11-11/{name}")
    if found is None:
        return None
    text = format_taken(found.time, precise=True)
    return text[:10] if found.day else text


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("IMG_20240131_123456.jpg", "2024-01-31 12:34:56"),
        ("IMG_20240131_123456_HDR.jpg", "2024-01-31 12:34:56"),
        ("IMG_20240131_123456789_BURST001.jpg", "2024-01-31 12:34:56.789"),
        ("PXL_20240131_123456789.jpg", "2024-01-31 12:34:56.789 +00:00"),
        ("PXL_20240131_123456789.PORTRAIT.jpg", "2024-01-31 12:34:56.789 +00:00"),
        ("20240131_123456.heic", "2024-01-31 12:34:56"),
        ("20240131_123456(1).jpg", "2024-01-31 12:34:56"),
        ("2024-01-31 12.34.56.jpg", "2024-01-31 12:34:56"),
        ("2024-01-31 12.34.56-2.jpg", "2024-01-31 12:34:56"),
        ("2024-01-31_12-34-56.png", "2024-01-31 12:34:56"),
        ("2024_01_31_12_34_56.png", "2024-01-31 12:34:56"),
        ("Screenshot_20240131-123456_Maps.png", "2024-01-31 12:34:56"),
        ("Screenshot 2024-01-31 at 12.34.56.png", "2024-01-31 12:34:56"),
        ("Screen Shot 2024-01-31 at 1.04.56 PM.png", "2024-01-31 13:04:56"),
        ("Screen Shot 2024-01-31 at 12.04.56 AM.png", "2024-01-31 00:04:56"),
        ("signal-2024-01-31-123456.jpg", "2024-01-31 12:34:56"),
        ("signal-2024-01-31-12-34-56-789.jpg", "2024-01-31 12:34:56.789"),
        ("photo_2024-01-31_12-34-56.jpg", "2024-01-31 12:34:56"),
        ("photo_5@31-01-2024_12-34-56.jpg", "2024-01-31 12:34:56"),
        ("WP_20240131_12_34_56_Pro.jpg", "2024-01-31 12:34:56"),
        ("00100dPORTRAIT_00100_BURST20240131123456789_COVER.jpg", "2024-01-31 12:34:56.789"),
        ("IMG-20240131-WA0001.jpg", "2024-01-31"),
        ("WhatsApp Image 2024-01-31 at 12.34.56.jpeg", "2024-01-31 12:34:56"),
        ("2024-01-31 Grandma's birthday.jpg", "2024-01-31"),
        ("1954-06-12 wedding.tif", "1954-06-12"),
        ("scan 1954.06.12.tif", "1954-06-12"),
        ("20240131_250000.jpg", "2024-01-31"),
        ("IMG_20240131.jpg", "2024-01-31"),
    ],
)
def test_the_date_that_a_phone_or_program_puts_into_a_name_is_read(name: str, date: str) -> None:
    assert read(name) == date


@pytest.mark.parametrize(
    "name",
    [
        "IMG_1234.jpg", "DSC_20123456.jpg", "DSC20240231.jpg", "20241301_123456.jpg", "FB_IMG_1706700896123.jpg",
        "816226709_8639.jpg", "120240131.jpg", "202401311.jpg", "18540612.jpg", "2024.jpg", "2024-01.jpg", "4000x3000.jpg",
        "", ".jpg", "31-01-2024.jpg",
    ],
)  # fmt: skip
def test_another_number_is_no_date(name: str) -> None:
    assert date_in(name) is None


@given(st.text(max_size=60) | st.from_regex(r"[0-9_. @-]{0,40}", fullmatch=True))
def test_any_name_has_a_date_or_none_and_never_fails(name: str) -> None:
    date_in(name)
