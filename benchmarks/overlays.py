"""What people and apps put on a picture: date stamps, watermarks, captions, and a phone's screen round it.

Every function takes RGB uint8[h, w, 3] and a seeded generator and returns a new picture.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from benchmarks.pictures import Picture, font, resized

_SPEECH = """the quick brown fox sees sunday market rain over lisbon my cat again wait what no way
monday coffee first look at this family garden summer best friends happy birthday grandma found it near
station free to good home please share new old invoice never told anyone bread milk seven tickets left
before noon bring a chair"""
WORDS = tuple(_SPEECH.split())
_Colour = tuple[int, int, int]


def sentence(rng: Generator, words: int) -> str:
    """That many everyday words."""
    return " ".join(WORDS[int(i)] for i in rng.integers(0, len(WORDS), words))


def date_stamp(picture: Picture, rng: Generator) -> Picture:
    """The camera's orange date in a lower corner."""
    image = Image.fromarray(picture)
    year, month, day = (int(rng.integers(low, high)) for low, high in ((1, 26), (1, 13), (1, 29)))
    text = f"'{year:02d} {month:2d} {day:2d}" if rng.random() < 0.5 else f"{day:02d}.{month:02d}.20{year:02d}"
    size = round(min(image.size) * float(rng.uniform(0.045, 0.07)))
    x = image.width * (0.96 if rng.random() < 0.7 else 0.45)
    ImageDraw.Draw(image).text((x, image.height * 0.96), text, (255, 150, 40), font(size), anchor="rs")
    return np.asarray(image)


def watermark(picture: Picture, rng: Generator) -> Picture:
    """A half-transparent name: across the middle, slanted, or small in a corner."""
    image = Image.fromarray(picture).convert("RGBA")
    layer = Image.new("RGBA", image.size, (255, 255, 255, 0))
    across = rng.random() < 0.5
    size = round(min(image.size) * (0.13 if across else 0.06))
    region = (image.width / 2, image.height / 2) if across else (image.width * 0.82, image.height * 0.94)
    strength = int(rng.integers(90, 150) if across else rng.integers(140, 220))
    text = "© " + sentence(rng, 2).title()
    ImageDraw.Draw(layer).text(region, text, (255, 255, 255, strength), font(size), anchor="mm")
    if across:
        layer = layer.rotate(float(rng.choice([0, 25, -25])), Image.Resampling.BICUBIC)
    return np.asarray(Image.alpha_composite(image, layer).convert("RGB"))


def captions(picture: Picture, rng: Generator) -> Picture:
    """A meme: big outlined words over top and bottom, or black on white bands outside the picture."""
    if rng.random() < 0.5:
        return _captions_over(picture, rng)
    image = Image.fromarray(picture)
    top = round(image.height * float(rng.uniform(0.12, 0.25)))
    bottom = round(image.height * float(rng.choice([0.0, 0.15])))
    canvas = Image.new("RGB", (image.width, image.height + top + bottom), (255, 255, 255))
    canvas.paste(image, (0, top))
    pen = ImageDraw.Draw(canvas)
    size = round(top * 0.36)
    for line in range(2):
        at = (image.width * 0.04, top * (0.08 + 0.45 * line))
        pen.text(at, _fitting(sentence(rng, 6), size, image.width), (0, 0, 0), font(size))
    if bottom:
        at = (image.width * 0.04, image.height + top + bottom * 0.2)
        pen.text(at, _fitting(sentence(rng, 5), size, image.width), (0, 0, 0), font(size))
    return np.asarray(canvas)


