"""dedupe: find duplicate photos, prove each pair, clean up without losing one.

    >>> import dedupe
    >>> result = dedupe.scan("/home/me/Pictures")
    >>> for group in result.groups:
    ...     print(group.keep.path, [extra.photo.path for extra in group.extras])

``docs/api.md`` has an example for each use. Importing this loads neither TensorFlow nor cv2 nor faiss; the functions load
what they need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from dedupe._version import __version__

if TYPE_CHECKING:
    from dedupe.actions import Report, RunSummary, UndoReport
    from dedupe.api import (
        apply,
        check,
        compare,
        history,
        keep_workers,
        open_review,
        plan,
        recover,
        scan,
        search,
        undo,
    )
    from dedupe.errors import (
        DedupeError,
        LockedError,
        MissingRootError,
        ModelUnavailableError,
        QueryError,
        RefusedError,
        StoreError,
        UsageError,
    )
    from dedupe.library.pairs import Decision
    from dedupe.queries.check import Checked, CheckResult
    from dedupe.queries.compare import Comparison
    from dedupe.queries.library import Found
    from dedupe.queries.search import Answer, SearchResult
    from dedupe.review.choice import Choice
    from dedupe.review.decide import Review
    from dedupe.settings import Settings
    from dedupe.terminal.progress import Progress
    from dedupe.types import Caution, Extra, Group, Match, Photo, PhotoFile, Relation, ScanResult, Series, Skipped

_HOMES = {
    "dedupe.api": "apply check compare history keep_workers open_review plan recover scan search undo",
    "dedupe.actions": "Report RunSummary UndoReport",
    "dedupe.errors": "DedupeError LockedError MissingRootError ModelUnavailableError QueryError RefusedError StoreError"
    " UsageError",
    "dedupe.library.pairs": "Decision",
    "dedupe.queries.check": "CheckResult Checked",
    "dedupe.queries.compare": "Comparison",
    "dedupe.queries.library": "Found",
    "dedupe.queries.search": "Answer SearchResult",
    "dedupe.review.choice": "Choice",
    "dedupe.review.decide": "Review",
    "dedupe.settings": "Settings",
    "dedupe.terminal.progress": "Progress",
    "dedupe.types": "Caution Extra Group Match Photo PhotoFile Relation ScanResult Series Skipped",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "Answer",
    "Caution",
    "CheckResult",
    "Checked",
    "Choice",
    "Comparison",
    "Decision",
    "DedupeError",
    "Extra",
    "Found",
    "Group",
    "LockedError",
    "Match",
    "MissingRootError",
    "ModelUnavailableError",
    "Photo",
    "PhotoFile",
    "Progress",
    "QueryError",
    "RefusedError",
    "Relation",
    "Report",
    "Review",
    "RunSummary",
    "ScanResult",
    "SearchResult",
    "Series",
    "Settings",
    "Skipped",
    "StoreError",
    "UndoReport",
    "UsageError",
    "__version__",
    "apply",
    "check",
    "compare",
    "history",
    "keep_workers",
    "open_review",
    "plan",
    "recover",
    "scan",
    "search",
    "undo",
]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'dedupe' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
