"""A worker that crashes, hangs or runs out of memory costs one photo; the others go on."""

from __future__ import annotations

import collections
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dedupe import workers
from dedupe.workers import FailureKind, WorkerFailure, WorkerPool, WorkersUnavailableError
from tests import worker_tasks as tasks

posix = pytest.mark.skipif(os.name != "posix", reason="signals and limits as POSIX has them")


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests look at the processes of each pool, which other tests share."""
    monkeypatch.setattr(workers, "_kept", None)


def _run(pool: WorkerPool, items: list[Any], task: Any = tasks.misbehave) -> dict[Any, Any]:
    found = list(pool.run(task, items))
    answers = dict(found)
    assert len(found) == len(items)
    return answers


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_every_item_comes_back_exactly_once(jobs: int) -> None:
    with WorkerPool(jobs) as pool:
        counted = collections.Counter(item for item, answer in pool.run(tasks.misbehave, range(200)) if answer == item)
    assert counted == collections.Counter(range(200))


@pytest.mark.parametrize(
    ("item", "kind", "detail"),
    [
        pytest.param("segfault", FailureKind.CRASHED, "SIGSEGV", marks=posix),
        pytest.param("abort", FailureKind.CRASHED, "SIGABRT", marks=posix),
        ("exit", FailureKind.CRASHED, "exit status 7"),
        ("leave", FailureKind.ERROR, "SystemExit: 3"),
        ("hang", FailureKind.HUNG, "took longer than 1 s"),
        ("spin", FailureKind.HUNG, "took longer than 1 s"),
        ("memory", FailureKind.OUT_OF_MEMORY, "MemoryError"),
        pytest.param("greedy", FailureKind.OUT_OF_MEMORY, "MemoryError", marks=posix),
        ("raise", FailureKind.ERROR, "ValueError: no good"),
        ("missing", FailureKind.ERROR, "ModuleNotFoundError: No module named 'rawpy'"),
        ("unpicklable", FailureKind.ERROR, "TypeError: cannot pickle '_thread.lock' object"),
    ],
)
def test_one_bad_item_costs_that_item_alone(item: str, kind: FailureKind, detail: str) -> None:
    items = [*range(8), item, *range(8, 16)]
    with WorkerPool(2, timeout_s=1.0) as pool:
        answers = _run(pool, items)
    assert answers.pop(item) == WorkerFailure(kind, detail)
    assert answers == {number: number for number in range(16)}


@posix
def test_of_many_bad_items_in_a_row_each_is_blamed_for_itself() -> None:
    bad = {"segfault": FailureKind.CRASHED, "exit": FailureKind.CRASHED, "raise": FailureKind.ERROR}
    with WorkerPool(2) as pool:
        found = list(pool.run(tasks.misbehave, [*bad, 1, *bad, 2, *bad, 3]))
    kinds = collections.Counter((item, answer.kind) for item, answer in found if isinstance(answer, WorkerFailure))
    assert kinds == {(item, kind): 3 for item, kind in bad.items()}
    assert sorted(answer for _, answer in found if isinstance(answer, int)) == [1, 2, 3]


def test_an_item_that_kills_while_it_is_unpickled_is_blamed() -> None:
    poison = tasks.Poisonous()
    with WorkerPool(1) as pool:
        found = list(pool.run(tasks.misbehave, [1, poison, 2, 3]))
    assert {item: answer for item, answer in found if item is not poison} == {1: 1, 2: 2, 3: 3}
    assert [answer.kind for item, answer in found if item is poison] == [FailureKind.CRASHED]


def test_an_item_that_cannot_be_sent_and_a_result_that_cannot_be_received_cost_one_item() -> None:
    lock = threading.Lock()
    with WorkerPool(1) as pool:
        found = list(pool.run(tasks.misbehave, [1, lock, 2]))
        assert [answer.kind for item, answer in found if item is lock] == [FailureKind.ERROR]
        assert sorted(answer for item, answer in found if item is not lock) == [1, 2]
        ((_, answer),) = pool.run(tasks.unreturnable, [1])
        assert answer == WorkerFailure(
            FailureKind.ERROR, "ValueError: invalid literal for int() with base 10: 'no number'"
        )


def test_what_a_decoder_prints_or_reads_disturbs_nothing() -> None:
    with WorkerPool(1) as pool:
        assert _run(pool, ["print", 1, 2]) == {"print": "", 1: 1, 2: 2}


def test_items_and_results_larger_than_any_pipe_pass_without_a_deadlock() -> None:
    items = [(number, bytes([number]) * 700_000) for number in range(24)]
    with WorkerPool(2) as pool:
        answers = dict(pool.run(tasks.numbered, items))
    assert all(answers[item] == item for item in items)


def test_a_worker_lives_on_from_item_to_item_and_from_run_to_run() -> None:
    with WorkerPool(1) as pool:
        assert max(len(seen) for _, seen in pool.run(tasks.remember, range(5))) == 5
        assert max(len(seen) for _, seen in pool.run(tasks.remember, range(5))) == 10


def test_all_workers_are_used() -> None:
    with WorkerPool(3) as pool:
        assert len({answer[1] for _, answer in pool.run(tasks.slow, range(24))}) == 3  # type: ignore[index]


def test_no_more_workers_are_started_than_there_are_items() -> None:
    with WorkerPool(16) as pool:
        assert len(list(pool.run(tasks.where, [1]))) == 1
        assert len(pool._workers) == 1


def test_items_are_taken_only_as_they_are_needed() -> None:
    taken = []

    def endless() -> Iterator[int]:
        number = 0
        while True:
            taken.append(number)
            yield number
            number += 1

    with WorkerPool(2) as pool:
        for done, _ in enumerate(pool.run(tasks.misbehave, endless()), 1):
            assert len(taken) <= done + 2 * 3
            if done == 50:
                break


def test_leaving_a_run_early_leaks_nothing_into_the_next() -> None:
    with WorkerPool(2) as pool:
        for _, _ in pool.run(tasks.slow, range(100)):
            break
        assert dict(pool.run(tasks.misbehave, ["a", "b"])) == {"a": "a", "b": "b"}


def test_a_problem_in_the_callers_own_items_is_the_callers() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise RuntimeError("mine")

    with WorkerPool(1) as pool, pytest.raises(RuntimeError, match="mine"):
        list(pool.run(tasks.misbehave, broken()))


def test_no_process_is_left_when_the_pool_is_closed() -> None:
    with WorkerPool(2) as pool:
        pids = {answer[1] for _, answer in pool.run(tasks.slow, range(6))}  # type: ignore[index]
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_closed_pool_can_be_used_again() -> None:
    pool = WorkerPool(1)
    assert dict(pool.run(tasks.misbehave, [1])) == {1: 1}
    pool.close()
    assert dict(pool.run(tasks.misbehave, [2])) == {2: 2}
    pool.close()


def test_workers_use_one_thread_of_opencv_and_know_nothing_of_the_callers_main() -> None:
    with WorkerPool(1) as pool:
        answers = dict(pool.run(tasks.environment, ["threads", "main", "path"]))
    assert answers["threads"] == 1
    assert answers["main"] is None
    assert answers["path"] == sys.path


@posix
def test_a_worker_ignores_ctrl_c_and_leaves_no_core_file() -> None:
    with WorkerPool(1) as pool:
        assert dict(pool.run(tasks.environment, ["interrupt", "core"])) == {"interrupt": "still here", "core": (0, 0)}


@posix
def test_a_pause_of_the_whole_program_is_not_taken_for_a_hang() -> None:
    """As after Ctrl-Z: the clock jumps by minutes between two looks."""
    with WorkerPool(1, timeout_s=8.0) as pool:
        run = pool.run(tasks.slow, range(6))
        next(run)
        pool._tick -= 3600.0
        assert not [answer for _, answer in run if isinstance(answer, WorkerFailure)]


def test_workers_that_cannot_start_are_one_clear_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_BOOT", "raise SystemExit(5)")
    with (
        WorkerPool(2) as pool,
        pytest.raises(workers.WorkersUnavailableError, match=r"cannot be started \(exit status 5\)"),
    ):
        list(pool.run(tasks.misbehave, range(9)))


SCRIPT = """
import os, sys, time
from dedupe.workers import WorkerPool, WorkersUnavailableError
from tests import worker_tasks as tasks
pool = WorkerPool(2)
for item, answer in pool.run(tasks.where, range(4)):
    print(answer[1], flush=True)
