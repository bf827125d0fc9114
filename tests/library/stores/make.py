"""How the stores in this folder were made: by dedupe 0.1.0, `PYTHONPATH=<its folder> python make.py OUT`.

The photographs are scikit-image's; the paths in them begin with /stores-0.1.0, which the tests replace.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

BASE = Path("/stores-0.1.0")


def main(out: str) -> None:
    from PIL import Image
    from skimage import data

    photos = BASE / "photos"
    (photos / "old").mkdir(parents=True)
    for name in ("astronaut", "coffee", "rocket"):
        picture = Image.fromarray(getattr(data, name)()).resize((160, 120))
        picture.save(photos / f"{name}.jpg", quality=90)
        shutil.copy2(photos / f"{name}.jpg", photos / "old" / f"{name}.jpg")
    for path in photos.rglob("*.jpg"):
        os.utime(path, (1_500_000_000, 1_500_000_000))
    store = str(BASE / "store.db")
    dedupe = [sys.executable, "-m", "dedupe"]
    subprocess.run([*dedupe, "scan", str(photos), "--store", store], check=True)
    from dedupe.library.decisions import Decisions

    with Decisions(str(BASE / "store.decisions.db")) as decisions:
        groups = {Path(group.keep.path).stem: group for group in decisions.last_scan().groups}
        rocket = groups["rocket"]
        decisions.mark_not_duplicates(rocket.keep, rocket.extras[0].photo)
        coffee = groups["coffee"]
        decisions.choose_keeper(coffee.extras[0].photo, [coffee.keep])
    subprocess.run(
        [*dedupe, "scan", str(photos), "--store", store, "--move-to", str(BASE / "moved"), "--yes"], check=True
    )
    for kind in ("decisions", "journal"):
        import sqlite3

        db = sqlite3.connect(BASE / f"store.{kind}.db")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute("VACUUM")
        db.close()
        shutil.copy(BASE / f"store.{kind}.db", Path(out) / f"{kind}-0.1.0.db")
    names = sorted(str(path.relative_to(BASE)) for path in BASE.rglob("*.jpg"))
    print(json.dumps(names))


if __name__ == "__main__":
    main(sys.argv[1])
