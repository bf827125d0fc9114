"""Guards on the plan, which may have been edited, or forged; each returns the reason as a phrase, or None."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dedupe.actions.planning.checks import whose
from dedupe.actions.planning.names import is_plain, root_of
from dedupe.actions.planning.preflight import is_too_long
from dedupe.actions.planning.siblings import Siblings
from dedupe.actions.platform.volumes import is_under
from dedupe.types import Action, ActionKind, Relation

SEEN_TWICE = "is in a folder that can be reached by two paths"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the whole plan prescribes for each of its actions.

    ``target`` is a real path, None for the trash. ``references`` are folders beside the ``roots`` that no photo leaves.
    """

    kind: ActionKind
    target: str | None
    roots: tuple[str, ...]
    sources: frozenset[str]
    identities: frozenset[tuple[int, int]]
    shared: Mapping[str, frozenset[str]] = field(default_factory=dict)
    references: tuple[str, ...] = ()

    @property
    def scanned(self) -> tuple[str, ...]:
        """All folders that were scanned."""
        return *self.roots, *self.references

    @classmethod
    def of(
        cls,
        actions: Sequence[Action],
        kind: ActionKind,
        target: str | None,
        roots: Sequence[str],
        shared: Mapping[str, frozenset[str]] | None = None,
    ) -> Terms:
        """The terms of a plan; ``shared`` as in ``Plan``."""
        moves = [move for action in actions for move in action.moves]
        return cls(
            kind=kind,
            target=target,
            roots=tuple(roots),
            sources=frozenset(move.source for move in moves),
            identities=frozenset((move.stamp.dev, move.stamp.inode) for move in moves),
            shared=shared or {},
        )


def plan_blocker(action: Action, terms: Terms) -> str | None:
    """Why the plan alone forbids this action, as a phrase, or None. Looks at no file."""
    return (
        relation_blocker(action)
        or path_blocker(action, terms)
        or target_blocker(action, terms)
        or keeper_blocker(action, terms)
    )


def relation_blocker(action: Action) -> str | None:
    """Block another shot of the same scene: it leaves only by a person's word on this very shot, for one that stays."""
    word = action.by_hand
    if action.relation is not Relation.SIMILAR:
        return None if word is None else "is a duplicate, and was not chosen by hand as another shot"
    if word is None:
        return "is another shot, not a duplicate"
    goes, stays = set(word.goes), set(word.stays)
    named = action.moves[0].content_key in goes and action.keeper.content_key in stays
    return None if named and not goes & stays else "is a different shot that nobody selected by hand"


def path_blocker(action: Action, terms: Terms) -> str | None:
    """Only plain paths below the scanned folders are acted on, and each once."""
    sources = [move.source for move in action.moves]
    staying = [part.source for part in (action.keeper, *action.keeper_parts)]
    for paths, roots in ((sources, terms.roots), (staying, terms.scanned)):
        if not all(is_plain(path) and root_of(path, roots) is not None for path in paths):
            return "is outside the scanned folders"
    return None if sources and len(set(sources)) == len(sources) else "names no file, or one twice"


def target_blocker(action: Action, terms: Terms) -> str | None:
    """Every file goes below the folder that was named, or to the trash."""
    targets = [move.target for move in action.moves]
    if action.kind is not terms.kind:
        return "is planned for a different action"
    if terms.target is None:
        return None if not any(targets) else "is planned for a folder, not for the trash"
    for target in targets:
        if target is None or not is_plain(target) or target == terms.target or not is_under(target, terms.target):
            return "would not go into the folder that was named"
        if is_too_long(target):
            return "its name would be too long there"
    return None


def keeper_blocker(action: Action, terms: Terms) -> str | None:
    """The photo that stays must not leave by another action of the plan, under whatever name."""
    for part in (action.keeper, *action.keeper_parts):
        if part.source in terms.sources or (part.stamp.dev, part.stamp.inode) in terms.identities:
            return "the photo that stays is selected for removal too"
    return None


def way_blocker(action: Action, roots: Sequence[str]) -> str | None:
    """There is no link between a root and a file: one that took a folder's place would lead somewhere else."""
    staying = ((part.source, whose(number)) for number, part in enumerate((action.keeper, *action.keeper_parts)))
    for path, said in (*((move.source, "") for move in action.moves), *staying):
        root, folder = root_of(path, roots) or "", os.path.dirname(path)
        straight = os.path.normpath(os.path.join(os.path.realpath(root), os.path.relpath(folder, root or os.sep)))
        if os.path.normcase(os.path.realpath(folder)) != os.path.normcase(straight):
            return said + "is reached through a link"
    return None


def shared_blocker(action: Action, terms: Terms, siblings: Siblings) -> str | None:
    """A companion of the asset belongs to a photo too that came after the plan was made."""
    own = {move.source for move in action.moves}
    others = (siblings.owners(path) - own - terms.shared.get(path, frozenset()) for path in own)
    return "shares a companion with a photo that the scan did not see" if any(others) else None


Ways = tuple[str, str, int, int]
"""The roots above a photo and above the one that stays, and their devices."""


def ways_of(action: Action, terms: Terms) -> Ways:
    """How the two photos of an action are reached."""
    photo, keeper = action.moves[0], action.keeper
    roots = [root_of(move.source, terms.scanned) or "" for move in (photo, keeper)]
    return roots[0], roots[1], photo.stamp.dev, keeper.stamp.dev


def seen_twice_blocker(action: Action, terms: Terms, same: Collection[Ways]) -> str | None:
    """Two photos reached in these ways turned out to be one file: so may any other two."""
    return SEEN_TWICE if same and ways_of(action, terms) in same else None


def without_shared(action: Action, terms: Terms, gone: Collection[str]) -> Action:
    """The action without the companions that must stay, because a photo which shares them has not left."""
    own = {move.source for move in action.moves}
    kept = {path for path in own if any(name not in own and name not in gone for name in terms.shared.get(path, ()))}
    if not kept:
        return action
    return replace(action, moves=tuple(move for move in action.moves if move.source not in kept))
