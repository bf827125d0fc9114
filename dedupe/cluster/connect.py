"""The way to a cluster: an address, or workers on this machine; and which of its workers may be trusted with a task."""

from __future__ import annotations

import logging
import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

from dedupe.cluster import node
from dedupe.cluster.local import started
from dedupe.errors import ClusterError, UsageError

if TYPE_CHECKING:
    from distributed import Client

_log = logging.getLogger("dedupe")

CONNECT_S: Final = 30.0
"""A scheduler that does not answer for so long is not there."""
LOCAL: Final = "local"


def connect(address: str, stack: ExitStack) -> Client:
    """A client of the scheduler at ``address``, or of ``local[:N]``: N worker processes of this machine (one a core).

    Raises UsageError without `distributed` or on a malformed address, ClusterError where nobody answers.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError("--cluster needs Dask, which is not installed: pip install '.[cluster]'") from error
    _hush()
    _check(address)
    where = started(_count(address), stack) if address.split(":", maxsplit=1)[0] == LOCAL else address
    try:
        client = stack.enter_context(Client(where, timeout=CONNECT_S, set_as_default=False))
        client.wait_for_workers(_count(address), timeout=CONNECT_S)
        return client
    except (OSError, TimeoutError) as error:
        raise ClusterError(f"No Dask scheduler with workers answers at {address}.") from error


def _check(address: str) -> None:
    """Raise UsageError where ``address`` has no form that Dask knows.

    A client made with such an address cannot be closed.
    """
    from distributed.comm import get_address_host_port
    from distributed.comm.addressing import parse_address

    if address.split(":", maxsplit=1)[0] == LOCAL:
        return
    try:
        get_address_host_port(address, strict=True)
        scheme = parse_address(address, strict=True)[0]
    except (ValueError, TypeError, KeyError):
        scheme = ""
    if scheme not in ("tcp", "tls", "ws", "wss"):
        raise UsageError(f"“{address}” is not the address of a Dask scheduler (tcp://HOST:PORT).")


def _count(address: str) -> int:
    """The workers to wait for: all of ``local:N``, elsewhere one."""
    name, colon, number = address.partition(":")
    if name != LOCAL:
        return 1
    if colon and (not number.isdecimal() or int(number) < 1):
        raise UsageError(f"--cluster local:N takes a number of worker processes from 1 up, not “{number}”.")
    return int(number) if colon else os.cpu_count() or 1


def _hush() -> None:
    """Dask reports a lost worker by pages of log; what a person needs to know is said by ``pool``."""
    for name in ("distributed", "tornado", *logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def trusted_workers(client: Client, sees: str | None) -> list[str]:
    """The addresses of the workers that run the same versions and, where ``sees`` is given, can open that path.

    The others are named in a warning, once each. Raises ClusterError where none is left.
    """
    ours = node.about()
    answers: dict[str, Any] = client.run(node.about, on_error="return")
    good, said = [], []
    for worker, theirs in sorted(answers.items()):
        reason = _mismatch(ours, theirs)
        if reason:
            said.append(f"The worker {worker} is left out: {reason}.")
        else:
            good.append(worker)
    if sees is not None and good:
        views: dict[str, Any] = client.run(node.can_see, sees, workers=good, on_error="return")
        blind = [worker for worker in good if views.get(worker) is not True]
        said += [f"The worker {worker} is left out: it cannot open the photos (no such mount?)." for worker in blind]
        good = [worker for worker in good if worker not in blind]
    for sentence in said:
        _log.warning("%s", sentence)
    if not good:
        raise ClusterError("The cluster has no worker that can do this work.")
    return good


def _mismatch(ours: dict[str, str], theirs: object) -> str:
    """Why a worker that says this of itself may not work, or an empty string."""
    if not isinstance(theirs, dict):
        return "dedupe does not run there"
    for name, version in ours.items():
        if theirs.get(name) != version:
            return f"{name} {theirs.get(name)} there, {version} here"
    return ""
