"""The user's word: which photos are not duplicates, which one is to be kept; and the last scans with their reviews.

A decision hangs on the pictures, not on the files: on the pixel key, and on the content key where that is
all there is (both are stored, and a pixel key that becomes known later is added). So it survives renaming,
moving and re-tagging. Two photos of one pixel key are told apart by their content, two of one content by
their path: there the decision lapses with what tells them apart, which means only that dedupe asks again.
Never begun afresh, damaged or newer: refused.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from sqlite3 import Connection
from typing import Final, cast

from dedupe.formats.hashing import LEGACY
from dedupe.library import legacy, picks, remember, scans, transfer
from dedupe.library.database import Closing, Database, Kind
from dedupe.library.pairs import Decision, DecisionKind, Who
from dedupe.library.paths import prepare
from dedupe.library.transfer import TakenIn
from dedupe.terminal.text import display_path, format_count
from dedupe.types import ByHand, ContentKey, Photo, ScanResult

KIND = Kind(
    name="decisions",
    application_id=0x44644465,  # "DdDe"
    version=3,
    disposable=False,
    schema="decisions.sql",
    steps=(legacy.decisions_from_1, picks.from_2),
)


_PUT: Final = (
    "INSERT INTO decisions(kind, made_at, a_content, a_payload, a_path, b_content, b_payload, b_path) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


class Decisions(Closing):
    """The open decisions; a context manager. Every call that changes something has reached the disk when it returns.

    Raises StoreError, touching nothing, where the file is damaged, of a newer dedupe, or not a store.
    """

    def __init__(self, path: str) -> None:
        prepare(path)
        self._db = Database(path, KIND, ours=True)
        self._scan: int | None = None
        try:
            self._load()
        except BaseException:
            self._db.close()
            raise

    @property
    def path(self) -> str:
        return self._db.path

    @property
    def notices(self) -> list[str]:
        if not self._unreadable:
            return self._db.notices
        count = format_count(self._unreadable, "decision")
        return [*self._db.notices, f"{count} in {display_path(self.path)} cannot be read: dedupe asks again."]

    # -- not duplicates -------------------------------------------------------------------------------------

    def mark_not_duplicates(self, a: Photo, b: Photo) -> None:
        """These two pictures are never shown as duplicates of each other again."""
        self.set_apart([(a, b)])

    def set_apart(self, pairs: Iterable[tuple[Photo, Photo]]) -> None:
        """The same of many pairs, stored together."""
        self._add(DecisionKind.NOT_DUPLICATES, pairs)

    def not_duplicates(self, a: Photo, b: Photo) -> bool:
        """Whether the user said so of these pictures, wherever they are now.

        Copies of the very same bytes are only told apart from each other where they were the ones marked.
        """
        if not self._apart:
            return False
        self._learn((a, b))
        if a.content_key == b.content_key:
            return (a.content_key, a.content_key) in self._apart
        return any((one, other) in self._apart for one in _keys(a) for other in _keys(b))

    # -- keepers --------------------------------------------------------------------------------------------

    def choose_keeper(self, keep: Photo, over: Iterable[Photo]) -> None:
        """Of these, ``keep`` stays."""
        self._add(DecisionKind.KEEPER, [(keep, other) for other in over if other.path != keep.path])

    def chosen_keeper(self, photos: Sequence[Photo]) -> Photo | None:
        """Find the photo the user chose over others of these and never another of these over it.

        Where the decisions contradict each other it is the last; None where none was made on two of these.
        """
        self._learn(photos)
        beaten_by: dict[int, set[int]] = {}
        last: dict[int, int] = {}
        for decision in self._about(photos):
            kept, rest = _sides(decision, photos)
            if kept is None:
                continue
            for other in rest:
                beaten_by.setdefault(other, set()).add(kept)
                beaten_by.get(kept, set()).discard(other)
                last[kept] = decision.id
        unbeaten = [at for at in last if not beaten_by.get(at)] or list(last)
        return photos[max(unbeaten, key=last.__getitem__)] if unbeaten else None

    # -- listing --------------------------------------------------------------------------------------------

    def made(self) -> list[Decision]:
        """All decisions, the oldest first."""
        return list(self._made.values())

    def forget(self, ids: Iterable[int]) -> int:
        """Takes decisions back; how many there were."""
        gone = [(number,) for number in ids if number in self._made]
        with self._db.transaction() as connection:
            connection.executemany("DELETE FROM decisions WHERE id = ?", gone)
        self._load()
        return len(gone)

    def clear(self) -> int:
        """Takes all decisions back; how many there were. The last scan stays."""
        return self.forget(list(self._made))

    # -- to and from another machine ------------------------------------------------------------------------

    def exported(self) -> str:
        """All decisions on pairs and on groups as JSON, for ``take_in`` elsewhere."""
        return transfer.exported(self._db, self.made())

    def take_in(self, held: transfer.Exported) -> TakenIn:
        """Add the decisions that another machine exported, all or none; of two on the same photos the newer holds."""
        account = transfer.take_in(self._db, held, self.made(), _put_pairs)
        self._load()
        return account

    # -- the last scans and their review --------------------------------------------------------------------

    def save_scan(self, result: ScanResult, settings: str = "{}") -> remember.Replaced:
        """Store the scan that ``review`` and ``apply`` go on from, in place of the one of the same folders.

        What was decided on the same photos before goes on with it. ``settings`` is JSON that is given back as it is.
        """
        self._scan = None
        return remember.save(self._db, result, settings)

    def saved_scans(self) -> list[scans.ScanEntry]:
        """The last scan of each set of folders, the newest first."""
        return scans.listed(self._db)

    def use_scan(self, roots: Sequence[str]) -> bool:
        """Whether there is a scan of these folders; where there is, the calls below are about it, not about the newest."""
        found = scans.of_roots(self._db, roots)
        self._scan = found if found is not None else self._scan
        return found is not None

    def saved_scan(self) -> scans.SavedScan | None:
        """The last scan with its settings and time, None where there is none.

        Raises StoreError where another version of dedupe wrote it in a form this one cannot read.
        """
        return scans.load(self._db, self._at)

    def last_scan(self) -> ScanResult | None:
        """The result of ``saved_scan``."""
        saved = self.saved_scan()
        return None if saved is None else saved.result

    def scan_made_at(self) -> int | None:
        """When the last scan was made, seconds since 1970; None where there is none."""
        return scans.made_at(self._db, self._at)

    def put_edit(self, edit: scans.GroupEdit) -> None:
        """What the review made of one group of the last scan, in place of what it made of it before."""
        self.put_edits([edit])

    def put_edits(self, edits: Iterable[scans.GroupEdit]) -> None:
        """The same of many groups, stored together."""
        scans.put_edits(self._db, self._at, edits)

    def edits(self) -> dict[str, scans.GroupEdit]:
        """The edits of the last scan by group id."""
        return scans.edits(self._db, self._at)

    def foreign_writes(self) -> int:
        """A number that is another one whenever another program has written to the store since it was asked before."""
        return int(self._db.value("PRAGMA data_version"))

    def put_picks(self, series: str, paths: Iterable[str]) -> None:
        """Store which photos of a series a person wants to keep; nothing ever acts on that."""
        picks.put(self._db, series, paths)

    def picks(self) -> dict[str, tuple[str, ...]]:
        """The paths of the picked photos by the id of their series."""
        return picks.all_of(self._db)

    def put_word(self, word: ByHand) -> None:
        """A person's word on a set of shots: which stay, and which may leave."""
        picks.put_word(self._db, word)

    def drop_words(self, shots: Iterable[str]) -> None:
        """Take back the person's word on these sets."""
        picks.drop_words(self._db, shots)

    def words(self) -> dict[str, ByHand]:
        """The person's words by the id of their set."""
        return picks.words(self._db)

    def drop_edits(self) -> None:
        """The last scan as it was before its review."""
        scans.drop_edits(self._db, self._at)

    @property
    def _at(self) -> int | None:
        return self._scan if self._scan is not None else scans.newest(self._db)

    # -- the end --------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Closes; a second call does nothing."""
        self._db.close()

    # -- within ---------------------------------------------------------------------------------------------

    def _add(self, kind: DecisionKind, pairs: Iterable[tuple[Photo, Photo]]) -> None:
        now = int(time.time())
        with self._db.transaction() as connection:
            connection.executemany(
                _PUT,
                [(kind.value, now, *_columns(a), *_columns(b)) for a, b in pairs],
            )
        self._load()

    def _load(self) -> None:
        self._made: dict[int, Decision] = {}
        self._apart: set[tuple[bytes, bytes]] = set()
        self._keepers: dict[bytes, list[int]] = {}
        self._lacking: set[ContentKey] = set()
        self._legacy = False
        self._unreadable = 0
        for number, kind, made_at, *who in self._db.rows(
            "SELECT id, kind, made_at, a_content, a_payload, a_path, b_content, b_payload, b_path "
            "FROM decisions ORDER BY id"
        ):
            decision = _decision(number, kind, made_at, who)
            if decision is None:
                self._unreadable += 1
                continue
            a, b = decision.a, decision.b
            self._made[number] = decision
            self._lacking.update(one.content_key for one in (a, b) if one.pixel_key is None)
            self._legacy |= any(key.startswith(LEGACY) for one in (a, b) for key in _keys(one))
            if decision.kind is DecisionKind.KEEPER:
                for key in _keys(a):
                    self._keepers.setdefault(key, []).append(number)
            else:
                self._apart.update(_apart(a, b))

    def _learn(self, photos: Sequence[Photo]) -> None:
        """Adds the keys that were not known when a decision was made."""
        if self._legacy and legacy.translate(self._db, photos):
            self._load()
        if not self._lacking:
            return
        news = [
            (photo.pixel_key, photo.content_key)
            for photo in photos
            if photo.pixel_key is not None and photo.content_key in self._lacking
        ]
        if news:
            with self._db.transaction() as connection:
                for side in "ab":
                    connection.executemany(
                        f"UPDATE decisions SET {side}_payload = ? WHERE {side}_content = ? AND {side}_payload IS NULL",
                        news,
                    )
            self._load()

    def _about(self, photos: Iterable[Photo]) -> list[Decision]:
        """The decisions whose kept picture may be among the photos, the oldest first."""
        if not self._keepers:
            return []
        numbers = {number for photo in photos for key in _keys(photo) for number in self._keepers.get(key, ())}
        return [self._made[number] for number in sorted(numbers)]


