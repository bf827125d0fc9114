"""The values that pass between the steps, frozen and slotted; no behaviour beyond derived properties.

Paths are absolute ``str`` as ``os.fsdecode`` makes them (undecodable bytes are lone surrogates): ``os.fsencode`` gives
the exact bytes back, and only ``console.display_path`` may turn one into text for a person.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from dedupe.facts import CaptureTime as CaptureTime
from dedupe.facts import Dated as Dated
from dedupe.facts import DateSource as DateSource
from dedupe.facts import Exposure as Exposure
from dedupe.facts import Facts as Facts
from dedupe.kinds import ActionKind as ActionKind
from dedupe.kinds import CompanionKind as CompanionKind
from dedupe.kinds import DamageKind as DamageKind
from dedupe.kinds import OutcomeKind as OutcomeKind
from dedupe.kinds import SkipKind as SkipKind
from dedupe.loss import CARRIED as CARRIED
from dedupe.loss import Loss as Loss
from dedupe.loss import LossCode as LossCode
from dedupe.loss import Obstacle as Obstacle
from dedupe.loss import Rescue as Rescue
from dedupe.loss import RescueMode as RescueMode
from dedupe.loss import Saved as Saved
from dedupe.verdict import SAFE_RELATIONS as SAFE_RELATIONS
from dedupe.verdict import Caution as Caution
from dedupe.verdict import Change as Change
from dedupe.verdict import Clue as Clue
from dedupe.verdict import ClueKind as ClueKind
from dedupe.verdict import Evidence as Evidence
from dedupe.verdict import Relation as Relation
from dedupe.verdict import Remark as Remark
from dedupe.verdict import Transform as Transform

ContentKey: TypeAlias = bytes
"""The key of a file's bytes (``formats.hashing``): 16 bytes of BLAKE3, or 21 in what dedupe 0.1.0 stored."""

