"""The words for people of what the steps say in codes: losses, remarks, the reason to keep.

Every sentence about a group that reaches a table, a page, a prompt or a file is made here, so that one thing has one name.
"""

from __future__ import annotations

from dedupe.types import Extra, Group


def losses(extra: Extra) -> tuple[str, ...]:
    """What would be lost with this photo, each as a short phrase; empty where nothing is."""
    return extra.loses


def remark(extra: Extra) -> str:
    """What is to be said of this photo beside its relation, or an empty string."""
    return extra.note


def reason(group: Group) -> str:
    """Why the photo that stays was chosen, as a short phrase."""
    return group.reason
