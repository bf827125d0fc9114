"""Trees made elsewhere are judged like the benchmark's own."""

from __future__ import annotations

from pathlib import Path

from benchmarks.changes import Tier
from benchmarks.manifest import Kind, Visible
from benchmarks.truth import copies, read_manifest


def tree(folder: Path) -> Path:
    (folder / "photos" / "Edited").mkdir(parents=True)
    (folder / "truth.csv").write_text(
        "path,source,transform\n"
        "photos/IMG_0.jpg,0,original\n"
        "photos/Edited/1.jpg,0,hflip\n"
        "photos/Edited/2.jpg,0,emoji\n"
        "photos/Edited/3.jpg,0,perspective\n"
    )
    return folder


def test_every_file_of_a_truth_is_known_by_its_capture_and_its_change(tmp_path: Path) -> None:
    manifest = read_manifest(tree(tmp_path))
    assert manifest.root == tmp_path / "photos"
    entries = {entry.path: entry for entry in manifest.entries}
    assert entries["IMG_0.jpg"].kind is Kind.ORIGINAL
    assert {entry.capture for entry in manifest.entries} == {"0"}
    assert [entries[f"Edited/{number}.jpg"].tier for number in (1, 2, 3)] == [Tier.COPY, Tier.EDIT, Tier.HARD]
    assert entries["Edited/1.jpg"].visible is Visible.NOTHING
    assert entries["Edited/2.jpg"].visible is Visible.SOMETHING


def test_every_copy_is_paired_with_its_original(tmp_path: Path) -> None:
    pairs = list(copies(tree(tmp_path)))
    assert [pair.change for pair in pairs] == ["hflip", "emoji", "perspective"]
    assert {pair.original for pair in pairs} == {tmp_path / "photos/IMG_0.jpg"}
