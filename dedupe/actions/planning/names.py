"""What moved files are called: the folders of their root are kept, nothing is overwritten, an asset keeps its common stem."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from dedupe.actions.platform.volumes import is_under

MARKER = ".dedupe-moved"
"""The file that tells walk to skip a folder of moved photos."""

_NAME_BYTES = 255


def is_plain(path: str) -> bool:
    """Absolute, without ``..``, ``.``, doubled separators or NUL: the only kind of path that is ever acted on."""
    doubled = path.startswith("//") and os.sep == "/"  # normpath leaves two separators at the beginning
    return os.path.isabs(path) and os.path.normpath(path) == path and "\0" not in path and not doubled


def root_of(path: str, roots: Sequence[str]) -> str | None:
    """The innermost root that ``path`` is below, by their names; None where it is in none."""
    inside = [root for root in roots if path != root and is_under(path, root)]
    return max(inside, key=len, default=None)


def root_labels(roots: Sequence[str]) -> dict[str, str]:
    """The folder below the target for each root: none for a single one, else its name, numbered where two share it."""
    if len(roots) == 1:
        return {roots[0]: ""}
    labels: dict[str, str] = {}
    taken: set[str] = set()
    for root in roots:
        name = os.path.basename(root.rstrip(os.sep)) or "root"
        label, count = name, 1
        while folded(label) in taken:
            count += 1
            label = f"{name} ({count})"
        taken.add(folded(label))
        labels[root] = label
    return labels


def folded(name: str) -> str:
    """One form for all names that a case-insensitive, normalising file system holds to be the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def siblings(name: str, mark: str, stem: str | None = None) -> str:
    """Add a mark to a file's name: ``IMG.jpg`` with the mark ``(2)`` is ``IMG (2).jpg``.

    ``stem`` says where the mark goes: ``IMG.jpg.xmp`` with the stem ``IMG`` is ``IMG (2).jpg.xmp``. The stem is cut
    where the name would be longer than a file system takes.
    """
    if stem is None or not name.casefold().startswith(stem.casefold()):
        stem = os.path.splitext(name)[0]
    head, tail = name[: len(stem)], name[len(stem) :]
    room = _NAME_BYTES - len(os.fsencode(f" {mark}{tail}"))
    while head and len(os.fsencode(head)) > room:
        head = head[:-1]
    return f"{head} {mark}{tail}"


def common_stem(paths: Sequence[str]) -> str | None:
    """The stem of an asset: that of its photo, which is the first of ``paths``."""
    return os.path.splitext(os.path.basename(paths[0]))[0] if paths else None


def free_names(wanted: Sequence[str], is_taken: Callable[[str], bool]) -> tuple[str, ...]:
    """``wanted``, or all of them with the same number, so that none is taken. ``wanted[0]`` is the photo's."""
    return next(names for names in _variants(wanted) if not any(is_taken(name) for name in names))


def _variants(wanted: Sequence[str]) -> Iterator[tuple[str, ...]]:
    yield tuple(wanted)
    stem = common_stem(wanted)
    count = 1
    while True:
        count += 1
        yield tuple(
            os.path.join(os.path.dirname(path), siblings(os.path.basename(path), f"({count})", stem)) for path in wanted
        )


def restored_names(wanted: Sequence[str], is_taken: Callable[[str], bool]) -> tuple[str, ...]:
    """Choose the paths to which the files of an asset go back.

    These are their old paths. Where the photo's own is occupied, all of them get ``(restored)`` in their names; where
    only a companion's is, that one alone does.
    """
    if is_taken(wanted[0]):
        stem = common_stem(wanted)
        return next(names for names in _restored(wanted, stem) if not any(is_taken(name) for name in names))
    return tuple(
        path if not is_taken(path) else next(name for [name] in _restored([path], None) if not is_taken(name))
        for path in wanted
    )


def _restored(wanted: Sequence[str], stem: str | None) -> Iterator[tuple[str, ...]]:
    count = 1
    while True:
        mark = "(restored)" if count == 1 else f"(restored {count})"
        yield tuple(
            os.path.join(os.path.dirname(path), siblings(os.path.basename(path), mark, stem)) for path in wanted
        )
        count += 1
