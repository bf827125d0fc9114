"""JSON and CSV: the contract, any name, nothing that harms where it is opened, and never an overwritten photo."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.errors import UsageError
from dedupe.report.csv import csv_rows, write_csv
from dedupe.report.json import json_chunks, write_json
from dedupe.report.targets import check_targets
from dedupe.types import CaptureTime, ScanResult, SkipKind, Skipped
from tests.review import made


def loaded(result: ScanResult) -> dict:
    return json.loads("".join(json_chunks(result)))


def table(result: ScanResult) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(csv_rows(result)), newline="")))


def test_the_json_keeps_the_contract() -> None:
    data = loaded(made.holiday())
    assert list(data) == [
        "schema",
        "dedupe",
        "model",
        "threshold",
        "roots",
        "groups",
        "series",
        "skipped",
        "damaged",
        "stats",
    ]
    assert (data["schema"], data["model"], data["threshold"], data["roots"]) == (2, "compact-1", 0.74, [made.ROOT])
    group = data["groups"][0]
    assert {"id", "keep", "reason", "extras"} <= set(group)
    assert {"path", "bytes", "width", "height", "taken"} <= set(group["keep"])
    edited = group["extras"][2]
    assert {key: edited[key] for key in ("path", "bytes", "width", "height", "relation", "distance", "selected")} == {
        "path": f"{made.ROOT}/Urlaub/Italien/IMG_2041-edited.jpg",
        "bytes": 1_803_222,
        "width": 3024,
        "height": 3024,
        "relation": "edited",
        "distance": 0.33,
        "selected": False,
    }
    assert edited["loses"] == [
        {"code": "said", "words": "caption “Roma, Piazza Navona”"},
        {"code": "said", "words": "rating"},
    ]
    assert (edited["protected"], edited["companions"], edited["note"]) == (False, [], "")
    assert group["keep"]["companions"] == [f"{made.ROOT}/Urlaub/Italien/IMG_2041.xmp"]
    assert data["groups"][1]["extras"][0]["protected"] is True
    assert data["series"][0]["paths"][0] == f"{made.ROOT}/Garten/DSC_10.jpg"
    assert data["skipped"][0]["reason"] == "the JPEG ends before its picture does"
    assert set(data["stats"]) == {"files", "photos", "groups", "extras", "reclaimable_bytes", "rescuable", "seconds"}
    assert data["stats"]["seconds"]["walk"] == 0.42


def test_the_same_result_gives_the_same_bytes() -> None:
    assert "".join(json_chunks(made.holiday())) == "".join(json_chunks(made.holiday()))
    assert "".join(csv_rows(made.holiday())) == "".join(csv_rows(made.holiday()))


def test_an_empty_result_is_json_too() -> None:
    data = loaded(made.result())
    assert data["groups"] == data["series"] == data["skipped"] == []


@given(st.lists(st.binary(min_size=1, max_size=12).filter(lambda name: b"\0" not in name), min_size=3, max_size=3))
def test_any_file_name_comes_back_from_the_json_byte_for_byte(names: list[bytes]) -> None:
    keep, copy, shot = (made.photo(os.fsdecode(name), root="/r") for name in names)
    result = made.result(
        made.group("g", keep, made.extra(replace(copy, members=(shot,)))),
        skipped=(Skipped(shot.path, SkipKind.DAMAGED, f"cannot read {shot.path}"),),
    )
    text = "".join(json_chunks(result))
    data = json.loads(text.encode("utf-8"))
    group = data["groups"][0]
    assert _exact(group["keep"]) == b"/r/" + names[0]
    assert _exact(group["extras"][0]) == b"/r/" + names[1]
    assert _exact(data["skipped"][0]) == b"/r/" + names[2]
    companions = group["extras"][0]["companions_b64"][0] if "companions_b64" in group["extras"][0] else None
    assert companions is None or base64.b64decode(companions) == b"/r/" + names[2]


def _exact(entry: dict[str, str]) -> bytes:
    return base64.b64decode(entry["path_b64"]) if "path_b64" in entry else entry["path"].encode()


def test_only_a_name_that_is_not_utf8_has_a_twin() -> None:
    data = loaded(made.result(made.group("g", made.photo("a.jpg"), made.extra(made.photo("\udcff.jpg")))))
    assert "path_b64" not in data["groups"][0]["keep"]
    assert data["groups"][0]["extras"][0]["path"] == f"{made.ROOT}/\ufffd.jpg"
    assert base64.b64decode(data["groups"][0]["extras"][0]["path_b64"]) == made.ROOT.encode() + b"/\xff.jpg"


def test_the_capture_time_is_iso_8601_and_null_where_there_is_none() -> None:
    exact = made.photo("a.jpg", taken=CaptureTime(made.NOON, 0.25, 2, 120))
    data = loaded(made.result(made.group("g", exact, made.extra(made.photo("b.jpg", taken=None)))))
    assert data["groups"][0]["keep"]["taken"] == "2021-07-04T12:31:07.25+02:00"
    assert data["groups"][0]["extras"][0]["taken"] is None


def test_the_csv_has_a_row_for_each_photo_in_a_group() -> None:
    rows = table(made.holiday())
    assert [(row["group"], row["role"]) for row in rows[:5]] == [
        ("1", "keep"),
        ("1", "extra"),
        ("1", "extra"),
        ("1", "extra"),
        ("2", "keep"),
    ]
    assert rows[0]["reason"] == "more real detail"
    assert rows[0]["companions"] == "1"
    assert (rows[1]["relation"], rows[1]["distance"], rows[1]["selected"]) == ("identical", "0.000000", "yes")
    assert (rows[3]["selected"], rows[3]["loses"]) == ("no", "caption “Roma, Piazza Navona”; rating")
    assert rows[5]["protected"] == "yes"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_spreadsheet_takes_no_text_for_a_formula(text: str) -> None:
    one = made.extra(made.photo(f"{text}.jpg"), note=text, loses=(text,))
    group = made.group("g", made.photo("a.jpg"), one, reason=text)
    for row in table(made.result(group)):
        for cell in row.values():
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_the_csv_is_one_line_a_photo_whatever_the_names_and_tells_the_exact_name() -> None:
    evil = "a\r\n\x1b]0;x\x07,\"'\udcff\u202e.jpg"
    text = "".join(csv_rows(made.result(made.group("g", made.photo(evil), made.extra(made.photo("b.jpg"))))))
    assert len(text.split("\r\n")) == 4
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert base64.b64decode(rows[0]["path_b64"]) == os.fsencode(f"{made.ROOT}/{evil}")
    assert rows[1]["path_b64"] == ""


def test_a_report_replaces_an_earlier_one_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    write_json(made.many(50), str(target))
    write_json(made.holiday(), str(target))
    assert len(json.loads(target.read_text("utf-8"))["groups"]) == 3
    write_csv(made.many(50), str(tmp_path / "out.csv"))
    write_csv(made.holiday(), str(tmp_path / "out.csv"))
    assert (tmp_path / "out.csv").read_text("utf-8-sig").startswith("group,role,path,")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "out.json"]


@pytest.mark.parametrize("write", [write_json, write_csv])
def test_a_photo_named_as_the_report_is_not_overwritten(tmp_path: Path, write: object) -> None:
    target = tmp_path / "IMG_1.jpg"
    target.write_bytes(b"\xff\xd8\xff\xe0 a photo")
    with pytest.raises(UsageError, match="is not a dedupe report"):
        write(made.holiday(), str(target))
    assert target.read_bytes() == b"\xff\xd8\xff\xe0 a photo"
    link = tmp_path / "out.json"
    link.symlink_to(target)
    with pytest.raises(UsageError, match="is not a dedupe report"):
        write(made.holiday(), str(link))
    assert target.read_bytes() == b"\xff\xd8\xff\xe0 a photo"


def test_an_earlier_report_survives_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out.json"
    write_json(made.holiday(), str(target))
    before = target.read_bytes()

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="No space left on device"):
        write_json(made.many(3), str(target))
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


def test_places_where_no_report_can_be_are_named_before_the_scan(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        check_targets(str(tmp_path), None)
    with pytest.raises(UsageError, match="there is no folder"):
        check_targets(None, str(tmp_path / "missing" / "out.csv"))
    with pytest.raises(UsageError, match="different places"):
        check_targets("-", "-")
    check_targets("-", str(tmp_path / "out.csv"))
    assert list(tmp_path.iterdir()) == []


def test_a_report_can_go_to_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_json(made.holiday(), str(pipe))
    reader.join(10)
    assert json.loads(read[0])["schema"] == 2


def test_json_on_stdout_is_utf8_whatever_the_locale(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    write_json(made.holiday(), "-")
    out, err = capfdbinary.readouterr()
    assert "東京".encode() in out
    assert json.loads(out)["schema"] == 2
    assert err == b""
