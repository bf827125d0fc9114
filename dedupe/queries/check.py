"""``check``: which of these photos are in the library already?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from dedupe import steps
from dedupe.errors import QueryError, UsageError
from dedupe.queries import assets, library
from dedupe.queries.caveats import Caveat, caveat
from dedupe.queries.library import Ends, Found, Shelf
from dedupe.session import Session, rare_collection
from dedupe.settings import Settings, absolute
from dedupe.types import ContentKey, Loss, Match, Photo, Relation, Skipped

if TYPE_CHECKING:
    from dedupe.terminal.progress import Progress

Verdict: TypeAlias = Literal["new", "partly", "edited", "better", "have"]
VERDICTS: Final[tuple[Verdict, ...]] = ("new", "partly", "edited", "better", "have")

_TIES: Final = frozenset(("oldest", "name", "path"))
"""Keeper rules that decide which of two equals stays."""
_MORE: Final = 5
"""The factor by which more neighbours are asked for where all the nearest are within the radius."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A new photo and where the library has it.

    ``have`` are its copies and edited versions there, the safest and best fitting first. RAW+JPEG, an iPhone's edit with its
    original and a Live Photo are one photo: ``photo`` leads, ``members`` are its other pictures, each with what the library has
    of it.
    ``lacks`` are the absolute paths of those of its files that the library has no counterpart of: pictures without a
    duplicate, a RAW without a RAW, a video or a file of edits without one of the same bytes. ``better``: nothing of it is
    lacking there, but by the keeper rules (undamaged, detail, raw, original, metadata, compression) it would be kept instead
    of each of them, or it holds something that none of them does: ``loses``, compared with the one that lacks least.
    """

    photo: Photo
    have: tuple[Found, ...]
    better: bool = False
    lacks: tuple[str, ...] = ()
    members: tuple[Checked, ...] = ()
    loses: tuple[Loss, ...] = ()
    caveat: Caveat | None = None

    @property
    def parts(self) -> tuple[Checked, ...]:
        """What is said of each picture of the asset, the leading one first."""
        return (self, *self.members)

    @property
    def verdict(self) -> Verdict:
        """Say whether the library has it: ``new``, ``partly``, ``edited``, ``better``, or ``have``.

        ``new``: nothing of it is there; ``partly``: something is, something lacks; ``edited``: only a changed version of one
        of its pictures is there.
        """
        if not any(one.have for one in self.parts):
            return "new"
        if self.lacks:
            return "partly"
        if any(one.have and one.have[0].relation is Relation.EDITED for one in self.parts):
            return "edited"
        if self.caveat is not None and not self.caveat.damaged:
            return "edited"
        return "better" if self.better else "have"

    @property
    def files(self) -> tuple[str, ...]:
        """Absolute paths of what is to be copied or moved together, the photo first.

        Of a photo that is wholly there (``have``) these are the files whose counterpart was found, else all of the asset.
        """
        pictures = self.photo.parts
        everything = (one for photo in pictures for one in photo.file.companions)
        beside = assets.counted(self.photo) if self.verdict == "have" else everything
        return tuple(dict.fromkeys((*(photo.path for photo in pictures), *(one.path for one in beside))))


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The photos checked, in the order of their paths.

    ``skipped`` are those of them that could not be read; ``unread`` those of the library, in which a photo may still be.
    """

    model: str
    threshold: float
    checked: tuple[Checked, ...]
    skipped: tuple[Skipped, ...]
    unread: tuple[Skipped, ...]

    @property
    def have(self) -> tuple[Checked, ...]:
        """Those the library has with all that belongs to them, in a better or a lesser copy."""
        return self._of("have", "better")

    @property
    def partly(self) -> tuple[Checked, ...]:
        """Those of which the library has something, and something not."""
        return self._of("partly")

    @property
    def edited(self) -> tuple[Checked, ...]:
        """Those of which the library has a changed version only."""
        return self._of("edited")

    @property
    def new(self) -> tuple[Checked, ...]:
        """Those of which the library has nothing."""
        return self._of("new")

    def _of(self, *verdicts: Verdict) -> tuple[Checked, ...]:
        return tuple(one for one in self.checked if one.verdict in verdicts)


@rare_collection()
def check(
    new: Sequence[str] | str,
    against: Sequence[str] | str,
    settings: Settings | None = None,
    *,
    progress: Progress | None = None,
) -> CheckResult:
    """Which of the photos ``new`` (files, or folders with all below them) are in the folders ``against`` already?

    Each new photo is looked up there; neither side is compared with itself, and a file that is in both is no copy of itself.
    What the store knows of the library is not read again. RAW+JPEG, an iPhone's edit with its original, and a Live Photo of
    a folder in ``new`` are one photo, which is there when each of its files is; of a file named by itself only that file
    counts. ``settings.threshold`` (Euclidean between unit vectors, 0–2; None: the model's own) bounds what is aligned.

    Raises QueryError for a photo that is missing, a folder without photos, or where none can be read; MissingRootError for a
    folder of ``against`` that is not there; and as ``dedupe.scan``.
    """
    names, folders = (absolute([one] if isinstance(one, str) else one) for one in (new, against))
    with Session(settings or Settings(), progress) as session:
        tree = steps.walk(session, folders, extra_roots=False)
        named = library.photo_files(session, names)
        own = {(file.stamp.dev, file.stamp.inode) for file in named.files}
        owned = [file for file in tree.files if (file.stamp.dev, file.stamp.inode) not in own]
        fresh = library.shelve(session, named.files)
        if not fresh.contents.files:
            library.must_be_readable(fresh, named.files)
            raise QueryError("There are no photos to check.")
        shelf = library.shelve(session, owned)
        skipped = (*named.skipped, *library.unreadable(fresh, named))
        unread = (*tree.skipped, *shelf.contents.skipped)
        checked = tuple(_checked(session, fresh, shelf, frozenset(named.single)))
        return CheckResult(session.model.name, session.radius, checked, skipped, unread)


