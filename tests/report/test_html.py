"""The HTML report: what it says, that nothing in a name becomes markup, and that it overwrites nothing of the user's."""

from __future__ import annotations

import builtins
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
import skimage.data
from PIL import Image

pytest.importorskip("jinja2", reason="the HTML report needs jinja2 (dedupe-photos[web])")

from typer.testing import CliRunner

from dedupe.cli import app
from dedupe.errors import UsageError
from dedupe.library.decisions import Decisions
from dedupe.library.scans import EditState, GroupEdit
from dedupe.pipeline import scan
from dedupe.report import html
from dedupe.report.html import Done, Wanted, write_html
from dedupe.report.html_pictures import Pictures
from dedupe.report.placement import FRAME_ON_FRAME
from dedupe.settings import Settings
from dedupe.types import Damage, DamageKind, Photo, Relation
from tests.album import wait_until_settled
from tests.review import made

NONE = Pictures(lambda photo: None, lambda keep, photo: None)


def preview(photo: Photo) -> bytes:
    out = io.BytesIO()
    Image.fromarray(skimage.data.astronaut()).resize((200, 200)).save(out, "JPEG")
    return out.getvalue()


class Tags(HTMLParser):
    """Every tag and attribute, and the text between."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += f"{data} "


def test_every_photo_stands_in_it_with_what_becomes_of_it_in_words(tmp_path: Path) -> None:
    rotten = Damage(DamageKind.DIFFERS, (f"{made.ROOT}/a.jpg", f"{made.ROOT}/b.jpg"), 3)
    write_html(replace(made.holiday(), damaged=(rotten,)), str(tmp_path / "r.html"), NONE)
    text = " ".join(Tags((tmp_path / "r.html").read_text("utf-8")).text.split())
    for said in (
        "keep IMG_2041.JPG",
        "remove identical IMG_2041 (1).JPG",
        "stays edited IMG_2041-edited.jpg",
        "Would lose:",
    ):
        assert said in text
    assert "the JPEG ends before its picture does" in text
    assert "6 shots" in text
    assert "differ in 3 bytes: one of the two is damaged" in text
    assert "kept: more real detail" in text
    assert f"{made.ROOT}/WhatsApp Images/IMG-20210704-WA0003.jpg" in text


def test_a_name_is_text_whatever_it_says(tmp_path: Path) -> None:
    evil = (
        "<img src=x onerror=alert(1)>.jpg",
        '"><script>alert(1)</script>.jpg',
        "\u202egpj.exe.jpg",
        "{{ 7 * 7 }}.jpg",
    )
    groups = [made.group(f"g{n}", made.photo(name), made.extra(made.photo(f"b/{name}"))) for n, name in enumerate(evil)]
    write_html(made.result(*groups), str(tmp_path / "r.html"), NONE)
    page = (tmp_path / "r.html").read_text("utf-8")
    found = Tags(page)
    assert not any(tag in ("script", "iframe", "object", "form") for tag, _ in found.tags)
    assert not any(name.startswith("on") for _, attributes in found.tags for name in attributes)
    assert not [one for one in found.tags if one[0] == "img"]
    assert "\u202e" not in page
    assert "{{ 7 * 7 }}.jpg" in found.text


def test_it_fetches_nothing_and_runs_nothing(tmp_path: Path) -> None:
    write_html(made.holiday(), str(tmp_path / "r.html"), Pictures(preview, lambda keep, photo: FRAME_ON_FRAME))
    page = (tmp_path / "r.html").read_text("utf-8")
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page
    assert not re.search(r"(src|href)=\"(?!data:)", page)
    assert "url(" not in page
    sources = [attributes["src"] for tag, attributes in Tags(page).tags if tag == "img"]
    assert sources
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)


def test_an_edited_photo_is_shown_laid_on_its_source_with_what_differs(tmp_path: Path) -> None:
    edited = made.extra(made.photo("b.jpg"), Relation.EDITED, selected=False)
    plain = made.extra(made.photo("c.jpg"), Relation.RESAVED)
    result = made.result(made.group("g", made.photo("a.jpg"), edited, plain))
    write_html(result, str(tmp_path / "r.html"), Pictures(preview, lambda keep, photo: FRAME_ON_FRAME))
    pictures = [tag for tag, _ in Tags((tmp_path / "r.html").read_text("utf-8")).tags if tag == "img"]
    assert len(pictures) == 3 + 3


def test_the_place_where_a_photo_was_taken_is_left_out_unless_it_is_asked_for(tmp_path: Path) -> None:
    here = made.photo("a.jpg", gps=(52.51627, 13.37770))
    result = made.result(made.group("g", here, made.extra(made.photo("b.jpg"))))
    write_html(result, str(tmp_path / "without.html"), NONE)
    write_html(result, str(tmp_path / "with.html"), NONE, wanted=Wanted(places=True))
    assert "52.516" not in (tmp_path / "without.html").read_text("utf-8")
    assert "52.51627, 13.37770" in (tmp_path / "with.html").read_text("utf-8")


def test_many_groups_become_a_folder_of_pages(tmp_path: Path) -> None:
    write_html(made.many(html.ONE_PAGE + 1), str(tmp_path / "r.html"), NONE)
    pages = sorted((tmp_path / "r-pages").iterdir())
    index = Tags((tmp_path / "r.html").read_text("utf-8"))
    links = [attributes["href"] for tag, attributes in index.tags if tag == "a"]
    assert links == [f"r-pages/{page.name}" for page in pages]
    texts = [Tags(page.read_text("utf-8")).text for page in pages]
    assert sum(text.count("kept: ") for text in texts) == html.ONE_PAGE + 1
    assert "Group 501" in texts[-1]


def test_a_report_takes_the_place_of_an_earlier_one_and_of_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "r.html"
    write_html(made.many(2), str(target), NONE)
    write_html(made.many(3), str(target), NONE)
    assert "Group 3" in target.read_text("utf-8")
    target.write_text("<!doctype html><p>my own page")
    with pytest.raises(UsageError, match="is not a dedupe report"):
        write_html(made.many(2), str(target), NONE)
    assert target.read_text() == "<!doctype html><p>my own page"
    for wrong in ("-", str(tmp_path), str(tmp_path / "nowhere" / "r.html")):
        with pytest.raises(UsageError):
            write_html(made.many(2), wrong, NONE)


def test_what_was_done_is_said_and_what_is_away_is_marked(tmp_path: Path) -> None:
    result = made.holiday()
    gone = result.groups[0].extras[0].photo.path
    write_html(result, str(tmp_path / "r.html"), NONE, Done(frozenset({gone}), ("Run 1: trash, 1 photo.",)))
    text = " ".join(Tags((tmp_path / "r.html").read_text("utf-8")).text.split())
    assert "What was done Run 1: trash, 1 photo." in text
    assert "moved away identical IMG_2041 (1).JPG" in text
    chosen = sum(extra.selected for group in result.groups for extra in group.extras)
    assert f"1 moved away {chosen - 1} to remove" in text
    assert ", 1 moved away" in text


def _scanned(tmp_path: Path) -> tuple[Path, str]:
    photos, store = tmp_path / "photos", str(tmp_path / "cache.db")
    photos.mkdir()
    for name in ("astronaut", "coffee"):
        picture = Image.fromarray(getattr(skimage.data, name)())
        picture.save(photos / f"{name}.jpg", quality=95)
        (photos / f"{name} (1).jpg").write_bytes((photos / f"{name}.jpg").read_bytes())
    wait_until_settled(photos)
    scan([str(photos)], Settings(store=store, jobs=1))
    return photos, store


def test_from_the_last_scan_as_it_was_reviewed_and_after_acting(tmp_path: Path) -> None:
    _, store = _scanned(tmp_path)
    with Decisions(str(tmp_path / "cache.decisions.db")) as memory:
        result = memory.last_scan()
        memory.put_edits(
            [
                GroupEdit(result.groups[0].id, state=EditState.ACCEPTED),
                GroupEdit(result.groups[1].id, state=EditState.KEEP_ALL),
            ]
        )
    target = tmp_path / "r.html"
    done = CliRunner().invoke(app, ["review", "--html", str(target), "--store", store])
    assert (done.exit_code, done.output) == (0, "")
    text = " ".join(Tags(target.read_text("utf-8")).text.split())
    assert text.count("remove identical") == 1
    assert "none to remove all kept" in text
    moved = CliRunner().invoke(app, ["apply", "--move-to", str(tmp_path / "away"), "--yes", "--store", store])
    assert moved.exit_code == 0
    assert CliRunner().invoke(app, ["review", "--html", str(target), "--store", store]).exit_code == 0
    text = " ".join(Tags(target.read_text("utf-8")).text.split())
    assert "1 moved away 0 to remove 0 B to be freed" in text


def test_a_scan_writes_it_too_and_looks_before_whether_it_can(tmp_path: Path) -> None:
    photos, store = _scanned(tmp_path)
    target = tmp_path / "r.html"
    done = CliRunner().invoke(app, ["scan", str(photos), "--store", store, "--jobs", "1", "--html", str(target)])
    assert done.exit_code == 0
    assert target.read_bytes().startswith(html.START)
    target.write_text("mine")
    refused = CliRunner().invoke(app, ["scan", str(photos), "--store", store, "--html", str(target)])
    assert isinstance(refused.exception, UsageError)
    assert target.read_text() == "mine"


def test_without_the_library_one_sentence_has_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(html, "find_spec", lambda name: None)
    monkeypatch.setattr(builtins, "open", None)
    with pytest.raises(html.HtmlUnavailableError, match=r"pip install 'dedupe-photos\[web\]'"):
        write_html(made.many(1), str(tmp_path / "r.html"), NONE)
