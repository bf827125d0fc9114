"""The trees that the soak acts on: photos with copies, what dedupe and a user do with them, and what must be found afterwards."""

from __future__ import annotations

import contextlib
import io
import os
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from dedupe import actions
from dedupe.actions.platform.disk import Disk
from dedupe.actions.platform.volumes import Volume
from dedupe.decoding import decode, preview, squash
from dedupe.decoding.read import Read, ReadRequest, read_photo
from dedupe.formats.hashing import digest
from dedupe.loss import Rescue
from dedupe.report import phrases
from dedupe.rescue import draft
from dedupe.tree.companion_content import described
from dedupe.types import (
    ActionKind,
    Companion,
    CompanionKind,
    Extra,
    Facts,
    FileStamp,
    Group,
    Photo,
    PhotoFile,
    Relation,
    ScanResult,
    Stats,
)

IMPORTED = (decode, preview, squash, phrases, draft)
"""What a child would take longer to import than it is left alive."""

PAIRS = 4
SPEAKING = 2
"""Pairs of which the copy says something that the photo that stays does not."""

PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "{}</rdf:Description></rdf:RDF></x:xmpmeta>"
)


class HastyDisk(Disk):
    """The real disk, with a clock so fine that nobody waits for its tick."""

    def volume(self, folder: str) -> Volume:
        """As on the disk, but for the tick."""
        return replace(super().volume(folder), tick_ns=0)


@dataclass(frozen=True, slots=True)
class Places:
    """Where the journal and the lock are."""

    journal: str
    lock: str


