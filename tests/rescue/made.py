"""Small photos with metadata by exiftool, read as a scan reads them."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dedupe.decoding.read import ReadRequest, read_photo
from dedupe.tree.companion_content import described
from dedupe.tree.companions import attach
from dedupe.types import Companion, FileStamp, Photo, PhotoFile

needs_exiftool = pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool writes and reads the metadata")

SIDECAR = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Label="Red"/></rdf:RDF></x:xmpmeta>'
)
"""A sidecar with a red label."""


def picture(path: Path, seed: int = 1, kind: str = "JPEG") -> Path:
    """A small picture without metadata; the same for the same ``seed``."""
    random = np.random.default_rng(seed)
    small = random.integers(0, 255, (12, 16, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(small).resize((160, 120), Image.Resampling.BICUBIC).save(out, kind, quality=90)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(out.getvalue())
    return path


def tagged(path: Path, *tags: str) -> Path:
    """The file with these tags (``-XMP-dc:Subject=beach``)."""
    done = subprocess.run(
        ["exiftool", "-q", "-q", "-m", "-overwrite_original", *tags, os.fspath(path)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return path


def told(path: Path | str, *tags: str) -> dict[str, Any]:
    """What exiftool reads."""
    out = subprocess.run(
        ["exiftool", "-json", "-G1", "-struct", "-n", *tags, os.fspath(path)], capture_output=True, check=False
    )
    (said,) = json.loads(out.stdout)
    return {name: value for name, value in said.items() if name != "SourceFile"}


def read(path: Path, members: Sequence[Photo] = ()) -> Photo:
    """The photo as a scan reads it, with the companions beside it."""
    stamp = FileStamp.of(path.lstat())
    names = os.listdir(path.parent)
    photos = [name for name in names if name.lower().endswith((".jpg", ".png", ".tif", ".cr2"))]
    others = [name for name in names if name not in photos and name.lower().endswith((".xmp", ".json"))]
    found = attach(photos, others).get(path.name, [])
    companions = tuple(
        Companion(str(path.parent / name), kind, FileStamp.of((path.parent / name).lstat())) for name, kind in found
    )
    got = read_photo(ReadRequest(str(path), stamp, side=0, max_pixels=10**8, cache_path=None))
    file = PhotoFile(str(path), str(path.parent.parent), stamp, companions)
    return described(Photo(file, got.content_key, got.pixel_key, got.facts, tuple(members)))  # type: ignore[union-attr]
