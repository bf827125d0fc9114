"""A camera's JPEG and its RAW in two folders: neither is removed because of the other."""

from __future__ import annotations

import pytest

from dedupe.report import phrases
from dedupe.types import Relation
from tests.comparing.made import group, match, photo
from tests.grouping.test_group import UsersWord


@pytest.mark.parametrize("relation", [Relation.RESAVED, Relation.SAME_PIXELS])
def test_a_cameras_jpeg_is_not_selected_because_its_raw_lies_in_another_folder(relation: Relation) -> None:
    raw = photo("raws/1.nef", format="RAW", raw=True, lossless=True, camera="Nikon D70")
    jpeg = photo("jpegs/1.jpg", camera="Nikon D70")
    ((found,), _) = group([raw, jpeg], [match(raw, jpeg, relation)])
    assert (found.keep, found.extras[0].selected) == (raw, False)
    assert found.extras[0].note == "a RAW does not replace the picture made from it"


def test_a_raw_is_not_selected_because_a_jpeg_of_it_lies_in_another_folder() -> None:
    raw = photo("raws/1.nef", format="RAW", raw=True, lossless=True, camera="Nikon D70")
    jpeg = photo("jpegs/1.jpg", camera="Nikon D70")
    ((found,), _) = group([raw, jpeg], [match(raw, jpeg, Relation.RESAVED)], decisions=UsersWord(keep=[jpeg]))
    assert (found.keep, found.extras[0].selected) == (jpeg, False)
    assert phrases.losses(found.extras[0]) == ("the RAW",)
