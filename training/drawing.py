"""What people and apps put onto a picture: captions, stamps, boxes, frames, and the screen of a phone round it.

Every function takes RGB uint8[h, w, 3] and a seeded generator and returns a picture of any size; the input may be
changed in place.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator

from training.pixels import Picture, pixels

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz 0123456789 .,!?:-"
FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
)


def colour(rng: Generator) -> tuple[int, int, int]:
    """White, black, grey or anything."""
    kind = rng.random()
    if kind < 0.3:
        return (255, 255, 255)
    if kind < 0.55:
        return (0, 0, 0)
    if kind < 0.75:
        grey = int(rng.integers(0, 256))
        return (grey, grey, grey)
    red, green, blue = (int(v) for v in rng.integers(0, 256, 3))
    return (red, green, blue)


def words(rng: Generator, longest: int) -> str:
    """Letters that look like writing."""
    picks = rng.integers(0, len(LETTERS), int(rng.integers(3, max(4, longest))))
    return "".join(LETTERS[i] for i in picks)


def write(
    picture: Picture, text: str, at: tuple[int, int], height: float, *, ink: tuple[int, int, int], rng: Generator
) -> None:
    """Write onto the picture, in place; `height` in px, `at` the lower left corner."""
    font = FONTS[int(rng.integers(len(FONTS)))]
    thickness = max(1, round(height / 10 * float(rng.uniform(0.6, 1.8))))
    cv2.putText(picture, text, at, font, height / 22, ink, thickness, cv2.LINE_AA)


def lettering(picture: Picture, rng: Generator) -> Picture:
    """One to three lines of text anywhere, solid or half transparent: stamps, watermarks, stickers."""
    height, width = picture.shape[:2]
    layer = picture.copy()
    for _ in range(int(rng.integers(1, 4))):
        size = float(rng.uniform(0.05, 0.25)) * height
        at = (int(rng.uniform(-0.1, 0.7) * width), int(rng.uniform(0.1, 1.0) * height))
        write(layer, words(rng, 16), at, size, ink=colour(rng), rng=rng)
    strength = 1.0 if rng.random() < 0.5 else float(rng.uniform(0.25, 0.9))
    return pixels(cv2.addWeighted(layer, strength, picture, 1 - strength, 0))


def date_stamp(picture: Picture, rng: Generator) -> Picture:
    """The camera's date in a corner."""
    height, width = picture.shape[:2]
    digits = [int(v) for v in rng.integers(0, 10, 8)]
    text = f"20{digits[0]}{digits[1]}-{digits[2]}{digits[3]}-{digits[4]}{digits[5]} {digits[6]}{digits[7]}:00"
    at = (int(rng.choice([0.03, 0.4]) * width), int(rng.choice([0.1, 0.96]) * height))
    ink = (255, int(rng.integers(100, 230)), int(rng.integers(0, 80))) if rng.random() < 0.7 else colour(rng)
    write(picture, text, at, float(rng.uniform(0.04, 0.08)) * height, ink=ink, rng=rng)
    return picture


