"""`dedupe` and `python -m dedupe`: errors become one sentence on stderr and an exit code, never a traceback."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys

from dedupe.errors import DedupeError


def main() -> None:
    """Run the command line and exit; DedupeError carries its own exit code, Ctrl-C is 130."""
    from dedupe.cli import app
    from dedupe.cli.click_ext import UsageMistake, mistake
    from dedupe.terminal import display

    steady_streams()
    logging.getLogger("dedupe").addHandler(_Notices())
    display.reset()
    try:
        code = app(standalone_mode=False, prog_name="dedupe")
        sys.stdout.flush()
    except DedupeError as error:
        _say(str(error))
        sys.exit(error.exit_code)
    except UsageMistake as error:
        said = mistake(error)
        if "\n" in said:
            print(said, file=sys.stderr)  # noqa: T201
        else:
            _say(said)
        sys.exit(2)
    except BrokenPipeError:
        from dedupe.terminal.console import forget_reader

        forget_reader()
        sys.exit(0)
    except OSError as error:
        _silence()
        where = "" if error.filename is None else f" ({os.fsdecode(error.filename)})"
        _say(f"{error.strerror or error}{where}.")
        sys.exit(2)
    except MemoryError:
        _say("There is not enough memory for that; fewer --jobs need less.")
        sys.exit(2)
    sys.exit(code)


def steady_streams() -> None:
    """Give every standard stream somewhere to go, and make none fail on a letter that its encoding lacks.

    A closed stream's number would be given to the next file that is opened, be it a photo's copy, and a warning printed into it.
    """
    for number, mode in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, mode)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")


def _silence() -> None:
    """Nothing more goes to stdout: the interpreter must not complain while it closes it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


class _Notices(logging.Handler):
    """What a library call found worth saying, as a sentence on stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        _say(record.getMessage())


def _say(sentence: str) -> None:
    from dedupe.terminal.text import display_text

    with contextlib.suppress(OSError, ValueError):  # stderr is gone: the exit code still tells
        print(f"dedupe: {display_text(sentence)}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
