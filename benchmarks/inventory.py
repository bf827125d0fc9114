"""What the inventory costs: time to read a photo and bytes in the store, with it and without, in turns in one process.

python -m benchmarks.inventory [--photos DIR|TAR…] [--rounds 5]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

from benchmarks.photographs import HELP, photographs
from benchmarks.tables import table
from dedupe.decoding.read import Read, ReadRequest, read_photo
from dedupe.formats import items
from dedupe.formats.sniff import PHOTO_EXTENSIONS
from dedupe.library.codec import to_json
from dedupe.types import FileStamp

_SIDE = 224


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", nargs="+", help=HELP)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", type=Path, default=Path.home() / ".cache" / "dedupe-bench")
    options = parser.parse_args(arguments)
    folders = options.photos or [str(photographs(options.work))]
    paths = [str(path) for folder in folders for path in sorted(Path(folder).rglob("*")) if _is_photo(path)]
    _round(paths)  # libraries are loaded and files are in memory
    spent: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(options.rounds):
        for whole in (True, False):
            with mock.patch.object(items, "items_of", items.items_of if whole else lambda _found: ()):
                spent[whole].append(_round(paths)[0])
    with_it, without = (min(spent[whole]) / len(paths) for whole in (True, False))
    ratio = statistics.median(a / b for a, b in zip(spent[True], spent[False], strict=True))
    facts, held, preview = _sizes(_round(paths)[1])
    rows = [
        ("processor time a photo, ms", f"{1000 * without:.2f}", f"{1000 * with_it:.2f}", f"{ratio:.3f}"),
        ("facts a photo in the store, bytes", f"{facts - held:.0f}", f"{facts:.0f}", f"{facts / (facts - held):.2f}"),
        ("facts, preview and vector, bytes", f"{facts - held + preview:.0f}", f"{facts + preview:.0f}",
         f"{(facts + preview) / (facts - held + preview):.3f}"),
    ]  # fmt: skip
    print(f"{len(paths)} photos")
    print(table(("", "without", "with", "ratio"), rows))
    return 0


def _is_photo(path: Path) -> bool:
    return path.suffix.lower() in PHOTO_EXTENSIONS and path.is_file()


def _round(paths: Sequence[str]) -> tuple[float, list[Read]]:
    """Processor seconds to read all, and what was read."""
    begun, found = time.process_time(), []
    for path in paths:
        answer = read_photo(ReadRequest(path, FileStamp.of(os.stat(path)), side=_SIDE))
        if isinstance(answer, Read):
            found.append(answer)
    return time.process_time() - begun, found


def _sizes(read: Sequence[Read]) -> tuple[float, float, float]:
    """Means in bytes: the facts as stored, the inventory in them, and preview with vector."""
    vector = 512
    facts = statistics.mean(len(to_json(one.facts)) for one in read)
    held = statistics.mean(len(one.facts.inventory) for one in read)
    return facts, held, statistics.mean(len(one.preview) + len(one.signature) + vector for one in read)


if __name__ == "__main__":
    sys.exit(main())
