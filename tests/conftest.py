"""Every test has a home, a store and a trash of its own, and a terminal of one size; nothing reaches the user's."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

try:
    from hypothesis import HealthCheck, settings
except ImportError:  # the smoke test of an installation has no test dependencies
    pass
else:
    settings.register_profile(
        "dedupe", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
    )
    settings.register_profile("random", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dedupe"))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Begun in the background of a script, which makes every child deaf to Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Keep compiled modules in pytest's own cache where nothing may be written beside the sources.

    Hundreds of tests start a program or a worker, and each would compile some two hundred modules again.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        folder = os.environ.setdefault("PYTHONPYCACHEPREFIX", str(config.rootpath / ".pytest_cache" / "pycache"))
        sys.dont_write_bytecode, sys.pycache_prefix = False, folder


_FOLDERS = {
    "XDG_CACHE_HOME": ".cache",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
    "XDG_RUNTIME_DIR": ".run",
    "APPDATA": "AppData/Roaming",
    "LOCALAPPDATA": "AppData/Local",
}


@pytest.fixture(scope="session", autouse=True)
def _shared_workers() -> Iterator[None]:
    """Let scans in this process share workers; ``test_workers`` has its own of each."""
    from dedupe.workers import keep_workers

    with keep_workers():
        yield


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home folder of this test, outside its ``tmp_path``."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    for name, below in _FOLDERS.items():
        (home / below).mkdir(parents=True, exist_ok=True)
        monkeypatch.setenv(name, str(home / below))
    for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "LESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("LINES", "40")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("PAGER", "cat")
    # send2trash reads XDG_DATA_HOME once, when it is imported: it must be this test's.
    for name in [name for name in sys.modules if name.partition(".")[0] == "send2trash"]:
        monkeypatch.delitem(sys.modules, name)
    from dedupe.terminal import display

    display.reset()
    return home
