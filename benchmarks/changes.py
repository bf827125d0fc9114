"""The 32 everyday changes by which one capture becomes many files, in three tiers, and two beyond.

A change takes the upright picture, RGB uint8[h, w, 3], and a seeded generator, and says what to save: the
new picture and its encoding. The input is never changed. Sizes scale with the picture, so a 400-px phone
photo and a 12-megapixel one suffer alike. Crops are given by the share of the *area* that is kept, as the
Copydays set does (Douze et al. 2009): "crop 40" keeps 63 % of each side.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from benchmarks import overlays
from benchmarks.pictures import Picture, as_picture, long_side, resized

_SEPIA = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]], np.float32)
_PIXEL_STEP = 255.0


class Tier(StrEnum):
    """How much of the picture a change touches."""

    COPY = "copy"
    EDIT = "edit"
    HARD = "hard"
    BEYOND = "beyond"


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a picture is saved: ``extension`` .jpg, .webp or .png; ``quality`` 1–100, None where lossless."""

    extension: str
    quality: int | None


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a change makes: RGB uint8[h, w, 3] and how to save it."""

    picture: Picture
    encoding: Encoding


@dataclass(frozen=True, slots=True)
class Change:
    """One everyday change. ``either``: `resaved` and `edited` are both right for its copies (blur, noise)."""

    name: str
    tier: Tier
    apply: Callable[[Picture, Generator], Rendered]
    either: bool = False


_Edit: TypeAlias = Callable[[Picture, Generator], Picture]


def jpeg(quality: int) -> Encoding:
    """JPEG at that quality, 4:2:0 as every phone writes it."""
    return Encoding(".jpg", quality)


def encode(rendered: Rendered, exif: bytes | None = None) -> bytes:
    """The file's bytes; ``exif`` is a block as ``PIL.Image.Exif.tobytes`` makes it."""
    options: dict[str, object] = {} if exif is None else {"exif": exif}
    quality = rendered.encoding.quality
    if quality is not None:
        options["quality"] = quality
    kind = {".jpg": "JPEG", ".webp": "WEBP", ".png": "PNG"}[rendered.encoding.extension]
    if kind == "PNG":
        options["compress_level"] = 3
    buffer = io.BytesIO()
    Image.fromarray(rendered.picture).save(buffer, kind, **options)
    return buffer.getvalue()


def _saved(edit: _Edit, low: int = 80, high: int = 95) -> Callable[[Picture, Generator], Rendered]:
    """The edit, then saved as an editor saves: JPEG at a quality between the two."""

    def apply(picture: Picture, rng: Generator) -> Rendered:
        return Rendered(np.ascontiguousarray(edit(picture, rng)), jpeg(int(rng.integers(low, high + 1))))

    return apply


def _unchanged(picture: Picture, rng: Generator) -> Picture:
    return picture


def _scaled(factor: float) -> _Edit:
    return lambda picture, rng: resized(picture, factor)


def _to_long_side(side: int) -> _Edit:
    return lambda picture, rng: resized(picture, side / long_side(picture))


def _turned(quarters: int) -> _Edit:
    return lambda picture, rng: np.rot90(picture, quarters)


def _mirrored(picture: Picture, rng: Generator) -> Picture:
    return picture[:, ::-1]


def _png(picture: Picture, rng: Generator) -> Rendered:
    return Rendered(picture, Encoding(".png", None))


def _webp(picture: Picture, rng: Generator) -> Rendered:
    return Rendered(picture, Encoding(".webp", int(rng.integers(60, 91))))


def cropped(share: float) -> _Edit:
    """Keep that share of the area and the shape, anywhere in the frame."""
    side = share**0.5

    def crop(picture: Picture, rng: Generator) -> Picture:
        height, width = picture.shape[:2]
        return _window(picture, round(width * side), round(height * side), rng)

    return crop


def _window(picture: Picture, width: int, height: int, rng: Generator) -> Picture:
    x = int(rng.integers(0, picture.shape[1] - width + 1))
    y = int(rng.integers(0, picture.shape[0] - height + 1))
    return picture[y : y + height, x : x + width]


