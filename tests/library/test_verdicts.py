"""What the alignment said of a pair is not worked out twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dedupe.library.cache import Cache
from dedupe.library.verdicts import fingerprint
from dedupe.types import Evidence, Match, Pair, Relation
from tests.library import made

KEYS = sorted(made.key(number) for number in range(2500))


def pairs(count: int) -> list[Pair]:
    return [Pair(KEYS[at], KEYS[at + 1 + at % 3], at / 7) for at in range(count)]


@pytest.mark.parametrize("relation", list(Relation))
def test_a_verdict_comes_back_with_all_its_evidence(tmp_path: Path, relation: Relation) -> None:
    match = made.match(KEYS[0], KEYS[1], relation)
    with Cache(str(tmp_path / "x.db")) as cache:
        cache.put_matches([match], 3)
    with Cache(str(tmp_path / "x.db")) as cache:
        found = cache.matches([Pair(match.a, match.b, match.distance)], 3)
        assert found == {(match.a, match.b): match}


def test_of_unrelated_pairs_only_that_is_remembered(tmp_path: Path) -> None:
    match = made.match(KEYS[0], KEYS[1], None)
    with Cache(str(tmp_path / "x.db")) as cache:
        cache.put_matches([match], 3)
        found = cache.matches([Pair(match.a, match.b, 0.5)], 3)
        assert found == {(match.a, match.b): Match(match.a, match.b, 0.5, None, evidence=Evidence())}


def test_the_distance_is_that_of_the_model_that_asks(tmp_path: Path) -> None:
    match = made.match(KEYS[0], KEYS[1])
    with Cache(str(tmp_path / "x.db")) as cache:
        cache.put_matches([match], 3)
        (found,) = cache.matches([Pair(match.a, match.b, 0.75)], 3).values()
        assert found == replace(match, distance=0.75)


def test_another_version_of_the_alignment_asks_again(tmp_path: Path) -> None:
    match = made.match(KEYS[0], KEYS[1])
    with Cache(str(tmp_path / "x.db")) as cache:
        cache.put_matches([match], 3)
        assert cache.matches([Pair(match.a, match.b, 0.5)], 4) == {}
        cache.put_matches([replace(match, relation=Relation.EDITED)], 4)
        assert cache.matches([Pair(match.a, match.b, 0.5)], 3) == {}


def test_many_verdicts_come_back_in_the_order_asked_for(tmp_path: Path) -> None:
    asked = pairs(2400)
    stored = [made.match(pair.a, pair.b, None if at % 5 else Relation.EDITED) for at, pair in enumerate(asked)]
    with Cache(str(tmp_path / "x.db")) as cache:
        cache.put_matches(stored[1:], 1)
        found = cache.matches(asked[::-1], 1)
        assert list(found) == [(pair.a, pair.b) for pair in asked[:0:-1]]
        assert [match.relation for match in found.values()] == [match.relation for match in stored[:0:-1]]


def test_candidates_come_back_exactly(tmp_path: Path) -> None:
    name = fingerprint("compact-1", 0.62, 20, KEYS)
    with Cache(str(tmp_path / "x.db")) as cache:
        assert cache.candidates(name) is None
        cache.put_candidates(name, pairs(1000))
        cache.put_candidates(fingerprint("compact-1", 0.62, 20, []), [])
    with Cache(str(tmp_path / "x.db")) as cache:
        assert cache.candidates(name) == pairs(1000)
        assert cache.candidates(fingerprint("compact-1", 0.62, 20, [])) == [], "none is an answer too"
        cache.put_candidates(name, pairs(3))
        assert cache.candidates(name) == pairs(3)


def test_more_candidates_than_one_row_holds_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dedupe.library.verdicts._PART", 64)
    with Cache(str(tmp_path / "x.db")) as cache:
        cache.put_candidates(b"name", pairs(1000))
        assert cache.candidates(b"name") == pairs(1000)


def test_a_search_is_named_by_all_that_decides_it() -> None:
    base = fingerprint("compact-1", 0.62, 20, KEYS)
    assert base == fingerprint("compact-1", 0.62, 20, KEYS[::-1] + KEYS[:3])
    assert len(base) == 16
    others = {
        fingerprint("compact-2", 0.62, 20, KEYS),
        fingerprint("compact-1", 0.63, 20, KEYS),
        fingerprint("compact-1", 0.62, 21, KEYS),
        fingerprint("compact-1", 0.62, 20, KEYS[1:]),
    }
    assert base not in others
    assert len(others) == 4


def test_only_the_last_few_searches_are_kept(tmp_path: Path) -> None:
    with Cache(str(tmp_path / "x.db")) as cache:
        for number in range(7):
            cache.put_candidates(bytes([number]), pairs(number))
        held = [cache.candidates(bytes([number])) for number in range(7)]
        assert held == [None, None, None, pairs(3), pairs(4), pairs(5), pairs(6)]


def test_a_settled_search_answers_with_the_related_pairs_alone(tmp_path: Path) -> None:
    asked = pairs(1000)
    matches = [
        replace(made.match(pair.a, pair.b, None if at % 5 else Relation.SIMILAR), distance=pair.distance)
        for at, pair in enumerate(asked)
    ]
    name = fingerprint("compact-1", 0.62, 20, KEYS)
    with Cache(str(tmp_path / "x.db")) as cache:
        cache.put_candidates(name, asked)
        cache.put_matches(matches, 3)
        assert cache.settled(name, 30, 3) is None
        cache.settle(name, 30, matches)
    with Cache(str(tmp_path / "x.db")) as cache:
        assert cache.settled(name, 30, 3) == [match for match in matches if match.relation is not None]
        assert cache.settled(name, 40, 3) is None, "another version of the alignment"
        cache.put_matches([matches[0]], 4)
        assert cache.settled(name, 30, 3) is None, "a verdict that is gone is not passed over"


def test_a_search_whose_candidates_are_gone_is_not_settled(tmp_path: Path) -> None:
    with Cache(str(tmp_path / "x.db")) as cache:
        cache.settle(b"name", 30, [])
        assert cache.settled(b"name", 30, 3) is None
        cache.put_candidates(b"name", [])
        cache.settle(b"name", 30, [])
        assert cache.settled(b"name", 30, 3) == []


def test_refused_pairs_are_remembered_by_the_version_that_refused_them(tmp_path: Path) -> None:
    asked = pairs(2400)
    with Cache(str(tmp_path / "x.db")) as cache:
        cache.put_refused(asked[::2], 1)
    with Cache(str(tmp_path / "x.db")) as cache:
        assert cache.refused(asked, 1) == {(pair.a, pair.b) for pair in asked[::2]}
        assert cache.refused(asked, 2) == set()
        assert cache.matches(asked, 3) == {}
        cache.prune()
        assert cache.refused(asked, 1) == set()