class World:
    """A tree on one volume, a folder on another, a trash, and what must be found in them."""

    def __init__(self, volume: Path, other: Path, chance: random.Random) -> None:
        self.root, self.near, self.far = volume / "photos", volume / "moved", other / "moved"
        self.home, self.chance = other / "home", chance
        self.places = Places(str(other / "state" / "journal.db"), str(other / "state" / "lock"))
        self.must: Counter[bytes] = Counter()
        self.words: dict[bytes, tuple[Path, bytes]] = {}
        self.labels: dict[Path, bytes] = {}
        self.number = 0

    def make(self) -> None:
        """Photos with a copy each, some with a sidecar."""
        (self.home / ".local/share").mkdir(parents=True, exist_ok=True)
        Path(self.places.lock).parent.mkdir(parents=True, exist_ok=True)
        for _ in range(PAIRS):
            self.number += 1
            picture = f"picture {self.number}\n".encode()
            size = self.chance.choice((10, 5_000, 300_000))
            whole = self.chance.randbytes(size)
            again = whole if self.chance.random() < 0.5 else self.chance.randbytes(size)
            self._write(self.root / "keep" / f"{self.number}.jpg", picture + whole)
            self._write(self.root / "old" / f"{self.number}.jpg", picture + again)
            if self.chance.random() < 0.3:
                self._write(self.root / "old" / f"{self.number}.xmp", f"stars of {self.number}".encode())

    def make_speaking(self) -> None:
        """Photos with a copy that has a keyword of its own; beside some of those that stay lies a sidecar."""
        for _ in range(SPEAKING):
            self.number += 1
            word = f"word {self.number}."
            keep, old = (self.root / folder / f"s{self.number}.jpg" for folder in ("keep", "old"))
            subject = f"<dc:subject><rdf:Bag><rdf:li>{word}</rdf:li></rdf:Bag></dc:subject>"
            self._write(keep, picture(self.number, None))
            self._write(old, picture(self.number, PACKET.format(subject)))
            sidecar = keep.with_name(f"{keep.name}.xmp")
            self.words[old.read_bytes()] = sidecar, word.encode()
            if self.chance.random() < 0.5:
                label = f"label {self.number}."
                sidecar.write_text(PACKET.format(f"<xmp:Label>{label}</xmp:Label>"), "utf-8")
                self.labels[sidecar] = label.encode()

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (1_500_000_000, 1_500_000_000))
        self.must[content] += 1

    def found(self) -> Counter[bytes]:
        """Every byte string that is anywhere."""
        held: Counter[bytes] = Counter()
        for place in (self.root, self.near, self.far, *self._trashes()):
            for path in place.rglob("*"):
                if path.is_file() and path.suffix != ".trashinfo" and path.name != ".dedupe-moved":
                    held[path.read_bytes()] += 1
        return held

    def _trashes(self) -> list[Path]:
        user = os.getuid()
        return [self.home / ".local/share/Trash", *self.root.parent.glob(f".Trash-{user}")]

    def missing(self) -> list[str]:
        """The byte strings that must be there and are not, by their first words."""
        lost = self.must - self.found()
        return [*(f"{count} × {content[:40]!r}" for content, count in lost.items()), *self._unsaid()]

    def _unsaid(self) -> Iterator[str]:
        """What copies that left said, or sidecars that were there, and no sidecar says now."""
        for sidecar, label in self.labels.items():
            if label not in bytes_of(sidecar):
                yield f"{label!r} of {sidecar.name}"
        for place in (self.near, self.far, *self._trashes()):
            for path in place.rglob("s*.jpg"):
                said = self.words.get(bytes_of(path))
                if said is not None and said[1] not in bytes_of(said[0]):
                    yield f"{said[1]!r} of {path.name}"

    def written(self) -> int:
        """How many sidecars say now what a copy says."""
        return sum(word in bytes_of(sidecar) for sidecar, word in self.words.values())

    def forget(self) -> None:
        """Empty everything: the next photos start anew."""
        for place in (self.root, self.near, self.far, *self._trashes(), Path(self.places.journal).parent):
            shutil.rmtree(place, ignore_errors=True)
        for ledger in (self.must, self.words, self.labels):
            ledger.clear()

    # -- what dedupe does ------------------------------------------------------------------------------------------------

    def scan(self) -> ScanResult:
        """What a scan would say: photos with one first line show one picture, the first by path stays."""
        pictures: dict[bytes, list[Photo]] = {}
        paths: list[Path] = []
        with contextlib.suppress(OSError):  # the volume may be away: then there is nothing to find
            paths = sorted(self.root.rglob("*.jpg"))
        for path in paths:
            if path.name.startswith("s"):
                continue
            with contextlib.suppress(OSError):
                content = path.read_bytes()
                pictures.setdefault(content.split(b"\n")[0], []).append(self._photo(path, content))
        groups = tuple(
            Group(f"g{number}", photos[0], "path", tuple(_extra(photos[0], photo) for photo in photos[1:]))
            for number, photos in enumerate(pictures.values())
            if len(photos) > 1
        )
        return ScanResult("soak", 0.8, (str(self.root),), groups, (), (), Stats(0, 0, 0, 0, 0, {}))

    def scan_speaking(self) -> ScanResult:
        """What a scan would say of the pairs whose copy has a keyword of its own."""
        groups = []
        for path in sorted((self.root / "old").glob("s*.jpg")):
            copy, keep = speaking(path), speaking(self.root / "keep" / path.name)
            if copy is not None and keep is not None:
                extra = replace(_extra(keep, copy), rescue=Rescue(f"{keep.path}.xmp"))
                groups.append(Group(path.name, keep, "path", (extra,)))
        return ScanResult("soak", 0.8, (str(self.root),), tuple(groups), (), (), Stats(0, 0, 0, 0, 0, {}))

    def _photo(self, path: Path, content: bytes) -> Photo:
        sidecar = path.with_suffix(".xmp")
        companions: tuple[Companion, ...] = ()
        with contextlib.suppress(OSError):
            companions = (Companion(str(sidecar), CompanionKind.SIDECAR, FileStamp.of(sidecar.lstat())),)
        file = PhotoFile(str(path), str(self.root), FileStamp.of(path.lstat()), companions)
        return Photo(file, digest(content), None, Facts("JPEG", 40, 30))

    def act(self, what: str) -> None:
        """One command."""
        disk = HastyDisk()
        match what:
            case "undo":
                actions.undo(self.places, disk=disk)
            case "recover":
                actions.recover(self.places, disk=disk)
            case _:
                target = {"move": self.near, "move across": self.far}.get(what.removeprefix("rescue, "))
                kind = ActionKind.TRASH if target is None else ActionKind.MOVE
                found = self.scan_speaking() if what.startswith("rescue") else self.scan()
                actions.act(found, kind=kind, target=str(target) if target else None, paths=self.places, disk=disk)

    # -- what a user does ------------------------------------------------------------------------------------------------

    def user(self) -> None:
        """Edit, replace, add or delete a file, with the ledger kept.

        What is appended to may be on its way: then the bytes before and after are both fine.
        """
        files = [path for path in (*self.root.rglob("*.jpg"), *self.near.rglob("*.jpg"), *self.far.rglob("*.jpg"))]
        match self.chance.choice(("append", "create", "delete") if files else ("create",)):
            case "append":
                self._append(self.chance.choice(files))
            case "create":
                self.number += 1
                self._write(self.root / "old" / f"new {self.number}.jpg", f"picture {self.number}\nnew".encode())
            case _:
                self._delete(self.chance.choice(files))

    def _append(self, path: Path) -> None:
        more = f" edited {self.number}".encode()
        with contextlib.suppress(OSError):
            handle = os.open(path, os.O_RDWR | os.O_APPEND)
            before = os.read(handle, 1 << 24)
            os.write(handle, more)
            os.close(handle)
            self.must[before] -= 1
            self.must[before + more] += 1
            self.must += Counter()

    def _delete(self, path: Path) -> None:
        with contextlib.suppress(OSError):
            content = path.read_bytes()
            path.unlink()
            self.must[content] -= 1
            self.must += Counter()


def picture(number: int, packet: str | None) -> bytes:
    """A small JPEG, the same for the same number but for its XMP."""
    out = io.BytesIO()
    made = Image.effect_mandelbrot((48, 36), (-2 - number / 100, -1.5, 1, 1.5), 50).convert("RGB")
    made.save(out, "JPEG", **({} if packet is None else {"xmp": packet.encode()}))
    return out.getvalue()


def speaking(path: Path) -> Photo | None:
    """The photo as a scan reads it, with the sidecar beside it; None where it is no picture (any more)."""
    sidecar = path.with_name(f"{path.name}.xmp")
    try:
        stamp = FileStamp.of(path.lstat())
        companions: tuple[Companion, ...] = ()
        with contextlib.suppress(OSError):
            companions = (Companion(str(sidecar), CompanionKind.SIDECAR, FileStamp.of(sidecar.lstat())),)
        got = read_photo(ReadRequest(str(path), stamp, side=0, max_pixels=10**8, cache_path=None))
        if not isinstance(got, Read):
            return None
        file = PhotoFile(str(path), str(path.parent.parent), stamp, companions)
        return described(Photo(file, got.content_key, got.pixel_key, got.facts))
    except OSError:
        return None


def bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _extra(keep: Photo, photo: Photo) -> Extra:
    same = keep.content_key == photo.content_key
    return Extra(photo, Relation.IDENTICAL if same else Relation.RESAVED, 0.0, selected=True)