def _to_ratio(ratio: float) -> _Edit:
    """Cut to long side : short side = ratio; a picture that already has it is cut to 5:4."""

    def cut(picture: Picture, rng: Generator) -> Picture:
        height, width = picture.shape[:2]
        wanted = 1.25 if abs(max(width, height) / min(width, height) - ratio) < 0.04 else ratio
        across = wanted if width >= height else 1 / wanted
        if width > height * across:
            return _window(picture, round(height * across), height, rng)
        return _window(picture, width, round(width / across), rng)

    return cut


def toned(
    gamma: float = 1.0, gain: float = 1.0, contrast: float = 1.0, saturation: float = 1.0, warmth: float = 0.0
) -> _Edit:
    """Light and colour: ``gamma`` < 1 is brighter, ``warmth`` moves blue to red."""

    def tone(picture: Picture, rng: Generator) -> Picture:
        wobble = float(rng.uniform(0.9, 1.1))
        values = (np.arange(256, dtype=np.float32) / _PIXEL_STEP) ** (gamma * (wobble if gamma != 1 else 1)) * gain
        values = (values - 0.5) * contrast * (wobble if contrast != 1 else 1) + 0.5
        ramp = np.clip(values * _PIXEL_STEP, 0, 255).round().astype(np.uint8)
        colours = ramp[picture].astype(np.float32)
        if saturation != 1 or warmth:
            grey = colours @ np.array([0.299, 0.587, 0.114], np.float32)
            colours = grey[..., None] + (colours - grey[..., None]) * saturation
            colours *= np.array([1 + warmth, 1.0, 1 - warmth], np.float32)
        return as_picture(colours)

    return tone


def _grey(picture: Picture, rng: Generator) -> Picture:
    return as_picture(cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB))


def _sepia_vignette(picture: Picture, rng: Generator) -> Picture:
    height, width = picture.shape[:2]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    shade = 1 - float(rng.uniform(0.45, 0.7)) * np.clip((down**2 + across**2) / 2, 0, 1)
    return as_picture((picture.astype(np.float32) @ _SEPIA.T) * shade[..., None])


def _white_frame(picture: Picture, rng: Generator) -> Picture:
    side = round(long_side(picture) * float(rng.uniform(0.03, 0.08)))
    return as_picture(cv2.copyMakeBorder(picture, side, side, side, side, cv2.BORDER_CONSTANT, value=(255, 255, 255)))


def straightened(degrees: float) -> _Edit:
    """Turned by that angle either way, cut to the largest upright rectangle of the same shape."""

    def turn(picture: Picture, rng: Generator) -> Picture:
        angle = degrees if rng.random() < 0.5 else -degrees
        height, width = picture.shape[:2]
        matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1.0)
        whole = cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
        share = min(width / (width * cosine + height * sine), height / (width * sine + height * cosine))
        cut_width, cut_height = int(width * share), int(height * share)
        x, y = (width - cut_width) // 2, (height - cut_height) // 2
        return as_picture(whole)[y : y + cut_height, x : x + cut_width]

    return turn


def _tilted(picture: Picture, rng: Generator) -> Picture:
    """By 10°: half of them cut so that no corner shows, half with empty black or white corners."""
    if rng.random() < 0.5:
        return straightened(10)(picture, rng)
    height, width = picture.shape[:2]
    angle = 10.0 if rng.random() < 0.5 else -10.0
    paper = (0, 0, 0) if rng.random() < 0.5 else (255, 255, 255)
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 0.95)
    return as_picture(
        cv2.warpAffine(
            picture,
            matrix,
            (width, height),
            flags=cv2.INTER_AREA,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=paper,
        )
    )


def _blurred(picture: Picture, rng: Generator) -> Picture:
    sigma = long_side(picture) * float(rng.uniform(0.002, 0.004))
    return as_picture(cv2.GaussianBlur(picture, (0, 0), sigma))