PixelKey: TypeAlias = bytes
"""The key of the picture alone, made as a content key is; an equal pixel key proves the same pixels."""


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What ``lstat`` said of a file; (dev, inode) is its identity, the rest tells whether it changed."""

    dev: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int
    links: int = 1

    @classmethod
    def of(cls, stat: os.stat_result) -> FileStamp:
        """The stamp of a stat result."""
        return cls(stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_nlink)


@dataclass(frozen=True, slots=True)
class Companion:
    """A file that belongs to a photo and moves with it.

    ``inventory`` is what it says (``formats.inventory.packed``); None where it was not looked into, or cannot be.
    """

    path: str
    kind: CompanionKind
    stamp: FileStamp
    inventory: str | None = None


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """One photo found by walk: a path, its root, and what lstat said.

    ``links_inside`` lists further names of one inode found inside the roots.
    """

    path: str
    root: str
    stamp: FileStamp
    companions: tuple[Companion, ...] = ()
    links_inside: tuple[str, ...] = ()
    protected: bool = False
    reference: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was left out, and the sentence that says why."""

    path: str
    kind: SkipKind
    reason: str


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo that was read: where it is and what its content says.

    ``members`` are the other pictures of its asset (the RAW of a RAW+JPEG), in no group of their own. ``file.companions`` are
    the asset's files that are no pictures (sidecars, a video). ``remarks`` is what attributes and files that stay say of it.
    """

    file: PhotoFile
    content_key: ContentKey
    pixel_key: PixelKey | None
    facts: Facts
    members: tuple[Photo, ...] = ()
    remarks: tuple[Companion, ...] = ()

    @property
    def path(self) -> str:
        return self.file.path

    @property
    def pixels(self) -> int:
        """Width × height."""
        return self.facts.pixels

    @property
    def parts(self) -> tuple[Photo, ...]:
        """The pictures of the asset, this one first."""
        return (self, *self.members)

    @property
    def companions(self) -> tuple[Companion, ...]:
        """The files of the asset that are not pictures it was read with, each once."""
        return tuple({one.path: one for part in self.parts for one in part.file.companions}.values())


@dataclass(frozen=True, slots=True)
class Pair:
    """Two contents that the embedding holds close; ``a < b`` as bytes. ``distance`` is Euclidean between unit vectors."""

    a: ContentKey
    b: ContentKey
    distance: float


@dataclass(frozen=True, slots=True)
class Match:
    """The verdict on one pair, ``a < b``.

    ``relation`` None: unrelated. ``detail`` > 0 where a holds more real detail than b, < 0 where b does, 0 where they are equal
    or it was not measured. ``remark`` says what the verdict rests on. ``clues`` say which of the two was made from the other.
    """

    a: ContentKey
    b: ContentKey
    distance: float
    relation: Relation | None
    score: float = 0.0
    detail: float = 0.0
    remark: Remark | None = None
    evidence: Evidence = field(default_factory=Evidence)
    clues: tuple[Clue, ...] = ()


@dataclass(frozen=True, slots=True)
class Extra:
    """A photo of a group beside the one the group is kept for: a copy, or the head of another version.

    ``keeper`` is the path of the photo that stays for this one and that it was directly verified against: for a copy the head
    of its version, for a head the head of the version it was made from; empty in scans saved before it existed, where it is
    the group's ``keep``. ``loses`` names what would be lost with the photo (empty where nothing is); ``note`` says
    why it is not selected (empty where nothing forbids it); ``remark`` what the verdict rests on; ``clue`` is the
    weightiest sign that it was made from its keeper. ``only_lossy``: it would be selected if nothing were lost with it;
    ``rescue`` is what of it goes into the keeper's sidecar before it leaves, so that nothing is.
    """

    photo: Photo
    relation: Relation
    distance: float
    selected: bool
    note: str = ""
    loses: tuple[Loss, ...] = ()
    keeper: str = ""
    clue: ClueKind | None = None
    remark: Remark | None = None
    only_lossy: bool = False
    rescue: Rescue | None = None

    @property
    def may_be_rescued(self) -> bool:
        """It stays only because of metadata that a sidecar can say, and that the photo which stays has no other of."""
        losses = self.loses if self.only_lossy and not self.selected else ()
        return bool(losses) and all(one.code in CARRIED and not one.differs for one in losses)

    @property
    def lost(self) -> tuple[Loss, ...]:
        """What is lost when it leaves as planned."""
        return () if self.rescue is not None and self.rescue.obstacle is None else self.loses


@dataclass(frozen=True, slots=True)
class Group:
    """One capture: the photo that stays, its copies, and its other versions.

    ``keep`` is the root, the photo that all others were made from as far as is known. ``extras`` are its copies and, after
    them, the other versions in the order of a tree, each head before its copies. ``reason`` is the keeper rule that decided, as
    a phrase; where what the photo holds decided, ``has`` is that, over the best of the others. ``original``: the signs in the
    pictures say that the others were made from it.
    """

    id: str
    keep: Photo
    reason: str
    extras: tuple[Extra, ...]
    original: bool = False
    has: tuple[Loss, ...] = ()

    def keeper_of(self, extra: Extra) -> Photo:
        """The photo of this group that stays for ``extra``."""
        if not extra.keeper or extra.keeper == self.keep.path:
            return self.keep
        return next((one.photo for one in self.extras if one.photo.path == extra.keeper), self.keep)


@dataclass(frozen=True, slots=True)
class Series:
    """Different shots of one scene; never selected, only shown."""

    id: str
    photos: tuple[Photo, ...]


@dataclass(frozen=True, slots=True)
class Stats:
    """The account of a scan: ``files`` found = ``photos`` read + skipped. Seconds by step name."""

    files: int
    photos: int
    groups: int
    extras: int
    reclaimable_bytes: int
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class FromTakeout:
    """A photo that stays, with what of its own Takeout JSON goes into its sidecar; ``copies``: it has some and stays for them."""

    photo: Photo
    rescue: Rescue
    copies: bool = False

    @property
    def is_written(self) -> bool:
        """Nothing is in the way."""
        return self.rescue.obstacle is None


@dataclass(frozen=True, slots=True)
class Damage:
    """A file that decodes with a ``warning``, or two files of one length of which one is damaged.

    ``count`` is the number of bytes in which the two differ. ``contents`` are the keys of the two, none in scans saved before
    they were kept.
    """

    kind: DamageKind
    paths: tuple[str, ...]
    count: int = 0
    warning: str = ""
    contents: tuple[ContentKey, ...] = ()


@dataclass(frozen=True, slots=True)
class ScanResult:
    """All that a scan found, in deterministic order.

    ``roots`` are folders. Where single photos were named too, ``named`` is what was named, and ``roots`` has the folders of
    those photos. ``doubtful``: the paths of photos in groups that fit another capture as well. ``from_takeout``: the photos
    whose own Takeout JSON says more than they do, where that was asked for.
    """

    model: str
    threshold: float
    roots: tuple[str, ...]
    groups: tuple[Group, ...]
    series: tuple[Series, ...]
    skipped: tuple[Skipped, ...]
    stats: Stats
    damaged: tuple[Damage, ...] = ()
    named: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    from_takeout: tuple[FromTakeout, ...] = ()

    @property
    def own_sidecars(self) -> tuple[FromTakeout, ...]:
        """The photos that get what their own Takeout JSON says: none that may leave, and of a group that for which it is kept."""
        kept = {group.keep.path for group in self.groups}
        extras = {extra.photo.path for group in self.groups for extra in group.extras}
        return tuple(
            one
            for one in self.from_takeout
            if one.is_written and one.photo.path not in extras and (not one.copies or one.photo.path in kept)
        )

    @property
    def asked(self) -> tuple[str, ...]:
        """What a person named: folders, and single photos."""
        return self.named or self.roots


@dataclass(frozen=True, slots=True)
class FileMove:
    """One file of an action: from where, to where (None for the trash), and what it and its attributes must still be."""

    source: str
    target: str | None
    stamp: FileStamp
    content_key: ContentKey
    attributes: str | None = None


@dataclass(frozen=True, slots=True)
class Handover:
    """What must be in a sidecar beside ``keep`` before ``copy`` leaves: all that only the copy says, and ``added``.

    Without a copy the photo gets only what its own companions say.
    """

    copy: Photo | None
    keep: Photo
    added: tuple[Saved, ...] = ()


@dataclass(frozen=True, slots=True)
class ByHand:
    """A person's word on one set of shots (``shots`` is its id): the contents that stay, and those that go.

    Made only where a person chose in this very set; nothing that scans or acts makes one. ``seen`` is a digest of the files that
    the person was shown.
    """

    shots: str
    stays: tuple[ContentKey, ...]
    goes: tuple[ContentKey, ...]
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Parting:
    """A shot that a person let go, one of its set that stays, and the person's word on the set. The two are no copies."""

    photo: Photo
    keep: Photo
    word: ByHand


@dataclass(frozen=True, slots=True)
class Equal:
    """Two files, one that leaves and one that stays, which the scan found to be ``identical`` or ``same-pixels``."""

    leaves: str
    stays: str
    relation: Relation


@dataclass(frozen=True, slots=True)
class Action:
    """One asset leaves: all its files, or none; ``moves[0]`` is its photo.

    The keeper is named with what it must still be, and so is every other file of its asset on which the judgement rests
    (``keeper_parts``). ``handover``: what goes into the keeper's sidecar before. ``by_hand``: for another shot, which no proof
    lets go, the person's word that does. ``equals``: the members that the photo that stays has too.
    """

    kind: ActionKind
    group: str
    relation: Relation
    moves: tuple[FileMove, ...]
    keeper: FileMove
    keeper_parts: tuple[FileMove, ...] = ()
    handover: Handover | None = None
    by_hand: ByHand | None = None
    equals: tuple[Equal, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an action, as the disk shows it afterwards.

    ``reason`` is a sentence where it was not done; ``saved`` is what was written into ``sidecar`` for it.
    """

    action: Action
    kind: OutcomeKind
    reason: str = ""
    bytes_freed: int = 0
    sidecar: str = ""
    saved: tuple[Saved, ...] = ()
