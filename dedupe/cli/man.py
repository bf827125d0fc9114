"""The man page, made from the help of every command (man(7))."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dedupe._version import __version__
from dedupe.cli.click_ext import plain_help

_EXIT = (
    ("0", "Done. Photos that could not be read are listed. For compare and check: yes."),
    ("1", "Something was refused, or --strict was given and a photo was skipped. For compare and check: no."),
    ("2", "The command line, the config file or a folder is wrong; nothing was touched."),
    ("3", "The action as a whole was refused; nothing was touched."),
    ("4", "Stopped midway; the next start, or dedupe recover, finishes it."),
    ("130", "Stopped by Ctrl-C."),
)


def man_page(root: Any) -> str:
    """The page as roff; ``root`` is the context of `dedupe` itself."""
    command = root.command
    lines = [
        f'.TH DEDUPE 1 "" "dedupe {__version__}" "User Commands"',
        ".SH NAME",
        f"dedupe \\- {_text('find duplicate photos, prove each pair, and clean up without losing one')}",
        ".SH SYNOPSIS",
        ".B dedupe",
        ".I COMMAND",
        "[OPTIONS] [ARGUMENTS]",
        ".SH COMMANDS",
    ]
    for name, context in _commands(root):
        lines += _command(name, context)
    lines += [".SH EXIT STATUS", *(line for code, said in _EXIT for line in (".TP", f".B {code}", _text(said)))]
    lines += [".SH EXAMPLES", *_examples(command.epilog or "")]
    return "\n".join(lines) + "\n"


def _commands(root: Any) -> Iterator[tuple[str, Any]]:
    for name, command in root.command.commands.items():
        context = type(root)(command, info_name=name, parent=root)
        below = getattr(command, "commands", None)
        if below is None:
            yield name, context
            continue
        for inner, one in below.items():
            yield f"{name} {inner}", type(root)(one, info_name=inner, parent=context)


def _command(name: str, context: Any) -> Iterator[str]:
    command = context.command
    pieces = " ".join(command.collect_usage_pieces(context))
    yield f".SS {_text(f'dedupe {name} {pieces}')}"
    yield _text(" ".join((command.help or "").split()))
    for param in command.get_params(context):
        record = param.get_help_record(context)
        if record is not None:
            yield ".TP"
            yield f".B {_text(re.sub(r' *<[^>]*>', '', record[0]))}"
            yield _text(plain_help(record[1]))
    if command.epilog:
        yield ".PP"
        yield from _examples(command.epilog)


def _examples(epilog: str) -> Iterator[str]:
    yield ".nf"
    yield from map(_text, epilog.splitlines())
    yield ".fi"


def _text(text: str) -> str:
    """Text that roff prints as it is: hyphens stay hyphens, and no line begins with a request."""
    escaped = text.replace("\\", "\\\\").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
