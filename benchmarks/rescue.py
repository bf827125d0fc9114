"""Is anything that a library said lost when its copies go? `python -m benchmarks.rescue [--photos 1000]`.

The library is made: each picture lies in two or three folders, and dates, places, captions, keywords, faces … are spread over
the copies (`rescue_made.py`). `dedupe scan --rescue always --move-to DIR` then cleans it up. exiftool, not dedupe, reads what the
photos and sidecars of each picture say before and afterwards. Counted are properties that were said before and are not said by
what stays, photos whose bytes changed, and whether `dedupe undo` brings back every byte.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from benchmarks.rescue_made import library
from dedupe.library.files import settled
from dedupe.types import FileStamp

Said: TypeAlias = Mapping[str, frozenset[tuple[str, str]]]
"""What is said of each picture, by its name: (property, value)."""

_TEXTS: Final = {
    "caption": ("XMP-dc:Description", "IPTC:Caption-Abstract", "IFD0:ImageDescription", "XMP-exif:UserComment"),
    "title": ("XMP-dc:Title", "IPTC:ObjectName"),
    "rating": ("XMP-xmp:Rating", "IFD0:Rating"),
    "author": ("XMP-dc:Creator", "IFD0:Artist", "IPTC:By-line"),
    "copyright": ("XMP-dc:Rights", "IPTC:CopyrightNotice", "IFD0:Copyright"),
    "city": ("XMP-photoshop:City", "IPTC:City"),
    "keyword": ("XMP-dc:Subject", "IPTC:Keywords"),
    "person": ("XMP-iptcExt:PersonInImage",),
    "date": ("ExifIFD:DateTimeOriginal", "XMP-exif:DateTimeOriginal", "XMP-photoshop:DateCreated"),
}


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the library."""

    photos: int
    pictures: int
    left: int
    kept_for: Mapping[str, int]
    before: int
    lost: tuple[tuple[str, str, str], ...]
    changed: int
    came_back: bool


def cleaned(root: Path, state: Path, count: int, seed: int = 1, *, exact: bool = False) -> Account:
    """Make the library below ``root``, clean it up, and give the account.

    ``state`` is a folder for the store and the copies; ``exact``: by a scan for equal pixels alone, which is all that is there.
    """
    pictures = library(root, count, seed)
    _settle(root)
    bytes_before, said_before = hashes(root), said(root)
    report = state / "report.json"
    words = ("--store", str(state / "s.db"), "--jobs", "1")
    dedupe(
        *("scan", str(root), *words, "--rescue", "always", "--keep", "path", *(["--exact"] if exact else [])),
        *("--json", str(report), "--move-to", str(state / "copies"), "--yes"),
    )
    bytes_after, said_after = hashes(root), said(root)
    stayed = {path: digest for path, digest in bytes_after.items() if path.suffix != ".xmp"}
    lost = tuple(
        (name, *one) for name, told in said_before.items() for one in sorted(told - said_after.get(name, frozenset()))
    )
    dedupe("undo", "--yes", "--store", str(state / "s.db"))
    photos = [path for path in bytes_before if path.suffix == ".jpg"]
    return Account(
        photos=len(photos),
        pictures=pictures,
        left=len(photos) - sum(path.suffix == ".jpg" for path in stayed),
        kept_for=_reasons(report),
        before=sum(map(len, said_before.values())),
        lost=lost,
        changed=sum(bytes_before.get(path) != digest for path, digest in stayed.items()),
        came_back=hashes(root) == bytes_before,
    )


def dedupe(*words: str) -> None:
    """Run the command. Raises RuntimeError where it ends with more than refusals."""
    done = subprocess.run([sys.executable, "-m", "dedupe", *words], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)


def hashes(root: Path) -> dict[Path, str]:
    """Every file below ``root`` with the hash of its bytes."""
    files = (path for path in root.rglob("*") if path.is_file())
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def said(root: Path) -> Said:
    """What exiftool reads of each picture, in all folders and sidecars together; of Takeout's JSON the date and the people."""
    done = subprocess.run(
        [
            "exiftool",
            "-json",
            "-G1",
            "-struct",
            "-n",
            "-r",
            "-charset",
            "IPTC=UTF8",
            "-ext",
            "jpg",
            "-ext",
            "xmp",
            str(root),
        ],
        capture_output=True,
        check=False,
    )
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for one in json.loads(done.stdout or b"[]"):
        found[Path(one["SourceFile"]).name.partition(".")[0]].update(_told(one))
    for path in root.rglob("*.json"):
        content = json.loads(path.read_text("utf-8"))
        found[path.name.partition(".")[0]].update(("person", one["name"]) for one in content["people"])
    return {name: frozenset(told) for name, told in found.items()}


def _told(one: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, tags in _TEXTS.items():
        for tag in tags:
            for value in _listed(one.get(tag)):
                yield name, value[:19] if name == "date" else value
    if "IPTC:DateCreated" in one:
        yield "date", f"{one['IPTC:DateCreated']} {str(one.get('IPTC:TimeCreated', ''))[:8]}".strip()
    for group in ("GPS", "XMP-exif"):
        if f"{group}:GPSLatitude" in one:
            place = (float(one[f"{group}:GPSLatitude"]), float(one[f"{group}:GPSLongitude"]))
            yield "place", f"{place[0]:.4f} {place[1]:.4f}"
    for region in one.get("XMP-mwg-rs:RegionInfo", {}).get("RegionList", ()):
        area = region["Area"]
        yield "face", f"{region.get('Name')} {float(area['X']):.3f} {float(area['Y']):.3f}"


def _listed(value: Any) -> Sequence[str]:
    if value is None:
        return ()
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _reasons(report: Path) -> Mapping[str, int]:
    """Why copies stayed, with how many for each."""
    result = json.loads(report.read_text("utf-8"))
    extras = [extra for group in result["groups"] for extra in group["extras"] if not extra["selected"]]
    return Counter(extra["note"] or ", ".join(loss["words"] for loss in extra["loses"]) for extra in extras)


def _settle(root: Path) -> None:
    """Wait until a reading of the files counts: one read within a tick of its change is read again."""
    files = [path for path in root.rglob("*") if path.is_file()]
    while not all(settled(FileStamp.of(path.stat()), time.time_ns()) for path in files):
        time.sleep(0.01)


def main() -> None:
    """Print the account."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--exact", action="store_true", help="compare no pictures: all copies here have equal pixels")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "state").mkdir()
        told = cleaned(Path(folder) / "photos", Path(folder) / "state", args.photos, args.seed, exact=args.exact)
    print(f"{told.photos} photos of {told.pictures} pictures; {told.left} copies left.")
    print(f"{told.before} properties before, {len(told.lost)} of them lost; {told.changed} photos' bytes changed.")
    print(f"undo brought every byte back: {'yes' if told.came_back else 'no'}")
    for reason, count in Counter(told.kept_for).most_common():
        print(f"  {count} stayed: {reason}")
    for one in told.lost[:20]:
        print(f"  lost: {one}")


if __name__ == "__main__":
    main()
