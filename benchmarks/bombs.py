"""What small files that ask for much cost: a header that claims a huge picture, a JPEG that is drawn over thousands of times.

Each lies beside one ordinary photo in a folder of its own, which the real program scans. The last columns decode the file with
the limits on claims and scans taken away. ``--films`` counts what a scan and a rescan read of equally large films beside equal
photos (Linux, from /proc).
"""

from __future__ import annotations

import argparse
import io
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from skimage import data

from benchmarks.memory import Watched, watched
from benchmarks.running import command, environment

UNLIMITED = """
import sys
from dedupe.decoding import decode, pillow
from dedupe.decoding.preview import PREVIEW_SIDE
from dedupe.formats.errors import DamagedError
from dedupe.formats.sniff import DEFAULT_MAX_PIXELS
pillow.check_claim = decode.check_scans = lambda *told: None
try:
    with open(sys.argv[1], "rb") as file:
        decode.decode(file.read(), long_side=PREVIEW_SIDE, max_pixels=DEFAULT_MAX_PIXELS)
except DamagedError:
    pass  # the claim is all there is in it
"""

COUNTED = """
import sys, dedupe
dedupe.scan([sys.argv[1]], dedupe.Settings(store=sys.argv[2], jobs=1))
with open("/proc/self/io") as account:
    print(account.readline().split()[1])
"""
FILM_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Cost:
    """A file with what its scan cost, and what decoding it without the limits did."""

    name: str
    size: int
    scan: Watched
    unlimited: Watched


def photo(side: int = 512, *, progressive: bool = False) -> bytes:
    """A photograph of ``side`` × ``side`` pixels."""
    out = io.BytesIO()
    image = Image.fromarray(data.astronaut()).resize((side, side), Image.Resampling.BICUBIC)
    image.save(out, "JPEG", quality=90, progressive=progressive)
    return out.getvalue()


def claiming(side: int = 14_000) -> bytes:
    """A WebP of 34 bytes whose header says that it is ``side`` × ``side`` pixels."""
    packed = (side - 1) | (side - 1) << 14
    body = b"VP8L" + struct.pack("<I", 14) + b"\x2f" + struct.pack("<I", packed) + bytes(9)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def drawn_over(side: int = 3_000, times: int = 4_000) -> bytes:
    """A plain progressive JPEG whose last scan comes ``times`` times more: each is a few hundred bytes and draws every block."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), (90, 120, 150)).save(out, "JPEG", progressive=True)
    whole = out.getvalue()
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * times + whole[-2:]


def measured(name: str, content: bytes, work: Path) -> Cost:
    """Scan a folder with this file in it, then decode it without the limits."""
    place, home = work / name / "photos", work / name / "home"
    place.mkdir(parents=True)
    home.mkdir()
    (place / "ordinary.jpg").write_bytes(photo())
    (place / name).write_bytes(content)
    scan = command([place], home / "store.db", home / "report.json")
    alone = [sys.executable, "-c", UNLIMITED, str(place / name)]
    surroundings = environment(home)
    return Cost(name, len(content), *(watched(one, surroundings, memory=True) for one in (scan, alone)))


def films(work: Path) -> None:
    """Scan twice a photo and its copy, each with a film of the same size; print what the main process read each time."""
    for number, name in enumerate(("a", "b")):
        place = work / "photos" / name
        place.mkdir(parents=True)
        (place / "IMG_1.jpg").write_bytes(photo())
        with (place / "IMG_1.mov").open("wb") as film:
            film.truncate(FILM_BYTES)
            film.seek(FILM_BYTES // 2)
            film.write(b"%d" % number)
    time.sleep(3)  # a file that was written a moment ago is not remembered
    print("| scan | read |\n|---|--:|")
    for name in ("first", "second"):
        alone = [sys.executable, "-c", COUNTED, str(work / "photos"), str(work / "store.db")]
        told = subprocess.run(alone, env=environment(work), capture_output=True, text=True, check=True)
        print(f"| {name} | {int(told.stdout.split()[-1]) / 1e6:,.0f} MB |")


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", action="store_true", help="count what is read of films instead")
    with tempfile.TemporaryDirectory() as folder:
        (films if parser.parse_args().films else bombs)(Path(folder))


def bombs(work: Path) -> None:
    """Scan each file, and decode it without the limits; print what that cost."""
    files = {"photo.jpg": photo(1_500, progressive=True), "claim.webp": claiming(), "scans.jpg": drawn_over()}
    print("| file | bytes | scan | memory of its worker | without the limits | memory |\n|---|--:|--:|--:|--:|--:|")
    for name, content in files.items():
        one = measured(name, content, work)
        if one.scan.code or one.unlimited.code:
            raise SystemExit(f"{name}: {one.scan.errors}{one.unlimited.errors}")
        worker, alone = one.scan.worker_bytes / 1e6, one.unlimited.main_bytes / 1e6
        print(
            f"| {name} | {one.size:,} | {one.scan.seconds:.1f} s | {worker:,.0f} MB"
            f" | {one.unlimited.seconds:.1f} s | {alone:,.0f} MB |"
        )


if __name__ == "__main__":
    main()
