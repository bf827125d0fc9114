"""Accepted photos moved to a disk of 1 MiB: ``python -m tests.review.web.small_disk FOLDER``, in a mount namespace of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from dedupe.library.paths import StorePaths
from dedupe.review.saved_scan import last_scan
from dedupe.review.web.acting import Actor, Destination
from dedupe.review.web.desk import Desk
from dedupe.review.web.filters import GroupFilter
from dedupe.settings import Settings
from dedupe.types import ActionKind
from tests.review.web.conftest import saved
from tests.support import contents, fake_scan, make


def main() -> None:
    folder = Path(sys.argv[1])
    photos, small, store = folder / "photos", folder / "small", folder / "cache.db"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], check=True)
    make(
        photos,
        {f"{side}/{n}.jpg": f"picture {n}\n{side}{n}" + "x" * 400_000 for n in range(6) for side in ("keep", "old")},
    )
    every = contents(photos)
    saved(store, fake_scan(photos))
    with last_scan(Settings(store=str(store))) as (session, _):
        desk = Desk(session)
        desk.accept_safe(GroupFilter(), 6)
        actor = Actor(desk, StorePaths.at(str(store)), None, lambda: None)
        where = Destination(ActionKind.MOVE, str(small / "away"))
        actor.apply(where, actor.preview(where).digest)()
        lost = len(every) - len(contents(photos, small))
        print(json.dumps({"lost": lost, "sentences": actor.state.sentences}))


if __name__ == "__main__":
    main()
