"""Scan results made by hand, for what only shows or decides."""

from __future__ import annotations

import os
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from dedupe.types import (
    CaptureTime,
    Companion,
    CompanionKind,
    Extra,
    Facts,
    FileStamp,
    Group,
    Loss,
    Photo,
    PhotoFile,
    Relation,
    ScanResult,
    Series,
    SkipKind,
    Skipped,
    Stats,
)

ROOT = "/home/ada/Pictures"
NOON = 1_625_401_867  # 2021-07-04 12:31:07


def stamp(size: int = 3_412_345, inode: int = 0, links: int = 1) -> FileStamp:
    return FileStamp(dev=1, inode=inode, size=size, mtime_ns=1, ctime_ns=1, links=links)


def photo(name: str, *, root: str = ROOT, size: int = 3_412_345, links: int = 1, **more: Any) -> Photo:
    """A photo at ``root/name``; ``more`` goes to Facts where it is a fact, else to PhotoFile."""
    facts = Facts(format="jpeg", width=4032, height=3024, taken=CaptureTime(NOON), quality=95)
    known = set(Facts.__dataclass_fields__)
    facts = replace(facts, **{key: value for key, value in more.items() if key in known})
    path = f"{root}/{name}"
    key = blake2b(os.fsencode(path), digest_size=16).digest()
    file = PhotoFile(
        path,
        root,
        stamp(size, int.from_bytes(key[:6]), links),
        **{key: value for key, value in more.items() if key not in known},
    )
    return Photo(file, key, key, facts)


def companion(name: str, kind: CompanionKind = CompanionKind.SIDECAR, root: str = ROOT) -> Companion:
    return Companion(f"{root}/{name}", kind, stamp(1_000))


def extra(
    one: Photo,
    relation: Relation = Relation.IDENTICAL,
    distance: float = 0.0,
    *,
    selected: bool = True,
    **more: Any,
) -> Extra:
    """``loses`` may be given in words."""
    loses = tuple(Loss.from_text(one) if isinstance(one, str) else one for one in more.pop("loses", ()))
    return Extra(one, relation, distance, selected, loses=loses, **more)


def group(name: str, keep: Photo, *extras: Extra, reason: str = "more real detail") -> Group:
    return Group(name, keep, reason, extras)


def result(
    *groups: Group,
    series: tuple[Series, ...] = (),
    skipped: tuple[Skipped, ...] = (),
    roots: tuple[str, ...] = (ROOT,),
) -> ScanResult:
    extras = [one for each in groups for one in each.extras]
    photos = len(groups) + len(extras) + sum(len(one.photos) for one in series)
    stats = Stats(
        files=photos + len(skipped),
        photos=photos,
        groups=len(groups),
        extras=len(extras),
        reclaimable_bytes=sum(one.photo.file.stamp.size for one in extras if one.selected),
        seconds={"walk": 0.42, "read": 130.4, "embed": 12.0, "neighbours": 0.1, "compare": 8.6, "group": 0.04},
    )
    return ScanResult("compact-1", 0.74, roots, groups, series, skipped, stats)


def holiday() -> ScanResult:
    """Three groups with every relation that a group can hold, a series and skipped files."""
    original = photo("Urlaub/Italien/IMG_2041.JPG", companions=(companion("Urlaub/Italien/IMG_2041.xmp"),))
    copies = (
        extra(photo("Backup/old phone/2021/IMG_2041 (1).JPG")),
        extra(
            photo("WhatsApp Images/IMG-20210704-WA0003.jpg", size=240_111, width=1600, height=1200, taken=None),
            Relation.RESAVED,
            0.21,
        ),
        extra(
            photo("Urlaub/Italien/IMG_2041-edited.jpg", size=1_803_222, width=3024, height=3024),
            Relation.EDITED,
            0.33,
            selected=False,
            loses=("caption “Roma, Piazza Navona”", "rating"),
        ),
    )
    tall = photo(
        "Kamera/2019/DSC_0001_a_very_long_name_that_some_editor_made_up_on_its_own_final.NEF.jpg", size=18_222_111
    )
    shot = photo("Protected/DSC_0001.jpg", size=9_000_111, protected=True)
    screen = photo("東京/スクリーンショット 2022-01-01.png", size=812_000, width=1170, height=2532, taken=None)
    return result(
        group("g1", original, *copies),
        group("g2", tall, extra(shot, Relation.SAME_PIXELS, selected=False, note="protected"), reason="more bytes"),
        group(
            "g3",
            screen,
            extra(photo("東京/copy of スクリーンショット 2022-01-01.png", size=812_000), Relation.IDENTICAL),
        ),
        series=(Series("s1", tuple(photo(f"Garten/DSC_{n}.jpg") for n in range(10, 16))),),
        skipped=(
            Skipped(f"{ROOT}/broken/cut.jpg", SkipKind.DAMAGED, "the JPEG ends before its picture does"),
            Skipped(f"{ROOT}/huge/map.png", SkipKind.TOO_LARGE, "400 megapixels, the limit is 200"),
        ),
    )


def many(count: int) -> ScanResult:
    """``count`` groups of two identical photos."""
    return result(*(group(f"g{n}", photo(f"a/IMG_{n}.jpg"), extra(photo(f"b/IMG_{n} (1).jpg"))) for n in range(count)))
