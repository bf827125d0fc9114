"""Searching: the nearest photos with their relation, nothing read twice, and the article's method with vgg16."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import dedupe
from dedupe.errors import MissingRootError, QueryError, UsageError
from dedupe.queries.search import told_apart
from tests.album import jpeg, photo
from tests.decoding.made import with_segment
from tests.formats.test_inventory import bag, packet
from tests.queries.made import Library
from tests.support import tree_snapshot


def names(answer: dedupe.Answer) -> list[str]:
    return [os.path.basename(found.photo.path) for found in answer.found]


def test_a_crop_finds_its_original_first_and_says_what_it_is(library: Library) -> None:
    before = tree_snapshot(library.photos)
    [answer] = dedupe.search(library.path("phone/crop.jpg"), str(library.photos), library.settings, k=4).answers
    assert tree_snapshot(library.photos) == before
    assert answer.query.path == library.path("phone/crop.jpg")
    assert sorted(names(answer)[:3]) == ["IMG-20240501-WA0001.jpg", "astronaut.jpg", "astronaut.jpg"]
    assert {found.relation for found in answer.found[:3]} == {dedupe.Relation.EDITED}
    assert answer.found[3].relation is None
    distances = [found.distance for found in answer.found]
    assert distances == sorted(distances)


def test_a_query_from_outside_finds_the_same_and_is_remembered(library: Library, tmp_path: Path) -> None:
    mine = library.copied(tmp_path)
    query = tmp_path / "query.jpg"
    query.write_bytes(jpeg(photo("coffee").resize((300, 200)), 60))
    [answer] = dedupe.search([str(query)], [str(mine.photos)], mine.settings, k=1).answers
    assert names(answer) == ["coffee.jpg"]
    assert answer.found[0].relation is dedupe.Relation.RESAVED
    # The query lies in the store now, and still is in no answer: it is not below the folder.
    [again] = dedupe.search([library.path("camera/coffee.jpg")], [str(mine.photos)], mine.settings, k=9).answers
    assert "query.jpg" not in names(again)


def test_the_query_itself_is_no_answer_but_its_copies_are(library: Library) -> None:
    [answer] = dedupe.search([library.path("camera/astronaut.jpg")], [str(library.photos)], library.settings).answers
    assert library.path("camera/astronaut.jpg") not in [found.photo.path for found in answer.found]
    first = answer.found[0]
    assert first.photo.path == library.path("old backup/astronaut.jpg")
    assert (first.relation, first.distance) == (dedupe.Relation.IDENTICAL, 0.0)
    assert len(answer.found) == 8


def test_what_the_query_holds_and_the_photo_found_lacks_is_named(library: Library, tmp_path: Path) -> None:
    plain = jpeg(photo("coffee").resize((300, 200)), 85)
    told = with_segment(plain, 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet(bag("dc:subject", "Venice", "Grandma")))
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "plain.jpg").write_bytes(plain)
    (tmp_path / "told.jpg").write_bytes(told)
    [answer] = dedupe.search([str(tmp_path / "told.jpg")], [str(tmp_path / "library")], library.settings).answers
    assert [(loss.code.value, loss.count) for loss in answer.found[0].loses] == [("keywords", 2)]
    [back] = dedupe.search([str(tmp_path / "library" / "plain.jpg")], [str(tmp_path)], library.settings, k=1).answers
    assert names(back) == ["told.jpg"] and back.found[0].loses == ()


def test_what_stands_in_takeouts_json_beside_the_query_counts_as_its_own(library: Library, tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "takeout").mkdir()
    for folder in ("library", "takeout"):
        (tmp_path / folder / "a.jpg").write_bytes(jpeg(photo("coffee"), 85))
    said = {"title": "a.jpg", "description": "At sea", "photoTakenTime": {"timestamp": "1500000000"}}
    (tmp_path / "takeout" / "a.jpg.json").write_text(json.dumps(said))
    [answer] = dedupe.search([str(tmp_path / "takeout")], [str(tmp_path / "library")], library.settings).answers
    assert {loss.code.value for loss in answer.found[0].loses} == {"date", "caption"}


def test_the_threshold_leaves_out_what_is_farther(library: Library) -> None:
    [every] = dedupe.search([library.path("camera/astronaut.jpg")], [str(library.photos)], library.settings).answers
    distances = {os.path.basename(found.photo.path): found.distance for found in every.found}
    between = (distances["IMG-20240501-WA0001.jpg"] + distances["crop.jpg"]) / 2
    settings = replace(library.settings, threshold=between)
    [answer] = dedupe.search([library.path("phone/crop.jpg")], [str(library.photos)], settings).answers
    assert answer.found == ()
    [copies] = dedupe.search([library.path("camera/astronaut.jpg")], [str(library.photos)], settings).answers
    assert names(copies) == ["astronaut.jpg", "IMG-20240501-WA0001.jpg"]


def test_every_photo_of_a_folder_is_a_query_and_a_damaged_one_costs_only_itself(
    library: Library, tmp_path: Path
) -> None:
    mine = library.copied(tmp_path)
    folder = tmp_path / "queries"
    folder.mkdir()
    shutil.copy(mine.photos / "web" / "cat.png", folder)
    (folder / "broken.jpg").write_bytes((mine.photos / "camera" / "coffee.jpg").read_bytes()[:9000])
    result = dedupe.search([str(folder)], [str(mine.photos)], mine.settings, k=2)
    assert [os.path.basename(answer.query.path) for answer in result.answers] == ["cat.png"]
    assert [os.path.basename(one.path) for one in result.skipped] == ["broken.jpg"]
    (folder / "cat.png").unlink()
    with pytest.raises(QueryError, match=r"broken\.jpg"):
        dedupe.search([str(folder)], [str(mine.photos)], mine.settings)


def test_new_and_removed_photos_are_followed(library: Library, tmp_path: Path) -> None:
    mine = library.copied(tmp_path)
    query = [library.path("camera/rocket.jpg")]
    settings = replace(mine.settings, threshold=0.4)
    [before] = dedupe.search(query, [str(mine.photos)], settings).answers
    assert names(before) == ["rocket.jpg"]
    (mine.photos / "small.jpg").write_bytes(jpeg(photo("rocket").resize((320, 213)), 70))
    [with_it] = dedupe.search(query, [str(mine.photos)], settings).answers
    assert names(with_it) == ["rocket.jpg", "small.jpg"]
    (mine.photos / "small.jpg").unlink()
    [without] = dedupe.search(query, [str(mine.photos)], settings).answers
    assert names(without) == ["rocket.jpg"]


def test_a_damaged_index_is_made_again_with_a_notice(
    library: Library, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mine = library.copied(tmp_path)
    [path] = (tmp_path / "library.index").iterdir()
    path.write_bytes(b"\0" * 5000)
    asked = ([library.path("phone/crop.jpg")], [str(mine.photos)], mine.settings)
    [answer] = dedupe.search(*asked, k=3).answers
    assert len(answer.found) == 3
    assert "was rebuilt" in caplog.text
    caplog.clear()
    [again] = dedupe.search(*asked, k=3).answers
    assert again == answer
    assert caplog.text == ""


def test_bad_queries_are_one_sentence_and_write_nothing_among_the_photos(library: Library, tmp_path: Path) -> None:
    mine = library.copied(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes").write_text("words")
    (tmp_path / "half.jpg").write_bytes((mine.photos / "camera" / "coffee.jpg").read_bytes()[:9000])
    photos, before = [str(mine.photos)], tree_snapshot(mine.photos)
    good = library.path("phone/crop.jpg")
    cases = [
        ([str(tmp_path / "missing.jpg")], photos, QueryError),
        ([str(tmp_path / "empty")], photos, QueryError),
        ([str(tmp_path / "notes")], photos, QueryError),
        ([str(tmp_path / "half.jpg")], photos, QueryError),
        ([good], [str(tmp_path / "nowhere")], MissingRootError),
        ([good], [str(tmp_path / "empty")], QueryError),
    ]
    for queries, folders, kind in cases:
        with pytest.raises(kind) as caught:
            dedupe.search(queries, folders, mine.settings)
        assert str(caught.value).endswith(".")
        assert "\n" not in str(caught.value)
    with pytest.raises(UsageError):
        dedupe.search([good], photos, mine.settings, k=0)
    assert tree_snapshot(mine.photos) == before


def test_on_the_command_line_files_are_queries_and_folders_are_searched(tmp_path: Path) -> None:
    one, two, album, more = (str(tmp_path / name) for name in ("1.jpg", "2.jpg", "album", "more"))
    for file in (one, two):
        Path(file).touch()
    for folder in (album, more):
        Path(folder).mkdir()
    assert told_apart([one, two, album, more]) == ([one, two], [album, more])
    assert told_apart([album, more]) == ([album], [more])
    assert told_apart([album, one, more]) == ([album, one], [more])
    assert told_apart([one, "/not/there"]) == ([one], ["/not/there"])
    for nowhere in ([one], [album], [one, two]):
        with pytest.raises(UsageError):
            told_apart(nowhere)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_vgg16_is_the_articles_search_raw_fc1_and_euclidean_distance(library: Library, tmp_path: Path) -> None:
    import keras
    from keras.applications.vgg16 import VGG16, preprocess_input

    from dedupe.decoding.preview import squash
    from dedupe.library.previews import Previews
    from tests.embedding.test_vgg16 import write_weights

    keras.utils.set_random_seed(7)
    network = VGG16(weights=None)
    for layer in network.layers:
        if layer.weights:
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel * np.float32(1.4), bias])
    weights = tmp_path / "vgg16.h5"
    write_weights(network, weights)
    fc1 = keras.Model(network.input, network.get_layer("fc1").output)
    mine = library.copied(tmp_path)
    settings = replace(mine.settings, model="vgg16", weights=str(weights))
    result = dedupe.search([library.path("phone/crop.jpg")], [str(mine.photos)], settings, k=20)
    weights.unlink()

    photos = sorted(str(path) for path in mine.photos.rglob("*.*"))
    with Previews(str(tmp_path / "library.previews.db")) as previews:
        by_path = {found.photo.path: found.photo.content_key for found in result.answers[0].found}
        by_path["query"] = result.answers[0].query.content_key
        pixels = np.stack([squash(previews.get_many([key])[key], 224) for key in by_path.values()])
    said = fc1.predict(preprocess_input(pixels.astype(np.float32)), verbose=0)
    stored = said.astype(np.float16).astype(np.float64)
    apart = np.linalg.norm(stored[:-1] - stored[-1], axis=1)
    expected = dict(zip(by_path, apart.tolist(), strict=False))
    assert sorted(expected) == photos
    assert said.shape[1] == 4096
    assert max(expected.values()) > 1.5 * min(
        value for value in expected.values() if value > 0
    )  # it tells photos apart
    for found in result.answers[0].found:
        assert found.distance == pytest.approx(expected[found.photo.path], rel=1e-3, abs=1e-3)
    ranked = [found.photo.path for found in result.answers[0].found]
    content = [by_path[path] for path in ranked]
    brute = [by_path[path] for path in sorted(expected, key=lambda path: (expected[path], by_path[path]))]
    assert content == brute
