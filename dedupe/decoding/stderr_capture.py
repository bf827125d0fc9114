"""What decoders written in C say on file descriptor 2: the only place where libjpeg reports corrupt data.

The descriptor belongs to the whole process: capture from one thread at a time (a lock sees to it).
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import tempfile
import threading
from collections.abc import Iterator

_lock = threading.Lock()
_MOST_BYTES = 4096
_EXTRANEOUS = re.compile(r"(\d+) extraneous bytes before marker 0xd9")


@functools.cache
def _capture() -> int:
    """The descriptor of a nameless temporary file that stands in for descriptor 2; one for the life of the process."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("decoder-warnings")
    with tempfile.TemporaryFile(prefix="dedupe-") as file:
        return os.dup(file.fileno())


@contextlib.contextmanager
def captured() -> Iterator[list[str]]:
    """Capture what is written to descriptor 2 while the block runs.

    On leaving, the list holds its lines, at most 4 KiB of them.
    """
    lines: list[str] = []
    with _lock:
        try:
            capture, saved = _capture(), os.dup(2)
        except OSError:  # no descriptor 2 (a service), or none left
            yield lines
            return
        try:
            os.dup2(capture, 2)
            yield lines
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            if size := os.fstat(capture).st_size:
                os.lseek(capture, 0, os.SEEK_SET)
                text = os.read(capture, min(size, _MOST_BYTES)).decode("utf-8", "replace")
                os.ftruncate(capture, 0)
                os.lseek(capture, 0, os.SEEK_SET)
                lines.extend(line.strip() for line in text.splitlines() if line.strip())


def corruption(lines: list[str], padding: int = 0) -> str | None:
    """The first of libjpeg's messages that speaks of corrupt data, None where all are harmless.

    ``padding`` zero bytes before the end marker are a habit of some cameras; libjpeg calls them extraneous.
    """
    for line in lines:
        if not line.startswith(("Corrupt JPEG data", "Premature end", "Invalid SOS", "Inconsistent progression")):
            continue
        found = _EXTRANEOUS.search(line)
        if "bad ICC" in line or (found and int(found.group(1)) <= padding):
            continue
        return line
    return None
