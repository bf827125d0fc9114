"""A small library that was read once, and the command line run in this process."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import dedupe
from tests.album import album, wait_until_settled


@dataclass(frozen=True)
class Library:
    """An album that dedupe has read: its folder and its store."""

    photos: Path
    store: Path

    @property
    def settings(self) -> dedupe.Settings:
        return dedupe.Settings(store=str(self.store), jobs=1)

    def path(self, name: str) -> str:
        return str(self.photos / name)

    def copied(self, target: Path) -> Library:
        """A copy that may be changed; the store stays as it is and knows the photos at their old place."""
        shutil.copytree(self.photos, target / "photos")
        for beside in self.store.parent.glob("library*"):
            if beside.is_dir():
                shutil.copytree(beside, target / beside.name)
            else:
                shutil.copy2(beside, target / beside.name)
        wait_until_settled(target / "photos")
        return Library(target / "photos", target / "library.db")


def made(folder: Path) -> Library:
    """A fresh library below ``folder``, read by a first search."""
    library = Library(folder / "photos", folder / "library.db")
    album(library.photos)
    dedupe.search([library.path("camera/coffee.jpg")], [str(library.photos)], library.settings, k=1)
    return library


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: bytes
    err: str


def run(monkeypatch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[bytes], *arguments: str | bytes) -> Ran:
    """``dedupe`` with these arguments, in this process."""
    from dedupe.__main__ import main

    monkeypatch.setattr(sys, "argv", ["dedupe", *map(os.fsdecode, arguments)])
    code = 0
    try:
        main()
    except SystemExit as ended:
        code = int(ended.code or 0)
    out, err = capture.readouterr()
    return Ran(code, out, err.decode())