def _checked(session: Session, fresh: Shelf, shelf: Shelf, alone: frozenset[str]) -> list[Checked]:
    near = _candidates(session, fresh, shelf)
    apart = library.unit_distances(session, ((query, key) for query, others in near.items() for key in others))
    matches = library.relations(session, apart, fresh, shelf)
    wanted = {key for others in near.values() for key in others} | (fresh.contents.files.keys() & shelf.contents.files)
    owned = library.by_content(library.photos_of(session, shelf, wanted))

    def have(query: Photo) -> tuple[Found, ...]:
        key = query.content_key
        found = (
            library.found(photo, key, apart.get(library.in_order(other, key), 0.0), matches)
            for other in dict.fromkeys((key, *near.get(key, ())))
            for photo in owned.get(other, ())
            if not session.decisions.not_duplicates(query, photo)
        )
        return tuple(sorted((one for one in found if one.duplicate), key=_best_first))

    counterparts = assets.Counterparts(frozenset(file.path for file, _ in shelf.files()), session.cache.companion_key)
    result = []
    for asset in assets.joined(library.photos_of(session, fresh), alone):
        said = [(part, have(part)) for part in asset.parts]
        lacks = counterparts.lacking(asset, said)
        rivals = [] if lacks else _rivals(asset, [one for _, found in said for one in found], matches)
        loses = _least_lost(session, asset, rivals)
        concern = _concern(session, asset, rivals)
        # Neither of two may be the sound one; that of the library is where the new one decodes with warnings.
        doubted = concern is not None and concern.damaged and asset.facts.suspect is None
        better = bool(loses) or doubted or _is_better(session, asset, rivals)
        members = tuple(Checked(part, found) for part, found in said[1:])
        result.append(Checked(asset, said[0][1], better, lacks, members, loses, concern))
    return result


def _candidates(session: Session, fresh: Shelf, shelf: Shelf) -> dict[ContentKey, list[ContentKey]]:
    """The owned contents that may be duplicates of each new one."""
    if not shelf.keys or not fresh.keys:
        return {}
    index, k = library.Nearest(session), session.model.neighbours
    near = index.ask(fresh.keys, shelf.keys, k)
    inside = library.unit_distances(
        session, ((query, others[-1][0]) for query, others in near.items() if len(others) == k)
    )
    full = [
        query
        for query, others in near.items()
        if len(others) == k and inside.get(library.in_order(query, others[-1][0]), 0.0) <= session.radius
    ]
    near.update(index.ask(full, shelf.keys, k * _MORE) if full else {})
    index.close()
    return {query: [key for key, _ in others if key != query] for query, others in near.items()}


def _best_first(found: Found) -> tuple[int, float, str]:
    rank = found.relation.rank if found.relation is not None else 9
    return rank, -found.score, found.photo.path


Rival: TypeAlias = tuple[Photo, list[Match]]


def _rivals(asset: Photo, have: Sequence[Found], matches: Mapping[Ends, Match]) -> list[Rival]:
    """What the library has of ``asset``, as assets with their companions read, each with the verdicts on it."""
    rivals = []
    for one in assets.joined([*{found.photo.path: found.photo for found in have}.values()]):
        ends = {library.in_order(a.content_key, b.content_key) for a in asset.parts for b in one.parts}
        rivals.append((one, [match for pair in sorted(ends) if (match := matches.get(pair)) is not None]))
    return rivals


def _least_lost(session: Session, asset: Photo, rivals: Sequence[Rival]) -> tuple[Loss, ...]:
    """What ``asset`` holds that the library has not, in the counterpart that lacks least; empty where one lacks nothing."""
    from dedupe.grouping.pair import extra_of

    found = [extra_of(one, asset, about, companion_key=session.cache.companion_key) for one, about in rivals]
    return min((extra.loses for extra in found if extra is not None), key=len, default=())


def _concern(session: Session, asset: Photo, rivals: Sequence[Rival]) -> Caveat | None:
    """The first caveat on ``asset`` against the copies that the library has; None where one of them needs no caveat."""
    if any(one.content_key == asset.content_key for one, _ in rivals):
        return None
    concerns = [caveat(asset, one, about, session.settings.caution) for one, about in rivals]
    return next((one for one in concerns if one), None) if all(concerns) else None


def _is_better(session: Session, asset: Photo, rivals: Sequence[Rival]) -> bool:
    """Whether the keeper rules would keep ``asset`` instead of each that the library has of it, for what it is.

    Being older, or having another name or path, makes no photo better.
    """
    from dedupe.grouping.pair import is_better

    if any(one.content_key == asset.content_key for one, _ in rivals):
        return False
    rules = tuple(rule for rule in session.settings.keep if rule not in _TIES)
    for one, about in rivals:
        if session.decisions.chosen_keeper([asset, one]) is one or not is_better(asset, one, about, rules):
            return False
    return bool(rivals)


def verdicts_named(words: str) -> tuple[Verdict, ...]:
    """The verdicts of a list like "new" or "new,partly"; raises UsageError for another word."""
    named = tuple(word.strip() for word in words.split(","))
    found = tuple(verdict for verdict in VERDICTS if verdict in named)
    if len(found) != len(set(named)):
        raise UsageError(f"--print0 is one or more of {', '.join(VERDICTS)}, with commas between, not “{words}”.")
    return found
