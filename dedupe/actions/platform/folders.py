"""How a folder looks to those who may enter it: mode, owner, access lists.

Folders that dedupe makes for photos take these from the folders that the photos leave, so that private photos stay
private.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_ACCESS = ("system.posix_acl_access", "system.posix_acl_default")


@dataclass(frozen=True, slots=True)
class FolderLook:
    """Who may enter a folder: its mode, owner, group and access lists.

    ``attributes`` are the access lists, by the names of their extended attributes.
    """

    mode: int
    uid: int
    gid: int
    attributes: Mapping[str, bytes] = field(default_factory=dict)

    def packed(self) -> bytes:
        """The attributes as the journal keeps them."""
        return json.dumps({name: value.hex() for name, value in self.attributes.items()}).encode("ascii")

    @classmethod
    def of_row(cls, row: Sequence[Any]) -> FolderLook:
        """What ``packed`` and the numbers were made of. Raises ValueError."""
        mode, uid, gid, packed = row
        try:
            held = {name: bytes.fromhex(value) for name, value in json.loads(packed).items() if name in _ACCESS}
        except (AttributeError, TypeError, RecursionError) as error:
            raise ValueError("no attributes") from error
        if not all(isinstance(number, int) and 0 <= number < 1 << 32 for number in (mode, uid, gid)):
            raise ValueError("no mode or owner")
        return cls(mode & 0o7777, uid, gid, held)


def look_of(folder: str) -> FolderLook:
    """How an existing folder looks. Raises OSError."""
    status = os.stat(folder)
    return FolderLook(status.st_mode & 0o7777, status.st_uid, status.st_gid, _access_of(folder))


def _access_of(folder: str) -> dict[str, bytes]:
    held = {}
    for name in _ACCESS if hasattr(os, "getxattr") else ():
        try:
            held[name] = os.getxattr(folder, name)
        except OSError:
            continue  # it has none, or its volume has no such lists
    return held


def missing_of(wanted: FolderLook, folder: str) -> list[str]:
    """What ``folder`` does not have of the look that it was given, by name."""
    if sys.platform == "win32":
        return []
    found = look_of(folder)
    lost = []
    if found.mode != wanted.mode:
        lost.append("the permissions of its folder")
    if (found.uid, found.gid) != (wanted.uid, wanted.gid):
        lost.append("the owner of its folder")
    if any(found.attributes.get(name) != value for name, value in wanted.attributes.items()):
        lost.append("the access list of its folder")
    return lost
