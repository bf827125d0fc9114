"""What dedupe 0.1.0 wrote, for this one: its keys were XXH3, two fields of its saved scans had other names.

A key cannot be turned into one of another hash without the file. So the old keys are marked (``formats.hashing.LEGACY``),
and a decision gets its new ones when a photo with its old ones is met.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable
from typing import Any, Final

from dedupe.formats import header, jpeg
from dedupe.formats.errors import PhotoError
from dedupe.formats.hashing import LEGACY, digest, digest_of
from dedupe.library.codec import from_json, to_json
from dedupe.library.database import Database
from dedupe.library.scans import About
from dedupe.types import Photo, ScanResult

_LIKE: Final = LEGACY + bytes(16)
_KEYS: Final = ("a_content", "a_payload", "b_content", "b_payload")
_RENAMED: Final = {"halves": "members", "payload_key": "pixel_key"}
_HEXADECIMAL: Final = ("content_key", "payload_key")
_TABLES: Final = """
ALTER TABLE scans ADD COLUMN about TEXT NOT NULL DEFAULT '';
CREATE TABLE reviews(
  scan INTEGER NOT NULL, group_id TEXT NOT NULL, edit TEXT NOT NULL, made_at INTEGER NOT NULL,
  PRIMARY KEY(scan, group_id)
) WITHOUT ROWID;
CREATE TABLE remembered(
  contents BLOB PRIMARY KEY, made_at INTEGER NOT NULL, review TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE tried(content_key BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE picks(series TEXT NOT NULL, path BLOB NOT NULL, PRIMARY KEY(series, path)) WITHOUT ROWID"""


def decisions_from_1(connection: sqlite3.Connection) -> None:
    """Mark the keys of decisions, bring the one saved scan to today's names, and its edits to the tables of several scans."""
    run = connection.execute
    mark_keys(connection, "decisions", _KEYS)
    for statement in _TABLES.split(";"):
        run(statement)
    for number, packed, made_at in run("SELECT id, result, made_at FROM scans ORDER BY id").fetchall():
        scan = _today(packed)
        if scan is None:  # it cannot be read: scanning again replaces it
            run("DELETE FROM scans WHERE id = ?", (number,))
            continue
        result, about = scan
        run("UPDATE scans SET result = ?, about = ? WHERE id = ?", (result, about, number))
        run("INSERT OR REPLACE INTO reviews SELECT ?, group_id, edit, ? FROM edits", (number, made_at))
    run("DROP TABLE edits")


def mark_keys(connection: sqlite3.Connection, table: str, columns: Iterable[str]) -> None:
    """Put the mark of 0.1.0 before the keys in these columns. Raises ValueError on one that is not a key."""
    for column in columns:
        rows = connection.execute(f"SELECT rowid, {column} FROM {table} WHERE {column} IS NOT NULL").fetchall()
        if not all(isinstance(key, bytes) for _, key in rows):
            raise ValueError(f"{column} of {table} holds no key")
        connection.executemany(
            f"UPDATE {table} SET {column} = ? WHERE rowid = ?", [(LEGACY + key, number) for number, key in rows if key]
        )


def _today(packed: bytes) -> tuple[bytes, str] | None:
    """A saved scan of 0.1.0 as this version reads it, and what is listed of it; None where it is no such scan."""
    try:
        text = json.dumps(_renamed(json.loads(zlib.decompress(packed))), separators=(",", ":"))
        result = from_json(ScanResult, text)
    except (ValueError, TypeError, zlib.error, RecursionError):
        return None
    about = About(result.roots, len(result.groups), sum(len(group.extras) for group in result.groups))
    return zlib.compress(text.encode("ascii"), 1), to_json(about)


def _renamed(plain: Any) -> Any:
    if isinstance(plain, list):
        return [_renamed(one) for one in plain]
    if not isinstance(plain, dict):
        return plain
    return {_RENAMED.get(name, name): _value(name, value) for name, value in plain.items()}


def _value(name: str, value: Any) -> Any:
    if name in _HEXADECIMAL and isinstance(value, str):
        return LEGACY.hex() + value
    return _renamed(value)


# -- decisions that still bear old keys ---------------------------------------------------------------------------------


def translate(db: Database, photos: Iterable[Photo]) -> bool:
    """Give the decisions on these photos their keys of today, as far as they have those of 0.1.0; whether one changed.

    Each content is read once for that, and then remembered as tried.
    """
    by_content = {photo.content_key: photo for photo in photos}
    tried = {row[0] for row in db.among("SELECT content_key FROM tried WHERE content_key IN ({})", by_content)}
    news = [(by_content[key], old) for key in by_content.keys() - tried if (old := _old_keys(by_content[key]))]
    if not news:
        return False
    changed = 0
    with db.transaction() as connection:
        for photo, (content, pixels) in news:
            run: Callable[..., sqlite3.Cursor] = connection.execute
            for side in "ab":
                changed += run(
                    f"UPDATE decisions SET {side}_content = ?, {side}_payload = ? WHERE {side}_content = ?",
                    (photo.content_key, photo.pixel_key, content),
                ).rowcount
                if pixels is not None and photo.pixel_key is not None:
                    changed += run(
                        f"UPDATE decisions SET {side}_payload = ? WHERE {side}_payload = ?", (photo.pixel_key, pixels)
                    ).rowcount
            run("INSERT OR IGNORE INTO tried VALUES (?)", (photo.content_key,))
    return changed > 0


def _old_keys(photo: Photo) -> tuple[bytes, bytes | None] | None:
    """The content key and (of a JPEG) the pixel key that 0.1.0 had for this photo; None where its file is not to be had."""
    try:
        with open(photo.path, "rb") as file:
            data = file.read()
    except OSError:
        return None
    if digest(data) != photo.content_key:
        return None
    return digest(data, _LIKE), _old_pixel_key(data)


def _old_pixel_key(data: bytes) -> bytes | None:
    if not data.startswith(b"\xff\xd8"):
        return None
    try:
        parts = jpeg.parse(data)
    except PhotoError:
        return None
    pieces = jpeg.payload(data, parts, header.orientation(parts.exif))
    return None if pieces is None else digest_of(pieces, _LIKE)
