"""The limit that the system sets to this process's memory, and the least with which dedupe starts."""

from __future__ import annotations

from typing import Final

LEAST_TO_START: Final = 80_000_000
"""The bytes of address space below which libraries fail to load at any line.

A command that opens no picture needs 54 MB with Python 3.11 on Linux (`tests/safety/test_memory.py`).
"""


def address_space() -> int | None:
    """The limit of this process's address space in bytes (``ulimit -v``); None where there is none."""
    try:
        import resource
    except ImportError:
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else limit
