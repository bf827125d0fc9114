"""What an asset states, source by source: its pictures, their XMP sidecars, and Takeout's JSON beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dedupe.formats.block import Block, BlockKind
from dedupe.formats.blocks import blocks
from dedupe.formats.hashing import hasher
from dedupe.formats.items import within_tiff
from dedupe.formats.sniff import sniff
from dedupe.formats.texts import wording
from dedupe.loss import Obstacle
from dedupe.rescue.of_exif import of_exif
from dedupe.rescue.of_xmp import of_iptc, of_takeout, of_text, of_xmp
from dedupe.rescue.packet import LARGEST
from dedupe.rescue.statement import Statement
from dedupe.tree.companion_content import said
from dedupe.types import CompanionKind, Photo


class RescueError(Exception):
    """Nothing is carried over; ``obstacle`` says why, ``detail`` what is in the way."""

    def __init__(self, obstacle: Obstacle, detail: str = "") -> None:
        super().__init__(f"{obstacle.value}: {detail}")
        self.obstacle = obstacle
        self.detail = detail


def of_pictures(asset: Photo) -> list[Statement]:
    """What the asset's pictures and XMP sidecars state. Raises RescueError where one is not what the scan read."""
    found: list[Statement] = []
    for part in asset.parts:
        data = _read(part)
        size = part.facts.width, part.facts.height
        found += of_blocks(blocks(data, sniff(data) or ""), size)
    for one in asset.companions:
        if one.kind is CompanionKind.SIDECAR:
            data = read_companion(one.path)
            kind = sniff(data)
            found += of_blocks(blocks(data, kind)) if kind is not None else of_xmp(data)
    return found


def of_jsons(asset: Photo) -> list[Statement]:
    """What Takeout's JSON files beside the asset state."""
    found = [one for one in asset.companions if one.kind is CompanionKind.TAKEOUT]
    return [said for one in found for said in of_takeout(read_companion(one.path))]


def of_blocks(found: Iterable[Block], size: tuple[int, int] = (0, 0)) -> Iterator[Statement]:
    """The statements of the blocks of a file."""
    for block in found:
        if block.kind in (BlockKind.EXIF, BlockKind.TIFF):
            yield from of_exif(block.data)
            yield from of_blocks(within_tiff(block.data), size)
        elif block.kind is BlockKind.XMP:
            yield from of_xmp(block.data, size)
        elif block.kind is BlockKind.IPTC:
            yield from of_iptc(block.data)
        elif block.kind is BlockKind.TEXT:
            yield from of_text(block.name, wording(block.data))
        elif block.kind is BlockKind.COMMENT:
            yield from of_text("", wording(block.data))


def fresh(asset: Photo) -> Photo:
    """The asset with what its sidecars and JSON files say now."""
    told = tuple(
        replace(one, inventory=said(one.path, one.kind))
        if one.kind in (CompanionKind.SIDECAR, CompanionKind.TAKEOUT)
        else one
        for one in asset.file.companions
    )
    return replace(
        asset, file=replace(asset.file, companions=told), members=tuple(fresh(member) for member in asset.members)
    )


def read_companion(path: str) -> bytes:
    """A sidecar or JSON. Raises RescueError where it cannot be read, or is too large."""
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise RescueError(Obstacle.UNREADABLE, path) from error
    if len(data) > LARGEST:
        raise RescueError(Obstacle.UNREADABLE, path)
    return data


def _read(part: Photo) -> bytes:
    try:
        with open(part.path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise RescueError(Obstacle.UNREADABLE, part.path) from error
    made = hasher(part.content_key)
    made.update(data)
    if made.digest() != part.content_key:
        raise RescueError(Obstacle.CHANGED, part.path)
    return data
