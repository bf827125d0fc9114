"""Which pairs were candidates, and what the alignment said of them."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Sequence
from dataclasses import replace

from dedupe.library.codec import from_json, to_json
from dedupe.library.database import Database
from dedupe.types import ContentKey, Evidence, Match, Pair

_PUT_VERDICT = "INSERT OR REPLACE INTO verdicts(pair, version, verdict) VALUES (?, ?, ?)"
_PUT_REFUSAL = "INSERT OR REPLACE INTO refusals(pair, version) VALUES (?, ?)"

_PAIR = struct.Struct("<16s16sd")
_PART = 1 << 18
_LISTS_KEPT = 4
_NOTHING = Evidence()
_UNKNOWN = ""


def put_matches(db: Database, matches: Iterable[Match], version: int) -> None:
    """Queues verdicts of this version of the alignment; for an unrelated pair only the fact that it is unrelated."""
    for match in matches:
        held = None if match.relation is None else to_json(replace(match, a=b"", b=b"", distance=0.0))
        db.queue(_PUT_VERDICT, (match.a + match.b, version, held))


def matches(db: Database, pairs: Sequence[Pair], version: int) -> dict[tuple[ContentKey, ContentKey], Match]:
    """Give the verdicts known for these pairs in this version, by (a, b), in the order and with the distances of ``pairs``.

    An unrelated pair comes back with its relation None and nothing else.
    """
    held: dict[bytes, str | None] = dict(
        db.among(
            "SELECT pair, verdict FROM verdicts WHERE version = ? AND pair IN ({})",
            sorted(pair.a + pair.b for pair in pairs),
            (version,),
        )
    )
    found = {}
    for pair in pairs:
        verdict = held.get(pair.a + pair.b, _UNKNOWN)
        if verdict is None:
            found[pair.a, pair.b] = Match(pair.a, pair.b, pair.distance, None, evidence=_NOTHING)
        elif verdict is not _UNKNOWN:
            try:
                match = from_json(Match, verdict)
            except ValueError as error:
                raise db.damage() from error
            found[pair.a, pair.b] = replace(match, a=pair.a, b=pair.b, distance=pair.distance)
    return found


def put_refused(db: Database, pairs: Iterable[Pair], version: int) -> None:
    """Queues pairs that this version of the signatures refused."""
    for pair in pairs:
        db.queue(_PUT_REFUSAL, (pair.a + pair.b, version))


def refused(db: Database, pairs: Sequence[Pair], version: int) -> set[tuple[ContentKey, ContentKey]]:
    """Those of the pairs that this version refused."""
    wanted = {pair.a + pair.b: (pair.a, pair.b) for pair in pairs}
    rows = db.among("SELECT pair FROM refusals WHERE version = ? AND pair IN ({})", sorted(wanted), (version,))
    return {wanted[row[0]] for row in rows}


def fingerprint(model: str, radius: float, k: int, keys: Iterable[ContentKey]) -> bytes:
    """Name a search, in 16 bytes: the same model, radius, k and set of contents have the same candidate pairs."""
    digest = hashlib.blake2b(f"{model}\0{radius!r}\0{k}\0".encode(), digest_size=16)
    digest.update(b"".join(sorted(dict.fromkeys(keys))))  # in order already, mostly: then this is quick
    return digest.digest()


def put_candidates(db: Database, name: bytes, pairs: Sequence[Pair]) -> None:
    """Remembers the outcome of the search named; the oldest of more than four are forgotten."""
    db.flush()
    with db.transaction() as connection:
        run = connection.execute
        run("DELETE FROM candidate_lists WHERE fingerprint = ?", (name,))
        number = run("INSERT INTO candidate_lists(fingerprint) VALUES (?)", (name,)).lastrowid
        for part, start in enumerate(range(0, len(pairs), _PART)):
            packed = _packed(pairs[start : start + _PART])
            run("INSERT INTO candidates(list, part, pairs) VALUES (?, ?, ?)", (number, part, packed))
        run(
            "DELETE FROM candidate_lists WHERE id NOT IN (SELECT id FROM candidate_lists ORDER BY id DESC LIMIT ?)",
            (_LISTS_KEPT,),
        )
        run("DELETE FROM candidates WHERE list NOT IN (SELECT id FROM candidate_lists)")


def candidates(db: Database, name: bytes) -> list[Pair] | None:
    """The pairs of the search named, as they were found; None where it is not remembered."""
    number = db.value("SELECT id FROM candidate_lists WHERE fingerprint = ?", (name,))
    if number is None:
        return None
    found: list[Pair] = []
    for (packed,) in db.stream("SELECT pairs FROM candidates WHERE list = ? ORDER BY part", (number,)):
        found.extend(_unpacked(packed))
    return found


def settle(db: Database, name: bytes, version: int, verdicts: Iterable[Match]) -> None:
    """Remember that the pairs of the search named all have verdicts of this version, and which are related."""
    related = [Pair(match.a, match.b, match.distance) for match in verdicts if match.relation is not None]
    db.flush()
    with db.transaction() as connection:
        connection.execute(
            "UPDATE candidate_lists SET settled = ?, related = ? WHERE fingerprint = ?",
            (version, _packed(related), name),
        )


def settled(db: Database, name: bytes, version: int, relate: int) -> list[Match] | None:
    """Give the related pairs of the search named, in the order in which ``settle`` had them.

    None where it was not stored by this version, or a verdict of the version ``relate`` is missing.
    """
    related = db.value("SELECT related FROM candidate_lists WHERE fingerprint = ? AND settled = ?", (name, version))
    if related is None:
        return None
    pairs = _unpacked(related)
    found = matches(db, pairs, relate)
    return list(found.values()) if len(found) == len(pairs) else None


def _packed(pairs: Iterable[Pair]) -> bytes:
    return b"".join(_PAIR.pack(pair.a, pair.b, pair.distance) for pair in pairs)


def _unpacked(packed: bytes) -> list[Pair]:
    return [Pair(*values) for values in _PAIR.iter_unpack(packed)]
