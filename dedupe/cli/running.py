"""A scan with its progress on the terminal, and what it can tell before it compares anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from dedupe.settings import Settings
    from dedupe.steps import Grouped
    from dedupe.types import ScanResult

WORTH_TELLING: Final = 1_000
"""Photos from which the comparison may take long enough for a first result to be of use."""


def run(roots: Sequence[str], settings: Settings) -> ScanResult:
    """Scan with a line of progress a step."""
    from dedupe.pipeline import scan
    from dedupe.terminal.progress import EXACT_STEPS, STEPS, progress

    return scan(roots, settings, progress=progress(EXACT_STEPS if settings.exact else STEPS), early=tell)


def tell(found: Grouped) -> None:
    """Say on stderr how many copies are equal, where the tree is large."""
    from dedupe.terminal.console import stderr
    from dedupe.terminal.text import format_bytes, format_count

    copies = sum(len(group.extras) for group in found.groups)
    if found.files < WORTH_TELLING or not copies:
        return
    stderr().print(
        f"So far: {format_count(copies, 'copy', 'copies')} with the same bytes or pixels "
        f"({format_bytes(found.reclaimable_bytes)}). To see only these, press Ctrl-C and run `dedupe scan --exact`."
    )
