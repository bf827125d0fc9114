"""dedupe: find duplicate photos, prove each pair, clean up without losing one.

    >>> import dedupe
    >>> result = dedupe.scan(["/home/me/Pictures"])
    >>> for group in result.groups:
    ...     print(group.keep.path, [extra.photo.path for extra in group.extras])

Importing this loads neither TensorFlow nor cv2 nor faiss; the functions load what they need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from dedupe._version import __version__

if TYPE_CHECKING:
    from dedupe.pipeline import scan
    from dedupe.queries.check import Checked, CheckResult, check
    from dedupe.queries.compare import Comparison, compare
    from dedupe.queries.library import Found
    from dedupe.queries.search import Answer, SearchResult, search
    from dedupe.settings import Settings
    from dedupe.types import Extra, Group, Match, Photo, PhotoFile, Relation, ScanResult, Series, Skipped

_HOMES = {
    "scan": "dedupe.pipeline",
    "Settings": "dedupe.settings",
    **dict.fromkeys(("check", "CheckResult", "Checked"), "dedupe.queries.check"),
    **dict.fromkeys(("compare", "Comparison"), "dedupe.queries.compare"),
    **dict.fromkeys(("search", "Answer", "SearchResult"), "dedupe.queries.search"),
    "Found": "dedupe.queries.library",
    **dict.fromkeys(
        ("Extra", "Group", "Match", "Photo", "PhotoFile", "Relation", "ScanResult", "Series", "Skipped"), "dedupe.types"
    ),
}

__all__ = [
    "Answer",
    "CheckResult",
    "Checked",
    "Comparison",
    "Extra",
    "Found",
    "Group",
    "Match",
    "Photo",
    "PhotoFile",
    "Relation",
    "ScanResult",
    "SearchResult",
    "Series",
    "Settings",
    "Skipped",
    "__version__",
    "check",
    "compare",
    "scan",
    "search",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'dedupe' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
