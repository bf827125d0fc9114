"""What was done, counted from the disk; what will be done, counted from the plan."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dedupe.terminal.text import display_path, display_text, format_bytes, format_count
from dedupe.types import Action, ActionKind, Outcome, OutcomeKind, Relation

_NAMED = 5
"""At most this many folders are named; the rest are counted."""


_DID = {
    ActionKind.TRASH: "went",
    ActionKind.MOVE: "moved",
    ActionKind.HARD_LINK: "replaced with hard links",
    ActionKind.REFLINK: "replaced with reflinks",
}
_WOULD = {
    ActionKind.TRASH: "would go",
    ActionKind.MOVE: "would be moved",
    ActionKind.HARD_LINK: "would be replaced with hard links",
    ActionKind.REFLINK: "would be replaced with reflinks",
}
_WILL = {
    ActionKind.TRASH: "will go",
    ActionKind.MOVE: "will be moved",
    ActionKind.HARD_LINK: "will be replaced with hard links",
    ActionKind.REFLINK: "will be replaced with reflinks",
}


def _where(kind: ActionKind, target: str | None) -> str:
    if kind is ActionKind.TRASH:
        return " to the trash"
    return f" to {display_path(target or '')}" if kind is ActionKind.MOVE else " to the photo that stays"


def sentence_of(preview: Preview) -> str:
    """What will happen, without the figures: ``go to the trash``."""
    verb = _WILL[preview.kind].removeprefix("will ")
    return f"{verb}{_where(preview.kind, preview.target)}"


@dataclass(frozen=True, slots=True)
class Report:
    """How a run went.

    ``run`` is its number in the history, None for a dry run or where nothing was begun. ``target`` is the folder of a
    move. ``stopped`` is the sentence that says why the run ended early. ``notes`` are things a person should know.
    ``emptied`` are folders that hold nothing now, ``pruned`` those that were removed. ``undoable`` says that dedupe
    itself can put everything back. ``own`` is how it went with the photos that get what their own Takeout JSON says.
    """

    run: int | None
    kind: ActionKind
    target: str | None
    outcomes: tuple[Outcome, ...]
    dry_run: bool = False
    stopped: str | None = None
    notes: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()
    pruned: tuple[str, ...] = ()
    undoable: bool = True
    own: tuple[Outcome, ...] = ()

    @property
    def done(self) -> tuple[Outcome, ...]:
        """What left its place (or would, in a dry run)."""
        return tuple(outcome for outcome in self.outcomes if outcome.kind is OutcomeKind.DONE)

    @property
    def files(self) -> int:
        """How many files left their places."""
        return sum(len(outcome.action.moves) for outcome in self.done)

    @property
    def bytes_freed(self) -> int:
        """How many bytes left their places; a file with several names counts once."""
        return sum(outcome.bytes_freed for outcome in self.done)

    @property
    def refusals(self) -> Mapping[str, int]:
        """How many photos were left alone for each reason, the commonest first."""
        counted = Counter(
            outcome.reason for outcome in (*self.outcomes, *self.own) if outcome.kind is OutcomeKind.REFUSED
        )
        return dict(counted.most_common())

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """What was begun and did not end as it should."""
        return tuple(outcome for outcome in (*self.outcomes, *self.own) if outcome.kind is OutcomeKind.FAILED)

    @property
    def own_sidecars(self) -> frozenset[str]:
        """The sidecars that say (or would, in a dry run) what the JSON of the photo itself does, and no copy's metadata."""
        others = {outcome.sidecar for outcome in self.outcomes}
        return frozenset(one.sidecar for one in self.own if one.kind is OutcomeKind.DONE and one.sidecar not in others)

    @property
    def exit_code(self) -> int:
        """0 all done, 1 something was refused, 4 stopped midway."""
        if self.stopped is not None or self.failed:
            return 4
        return 1 if self.refusals else 0

    def sentences(self, *, options: bool = True) -> list[str]:
        """The account, a line each; it names options of the command line only with ``options``."""
        count = format_count(len(self.done), "photo")
        if len(self.done) < self.files:
            count += f" ({format_count(self.files, 'file')})"
        verb = _WOULD[self.kind] if self.dry_run else _DID[self.kind]
        done = f"{count} {verb}{_where(self.kind, self.target)}, {format_bytes(self.bytes_freed)}."
        nothing = "No photo is selected for removal." if self.own else "Nothing to do: no photo is selected."
        lines = [done if self.outcomes else nothing, *self._folders()]
        lines += [*self._sidecars(), *self._own_sidecars()]
        remarks = Counter(outcome.reason for outcome in self.done if outcome.reason)
        lines += [f"{format_count(number)} {display_text(remark)}." for remark, number in remarks.most_common()]
        lines += [f"{format_count(number)} skipped: {reason}." for reason, number in self.refusals.items()]
        lines += [f"{display_path(_photo_of(outcome.action))}: {outcome.reason}." for outcome in self.failed]
        lines += self.notes
        if self.stopped is not None:
            lines.append(self.stopped)
        return [*lines, *self._afterwards(options=options)]

    def _sidecars(self) -> list[str]:
        """How many sidecars hold now what only the photos that left said."""
        written = {outcome.sidecar for outcome in self.done if outcome.sidecar}
        if not written:
            return []
        sidecars = format_count(len(written), "sidecar")
        if self.dry_run:
            return [f"{sidecars} would be written first, beside the photos that stay."]
        verb = "holds" if len(written) == 1 else "hold"
        return [f"{sidecars} beside the photos that stay {verb} metadata that only these photos had."]

    def _own_sidecars(self) -> list[str]:
        """How many photos have what their own JSON says in a sidecar now."""
        count = len(self.own_sidecars)
        if not count:
            return []
        if self.dry_run:
            return [
                f"{format_count(count, 'sidecar')} would be written with what Google Takeout's JSON says of a photo."
            ]
        verb = "says" if count == 1 else "say"
        return [f"{format_count(count, 'new sidecar')} {verb} what Google Takeout's JSON says of a photo."]

    def _folders(self) -> list[str]:
        """From which folders the photos came, those with most first."""
        counted = Counter(os.path.dirname(outcome.action.moves[0].source) for outcome in self.done)
        if len(counted) < 2:
            return []
        lines = [
            f"  {format_count(count)} from {display_path(folder)}" for folder, count in counted.most_common(_NAMED)
        ]
        more = len(counted) - len(lines)
        return [*lines, f"  and from {format_count(more, 'more folder')}"] if more else lines

    def _afterwards(self, *, options: bool) -> list[str]:
        """The folders that are empty now, and the way back."""
        lines = []
        if self.pruned:
            lines.append(f"Removed {format_count(len(self.pruned), 'folder')} that became empty.")
        if self.emptied:
            folders = "this folder is" if len(self.emptied) == 1 else "these folders are"
            lines.append(f"Now {folders} empty{' (--prune-empty removes such folders)' if options else ''}:")
            lines += [f"  {display_path(folder)}" for folder in self.emptied[:_NAMED]]
            if len(self.emptied) > _NAMED:
                lines.append(f"  and {format_count(len(self.emptied) - _NAMED)} more")
        if self.run is not None and not self.done and self.own_sidecars:
            them = "it" if len(self.own_sidecars) == 1 else "them"
            lines.append(f"`dedupe undo {self.run}` takes {them} back.")
        if self.run is not None and self.done:
            them = "it" if len(self.done) == 1 else "them"
            way = f"`dedupe undo {self.run}` puts {them} back."
            lines.append(way if self.undoable else f"To undo it, restore {them} from the Trash or Recycle Bin.")
        return lines


