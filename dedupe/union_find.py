"""Which things hang together: disjoint sets that grow by joining (union by size, with path halving: Tarjan 1975)."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class UnionFind(Generic[K]):
    """Sets of keys. A key that was never named is alone."""

    def __init__(self) -> None:
        self._above: dict[K, K] = {}
        self._size: dict[K, int] = {}

    def find(self, key: K) -> K:
        """The key that represents the set of ``key``."""
        above = self._above
        while (parent := above.setdefault(key, key)) != key:
            above[key] = above[parent]
            key = above[key]
        return key

    def join(self, one: K, other: K) -> bool:
        """Makes one set of the two sets; False where they were one already."""
        large, small = self.find(one), self.find(other)
        if large == small:
            return False
        if self.size(large) < self.size(small):
            large, small = small, large
        self._above[small] = large
        self._size[large] = self.size(large) + self.size(small)
        return True

    def size(self, key: K) -> int:
        """How many keys the set of ``key`` has."""
        return self._size.get(self.find(key), 1)

    def sets(self) -> list[list[K]]:
        """Every set that was named, its keys in the order in which they were named first."""
        found: dict[K, list[K]] = {}
        for key in list(self._above):
            found.setdefault(self.find(key), []).append(key)
        return list(found.values())
