"""What typer's completion scripts lack."""

from __future__ import annotations

from typing import Final

_REGISTERS: Final = "\ncompdef %(complete_func)s %(prog_name)s\n"
_ANSWERS: Final = """
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  %(complete_func)s "$@"
else
  compdef %(complete_func)s %(prog_name)s
fi
"""


def answer_first_tab() -> None:
    """Make the zsh script complete on the first Tab of a session.

    zsh loads the script when Tab is pressed for the first time, and typer's only registers its function then.
    """
    from typer import _completion_shared as shared

    scripts: dict[str, str] = getattr(shared, "_completion_scripts", {})
    if "zsh" in scripts:
        scripts["zsh"] = scripts["zsh"].replace(_REGISTERS, _ANSWERS)
