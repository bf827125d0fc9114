"""Where a report is written: a file put in its place whole, or stdout.

A file that is not an earlier report is never overwritten.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterable
from contextlib import suppress

from dedupe.errors import UsageError
from dedupe.terminal.console import forget_reader
from dedupe.terminal.text import display_path


def write(target: str, chunks: Iterable[str], start: bytes) -> None:
    """Write ``chunks`` into the file ``target``, or to stdout where it is ``-``.

    Raises UsageError where the file cannot be written, or exists and does not begin with ``start``.
    """
    if target == "-":
        to_stdout(chunks)
        return
    path = os.path.realpath(target)
    check(path, start)
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            with open(path, "wb") as device:  # a pipe the shell made, or /dev/stdout: nothing to put in place of it
                device.writelines(chunk.encode() for chunk in chunks)
        else:
            _place(path, chunks)
    except OSError as error:
        raise _unwritable(path, error) from error


def to_stdout(chunks: Iterable[str]) -> None:
    """Writes UTF-8, whatever the terminal's encoding."""
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:
        sys.stdout.writelines(chunks)
        return
    try:
        sys.stdout.flush()
        binary.writelines(chunk.encode() for chunk in chunks)
        binary.flush()
    except BrokenPipeError:
        forget_reader()


def check(path: str, start: bytes) -> None:
    """Raise UsageError where ``path`` is not a place for a report that begins with ``start``."""
    folder = os.path.dirname(path)
    if os.path.isdir(path):
        raise UsageError(f"A report is a file, and {display_path(path)} is a folder.")
    if not os.path.isdir(folder):
        raise UsageError(f"The report cannot be written: there is no folder {display_path(folder)}.")
    if not os.path.isfile(path):
        return
    try:
        with open(path, "rb") as file:
            begins = file.read(len(start))
    except OSError as error:
        raise _unwritable(path, error) from error
    if begins and begins != start:
        raise UsageError(f"{display_path(path)} exists and is not a dedupe report; it was left as it is.")


def _place(path: str, chunks: Iterable[str]) -> None:
    beside = f"{path}.{secrets.token_hex(4)}.part"
    try:
        with open(beside, "xb") as file:
            file.writelines(chunk.encode() for chunk in chunks)
            file.flush()
            os.fsync(file.fileno())
        # The place is free, empty, or holds an earlier report: check has looked.
        os.replace(beside, path)  # noqa: TID251
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)  # noqa: TID251
        raise


def _unwritable(path: str, error: OSError) -> UsageError:
    return UsageError(f"The report {display_path(path)} cannot be written: {error.strerror or error}.")
