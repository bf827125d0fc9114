"""Which files hold which content."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from dedupe.tree.file_list import Found
from dedupe.types import ContentKey, PhotoFile, Skipped


class ByContent(Mapping[ContentKey, Sequence[PhotoFile]]):
    """The files of each content, both in the order in which they were found; files without a content are left out.

    A file is made when its content is asked for (``Found``), so that a hundred thousand unchanged ones cost little.
    """

    def __init__(self, found: Sequence[PhotoFile], answers: Sequence[ContentKey | Skipped | None]) -> None:
        self._found, self._answers = Found.of(found), answers
        self._shared: dict[ContentKey, list[int]] = {}
        self._first: dict[ContentKey, int] = {}
        if len(dict.fromkeys(answers)) == len(answers) and set(map(type, answers)) <= {bytes}:
            self._first = dict(zip(answers, range(len(answers)), strict=True))  # type: ignore[arg-type]
            return
        for place, answer in enumerate(answers):
            if isinstance(answer, bytes) and self._first.setdefault(answer, place) != place:
                self._shared.setdefault(answer, [self._first[answer]]).append(place)

    @classmethod
    def of(cls, pairs: Iterable[tuple[PhotoFile, ContentKey]]) -> Self:
        """From each file with its content."""
        found = list(pairs)
        return cls([file for file, _ in found], [key for _, key in found])

    def __getitem__(self, key: ContentKey) -> Sequence[PhotoFile]:
        if key in self._shared:
            return [self._found[place] for place in self._shared[key]]
        return (self._found[self._first[key]],)

    def __contains__(self, key: object) -> bool:
        return key in self._first

    def __iter__(self) -> Iterator[ContentKey]:
        return iter(self._first)

    def __len__(self) -> int:
        return len(self._first)

    @property
    def shared(self) -> Iterable[ContentKey]:
        """The contents of several files."""
        return self._shared.keys()

    @property
    def count(self) -> int:
        """How many files there are."""
        return len(self._first) + sum(len(places) - 1 for places in self._shared.values())

    def paths(self) -> list[str]:
        """Each file's path."""
        paths = self._found.paths
        if self.count == len(paths):
            return paths
        return [path for path, answer in zip(paths, self._answers, strict=True) if isinstance(answer, bytes)]

    def key_of(self, paths: Container[str]) -> dict[str, ContentKey]:
        """The content of each of these files."""
        pairs = zip(self._found.paths, self._answers, strict=True)
        return {path: answer for path, answer in pairs if path in paths and isinstance(answer, bytes)}


@dataclass(frozen=True)
class Contents:
    """Which files hold which content, both in the order of walk; and what could not be read."""

    files: ByContent
    skipped: tuple[Skipped, ...]

    @cached_property
    def keys(self) -> tuple[ContentKey, ...]:
        """Every content once, sorted: the order in which the contents are embedded, searched and compared."""
        return tuple(sorted(self.files))