for item, answer in pool.run(tasks.misbehave, [{item!r}] * 2):
    print("never")
"""


def _started(tmp_path: Path, item: str) -> tuple[subprocess.Popen[bytes], set[int]]:
    script = tmp_path / "scan.py"
    script.write_text(SCRIPT.format(item=item))
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    process = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    assert process.stdout is not None
    pids = {int(process.stdout.readline()) for _ in range(4)}
    time.sleep(0.3)
    return process, pids


def _gone(pids: set[int], seconds: float = 10.0) -> bool:
    """Whether the processes end (zombies of a foreign parent count as ended)."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not any(_alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
@pytest.mark.parametrize("item", ["hang", "spin"])
def test_workers_end_when_the_main_process_is_killed(tmp_path: Path, item: str) -> None:
    process, pids = _started(tmp_path, item)
    assert all(_alive(pid) for pid in pids)
    process.kill()
    process.communicate()
    assert _gone(pids)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_ctrl_c_ends_main_process_and_workers_without_noise_from_the_workers(tmp_path: Path) -> None:
    process, pids = _started(tmp_path, "hang")
    for pid in {*pids, process.pid}:  # a terminal sends it to the whole group
        os.kill(pid, signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode != 0
    assert errors.count(b"KeyboardInterrupt") == 1 and b"dedupe/workers.py" in errors
    assert _gone(pids)


def test_a_script_needs_no_main_guard(tmp_path: Path) -> None:
    script = tmp_path / "careless.py"
    script.write_text(
        "from dedupe.workers import WorkerPool\nfrom tests import worker_tasks as tasks\nprint('once')\n"
        "with WorkerPool(2) as pool:\n    print(sorted(a for _, a in pool.run(tasks.misbehave, range(3))))\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout == "once\n[0, 1, 2]\n" and done.stderr == ""


def test_a_library_that_cannot_be_loaded_is_no_fault_of_the_photo() -> None:
    with WorkerPool(1) as pool, pytest.raises(WorkersUnavailableError, match=r"cannot load .*libGL\.so\.1"):
        _run(pool, [1, "unloadable", 2])


def _where(jobs: int = 1, timeout_s: float = 60.0) -> set[int]:
    with WorkerPool(jobs, timeout_s=timeout_s) as pool:
        return {answer[1] for _, answer in pool.run(tasks.slow, range(3 * jobs))}  # type: ignore[index]


def test_calls_in_one_block_share_their_workers_and_leave_none() -> None:
    with workers.keep_workers():
        first = _where(jobs=2)
        assert len(first) == 2
        assert _where(jobs=1) < first
        with workers.keep_workers():
            assert _where(jobs=2) == first
        assert _where(jobs=2) == first
    for pid in first:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert not _where(jobs=2) & first


def test_a_kept_worker_serves_only_what_has_its_limits() -> None:
    with workers.keep_workers():
        first = _where()
        assert not _where(timeout_s=50.0) & first
        assert not _where() & first


@posix
@pytest.mark.parametrize("how", ["killed while it waits", "left with a photo in work"])
def test_a_worker_that_is_gone_or_busy_serves_no_other_call(how: str) -> None:
    with workers.keep_workers():
        if how == "killed while it waits":
            [first] = _where()
            os.kill(first, signal.SIGKILL)
        else:
            with WorkerPool(1) as pool:
                _, (_, first) = next(pool.run(tasks.slow, range(9)))  # type: ignore[misc]
        assert first not in _where()
        with WorkerPool(1) as pool:
            answers = _run(pool, [1, "segfault", 2])
        assert answers == {1: 1, "segfault": WorkerFailure(FailureKind.CRASHED, "SIGSEGV"), 2: 2}


@posix
def test_a_forked_process_leaves_the_workers_of_its_parent_alone() -> None:
    with workers.keep_workers():
        first = _where()
        child = os.fork()
        if child == 0:
            code = 1
            with contextlib.suppress(BaseException):
                code = 0 if not _where() & first else 2
            os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert _where() == first
