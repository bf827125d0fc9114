"""Words on pictures: letters where a font has them, words for what none has, and never a box."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dedupe.queries import fonts
from dedupe.queries.fonts import OWN, has, lettered, runs

RUSSIAN = "Фото с дачи.jpg"


def _forget() -> None:
    fonts.has.cache_clear()
    fonts._piece.cache_clear()
    fonts._opened.cache_clear()


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A system without any font; places to put some in."""
    for name in ("HOME", "XDG_DATA_DIRS", "XDG_DATA_HOME", "WINDIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    _forget()
    yield tmp_path
    _forget()


def test_european_names_signs_and_accents_are_written_as_they_are(bare: Path) -> None:
    for text in ("IMG_1025.JPG 4000×3000 … “a” – 3.4 MB", "Café naïve Łódź", RUSSIAN, "Σπίτι", "עברית", "صورة"):
        assert runs(text) == ((OWN, text),)


def test_letters_that_no_font_has_are_spelt_out(bare: Path) -> None:
    assert runs("東京.jpg") == ((OWN, "\\u6771\\u4eac.jpg"),)
    assert runs("\U0001f5fc") == ((OWN, "\\U0001f5fc"),)


def test_no_box_is_drawn_whatever_the_text(bare: Path) -> None:
    for text in (RUSSIAN, "東京タワー 🗼", "صورة", "हिन्दी", "한국", "a\u0301\u0302\ufe0f", "\u3164", "ﬁ½"):
        for font, said in runs(text):
            assert all(char.isspace() or has(char, font) for char in said), (text, said)


def test_a_character_that_a_font_lacks_is_known_to_lack(bare: Path) -> None:
    assert has("A", OWN)
    assert not has("東", OWN)
    assert not has("A", str(bare / "no font.ttf"))
    (bare / "words.ttf").write_text("no font")
    assert not has("A", str(bare / "words.ttf"))


def test_a_font_of_the_system_is_taken_for_letters_that_ours_lacks(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import ImageFont

    monkeypatch.undo()
    _forget()
    lender = next((name for name in fonts.SYSTEM_FONTS if has("東", name)), None)
    if lender is None:
        pytest.skip("no font of this machine has Japanese letters")
    file = ImageFont.truetype(lender, 24).path
    for name in ("HOME", "XDG_DATA_DIRS", "XDG_DATA_HOME", "WINDIR"):
        monkeypatch.setenv(name, str(bare / name))
    monkeypatch.setattr("sys.platform", "linux")
    place = bare / "XDG_DATA_DIRS" / "fonts" / "deep" / "wqy-microhei.ttc"
    place.parent.mkdir(parents=True)
    place.with_name("meiryo.ttc").write_text("no font")
    shutil.copy(str(file), place)
    _forget()
    assert runs("東京 1.jpg") == (("wqy-microhei.ttc", "東京"), (OWN, " 1.jpg"))
    assert lettered(["東京 1.jpg"], 200).tobytes() != lettered(["     1.jpg"], 200).tobytes()


def test_russian_letters_are_drawn_each_its_own() -> None:
    drawn = {letter: lettered([letter * 3], 60).tobytes() for letter in "ФДЖЩ"}
    assert len(set(drawn.values())) == 4


def test_a_name_written_from_the_right_keeps_its_ending_at_the_right() -> None:
    name = "\u05e2\u05d1\u05e8\u05d9\u05ea"
    alone, ended = lettered([name], 200), lettered([name + ".jpg"], 200)
    columns = np.flatnonzero((alone < 128).any(axis=(0, 2))).max() - 2
    assert np.array_equal(alone[:, :columns], ended[:, :columns])


def test_a_line_too_long_is_cut_in_its_middle_and_keeps_its_ends(bare: Path) -> None:
    whole = lettered(["begin" + "-" * 200 + "end"], 240)
    assert whole.shape == (20, 240, 3)
    begin = lettered(["begin---"], 240)
    assert np.array_equal(whole[:, :40], begin[:, :40])
    ink = np.flatnonzero((whole < 128).any(axis=(0, 2)))
    assert 200 < ink.max() < 240
