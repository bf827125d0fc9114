"""Where a file probably comes from: a camera's original, or a copy that a program or a messenger made.

Hints, not proof: they only decide which of several verified copies stays. Names are judged by their stem alone;
the lists hold what Google Takeout, iOS, Android, WhatsApp, Telegram, Signal, WeChat, Windows, macOS and WordPress
write, in the languages they write it in.
"""

from __future__ import annotations

import os
import re
from typing import Final

from dedupe.types import Facts, Photo

_COPY_WORDS: Final = "copy|kopie|copie|copia|cópia|kopia|kópia|kopi|копия|コピー|副本"
_EDIT_WORDS: Final = (
    "edited|edit|bearbeitet|modifié|editado|modificato|bewerkt|redigerad|edytowane|effects|collage|animation"
)
_SCREEN_WORDS: Final = (
    "screenshot|screen shot|bildschirmfoto|capture d.écran|captura de pantalla|captura de ecrã|schermata"
    "|schermafbeelding|skärmavbild|zrzut ekranu|снимок экрана|スクリーンショット|截屏"
)

_MARKS: Final = re.compile(
    "|".join(
        (
            r"(?P<number>\(\d{1,3}\)$)",
            rf"(?P<copy>(?:^|[ _.-])(?:{_COPY_WORDS})(?:[ _-]?\(?\d{{1,3}}\)?)?$"
            r"|^(?:copy of|kopie von|copie de|copia de|cópia de) )",
            rf"(?P<edit>[ _-](?:{_EDIT_WORDS})(?:[ _-]?\(?\d{{1,3}}\)?)?$|^[A-Z]{{3}}_E\d{{4,5}}$|~\d{{1,2}}$)",
            rf"(?P<screen>^(?:{_SCREEN_WORDS}))",
            r"(?P<messenger>^(?:img|photo)-\d{8}-wa\d{4}|^whatsapp image |^photo_\d{4}-\d\d-\d\d|^signal-\d{4}-"
            r"|^received_\d{6}|^fb_img_\d{6}|^mmexport\d{6}|^wx_camera_|^snapchat-\d{5}|^inshot_\d{6}|^viber_image)",
            r"(?P<small>[ _.-](?:thumb|thumbnail|small|resized|scaled|preview|low|web)$|^thumb_|-\d{2,4}x\d{2,4}$)",
        )
    ),
    re.IGNORECASE,
)

_LABELS: Final = {
    "copy": "“copy”",
    "edit": "“edited”",
    "screen": "“screenshot”",
    "messenger": "a messenger's number",
    "small": "“thumb” or a size",
}

_EDITORS: Final = re.compile(
    r"photoshop|lightroom|gimp|snapseed|picasa|affinity|capture one|darktable|rawtherapee|paint|pixelmator|imagemagick"
    r"|graphicsmagick|picsart|vsco|canva|instagram|facetune|acdsee|irfanview|xnview|photoscape|luminar|dxo|photolab"
    r"|aperture|iphoto|photo editor|photos? gallery|facebook|whatsapp|google photos|meitu|polarr|pillow|ffmpeg|krita",
    re.IGNORECASE,
)

_CONVERTED: Final = frozenset(("WebP", "AVIF", "JPEG XL", "JPEG 2000", "HEIF"))
"""Lossy formats to which photos are converted: a HEIF of a camera names it."""
_NOT_FROM_CAMERAS: Final = (_CONVERTED | {"PNG", "GIF", "BMP"}) - {"HEIF"}


UNNAMED: Final = 2
"""The distance of a picture that names no camera."""


def copy_mark(path: str) -> str | None:
    """What in the name of ``path`` tells of a copy, as a phrase that is safe to show; None where nothing does."""
    stem = os.path.splitext(os.path.basename(path))[0]
    found = _MARKS.search(stem)
    if found is None:
        return None
    kind = found.lastgroup or ""
    return f"“{found.group()}”" if kind == "number" else _LABELS[kind]


def is_converted(facts: Facts) -> bool:
    """Whether a picture is stored in a lossy format to which photos are converted, whose quality is a guess from its size."""
    return facts.format in _CONVERTED and not facts.lossless


def distance_to_camera(photo: Photo) -> int:
    """Rate how far a photo is from what a camera wrote, from 0 to 3.

    - 0: as a camera wrote it, for all that can be seen.
    - 1: a camera's picture that a program wrote again.
    - 2: no camera is named.
    - 3: no camera is named, and none writes lossy pictures of this format, so it was made from another.
    """
    facts = photo.facts
    if facts.raw:
        return 0
    if not facts.camera:
        return UNNAMED + (is_converted(facts) and facts.format in _NOT_FROM_CAMERAS)
    rewritten = facts.format in _NOT_FROM_CAMERAS or bool(facts.software and _EDITORS.search(facts.software))
    return int(rewritten or copy_mark(photo.path) not in _FROM_CAMERAS)


# "IMG_1 (1).jpg" is as often a second download of the untouched original as anything else.
_FROM_CAMERAS: Final = frozenset((None, *(f"“({number})”" for number in range(1000)), "“copy”"))
