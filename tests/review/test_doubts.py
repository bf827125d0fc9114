"""Another photo is chosen to stay: what the scan would not let go for it is not let go by the choice either."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import dedupe
from dedupe.grouping.doubts import FITS_ANOTHER, Doubts, doubts_of
from dedupe.grouping.pair import extra_of
from dedupe.library.codec import from_json, to_json
from dedupe.review.choice import keep_instead, photos_of, suggested
from dedupe.review.saved_scan import last_scan, verifier
from dedupe.settings import Settings
from dedupe.types import Damage, DamageKind, ScanResult
from tests.comparing.made import match, photo
from tests.review import made
from tests.test_nothing_lost import Put, picture, saved

ONE, OTHER = photo("one.jpg"), photo("other.jpg")
PAIR = frozenset((ONE.content_key, OTHER.content_key))
DAMAGED = "differs in 3 bytes: one of the two is damaged"


def rotten(data: bytes) -> bytes:
    """The same with one bit flipped in what is nearly the last row of the picture."""
    broken = bytearray(data)
    broken[-40] ^= 1
    return bytes(broken)


def test_of_two_of_which_one_is_damaged_neither_is_selected_where_the_other_is_chosen_to_stay(tmp_path: Path) -> None:
    put, settings = Put(tmp_path / "photos"), Settings(store=str(tmp_path / "x.db"))
    copy = saved(picture("astronaut"), quality=80)
    put("best.png", saved(picture("astronaut"), "PNG"))
    put("a.jpg", copy)
    put("backup/a.jpg", rotten(copy))
    dedupe.scan(str(put.folder), settings)
    with last_scan(settings) as (session, result):
        (group,) = result.groups
        names = [Path(one.path).relative_to(put.folder).as_posix() for one in photos_of(group)]
        assert sorted(names) == ["a.jpg", "backup/a.jpg", "best.png"]
        for kept, left in (("a.jpg", "backup/a.jpg"), ("backup/a.jpg", "a.jpg")):
            verify = verifier(session, result)
            choice = keep_instead(group, suggested(group), names.index(kept), verify)
            extra = choice.extras[names.index(left)]
            assert choice.stays.path == str(put.folder / kept)
            assert extra is not None
            assert (extra.selected, extra.note) == (False, "differs in 1 byte: one of the two is damaged")


@pytest.mark.parametrize(
    ("doubts", "note"),
    [
        (Doubts(damaged={PAIR: 3}), DAMAGED),
        (Doubts(frozenset((ONE.path,))), FITS_ANOTHER),
        (Doubts(frozenset((OTHER.path,))), FITS_ANOTHER),
        (Doubts(frozenset(("elsewhere.jpg",))), ""),
    ],
)
def test_a_copy_that_the_scan_had_doubts_of_is_proven_and_not_selected(doubts: Doubts, note: str) -> None:
    extra = extra_of(ONE, OTHER, [match(ONE, OTHER)], doubts=doubts)
    assert extra is not None
    assert (extra.note, extra.selected) == (note, not note)


def scanned(**said: object) -> ScanResult:
    """A scan of one group of the two, as it is read from the store."""
    group = made.group("g", ONE, made.extra(OTHER, keeper=ONE.path, note=said.pop("note", "")))
    return from_json(ScanResult, to_json(replace(made.result(group), **said)))


def test_the_doubts_are_saved_with_the_scan() -> None:
    ends = (ONE.content_key, OTHER.content_key)
    rot = Damage(DamageKind.DIFFERS, ("gone.jpg", OTHER.path), 3, contents=ends)
    warned = Damage(DamageKind.WARNED, (ONE.path,), warning="broken")
    found = doubts_of(scanned(damaged=(rot, warned), doubtful=(ONE.path,)))
    assert found == Doubts(frozenset((ONE.path,)), {PAIR: 3})


def test_a_scan_that_was_saved_before_has_its_doubts_in_its_words() -> None:
    rot = Damage(DamageKind.DIFFERS, (ONE.path, OTHER.path), 3)
    found = doubts_of(scanned(damaged=(rot,), note=FITS_ANOTHER))
    assert found == Doubts(frozenset((ONE.path, OTHER.path)), {PAIR: 3})
    assert doubts_of(scanned(damaged=(replace(rot, paths=(ONE.path, "gone.jpg")),))) == Doubts()
