"""`dedupe` and `python -m dedupe`: errors become one sentence on stderr and an exit code, never a traceback."""

from __future__ import annotations

import logging
import sys

from dedupe.errors import DedupeError


def main() -> None:
    """Run the command line and exit; DedupeError carries its own exit code, Ctrl-C is 130."""
    from dedupe.cli import app
    from dedupe.cli.click_ext import UsageMistake, mistake
    from dedupe.terminal import display

    logging.getLogger("dedupe").addHandler(_Notices())
    display.reset()
    try:
        code = app(standalone_mode=False, prog_name="dedupe")
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
    sys.exit(code)


class _Notices(logging.Handler):
    """What a library call found worth saying, as a sentence on stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        _say(record.getMessage())


def _say(sentence: str) -> None:
    from dedupe.terminal.text import display_text

    print(f"dedupe: {display_text(sentence)}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
