"""The kinds of companions, skips, damage, actions and outcomes: codes that programs may rely on."""

from __future__ import annotations

from enum import Enum, StrEnum


class CompanionKind(StrEnum):
    """What a companion file is to its photo."""

    RAW = "raw"
    PHOTO = "photo"
    VIDEO = "video"
    EDIT = "edit"
    SIDECAR = "sidecar"
    TAKEOUT = "takeout"
    NOTE = "note"
    FOLDER = "folder"
    ELSEWHERE = "elsewhere"
    ATTRIBUTES = "attributes"


class SkipKind(StrEnum):
    """Why a file found in the tree takes no part in the comparison."""

    DAMAGED = "damaged"
    TOO_LARGE = "too large to judge"
    UNREADABLE = "unreadable"
    NOT_A_PHOTO = "not a photo"
    UNSUPPORTED = "unsupported"
    PLACEHOLDER = "in the cloud"
    POISON = "crashes the decoder"
    CHANGED = "changed while it was read"
    ALIAS = "seen twice"


class DamageKind(StrEnum):
    """Why a file is listed as perhaps damaged."""

    WARNED = "decodes with warnings"
    DIFFERS = "differs in a few bytes"


class ActionKind(Enum):
    """How an extra leaves its place, or what it is replaced by there."""

    TRASH = "trash"
    MOVE = "move"
    HARD_LINK = "hard link"
    REFLINK = "reflink"


class OutcomeKind(StrEnum):
    """How an action ended."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
