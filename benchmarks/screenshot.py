"""The picture of the review in the README, from scikit-image's free photographs: ``python -m benchmarks.screenshot OUT.png``.

Needs dedupe-photos[test] and Debian's chromium-headless-shell (or another Chromium).
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")

_TO_A_CROP = """async () => {
  const told = await (await fetch("api/numbers?words=cropped")).json();
  location.hash = `#/g/${told.numbers[0] + 1}`;
}"""


def make_photos(folder: Path) -> None:
    """Photographs as a phone, a messenger and an old backup leave them."""
    import skimage.data
    from PIL import Image, ImageEnhance

    for name in ("camera", "WhatsApp Images", "old backup/2024", "edited"):
        (folder / name).mkdir(parents=True)
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Acme", "Phone 7"
    for number, name in enumerate(("coffee", "astronaut", "chelsea", "rocket", "immunohistochemistry", "retina")):
        picture = Image.fromarray(getattr(skimage.data, name)()).convert("RGB")
        picture.thumbnail((1400, 1400))
        exif.get_ifd(0x8769)[0x9003] = f"2024:05:0{number + 1} 12:00:00"
        original = folder / "camera" / f"IMG_20{number + 40}.jpg"
        picture.save(original, quality=95, exif=exif.tobytes())
        shutil.copy2(original, folder / "old backup/2024" / original.name)
        small = picture.resize((picture.width * 2 // 3, picture.height * 2 // 3), Image.Resampling.LANCZOS)
        small.save(folder / "WhatsApp Images" / f"IMG-2024050{number + 1}-WA000{number}.jpg", quality=72)
        if number < 3:
            width, height = picture.size
            cut = picture.crop((width // 8, height // 7, width * 7 // 8, height * 6 // 7))
            ImageEnhance.Color(cut).enhance(1.2).save(folder / "edited" / f"{name} cropped.jpg", quality=92)


@contextmanager
def review(photos: Path, store: Path) -> Iterator[str]:
    """The link of a review of the scan of ``photos``."""
    dedupe = [sys.executable, "-u", "-m", "dedupe"]
    subprocess.run([*dedupe, "scan", str(photos), "--store", str(store)], check=True, stdout=subprocess.DEVNULL)
    command = [*dedupe, "review", "--web", "--no-open", "--store", str(store)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            link = re.search(r"http://\S+launch#\S+", process.stdout.readline() if process.stdout else "")
            if link is None:
                raise SystemExit("The review could not be started.")
            yield link[0]
        finally:
            process.send_signal(signal.SIGINT)


def main() -> None:
    """Make the picture."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if len(sys.argv) != 2 or program is None:
        raise SystemExit(f"{__doc__}" if program else f"No browser is installed: apt-get install {PROGRAMS[0]}")
    with tempfile.TemporaryDirectory(prefix="dedupe-") as name:
        photos = Path(name) / "Pictures"
        make_photos(photos)
        time.sleep(0.1)
        with review(photos, Path(name) / "cache.db") as link, sync_playwright() as playwright:
            arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
            browser = playwright.chromium.launch(executable_path=program, args=arguments)
            page = browser.new_page(
                viewport={"width": 1360, "height": 850}, color_scheme="light", device_scale_factor=1
            )
            page.goto(link)
            page.wait_for_selector(".leaf")
            page.evaluate(_TO_A_CROP)
            page.wait_for_selector(".pick:has-text('cropped')")
            page.locator(".pick:has-text('cropped')").first.click()
            page.wait_for_timeout(2500)
            page.screenshot(path=sys.argv[1])
            browser.close()


if __name__ == "__main__":
    main()