def boxes(picture: Picture, rng: Generator) -> Picture:
    """Stickers, bars and blurred patches over up to a fifth of the picture each."""
    height, width = picture.shape[:2]
    for _ in range(int(rng.integers(1, 4))):
        w, h = int(rng.uniform(0.05, 0.45) * width) + 1, int(rng.uniform(0.05, 0.45) * height) + 1
        x, y = int(rng.integers(0, max(1, width - w))), int(rng.integers(0, max(1, height - h)))
        kind = rng.random()
        if kind < 0.2:
            patch = picture[y : y + h, x : x + w]
            picture[y : y + h, x : x + w] = cv2.blur(patch, (9, 9))
        elif kind < 0.5:
            cv2.ellipse(picture, (x + w // 2, y + h // 2), (w // 2, h // 2), 0, 0, 360, colour(rng), -1, cv2.LINE_AA)
        else:
            cv2.rectangle(picture, (x, y), (x + w, y + h), colour(rng), -1 if rng.random() < 0.7 else 2)
    return picture


def meme(picture: Picture, rng: Generator) -> Picture:
    """Big outlined words over the top and the bottom, or on plain bands outside the picture."""
    height, width = picture.shape[:2]
    if rng.random() < 0.5:
        ink, outline = ((255, 255, 255), (0, 0, 0)) if rng.random() < 0.8 else (colour(rng), (0, 0, 0))
        for base in (0.17, 0.95):
            size = float(rng.uniform(0.08, 0.18)) * height
            at, text = (int(rng.uniform(0, 0.15) * width), int(base * height)), words(rng, 18).upper()
            cv2.putText(
                picture, text, at, cv2.FONT_HERSHEY_DUPLEX, size / 22, outline, max(2, int(size / 4)), cv2.LINE_AA
            )
            cv2.putText(picture, text, at, cv2.FONT_HERSHEY_DUPLEX, size / 22, ink, max(1, int(size / 9)), cv2.LINE_AA)
        return picture
    top, bottom = (int(height * float(v)) for v in rng.uniform(0.0, 0.4, 2))
    paper = (255, 255, 255) if rng.random() < 0.6 else colour(rng)
    framed = _bordered(picture, (top, bottom, 0, 0), paper)
    ink = (0, 0, 0) if sum(paper) > 380 else (255, 255, 255)
    for start, room in ((0, top), (top + height, bottom)):
        for line in range(int(rng.integers(0, 3))):
            at = (int(0.04 * width), start + int(room * (0.35 + 0.3 * line)))
            write(framed, words(rng, 24), at, 0.25 * room + 2, ink=ink, rng=rng)
    return framed


def frame(picture: Picture, rng: Generator) -> Picture:
    """Plain or blurred bars: a print's white border, a letterbox, a square made for a profile; up to 70 % of the result."""
    height, width = picture.shape[:2]
    kind = rng.random()
    if kind < 0.35:
        side = int(float(rng.uniform(0.02, 0.2)) * max(height, width))
        return _bordered(picture, (side, side, side, side), colour(rng))
    bars = rng.uniform(0, 0.45, 4)
    if kind < 0.75:
        bars[(slice(0, 2) if rng.random() < 0.5 else slice(2, 4))] = 0
        bars *= float(rng.uniform(1.0, 2.5))
    room = tuple(int(b * s) for b, s in zip(bars, (height, height, width, width), strict=True))
    framed = _bordered(picture, (room[0], room[1], room[2], room[3]), colour(rng))
    if rng.random() < 0.15:
        backdrop = cv2.blur(cv2.resize(picture, (framed.shape[1], framed.shape[0])), (25, 25))
        backdrop[room[0] : room[0] + height, room[2] : room[2] + width] = picture
        return pixels(backdrop)
    return framed


def screenshot(picture: Picture, rng: Generator) -> Picture:
    """The picture on a phone or a desktop screen: status bar, title, buttons, lines of text, bubbles."""
    height, width = picture.shape[:2]
    dark = rng.random() < 0.5
    paper = tuple(int(v) for v in (rng.integers(0, 50, 3) if dark else rng.integers(205, 256, 3)))
    if rng.random() < 0.5:
        paper = (0, 0, 0) if dark else (255, 255, 255)
    ink = (235, 235, 235) if dark else (30, 30, 30)
    tall = rng.random() < 0.85
    ratio = float(rng.uniform(1.6, 2.3)) if tall else float(rng.uniform(0.5, 0.75))
    screen_width = int(width * (1 if rng.random() < 0.65 else float(rng.uniform(1.0, 1.5))))
    screen_height = max(int(screen_width * ratio), int(height * 1.08))
    if not tall:
        screen_height = max(int(height * float(rng.uniform(1.05, 1.5))), 8)
        screen_width = max(int(screen_height / ratio), width)
    screen = np.full((screen_height, screen_width, 3), paper, np.uint8)
    _interface(screen, ink, rng)
    room = screen_height - height
    top = int(room * (0.5 if rng.random() < 0.5 else float(rng.uniform(0.05, 0.95))))
    left = int((screen_width - width) * float(rng.choice([0.0, 0.5, 1.0])))
    screen[top : top + height, left : left + width] = picture
    return screen


def _interface(screen: Picture, ink: tuple[int, int, int], rng: Generator) -> None:
    height, width = screen.shape[:2]
    unit = width / 40
    write(screen, "12:34", (int(unit), int(2.2 * unit)), 1.6 * unit, ink=ink, rng=rng)
    for icon in range(int(rng.integers(0, 5))):
        x = int(width - (2 + 2.4 * icon) * unit)
        cv2.circle(
            screen, (x, int(1.6 * unit)), max(1, int(0.7 * unit)), ink, -1 if rng.random() < 0.5 else 1, cv2.LINE_AA
        )
    if rng.random() < 0.6:
        bar = int(rng.uniform(0.03, 0.1) * height)
        cv2.rectangle(screen, (0, height - bar), (width, height), colour(rng), -1)
        for button in range(int(rng.integers(2, 6))):
            cv2.circle(
                screen, (int((button + 0.5) * width / 5), height - bar // 2), max(1, bar // 4), ink, 1, cv2.LINE_AA
            )
    for _ in range(int(rng.integers(0, 9))):
        x, y = int(rng.uniform(0.02, 0.6) * width), int(rng.uniform(0.04, 0.98) * height)
        if rng.random() < 0.3:
            w, h = int(rng.uniform(0.2, 0.7) * width), int(rng.uniform(0.02, 0.1) * height)
            cv2.rectangle(screen, (x, y), (x + w, y + h), colour(rng), -1)
        write(screen, words(rng, 26), (x, y + int(2 * unit)), float(rng.uniform(1.2, 2.6)) * unit, ink=ink, rng=rng)


def _bordered(picture: Picture, room: tuple[int, int, int, int], paper: tuple[int, int, int]) -> Picture:
    top, bottom, left, right = room
    return pixels(cv2.copyMakeBorder(picture, top, bottom, left, right, cv2.BORDER_CONSTANT, value=paper))
