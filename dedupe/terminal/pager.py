"""Long results in a pager, as git shows them: only on a terminal, and only where they do not fit on its screen."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dedupe.terminal.ask import is_terminal
from dedupe.terminal.console import stdout
from dedupe.terminal.display import chosen

if TYPE_CHECKING:
    from rich.console import Console


@contextmanager
def paged() -> Iterator[Console]:
    """The console for a result. What is printed on it is shown in a pager where it is longer than the screen, else as it is."""
    console = stdout()
    command = _pager()
    if command is None or not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
        yield console
        return
    with console.capture() as captured:
        yield console
    text = captured.get()
    if text.count("\n") < console.height or not _show(command, text):
        sys.stdout.write(text)
        sys.stdout.flush()


def _pager() -> list[str] | None:
    """The words of the pager's command; None where there is no pager or none is wanted."""
    if not chosen().pager:
        return None
    named = os.environ.get("PAGER")
    if named is not None:
        words = shlex.split(named)
        return words if words and words[0] != "cat" and shutil.which(words[0]) else None
    return ["less"] if shutil.which("less") else None


def _show(command: list[str], text: str) -> bool:
    """Whether the pager was shown."""
    environment = {**os.environ, "LESS": os.environ.get("LESS", "FRX")}
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment, text=True, errors="replace")
    except OSError:
        return False
    try:
        process.communicate(text)
    except BrokenPipeError:
        pass
    except KeyboardInterrupt:
        process.wait()
    return True
