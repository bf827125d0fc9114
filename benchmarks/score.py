"""Holds the groups of a scan against the answer sheet.

A copy counts as found when it stands in one group with its original. Any two files of different captures in
one group are a false pair, whatever their relation. Altered pictures (a thing moved, a patch replaced, a
spot retouched) belong to the capture they were made from: grouped as `edited` they are merely shown,
anything safer or selected is an error.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

from benchmarks.capture_times import Exif
from benchmarks.changes import Tier
from benchmarks.manifest import EXACT_CHANGES, TURNED, Entry, Kind, Manifest, Visible

SAFE = frozenset({"identical", "same-pixels", "resaved"})
_EDITED = frozenset({"edited"})
_HARSHEST = {None: 0, Tier.COPY: 1, Tier.EDIT: 2, Tier.HARD: 3, Tier.BEYOND: 4}


@dataclass(frozen=True, slots=True)
class FoundExtra:
    """An extra as the JSON gives it; ``path`` and ``keeper`` relative to the tree; ``why`` it is not selected, if it says so."""

    path: str
    relation: str
    selected: bool
    keeper: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class FoundGroup:
    """A group as the JSON gives it."""

    id: str
    keep: str
    extras: tuple[FoundExtra, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """The kept photo first."""
        return (self.keep, *(extra.path for extra in self.extras))


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan said of a tree."""

    groups: tuple[FoundGroup, ...]
    series: tuple[tuple[str, ...], ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    photos: int = 0
    model: str = ""
    threshold: float = 0.0


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    right: int = 0
    total: int = 0

    @property
    def value(self) -> float:
        """0–1; nothing asked counts as all right."""
        return self.right / self.total if self.total else 1.0

    def plus(self, right: bool) -> Share:
        """One more case."""
        return Share(self.right + right, self.total + 1)


@dataclass(frozen=True, slots=True)
class Finding:
    """Two files about which something is wrong.

    ``said`` is the relation given, ``selected`` whether one of them would go, ``about`` what the sheet knows of them.
    """

    a: str
    b: str
    said: str
    selected: bool
    about: str


@dataclass(frozen=True, slots=True)
class Score:
    """The figures of a scan, each error with its files."""

    tiers: Mapping[str, Share]
    changes: Mapping[str, Share]
    exif: Mapping[str, Share]
    relations: Mapping[str, Share]
    missed: tuple[Finding, ...]
    false_pairs: tuple[Finding, ...]
    distinct_shots: tuple[Finding, ...]
    wrong_relations: tuple[Finding, ...]
    visible_selected: tuple[Finding, ...]
    altered_wrong: tuple[Finding, ...]
    altered: Mapping[str, int]
    original_kept: Share
    plain_selected: Share
    plain_alike_selected: Share
    plain_left: Mapping[str, int]
    identical_selected: Share
    twice: tuple[str, ...]
    unknown: tuple[str, ...]
    skipped: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """None of the errors that must not happen at all."""
        return not (self.false_pairs or self.visible_selected or self.altered_wrong or self.twice or self.unknown)


def read_scan(data: Mapping[str, Any], root: Path) -> Scan:
    """The parts of a scan's JSON that are scored, paths relative to ``root``."""

    def inside(path: str) -> str:
        return str(Path(path).relative_to(root))

    groups = tuple(
        FoundGroup(
            group["id"],
            inside(group["keep"]["path"]),
            tuple(
                FoundExtra(
                    inside(extra["path"]),
                    extra["relation"],
                    bool(extra["selected"]),
                    inside(extra.get("keeper") or group["keep"]["path"]),
                    _why(extra),
                )
                for extra in group["extras"]
            ),
        )
        for group in data["groups"]
    )
    series = tuple(tuple(inside(path) for path in one["paths"]) for one in data["series"])
    skipped = {inside(one["path"]): str(one["reason"]) for one in data["skipped"]}
    stats = data["stats"]
    return Scan(groups, series, skipped, dict(stats["seconds"]), stats["photos"], data["model"], data["threshold"])


def _why(extra: Mapping[str, Any]) -> str:
    """Why an extra is not selected, in few words."""
    loses = [loss["words"] if isinstance(loss, dict) else str(loss) for loss in extra.get("loses", ())]
    return f"loses {', '.join(loses)}" if loses else str(extra.get("note", ""))


def load_scan(file: Path, root: Path) -> Scan:
    """`read_scan` of a file."""
    return read_scan(json.loads(file.read_text("utf-8")), root)


def score(manifest: Manifest, scan: Scan) -> Score:
    """All figures of one scan of one tree."""
    entries = {entry.path: entry for entry in manifest.entries}
    known = [
        FoundGroup(g.id, g.keep, tuple(e for e in g.extras if e.path in entries))
        for g in scan.groups
        if g.keep in entries
    ]
    counts = Counter(path for group in scan.groups for path in group.paths)
    false_pairs = tuple(_false_pairs(known, entries))
    recall = _Recall(entries, known, scan)
    judged = [(group, extra) for group in known for extra in group.extras]
    return Score(
        tiers=recall.by(_tier_row),
        changes=recall.by(lambda entry: entry.change if entry.material == "photo" else None),
        exif=recall.by(lambda entry: entry.exif if entry.material == "photo" and entry.tier else None),
        relations=_relations(judged, entries),
        missed=recall.missed(),
        false_pairs=false_pairs,
        distinct_shots=tuple(f for f in false_pairs if entries[f.a].scene == entries[f.b].scene),
        wrong_relations=tuple(_wrong_relations(judged, entries)),
        visible_selected=tuple(_visible_selected(judged, entries)),
        altered_wrong=tuple(_altered_wrong(judged, entries)),
        altered=_altered(entries, known),
        original_kept=_original_kept(known, entries),
        plain_selected=_plain_selected(entries, known),
        plain_alike_selected=_plain_selected(entries, known, alike=True),
        plain_left=_plain_left(entries, known),
        identical_selected=_identical_selected(entries, known),
        twice=tuple(sorted(path for path, count in counts.items() if count > 1)),
        unknown=tuple(sorted(path for path in counts if path not in entries)),
        skipped=tuple(f"{path}: {reason}" for path, reason in sorted(scan.skipped.items())),
    )


def expected(a: Entry, b: Entry) -> frozenset[str]:
    """The relations that are right between two files of one capture."""
    seen = {a.visible, b.visible}
    if Visible.SOMETHING in seen:
        return _EDITED
    return SAFE | _EDITED if Visible.EITHER in seen else SAFE


class _Recall:
    """Which copies stand in one group with their original."""

    def __init__(self, entries: Mapping[str, Entry], groups: list[FoundGroup], scan: Scan) -> None:
        self._group = {path: group.id for group in groups for path in group.paths}
        self._originals = {e.capture: e.path for e in entries.values() if e.kind is Kind.ORIGINAL}
        self._copies = [e for e in entries.values() if e.kind is Kind.COPY]
        self._series = [frozenset(paths) for paths in scan.series]
        self._skipped = scan.skipped

    def _found(self, copy: Entry) -> bool:
        group = self._group.get(copy.path)
        return group is not None and group == self._group.get(self._originals[copy.capture])

    def by(self, row: Any) -> Mapping[str, Share]:
        """Recall by what ``row(entry)`` says; None is left out."""
        shares: dict[str, Share] = {}
        for copy in self._copies:
            name = row(copy)
            if name is not None:
                shares[name] = shares.get(name, Share()).plus(self._found(copy))
        return shares

    def missed(self) -> tuple[Finding, ...]:
        """Every copy that was not found, and where it went instead."""
        return tuple(
            Finding(self._originals[c.capture], c.path, self._whereabouts(c), False, f"{c.change}, EXIF {c.exif}")
            for c in self._copies
            if not self._found(c)
        )

    def _whereabouts(self, copy: Entry) -> str:
        original = self._originals[copy.capture]
        if copy.path in self._skipped or original in self._skipped:
            return "skipped"
        if any(copy.path in paths and original in paths for paths in self._series):
            return "in a series"
        return "in another group" if copy.path in self._group else "in no group"


def _tier_row(entry: Entry) -> str | None:
    if entry.material != "photo":
        return "documents"
    return "exact" if entry.tier is None else str(entry.tier)


def _false_pairs(groups: list[FoundGroup], entries: Mapping[str, Entry]) -> Iterator[Finding]:
    for group in groups:
        relations = {extra.path: extra for extra in group.extras}
        for a, b in combinations(group.paths, 2):
            if entries[a].capture == entries[b].capture:
                continue
            ends = [relations[path] for path in (a, b) if path in relations]
            said = " / ".join(end.relation for end in ends)
            about = "one scene" if entries[a].scene == entries[b].scene else "strangers"
            if group.keep not in {a, b}:
                about += ", through the kept photo"
            yield Finding(a, b, said, any(end.selected for end in ends), about)


_Judged = list[tuple[FoundGroup, FoundExtra]]


def _one_capture(judged: _Judged, entries: Mapping[str, Entry]) -> Iterator[tuple[Entry, Entry, FoundExtra]]:
    for group, extra in judged:
        keep, other = entries.get(extra.keeper or group.keep, entries[group.keep]), entries[extra.path]
        if keep.capture == other.capture:
            yield keep, other, extra


def _relations(judged: _Judged, entries: Mapping[str, Entry]) -> Mapping[str, Share]:
    shares: dict[str, Share] = {}
    for keep, other, extra in _one_capture(judged, entries):
        if Kind.ALTERED in {keep.kind, other.kind} or keep.material != "photo":
            continue
        worst = max(keep.tier, other.tier, key=_HARSHEST.__getitem__)
        row = "exact" if worst is None else str(worst)
        shares[row] = shares.get(row, Share()).plus(extra.relation in expected(keep, other))
    return shares


def _wrong_relations(judged: _Judged, entries: Mapping[str, Entry]) -> Iterator[Finding]:
    for keep, other, extra in _one_capture(judged, entries):
        if extra.relation not in expected(keep, other):
            yield _finding(keep, other, extra)


def _visible_selected(judged: _Judged, entries: Mapping[str, Entry]) -> Iterator[Finding]:
    for keep, other, extra in _one_capture(judged, entries):
        if extra.selected and Visible.SOMETHING in {keep.visible, other.visible}:
            yield _finding(keep, other, extra)


def _altered_wrong(judged: _Judged, entries: Mapping[str, Entry]) -> Iterator[Finding]:
    for keep, other, extra in _one_capture(judged, entries):
        if Kind.ALTERED in {keep.kind, other.kind} and (extra.relation in SAFE or extra.selected):
            yield _finding(keep, other, extra)


def _finding(keep: Entry, other: Entry, extra: FoundExtra) -> Finding:
    about = f"{keep.change or 'original'} ↔ {other.change or 'original'}"
    return Finding(keep.path, other.path, extra.relation, extra.selected, about)


def _altered(entries: Mapping[str, Entry], groups: list[FoundGroup]) -> Mapping[str, int]:
    """How many altered pictures are shown with the capture they were made from, by what was done."""
    grouped = {path for group in groups for path in group.paths}
    shown: Counter[str] = Counter()
    for entry in entries.values():
        if entry.kind is Kind.ALTERED:
            shown[f"{entry.change}, {'shown as edited' if entry.path in grouped else 'apart'}"] += 1
    return dict(sorted(shown.items()))


def _original_kept(groups: list[FoundGroup], entries: Mapping[str, Entry]) -> Share:
    """In how many groups that hold an original that, or a file of its very pixels, is the root."""
    share = Share()
    for group in groups:
        if any(entries[path].kind is Kind.ORIGINAL for path in group.paths):
            keep = entries[group.keep]
            share = share.plus(keep.kind is Kind.ORIGINAL or keep.change in EXACT_CHANGES)
    return share


def _plain(entries: Mapping[str, Entry]) -> Iterator[Entry]:
    """The copies of photographs in which a person sees no difference."""
    for entry in entries.values():
        if entry.kind is Kind.COPY and entry.material == "photo" and entry.visible is Visible.NOTHING:
            yield entry


def _settled(entries: Mapping[str, Entry], groups: list[FoundGroup]) -> Mapping[str, FoundExtra | None]:
    """Every plain copy with the extra that it is.

    None where it is in no group, or is the one that a group is kept for. A copy that stays while its original goes for
    it counts as the original would.
    """
    extras = {extra.path: extra for group in groups for extra in group.extras}
    stays_for = {extra.keeper or group.keep: extra for group in groups for extra in group.extras if extra.selected}
    originals = {e.capture: e.path for e in entries.values() if e.kind is Kind.ORIGINAL}
    found: dict[str, FoundExtra | None] = {}
    for copy in _plain(entries):
        original = extras.get(originals[copy.capture])
        goes_for_it = original is not None and original.selected and copy.path in stays_for
        found[copy.path] = original if goes_for_it else extras.get(copy.path)
    return found


def _plain_selected(entries: Mapping[str, Entry], groups: list[FoundGroup], *, alike: bool = False) -> Share:
    """How many of the plain copies would go; with ``alike``, of those that also say the same as their original."""
    share = Share()
    for path, extra in _settled(entries, groups).items():
        if not alike or _says_the_same(entries[path], entries):
            share = share.plus(extra is not None and extra.selected)
    return share


def _says_the_same(copy: Entry, entries: Mapping[str, Entry]) -> bool:
    """Whether a plain copy states no other date, and is not shown turned against an original without a camera's word."""
    original = next(e for e in entries.values() if e.capture == copy.capture and e.kind is Kind.ORIGINAL)
    return copy.exif != Exif.SHIFTED and (copy.change not in TURNED or original.exif == Exif.KEPT)


def _plain_left(entries: Mapping[str, Entry], groups: list[FoundGroup]) -> Mapping[str, int]:
    """Why the other plain copies stay, by change and reason."""
    left: Counter[str] = Counter()
    for path, extra in _settled(entries, groups).items():
        if extra is None or not extra.selected:
            said = "in no group, or kept" if extra is None else f"{extra.relation}: {extra.why or 'no reason given'}"
            left[f"{entries[path].change}, {said}"] += 1
    return dict(left.most_common())


def _identical_selected(entries: Mapping[str, Entry], groups: list[FoundGroup]) -> Share:
    """How many of the byte-for-byte copies go, or the file goes that they are copies of."""
    share = Share()
    for path, extra in _settled(entries, groups).items():
        if entries[path].exif == "same":
            share = share.plus(extra is not None and extra.selected)
    return share
