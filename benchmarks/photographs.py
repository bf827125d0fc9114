"""The photographs that scikit-image brings, for a benchmark that was given no others: anybody can repeat its figures."""

from __future__ import annotations

from pathlib import Path
from typing import Final

NAMES: Final = (
    *("astronaut", "camera", "cat", "coffee", "coins", "clock", "grass", "gravel", "brick", "horse"),
    *("hubble_deep_field", "immunohistochemistry", "moon", "page", "retina", "rocket", "text"),
)
"""Those that come with the package itself; the others would be downloaded."""

HELP: Final = "(default: the photographs that scikit-image brings)"


def photographs(work: Path) -> Path:
    """Write them as JPEGs of quality 95 below ``work``, unless they are there; the folder."""
    from PIL import Image
    from skimage import data

    folder = work / "scikit-image"
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        path = folder / f"{name}.jpg"
        if not path.exists():
            picture = Image.fromarray(getattr(data, name)()).convert("RGB")
            partial = path.with_suffix(".partial")
            picture.save(partial, "JPEG", quality=95)
            partial.replace(path)
    return folder
