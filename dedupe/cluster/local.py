"""A scheduler and workers of this machine: Ctrl-C does not reach them, and they end when this process does, however it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from typing import Final

from dedupe.errors import ClusterError

START_S: Final = 60.0
"""A scheduler that says nothing for so long does not start."""
_HOST: Final = "127.0.0.1"
# The end of its standard input is the end of the process that started it: kill -9 and a closed terminal leave nothing behind.
_BOOT: Final = (
    "import os,runpy,sys,threading\n"
    "threading.Thread(target=lambda:(sys.stdin.buffer.read(),os._exit(0)),daemon=True).start()\n"
    "sys.argv.pop(0)\n"
    "runpy.run_module(sys.argv[0],run_name='__main__')\n"
)
_NEW_GROUP: Final = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)


def started(workers: int, stack: ExitStack) -> str:
    """The address of a new scheduler with so many workers of one thread each; leaving ``stack`` ends them.

    Raises ClusterError where the scheduler does not start.
    """
    folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
    said = os.path.join(folder, "scheduler.json")
    scheduler = _process(stack, "scheduler", "--host", _HOST, "--port", "0", "--no-dashboard", "--scheduler-file", said)
    address = _address(scheduler, said)
    options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--memory-limit", "0", "--death-timeout", "60")
    for _ in range(workers):
        # No nanny: what may crash runs in a process of its own (``node``).
        _process(stack, "worker", address, "--host", _HOST, "--local-directory", folder, *options)
    return address


def _process(stack: ExitStack, part: str, *options: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", _BOOT, f"distributed.cli.dask_{part}", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        creationflags=_NEW_GROUP,
    )
    stack.callback(_end, process)
    return process


def _address(scheduler: subprocess.Popen[bytes], file: str) -> str:
    until = time.monotonic() + START_S
    while time.monotonic() < until and scheduler.poll() is None:
        with suppress(OSError, ValueError, KeyError), open(file, encoding="utf-8") as said:
            return str(json.load(said)["address"])
        time.sleep(0.05)
    raise ClusterError("The Dask scheduler of this machine did not start.")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    with suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    process.wait()