def noisy(picture: Picture, rng: Generator) -> Picture:
    """Independent Gaussian noise on every value, sigma 7–14 of 255."""
    noise: NDArray[np.float32] = rng.standard_normal(picture.shape, np.float32)
    return as_picture(picture.astype(np.float32) + noise * float(rng.uniform(7, 14)))


def _meme(picture: Picture, rng: Generator) -> Rendered:
    captioned = overlays.captions(picture, rng)
    return Rendered(resized(captioned, 480 / long_side(captioned)), jpeg(40))


def _chain(picture: Picture, rng: Generator) -> Rendered:
    cut = cropped(float(rng.uniform(0.75, 0.9)))(picture, rng)
    tone = toned(
        gamma=float(rng.choice([0.75, 1.3])),
        contrast=1.15,
        saturation=float(rng.uniform(0.6, 1.5)),
        warmth=float(rng.uniform(-0.08, 0.08)),
    )
    small = resized(cut, 400 / long_side(cut))
    return Rendered(tone(small, rng), jpeg(35))


def _screenshot(picture: Picture, rng: Generator) -> Rendered:
    screen = overlays.screenshot(picture, rng)
    return Rendered(screen, Encoding(".png", None) if rng.random() < 0.5 else jpeg(int(rng.integers(70, 91))))


CHANGES: tuple[Change, ...] = (
    Change("jpeg 40-60", Tier.COPY, _saved(_unchanged, 40, 60)),
    Change("jpeg 20-39", Tier.COPY, _saved(_unchanged, 20, 39)),
    Change("half size", Tier.COPY, _saved(_scaled(0.5))),
    Change("thumbnail 160", Tier.COPY, _saved(_to_long_side(160), 75, 90)),
    Change("upscaled 1.6", Tier.COPY, _saved(_scaled(1.6))),
    Change("png", Tier.COPY, _png),
    Change("webp", Tier.COPY, _webp),
    Change("turned 90", Tier.COPY, _saved(_turned(1))),
    Change("turned 180", Tier.COPY, _saved(_turned(2))),
    Change("mirrored", Tier.COPY, _saved(_mirrored)),
    Change("crop 95", Tier.EDIT, _saved(cropped(0.95))),
    Change("crop 80", Tier.EDIT, _saved(cropped(0.8))),
    Change("square", Tier.EDIT, _saved(_to_ratio(1.0))),
    Change("16:9", Tier.EDIT, _saved(_to_ratio(16 / 9))),
    Change("brighter", Tier.EDIT, _saved(toned(gamma=0.65, gain=1.08))),
    Change("darker", Tier.EDIT, _saved(toned(gamma=1.5, gain=0.9))),
    Change("contrast", Tier.EDIT, _saved(toned(contrast=1.5))),
    Change("grey", Tier.EDIT, _saved(_grey)),
    Change("sepia + vignette", Tier.EDIT, _saved(_sepia_vignette)),
    Change("saturated + warm", Tier.EDIT, _saved(toned(saturation=1.6, warmth=0.1))),
    Change("date stamp", Tier.EDIT, _saved(overlays.date_stamp)),
    Change("watermark", Tier.EDIT, _saved(overlays.watermark)),
    Change("white frame", Tier.EDIT, _saved(_white_frame)),
    Change("straightened 3", Tier.EDIT, _saved(straightened(3))),
    Change("blur", Tier.EDIT, _saved(_blurred), either=True),
    Change("noise", Tier.EDIT, _saved(noisy), either=True),
    Change("crop 60", Tier.HARD, _saved(cropped(0.6))),
    Change("crop 40", Tier.HARD, _saved(cropped(0.4))),
    Change("screenshot", Tier.HARD, _screenshot),
    Change("tilt 10", Tier.HARD, _saved(_tilted)),
    Change("meme", Tier.HARD, _meme),
    Change("chain", Tier.HARD, _chain),
    Change("crop 36", Tier.BEYOND, _saved(cropped(0.36))),
    Change("crop 16", Tier.BEYOND, _saved(cropped(0.16))),
)
"""In the order of the tables."""
