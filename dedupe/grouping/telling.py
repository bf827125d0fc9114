"""How much the name and the folders of a photo say: a date, an album. Of two equal copies the one that says more stays."""

from __future__ import annotations

import os
import re
from typing import Final

_DAY: Final = re.compile(r"(?<!\d)(?:19|20)\d\d([-_. ]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])(?!\d)")
_MONTH: Final = re.compile(r"(?<!\d)(?:19|20)\d\d[-_. ]?(?:0[1-9]|1[0-2])(?!\d)")
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_WORDS: Final = """
img dsc dscn dscf pict pxl mvi mov vid dcim camera cam canon nikon sony apple iphone ipad android samsung phone handy
kamera photo photos foto fotos picture pictures bild bilder image images imagenes afbeeldingen media album albums
gallery library backup backups sicherung old new neu alt copy copies kopie kopien copia copie original originals edited
export exports import imports download downloads desktop documents temp tmp misc unsorted untitled folder ordner sent
whatsapp telegram signal messenger screenshots screenshot jpg jpeg png heic webp tif tiff raw nef dng the and und
"""
_SAYS_NOTHING: Final = frozenset(_WORDS.split())
"""Words that programs, phones and people in a hurry put on any photo."""


def telling(path: str) -> int:
    """How much a path says: 3 for a day, 2 for a month, 1 for a year, and 1 for a word of its own in the name or a folder."""
    folders, name = os.path.split(path)
    said = f"{folders}/{os.path.splitext(name)[0]}"
    date = 3 if _DAY.search(said) else 2 if _MONTH.search(said) else 1 if _YEAR.search(said) else 0
    words = {word.casefold() for word in _WORD.findall(said)}
    return date + bool(words - _SAYS_NOTHING)
