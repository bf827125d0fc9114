"""Pictures that look alike and are not: pages, receipts, chats and blank scans, drawn from seeds.

``layout`` seeds what a series has in common (letterhead, shop, contact), ``text`` what differs. All return
RGB uint8[h, w, 3].
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from benchmarks.overlays import sentence
from benchmarks.pictures import Picture, as_picture, font

_INK = (30, 30, 35)


def page(layout: int, text: int) -> Picture:
    """A scanned letter: the letterhead of its layout, four to six paragraphs of its own."""
    style, words = default_rng([11, layout]), default_rng([12, layout, text])
    sheet = Image.new("RGB", (900, 1273), (250, 249, 246))
    pen = ImageDraw.Draw(sheet)
    left, size = int(style.integers(70, 130)), int(style.integers(17, 23))
    pen.text((left, 70), sentence(style, 3).title(), _INK, font(size * 2))
    pen.line((left, 130, 900 - left, 130), _INK, 2)
    pen.text((left, 145), sentence(style, 7), _INK, font(size - 4))
    pen.text(
        (left, 200),
        f"{words.integers(1, 29)}.{words.integers(1, 13)}.20{words.integers(10, 26)}",
        _INK,
        font(size),
    )
    y = 260
    for _ in range(int(style.integers(4, 7))):
        for _ in range(int(style.integers(4, 8))):
            pen.text((left, y), _line(words, size, 900 - 2 * left), _INK, font(size))
            y += round(size * 1.5)
        y += size
    return _scanned(sheet, words)


def receipt(layout: int, text: int) -> Picture:
    """A till receipt: the shop of its layout; items, prices and time of its own."""
    shop, sale = default_rng([21, layout]), default_rng([22, layout, text])
    size = int(shop.integers(16, 20))
    sheet = Image.new("RGB", (460, 1000), (247, 246, 243))
    pen = ImageDraw.Draw(sheet)
    pen.text((230, 50), sentence(shop, 2).upper(), _INK, font(size * 2), anchor="mm")
    pen.text((230, 95), sentence(shop, 4), _INK, font(size), anchor="mm")
    pen.text(
        (40, 130),
        f"20{sale.integers(10, 26)}-{sale.integers(1, 13):02d}-{sale.integers(1, 29):02d}",
        _INK,
        font(size),
    )
    pen.text((420, 130), f"{sale.integers(8, 21)}:{sale.integers(0, 60):02d}", _INK, font(size), anchor="ra")
    y, total = 180, 0
    for _ in range(int(shop.integers(8, 14))):
        cents = int(sale.integers(59, 2999))
        total += cents
        pen.text((40, y), sentence(sale, 2), _INK, font(size))
        pen.text((420, y), f"{cents / 100:.2f}", _INK, font(size), anchor="ra")
        y += round(size * 1.7)
    pen.line((40, y + 6, 420, y + 6), _INK, 2)
    pen.text((40, y + 20), "TOTAL", _INK, font(size + 4))
    pen.text((420, y + 20), f"{total / 100:.2f}", _INK, font(size + 4), anchor="ra")
    pen.text((230, 960), sentence(shop, 4), _INK, font(size), anchor="mm")
    return _scanned(sheet, sale)


def chat(layout: int, text: int) -> Picture:
    """A chat screenshot: contact and messages of its layout; one message, and nothing else, is its own."""
    style, own = default_rng([31, layout]), default_rng([32, layout, text])
    dark = style.random() < 0.5
    paper, ink = ((18, 18, 20), (235, 235, 235)) if dark else ((236, 229, 221), (20, 20, 20))
    mine, theirs = ((0, 92, 75), (44, 48, 52)) if dark else ((217, 253, 211), (255, 255, 255))
    screen = Image.new("RGB", (720, 1480), paper)
    pen = ImageDraw.Draw(screen)
    pen.rectangle((0, 0, 720, 130), fill=theirs)
    pen.ellipse((30, 50, 95, 115), fill=tuple(int(v) for v in style.integers(60, 220, 3)))
    pen.text((115, 66), sentence(style, 2).title(), ink, font(32))
    y, different = 165, int(style.integers(1, 8))
    for message in range(9):
        right = style.random() < 0.5
        said = sentence(style, int(style.integers(2, 7)))
        if message == different:
            said = sentence(own, int(own.integers(2, 7)))
        width = min(600, font(28).getlength(said) + 50)
        x = 720 - 25 - width if right else 25
        pen.rounded_rectangle((x, y, x + width, y + 78), 22, fill=mine if right else theirs)
        pen.text((x + 25, y + 20), said[:40], ink, font(28))
        y += 78 + int(style.integers(22, 60))
    pen.rounded_rectangle((25, 1390, 690, 1455), 30, fill=theirs)
    return np.asarray(screen)


def blank(layout: int, text: int) -> Picture:
    """A blank sheet from a scanner: a paper tone, its fibres, a faint shadow at one edge; nothing else."""
    scanner, sheet = default_rng([41, layout]), default_rng([42, layout, text])
    tone = scanner.uniform(236, 252, 3)
    height, width = 1169, 827
    fibres: NDArray[np.float32] = sheet.standard_normal((height, width), np.float32)
    noise = cv2.GaussianBlur(fibres, (0, 0), 1.2) * 5 + fibres * 1.2
    shadow = np.linspace(0, 1, width, dtype=np.float32) ** 12 * float(sheet.uniform(5, 30))
    return as_picture(tone[None, None, :] + (noise - shadow[None, :])[..., None])


def _line(rng: Generator, size: int, width: int) -> str:
    text = sentence(rng, 2)
    while font(size).getlength(text) < width * 0.88:
        text += " " + sentence(rng, 1)
    return text


def _scanned(sheet: Image.Image, rng: Generator) -> Picture:
    """Laid a little askew, with the scanner's grain: two scans are never registered to the pixel."""
    askew = sheet.rotate(float(rng.uniform(-0.6, 0.6)), Image.Resampling.BICUBIC, fillcolor=(240, 239, 236))
    noise: NDArray[np.float32] = rng.standard_normal((sheet.height, sheet.width, 1), np.float32)
    return as_picture(np.asarray(askew, dtype=np.float32) + noise * 2.5)
