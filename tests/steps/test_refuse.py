"""Pairs that share nothing end before the close look, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dedupe import steps
from dedupe.comparing.version import RELATE_VERSION
from dedupe.session import Session
from dedupe.settings import Settings
from dedupe.steps import compare, refuse
from dedupe.types import Pair, Relation
from tests.album import album

WIDE = 1.4
"""A threshold at which every photo is a candidate for every other."""


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("album")
    album(folder)
    return folder


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with Session(Settings(store=str(tmp_path / "library.db"), jobs=1, threshold=WIDE)) as opened:
        yield opened


def read(session: Session, photos: Path) -> tuple[steps.Contents, list[Pair]]:
    embedding = steps.Embedding(session)
    found = steps.walk(session, [str(photos)]).files
    contents = embedding.complete(steps.read(session, found, embedding))
    return contents, steps.neighbours(session, contents.keys)


def test_refusing_changes_no_verdict_and_saves_most_looks_at_unrelated_pairs(session: Session, photos: Path) -> None:
    contents, pairs = read(session, photos)
    refused = refuse.refused(session, contents.files, pairs)
    judged = {(match.a, match.b): match for match in compare._related(session, contents, pairs)}
    unrelated = {ends for ends, match in judged.items() if match.relation is None}
    assert refused <= unrelated
    assert len(refused) >= 0.8 * len(unrelated) > 5


def test_a_refused_pair_is_known_as_refused_and_asked_no_more(
    session: Session, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents, pairs = read(session, photos)
    first = steps.relate(session, contents, pairs)
    looked_at = session.cache.matches(pairs, RELATE_VERSION)
    refused = refuse.refused(session, contents.files, pairs)
    assert refused
    assert not refused & looked_at.keys()
    assert len(refused) + len(looked_at) == len(pairs) == first.count
    again: list[Pair] = []
    ask = refuse._refused_now
    monkeypatch.setattr(
        refuse, "_refused_now", lambda session, files, some: again.extend(some) or ask(session, files, some)
    )
    assert steps.relate(session, contents, pairs) == first
    assert not refused & {(pair.a, pair.b) for pair in again}


def test_a_pair_that_other_verdicts_join_is_looked_at_although_it_was_refused(session: Session, photos: Path) -> None:
    contents, pairs = read(session, photos)
    ends = min(refuse.refused(session, contents.files, pairs))
    pair = next(pair for pair in pairs if (pair.a, pair.b) == ends)
    steps.relate(session, contents, [pair], refuse=False)
    assert ends in session.cache.matches([pair], RELATE_VERSION)
    assert refuse.refused(session, contents.files, [pair]) == {
        ends
    }  # so that the first look of the next scan is the same


def test_pairs_that_the_embedding_holds_very_close_are_never_refused(session: Session, photos: Path) -> None:
    contents, pairs = read(session, photos)
    refused = refuse.refused(session, contents.files, pairs)
    near = [Pair(a, b, refuse.close(session)) for a, b in sorted(refused)]
    assert refuse.refused(session, contents.files, near) == set()


def test_signatures_that_are_missing_or_old_are_made_from_the_previews(session: Session, photos: Path) -> None:
    contents, pairs = read(session, photos)
    refused = refuse.refused(session, contents.files, pairs)
    made = session.previews.signatures(contents.keys)
    assert set(made) == set(contents.keys)
    session.cache.clear()
    session.previews.put_signature(contents.keys[0], b"\0 of another version")
    session.previews.put_signature(contents.keys[1], made[contents.keys[1]][:40])
    session.previews.flush()
    again = refuse.refused(session, contents.files, pairs)
    assert again <= refused
    assert {ends for ends in refused if contents.keys[1] not in ends} == {
        ends for ends in again if contents.keys[1] not in ends
    }
    assert session.previews.signatures([contents.keys[0]]) == {contents.keys[0]: made[contents.keys[0]]}


def test_copies_of_one_photo_are_found_as_before(session: Session, photos: Path) -> None:
    contents, pairs = read(session, photos)
    found = steps.relate(session, contents, pairs).matches
    relations = [match.relation for match in found]
    assert relations.count(Relation.RESAVED) >= 1
    assert relations.count(Relation.EDITED) >= 1
