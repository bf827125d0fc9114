"""`dedupe` and `python -m dedupe`: errors become one sentence on stderr and an exit code, never a traceback."""

from __future__ import annotations

import contextlib
import errno
import io
import logging
import os
import sys

from dedupe.errors import DedupeError, NoMemoryError
from dedupe.limits import LEAST_TO_START, address_space

NO_MEMORY = "There is not enough memory for that; fewer --jobs need less."


def main() -> None:
    """Run the command line and exit; DedupeError carries its own exit code, Ctrl-C is 130."""
    try:
        code = _run()
    except DedupeError as error:
        _say(str(error))
        code = error.exit_code
    except BrokenPipeError:
        from dedupe.terminal.console import forget_reader

        forget_reader()
        code = 0
    except OSError as error:
        _silence()
        _say(_told(error))
        code = 2
    except MemoryError:
        _say(NO_MEMORY)
        code = 2
    except ImportError as error:
        _say(_missing(error))
        code = 2
    sys.exit(code)


def _run() -> int:
    """The command line; its exit code."""
    steady_streams()
    limit = address_space()
    if limit is not None and limit < LEAST_TO_START:
        raise NoMemoryError(
            f"The memory limit of {limit // 1_000_000} MB (`ulimit -v`) is too low: at least"
            f" {LEAST_TO_START // 1_000_000} MB are needed."
        )
    from dedupe.cli import command
    from dedupe.cli.click_ext import UsageMistake, mistake
    from dedupe.terminal import display

    logging.getLogger("dedupe").addHandler(_Notices())
    display.reset()
    try:
        code: int = command()(standalone_mode=False, prog_name="dedupe")
        sys.stdout.flush()
    except UsageMistake as error:
        said = mistake(error)
        if "\n" in said:
            print(said, file=sys.stderr)  # noqa: T201
        else:
            _say(said)
        return 2
    return code


def _told(error: OSError) -> str:
    """What the system says, and of which file."""
    said = error.strerror or error
    if not isinstance(error.filename, str | bytes):
        return f"{said}."
    from dedupe.terminal.text import display_path

    return f"{said} ({display_path(error.filename)})."


def _missing(error: ImportError) -> str:
    """Why a library cannot be loaded; under a limit of memory the loader says that it could not map one."""
    said = str(error)
    if "failed to map" in said or os.strerror(errno.ENOMEM) in said:
        return NO_MEMORY
    return f"A part that dedupe needs cannot be loaded: {said.rstrip('.')}."


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
    if not sentence.isprintable():
        from dedupe.terminal.text import display_text

        sentence = display_text(sentence)
    said = f"dedupe: {sentence}"
    with contextlib.suppress(OSError, ValueError):  # stderr is gone: the exit code still tells
        print(_broken(said) if sys.stderr.isatty() else said, file=sys.stderr)  # noqa: T201


def _broken(sentence: str) -> str:
    """The sentence with its lines broken between words; nothing is imported where it fits the terminal."""
    columns = os.get_terminal_size(2).columns
    if len(sentence) <= columns and sentence.isascii():
        return sentence
    from dedupe.terminal.text import sentence_lines

    return "\n".join(sentence_lines(sentence, columns))


if __name__ == "__main__":
    main()
