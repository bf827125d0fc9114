"""Words on pictures: letters where a font has them, words for what none has, and never a box."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dedupe.queries import fonts
from dedupe.queries.fonts import font_for, has, lettered, spelt

RUSSIAN = "Фото с дачи.jpg"


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Linux without any font; a home to put some in."""
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("HOME", "XDG_DATA_DIRS", "XDG_DATA_HOME", "WINDIR", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / name))
    fonts.fonts.cache_clear()
    yield tmp_path
    fonts.fonts.cache_clear()


@pytest.fixture(scope="module")
def russian() -> Path:
    """A font of this machine that has Russian letters."""
    fonts.fonts.cache_clear()
    for name in fonts.fonts():
        if has("Ф", name):
            return Path(name)
    pytest.skip("no font of this machine has Russian letters")


def test_what_the_letters_that_come_along_have_is_written_with_them(bare: Path) -> None:
    assert font_for("IMG_1025.JPG 4000×3000 … “a”") == ""
    assert spelt("4000×3000 – 3.4 MB", "") == "4000x3000 - 3.4 MB"


def test_without_a_font_accents_are_left_out_and_other_letters_spelt_out(bare: Path) -> None:
    assert fonts.fonts() == ()
    assert spelt("Café naïve", font_for("Café naïve")) == "Cafe naive"
    assert spelt("東京.jpg", font_for("東京.jpg")) == "\\u6771\\u4eac.jpg"
    assert spelt("\U0001f5fc", "") == "\\U0001f5fc"


def test_no_box_is_drawn_whatever_the_text(bare: Path) -> None:
    for text in (RUSSIAN, "東京タワー 🗼", "صورة", "हिन्दी", "한국", "a\u0301\u0302\ufe0f", "\u3164", "ﬁ½"):
        for font in {"", font_for(text)}:
            for char in spelt(text, font):
                assert char.isspace() or has(char, font), (text, char)


def test_a_character_that_a_font_lacks_is_known_to_lack(bare: Path) -> None:
    assert has("A", "")
    assert not has("Ф", "")
    assert not has("A", str(bare / "no font.ttf"))
    (bare / "words.ttf").write_text("no font")
    assert not has("A", str(bare / "words.ttf"))


@pytest.mark.parametrize(
    ("platform", "place"),
    [
        ("linux", "HOME/.fonts/truetype/Arial Unicode.ttf"),
        ("linux", "XDG_DATA_DIRS/fonts/truetype/deja/DejaVuSans.ttf"),
        ("linux", "XDG_DATA_HOME/fonts/NotoSansGlagolitic-Regular.ttf"),
        ("darwin", "HOME/Library/Fonts/Hiragino Sans GB.ttc"),
        ("win32", "WINDIR/Fonts/malgun.ttf"),
        ("win32", "LOCALAPPDATA/Microsoft/Windows/Fonts/Meiryo.ttc"),
    ],
)
def test_a_font_is_found_where_each_system_keeps_them(
    platform: str, place: str, russian: Path, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", platform)
    (bare / place).parent.mkdir(parents=True)
    (bare / place).with_name("broken.ttf").write_text("no font")
    shutil.copy(russian, bare / place)
    fonts.fonts.cache_clear()
    assert font_for(RUSSIAN) == str(bare / place)
    assert spelt(RUSSIAN, font_for(RUSSIAN)) == RUSSIAN


def test_russian_letters_are_drawn_each_its_own(russian: Path) -> None:
    font = str(russian)
    assert spelt(RUSSIAN, font) == RUSSIAN
    drawn = {letter: lettered([letter * 3], 60).tobytes() for letter in "ФДЖЩ"}
    assert len(set(drawn.values())) == 4


def test_a_name_written_from_the_right_keeps_its_ending_at_the_right() -> None:
    fonts.fonts.cache_clear()
    name = "\u05e2\u05d1\u05e8\u05d9\u05ea"
    if not all(has(char, font_for(name)) for char in name):
        pytest.skip("no font of this machine has Hebrew letters")
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
