"""Why a picture cannot be read: it is damaged where that is known, else only not supported.

People delete what is called damaged.
"""

from __future__ import annotations

import re
from typing import Final

from dedupe.formats import sniff
from dedupe.formats.errors import DamagedError, PhotoError, UnsupportedError
from dedupe.formats.extents import is_incomplete

_NOT_SUPPORTED: Final = re.compile(
    r"not supported|unsupported|not (?:been )?(?:built|configured|implemented)|unknown|cannot identify|unrecognized|bad mode"
    r"|compression|layout|too large for|plugin|decoder error -2$",
    re.IGNORECASE,
)
"""What the libraries say of a variant that they do not know; libtiff's −2 is a missing decoder as well as broken data."""


def refused(data: bytes, kind: str, problem: BaseException) -> PhotoError:
    """The error for a picture of this format that ``problem`` kept from being read."""
    if is_incomplete(data, kind):
        return DamagedError(f"is a damaged {kind}: it is cut off")
    if kind == sniff.PNG or not (isinstance(problem, NotImplementedError) or _NOT_SUPPORTED.search(str(problem))):
        return DamagedError(f"is a damaged {kind}: {_short(problem)}")
    return UnsupportedError(f"is a variant of {kind} that cannot be decoded")


def _short(problem: BaseException) -> str:
    text = " ".join(str(problem).split())
    return text[:80] if text.isprintable() and text else type(problem).__name__