def _captions_over(picture: Picture, rng: Generator) -> Picture:
    image = Image.fromarray(picture)
    pen = ImageDraw.Draw(image)
    size = round(image.width * float(rng.uniform(0.09, 0.13)))
    for share, anchor in ((0.03, "ma"), (0.97, "md")):
        text = _fitting(sentence(rng, 4).upper(), size, image.width)
        pen.text(
            (image.width / 2, image.height * share), text, (255, 255, 255), font(size),
            anchor=anchor, stroke_width=max(1, size // 12), stroke_fill=(0, 0, 0),
        )  # fmt: skip
    return np.asarray(image)


def _fitting(text: str, size: int, width: int) -> str:
    """The text, without the words that would run over the right edge."""
    words = text.split()
    while len(words) > 1 and font(size).getlength(" ".join(words)) > width * 0.94:
        words.pop()
    return " ".join(words)


def screenshot(picture: Picture, rng: Generator) -> Picture:
    """The picture on a phone's screen: in a viewer, dark or light, or as a post with names and buttons."""
    width = int(rng.choice([720, 1080]))
    height = round(width * float(rng.choice([16 / 9, 2.05, 2.167, 2.22])))
    dark = rng.random() < 0.5
    paper: _Colour = (0, 0, 0) if dark else (255, 255, 255)
    ink: _Colour = (235, 235, 235) if dark else (25, 25, 25)
    screen = Image.new("RGB", (width, height), paper)
    bar = round(width * 0.07)
    room = height - 4 * bar
    shown = Image.fromarray(resized(picture, min(width / picture.shape[1], room / picture.shape[0])))
    post = rng.random() < 0.4 and shown.height < room * 0.8
    top = 3 * bar + (room - shown.height) // (6 if post else 2) - bar // 2
    _status_bar(screen, bar, ink, rng)
    screen.paste(shown, ((width - shown.width) // 2, top))
    if post:
        _post(screen, (top, top + shown.height), bar, ink, rng)
    else:
        _viewer(screen, bar, ink, rng)
    return np.asarray(screen)


def _status_bar(screen: Image.Image, bar: int, ink: _Colour, rng: Generator) -> None:
    pen = ImageDraw.Draw(screen)
    clock = f"{int(rng.integers(0, 24)):02d}:{int(rng.integers(0, 60)):02d}"
    pen.text((bar * 0.6, bar * 0.5), clock, ink, font(round(bar * 0.55)), anchor="lm")
    for i in range(int(rng.integers(2, 5))):
        x = screen.width - bar * (0.8 + 0.8 * i)
        pen.rounded_rectangle((x, bar * 0.3, x + bar * 0.5, bar * 0.7), bar * 0.1, outline=ink, width=2)


def _viewer(screen: Image.Image, bar: int, ink: _Colour, rng: Generator) -> None:
    pen = ImageDraw.Draw(screen)
    middle = bar * 1.7
    pen.line(((bar * 0.9, middle - bar * 0.25), (bar * 0.6, middle), (bar * 0.9, middle + bar * 0.25)), ink, 3)
    pen.text((screen.width / 2, middle), sentence(rng, 2).capitalize(), ink, font(round(bar * 0.5)), anchor="mm")
    foot = screen.height - bar
    buttons = int(rng.integers(3, 6))
    for i in range(buttons):
        x = screen.width * (i + 0.5) / buttons
        pen.ellipse((x - bar * 0.3, foot - bar * 0.3, x + bar * 0.3, foot + bar * 0.3), outline=ink, width=3)


def _post(screen: Image.Image, edges: tuple[int, int], bar: int, ink: _Colour, rng: Generator) -> None:
    pen = ImageDraw.Draw(screen)
    top, bottom = edges
    skin: _Colour = (int(rng.integers(60, 220)), int(rng.integers(60, 220)), int(rng.integers(60, 220)))
    pen.ellipse((bar * 0.4, top - bar * 1.15, bar * 1.3, top - bar * 0.25), fill=skin)
    pen.text((bar * 1.6, top - bar * 0.7), sentence(rng, 2), ink, font(round(bar * 0.42)), anchor="lm")
    for i in range(3):
        x = bar * (0.5 + 1.2 * i)
        pen.rounded_rectangle((x, bottom + bar * 0.3, x + bar * 0.7, bottom + bar), bar * 0.2, outline=ink, width=3)
    line = bottom + bar * 1.4
    while line < min(screen.height - 2 * bar, bottom + bar * 4):
        pen.text((bar * 0.5, line), sentence(rng, int(rng.integers(3, 7))), ink, font(round(bar * 0.42)))
        line += bar * 0.65