@dataclass(frozen=True, slots=True)
class Preview:
    """What an action will do: photos, files, bytes, where to, which relations, and how to undo it.

    ``left`` are selected extras that will not be touched, by reason. ``rescued`` counts the photos whose metadata is
    carried over before they leave, ``own`` those that get what their own Takeout JSON says.
    """

    kind: ActionKind
    target: str | None
    photos: int
    files: int
    bytes: int
    relations: Mapping[Relation, int]
    undo: str
    left: Mapping[str, int]
    rescued: int = 0
    own: int = 0

    def sentences(self) -> list[str]:
        """The one screen before anything happens, a line each."""
        where = _where(self.kind, self.target)
        kinds = ", ".join(f"{format_count(count)} {relation.value}" for relation, count in self.relations.items())
        lines = [
            f"{format_count(self.photos, 'photo')} ({format_count(self.files, 'file')}, {format_bytes(self.bytes)})"
            f" {_WILL[self.kind]}{where}."
        ]
        if kinds:
            lines.append(f"Of these: {kinds}.")
        lines += self.no_copies()
        lines += [f"{format_count(count)} selected will be skipped: {reason}." for reason, count in self.left.items()]
        lines += self.carried()
        lines.append(self.undo)
        return lines

    def no_copies(self) -> list[str]:
        """How many are no copies at all, as a sentence; empty where all are copies."""
        count = self.relations.get(Relation.SIMILAR, 0)
        if not count:
            return []
        them = "It is another shot, not a copy" if count == 1 else f"{format_count(count)} are other shots, not copies"
        return [f"{them}: no photo that stays shows the same moment. You chose by hand that they go."]

    def carried(self) -> list[str]:
        """What will be written, a sentence each; empty where nothing is."""
        lines = []
        if self.rescued:
            photos = format_count(self.rescued, "photo")
            lines.append(
                f"Metadata that only {photos} of these have goes into sidecars (.xmp) beside the photos that stay, "
                "before they leave."
            )
        if self.own:
            get = "photo that stays gets" if self.own == 1 else "photos that stay get"
            lines.append(f"{format_count(self.own)} {get} what Google Takeout's JSON says, in a sidecar (.xmp).")
        return lines


def _photo_of(action: Action) -> str:
    """The photo that an action is about: the one that leaves, or the one that only gets a sidecar."""
    return (action.moves[0] if action.moves else action.keeper).source


def freed(action: Action) -> int:
    """The bytes that leave with an asset, each file once however many names it has."""
    return sum({(m.stamp.dev, m.stamp.inode): m.stamp.size for m in action.moves}.values())


def preview_of(
    actions: Sequence[Action], left: Sequence[Outcome], *, kind: ActionKind, target: str | None, undoable: bool
) -> Preview:
    """The preview of a plan."""
    relations = Counter(action.relation for action in actions)
    undo = "`dedupe undo` puts them back."
    if kind is ActionKind.TRASH and not undoable:
        undo = "To undo it, restore them from the Trash or Recycle Bin; `dedupe undo` cannot."
    return Preview(
        kind=kind,
        target=target,
        photos=len(actions),
        files=sum(len(action.moves) for action in actions),
        bytes=sum(freed(action) for action in actions),
        relations={relation: relations[relation] for relation in Relation if relations[relation]},
        undo=undo,
        left=dict(Counter(outcome.reason for outcome in left).most_common()),
        rescued=sum(action.handover is not None for action in actions),
    )