def _decision(number: int, kind: object, made_at: object, who: Sequence[object]) -> Decision | None:
    """The decision of a row; None where somebody edited it, or the disk did."""
    sides = []
    for content, pixels, path in (who[:3], who[3:]):
        sound = isinstance(content, bytes) and isinstance(path, bytes) and (pixels is None or isinstance(pixels, bytes))
        if not sound or not content or not path:
            return None
        sides.append(Who(cast(bytes, content), cast("bytes | None", pixels) or None, os.fsdecode(cast(bytes, path))))
    if not isinstance(made_at, int) or kind not in set(DecisionKind):
        return None
    return Decision(number, DecisionKind(cast(str, kind)), sides[0], sides[1], made_at)


def _put_pairs(connection: Connection, pairs: Iterable[Decision]) -> None:
    connection.executemany(
        _PUT, [(pair.kind.value, pair.made_at, *_columns(pair.a), *_columns(pair.b)) for pair in pairs]
    )


def _columns(photo: Photo | Who) -> tuple[bytes, bytes | None, bytes]:
    return photo.content_key, photo.pixel_key, os.fsencode(photo.path)


def _keys(who: Who | Photo) -> tuple[bytes, ...]:
    return (who.content_key,) if who.pixel_key is None else (who.content_key, who.pixel_key)


