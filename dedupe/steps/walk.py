"""walk: from folders to the files in them that may be photos."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dedupe.session import Session

if TYPE_CHECKING:
    from dedupe.tree.walk import Walk


def walk(session: Session, roots: Sequence[str], *, extra_roots: bool = True) -> Walk:
    """The photos below the roots, the single photos among them, and, with ``extra_roots``, the settings' reference folders.

    Raises MissingRootError where one of them is missing or no folder.
    """
    from dedupe.tree.roots import split_roots
    from dedupe.tree.walk import WalkOptions
    from dedupe.tree.walk import walk as walk_tree

    settings = session.settings
    folders, files = split_roots(roots)
    options = WalkOptions(
        files=files,
        exclude=settings.exclude,
        min_bytes=settings.min_bytes,
        include_hidden=settings.include_hidden,
        follow=settings.follow,
        reference=settings.reference if extra_roots else (),
        protect=settings.protect if extra_roots else (),
    )
    with session.step("walk") as shown:
        found = walk_tree(folders, options)
        shown.advance(len(found.files))
    return found
