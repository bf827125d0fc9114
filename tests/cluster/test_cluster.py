"""A scan on a real Dask cluster of this machine: the answers are those of the local workers, whatever is lost on the way."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import dedupe
from dedupe.cluster.paths import PathMap, sent
from dedupe.cluster.pool import ClusterPool
from dedupe.comparing.pictures import View
from dedupe.embedding.compact import Compact
from dedupe.errors import ClusterError, UsageError
from dedupe.pipeline import scan
from dedupe.report.json import json_chunks
from dedupe.series.look import LookTask
from dedupe.types import Facts
from dedupe.workers import FailureKind, WorkerFailure, WorkerPool
from tests import worker_tasks as tasks
from tests.album import album, jpeg, photo
from tests.steps.test_interrupted import Counting

pytest.importorskip("distributed", reason="the extra [cluster] is not installed")
pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


@dataclass
class Cluster:
    """A scheduler and its workers, each a process of this machine."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]


def _started(*arguments: str, **env: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _worker(address: str, **env: str) -> subprocess.Popen[bytes]:
    options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--memory-limit", "0", "--death-timeout", "60")
    return _started("worker", address, *options, **env)


@contextmanager
def cluster(workers: int, **env: str) -> Iterator[Cluster]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    made = [_started("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")]
    try:
        made += [_worker(address, **env) for _ in range(workers)]
        yield Cluster(address, made[0], made[1:])
    finally:
        for process in made:
            process.kill()
        for process in made:
            process.wait()


@pytest.fixture(scope="module")
def shared() -> Iterator[Cluster]:
    with cluster(2) as running:
        yield running


@pytest.fixture
def pool(shared: Cluster) -> Iterator[ClusterPool]:
    with WorkerPool(1) as local, ClusterPool(shared.address, local) as made:
        yield made


def as_json(photos: Path, store: Path, **settings: object) -> dict[str, object]:
    result = dedupe.scan([str(photos)], dedupe.Settings(store=str(store), **settings))  # type: ignore[arg-type]
    report = json.loads("".join(json_chunks(result)))
    report["stats"].pop("seconds")
    return dict(report)


def an_album(folder: Path) -> Path:
    album(folder)
    whole = jpeg(photo("rocket"), 90)
    (folder / "cut off.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "notes.jpg").write_text("no photo")
    return folder


def test_the_report_of_a_cluster_is_that_of_the_local_workers_byte_for_byte(shared: Cluster, tmp_path: Path) -> None:
    photos = an_album(tmp_path / "photos")
    local = as_json(photos, tmp_path / "local.db")
    there = as_json(photos, tmp_path / "cluster.db", cluster=shared.address)
    assert json.dumps(there) == json.dumps(local)
    assert there["groups"] and there["skipped"]


def test_workers_that_see_the_photos_at_another_path_read_them_there(
    shared: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos, mount = an_album(tmp_path / "photos"), tmp_path / "mount"
    shutil.copytree(photos, mount)  # another inode and device number, as on another machine's mount
    local = as_json(photos, tmp_path / "local.db")
    monkeypatch.setattr(WorkerPool, "run", only_what_is_asked_again)
    options = {"cluster": shared.address, "path_map": (f"{photos}={mount}",)}
    assert json.dumps(as_json(photos, tmp_path / "cluster.db", **options)) == json.dumps(local)


def test_the_workers_embed_what_they_read_and_send_no_picture_back_for_it(
    shared: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = an_album(tmp_path / "photos")
    local = as_json(photos, tmp_path / "local.db")
    monkeypatch.setattr(Compact, "embed", None)
    monkeypatch.setattr(Compact, "embed_raw", None)  # this machine may not
    assert as_json(photos, tmp_path / "cluster.db", cluster=shared.address) == local
    with sqlite3.connect(tmp_path / "cluster.db") as store:
        store.execute("DELETE FROM vectors")  # they are made of the stored previews then
    assert as_json(photos, tmp_path / "cluster.db", cluster=shared.address) == local
    assert _vectors(tmp_path / "cluster.db") == _vectors(tmp_path / "local.db")


def _vectors(store: Path) -> dict[tuple[str, bytes], bytes]:
    with sqlite3.connect(store) as connection:
        rows = connection.execute("SELECT name, content_key, vector FROM vectors JOIN models ON model = models.id")
        return {(name, key): vector for name, key, vector in rows}


def only_what_is_asked_again(pool: WorkerPool, task: object, items: object) -> Iterator[object]:
    """The local pool may not be needed: what the workers can see, they do."""
    assert not [item for item in items if getattr(item, "stamp", None) is not None]  # type: ignore[attr-defined]
    return iter(())


def test_a_photo_that_kills_its_worker_is_blamed_for_itself(pool: ClusterPool) -> None:
    items = [*range(40), "segfault", "memory", *range(40, 60)]
    answers = dict(pool.run(tasks.misbehave, items))
    assert answers.pop("segfault") == WorkerFailure(FailureKind.CRASHED, "SIGSEGV")
    assert answers.pop("memory") == WorkerFailure(FailureKind.OUT_OF_MEMORY, "MemoryError")
    assert answers == {number: number for number in range(60)}


def test_a_worker_that_is_lost_midway_loses_no_photo() -> None:
    with cluster(2) as running, WorkerPool(1) as local, ClusterPool(running.address, local) as pool:
        pool._client.wait_for_workers(2, timeout=30)
        found = pool.run(tasks.slowly, range(120))
        answers = [next(found) for _ in range(10)]
        running.workers[0].kill()
        answers += found
    assert sorted(answers) == [(number, number) for number in range(120)]


def test_when_every_worker_is_lost_this_machine_goes_on() -> None:
    with cluster(1) as running, WorkerPool(1) as local, ClusterPool(running.address, local) as pool:
        found = pool.run(tasks.slowly, range(60))
        answers = [next(found) for _ in range(5)]
        running.workers[0].kill()
        answers += found
    assert sorted(answers) == [(number, number) for number in range(60)]


def test_a_killed_scheduler_is_one_sentence_and_the_next_scan_goes_on_from_the_store(tmp_path: Path) -> None:
    photos, store = some_photos(tmp_path / "photos", 32), tmp_path / "library.db"
    with cluster(1) as running:
        began = subprocess.Popen(
            [sys.executable, "-c", SCAN.format(photos=str(photos), store=str(store), address=running.address)],
            cwd=ROOT,
            stderr=subprocess.PIPE,
        )
        _wait(lambda: began.poll() is not None or _known(store) >= 5)
        running.scheduler.send_signal(signal.SIGKILL)
        said = began.communicate(timeout=120)[1].decode()
    assert "Traceback" not in said
    assert "The cluster is gone" in said or began.returncode == 0
    assert _known(store) >= 5
    assert as_json(photos, store) == as_json(photos, tmp_path / "fresh.db")


def some_photos(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        colours = np.random.default_rng(number).integers(0, 255, (4, 5, 3), np.uint8)
        picture = Image.fromarray(colours).resize((320, 240), Image.Resampling.BICUBIC)
        (folder / f"{number:02}.jpg").write_bytes(jpeg(picture, 80))
    return folder


SCAN = """
import sys, dedupe
from dedupe.errors import DedupeError
try:
    dedupe.scan([{photos!r}], dedupe.Settings(store={store!r}, cluster={address!r}))
except DedupeError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


def _known(store: Path) -> int:
    if not store.is_file():
        return 0
    try:
        with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as connection:
            return int(connection.execute("SELECT count(*) FROM contents").fetchone()[0])
    except sqlite3.Error:
        return 0


def _wait(there: object) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until and not there():  # type: ignore[operator]
        time.sleep(0.05)


def test_a_worker_without_the_mount_is_left_out_and_named(
    shared: Cluster, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    photos = an_album(tmp_path / "photos")
    settings = {"cluster": shared.address, "path_map": (f"{photos}=/nowhere/at/all",)}
    with caplog.at_level(logging.WARNING), pytest.raises(ClusterError, match="no worker that can do this work"):
        as_json(photos, tmp_path / "cluster.db", **settings)
    assert "cannot open the photos" in caplog.text


def test_a_photo_that_only_this_machine_can_open_is_read_here(shared: Cluster, tmp_path: Path) -> None:
    photos, mount = an_album(tmp_path / "photos"), tmp_path / "mount"
    shutil.copytree(photos, mount)
    local = as_json(photos, tmp_path / "local.db")
    for name in ("astronaut.jpg", "coffee.jpg"):
        for found in mount.rglob(name):
            found.unlink()
    options = {"cluster": shared.address, "path_map": (f"{photos}={mount}",)}
    assert as_json(photos, tmp_path / "cluster.db", **options) == local


def test_a_worker_of_another_version_is_left_out_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "sitecustomize.py").write_text("import dedupe._version\ndedupe._version.__version__ = '0.0.9'\n")
    with cluster(1, PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}") as running, ExitStack() as stack:
        pool = stack.enter_context(ClusterPool(running.address, stack.enter_context(WorkerPool(1))))
        with caplog.at_level(logging.WARNING), pytest.raises(ClusterError):
            list(pool.run(tasks.misbehave, [1]))
    assert "dedupe 0.0.9 there" in caplog.text


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://x", "local:0", "local:many"])
def test_an_address_where_nobody_answers_is_one_sentence(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dedupe.cluster.connect.CONNECT_S", 2.0)
    with WorkerPool(1) as local, pytest.raises((ClusterError, UsageError)):
        ClusterPool(address, local)


def test_workers_of_this_machine_need_no_address(tmp_path: Path) -> None:
    photos = an_album(tmp_path / "photos")
    assert as_json(photos, tmp_path / "a.db", cluster="local:1") == as_json(photos, tmp_path / "b.db")


def test_what_the_cluster_read_is_what_the_store_remembers(shared: Cluster, tmp_path: Path) -> None:
    photos = an_album(tmp_path / "photos")
    as_json(photos, tmp_path / "cluster.db", cluster=shared.address)
    again = as_json(photos, tmp_path / "cluster.db")
    assert again == as_json(photos, tmp_path / "fresh.db")


def test_progress_counts_as_without_a_cluster(shared: Cluster, tmp_path: Path) -> None:
    photos = some_photos(tmp_path / "photos", 6)
    counted = []
    for name, address in (("local", None), ("cluster", shared.address)):
        progress = Counting()
        scan([str(photos)], dedupe.Settings(store=str(tmp_path / f"{name}.db"), cluster=address), progress=progress)
        counted.append(progress.done)
    assert counted[0] == counted[1]
    assert counted[1]["read"] == 6


def test_ctrl_c_ends_the_scan_and_its_workers_in_silence_and_keeps_what_was_done(tmp_path: Path) -> None:
    photos, store = some_photos(tmp_path / "photos", 32), tmp_path / "library.db"
    began = subprocess.Popen(
        [sys.executable, "-m", "dedupe", "scan", str(photos), "--cluster", "local:1", "--store", str(store)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # a terminal sends Ctrl-C to the whole group
    )
    _wait(lambda: began.poll() is not None or _known(store) >= 5)
    family = _below(began.pid)
    os.killpg(began.pid, signal.SIGINT)
    said = began.communicate(timeout=120)[1].decode()
    assert began.returncode == 130
    assert "Traceback" not in said
    _wait(lambda: not any(map(_alive, family)))
    assert not any(map(_alive, family)), "a worker outlived the scan"
    assert _known(store) >= 5


def test_a_scan_that_is_killed_leaves_no_scheduler_and_no_worker_behind(tmp_path: Path) -> None:
    photos, store = some_photos(tmp_path / "photos", 32), tmp_path / "library.db"
    words = ["scan", str(photos), "--cluster", "local:1", "--store", str(store)]
    began = subprocess.Popen([sys.executable, "-m", "dedupe", *words], cwd=ROOT, stderr=subprocess.DEVNULL)
    _wait(lambda: began.poll() is not None or _known(store) >= 1)
    family = _below(began.pid)
    began.kill()
    began.wait()
    assert len(family) >= 3
    _wait(lambda: not any(map(_alive, family)))
    assert not any(map(_alive, family))


def _below(pid: int) -> list[int]:
    """The processes that this one started, and theirs."""
    try:
        said = " ".join((task / "children").read_text() for task in Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []
    return [one for child in map(int, said.split()) for one in (child, *_below(child))]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("text", ["", "/a", "a=/b", "/a=b", "=/b"])
def test_a_path_map_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="LOCAL=REMOTE"):
        PathMap.of([text])


def test_the_paths_of_all_shots_of_a_set_are_mapped() -> None:
    views = tuple(View(bytes([number]) * 16, b"", Facts("JPEG", 4, 3), f"/photos/{number}.jpg") for number in range(2))
    task = sent(LookTask(views), PathMap.of(["/photos=/mnt/p"]))
    assert [view.path for view in task.views] == ["/mnt/p/0.jpg", "/mnt/p/1.jpg"]
    assert [view.content_key for view in task.views] == [view.content_key for view in views]


def test_the_longest_folder_of_a_path_map_wins() -> None:
    paths = PathMap.of(["/photos=/mnt/p", "/photos/2024=/new/"])
    assert paths.remote("/photos/a.jpg") == "/mnt/p/a.jpg"
    assert paths.remote("/photos/2024/b.jpg") == "/new/b.jpg"
    assert paths.remote("/photos-old/c.jpg") == "/photos-old/c.jpg"
