"""Which files hold which content, as a mapping that makes files only when they are asked for."""

from __future__ import annotations

import random

import pytest

from dedupe.steps import ByContent
from dedupe.tree import file_list as finds
from dedupe.tree.file_list import Folder, Found
from dedupe.types import FileStamp, PhotoFile, SkipKind, Skipped


def files(count: int) -> list[PhotoFile]:
    return [PhotoFile(f"/photos/{number:03}.jpg", "/photos", FileStamp(1, number, 2, 3, 4)) for number in range(count)]


@pytest.mark.parametrize("contents", [5, 1000])
@pytest.mark.parametrize("unread", [0, 3])
def test_it_is_the_dictionary_of_lists_that_it_stands_for(contents: int, unread: int) -> None:
    chance, found = random.Random(contents), files(60)
    answers: list[bytes | Skipped | None] = [chance.randrange(contents).to_bytes(16, "big") for _ in found]
    for place in chance.sample(range(60), unread):
        answers[place] = chance.choice([None, Skipped(found[place].path, SkipKind.DAMAGED, "is cut off")])
    expected: dict[bytes, list[PhotoFile]] = {}
    for file, answer in zip(found, answers, strict=True):
        if isinstance(answer, bytes):
            expected.setdefault(answer, []).append(file)
    held = ByContent(found, answers)
    assert list(held) == list(expected)
    assert {key: list(same) for key, same in held.items()} == expected
    assert held.count == sum(map(len, expected.values()))
    assert set(held.shared) == {key for key, same in expected.items() if len(same) > 1}
    pairs = {file.path: key for key, same in expected.items() for file in same}
    assert held.paths() == sorted(pairs)
    wanted = {file.path for file in found[::2]}
    assert held.key_of(wanted) == {path: key for path, key in pairs.items() if path in wanted}
    assert all(key in held for key in expected) and b"unknown" not in held
    assert held.get(b"unknown", ()) == ()
    again = ByContent.of((file, key) for key, same in expected.items() for file in same)
    assert {key: list(same) for key, same in again.items()} == expected


def test_files_of_contents_that_nobody_asks_for_are_never_made(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Folder("/photos", "/photos")
    found = Found((f"/photos/{number}.jpg", finds._WHOLE.pack(0, number, 2, 3, 4, 1, 1), folder) for number in range(9))
    keys = [number.to_bytes(16, "big") for number in range(9)]
    made: list[str] = []
    real = finds.photo_of
    monkeypatch.setattr(finds, "photo_of", lambda one: (made.append(one[0]), real(one))[1])
    held = ByContent(found, keys)
    assert (held.count, len(held), sorted(held), held.paths()) == (9, 9, keys, found.paths)
    assert not made
    assert held[keys[4]][0].stamp.inode == 4
    assert made == ["/photos/4.jpg"]