def _apart(a: Who, b: Who) -> set[tuple[bytes, bytes]]:
    """Give the pairs of keys, both ways round, that tell the two apart; where the bytes were equal only those bytes do."""
    if a.content_key == b.content_key:
        return {(a.content_key, a.content_key)}
    pairs = {(one, other) for one in _keys(a) for other in _keys(b)}
    return pairs | {(other, one) for one, other in pairs}


def _sides(decision: Decision, photos: Sequence[Photo]) -> tuple[int | None, list[int]]:
    """Say which photo is the one that was kept, and which those it was kept over; None where one side is not there."""
    keep, over = decision.a, decision.b
    kept = _best(keep, over, photos)
    if kept is None:
        return None, []
    return kept, [at for at, photo in enumerate(photos) if at != kept and _may_be(photo, over, keep)]


def _best(keep: Who, over: Who, photos: Sequence[Photo]) -> int | None:
    """Find the photo that ``keep`` is: at its path rather than elsewhere, of its bytes rather than only of its picture."""
    likely = [at for at, photo in enumerate(photos) if _may_be(photo, keep, over)]
    if keep.content_key == over.content_key:
        likely = [at for at in likely if photos[at].path == keep.path]
    if not likely:
        return None
    return min(likely, key=lambda at: (photos[at].content_key != keep.content_key, photos[at].path != keep.path, at))


def _may_be(photo: Photo, who: Who, other: Who) -> bool:
    if photo.content_key == who.content_key:
        return True
    return who.same_picture(photo) and not who.same_picture(other)
