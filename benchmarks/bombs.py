"""What small files that ask for much cost: a header that claims a huge picture, a JPEG that is drawn over thousands of times.

Each lies beside one ordinary photo in a folder of its own, which the real program scans. The last column decodes the file with
the limits on claims and scans taken away.
"""

from __future__ import annotations

import argparse
import io
import struct
import sys
import tempfile
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


def drawn_over(times: int = 4_000) -> bytes:
    """A progressive JPEG of 2.25 megapixels whose last scan comes ``times`` times more."""
    whole = photo(1_500, progressive=True)
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


def main() -> None:
    """Print a table."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    files = {"photo.jpg": photo(1_500, progressive=True), "claim.webp": claiming(), "scans.jpg": drawn_over()}
    print("| file | bytes | scan | memory of its worker | without the limits | memory |\n|---|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            one = measured(name, content, Path(folder))
            if one.scan.code or one.unlimited.code:
                raise SystemExit(f"{name}: {one.scan.errors}{one.unlimited.errors}")
            worker, alone = one.scan.worker_bytes / 1e6, one.unlimited.main_bytes / 1e6
            print(
                f"| {name} | {one.size:,} | {one.scan.seconds:.1f} s | {worker:,.0f} MB"
                f" | {one.unlimited.seconds:.1f} s | {alone:,.0f} MB |"
            )


if __name__ == "__main__":
    main()
