"""Where the databases are.

By default in the user's own data and state folders; with ``--store FILE`` the cache is FILE and the others
are beside it. The process lock stays in the user's state folder either way: two stores must not act on
one photo tree at once.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from dedupe.errors import StoreError
from dedupe.terminal.text import display_path


@dataclass(frozen=True, slots=True)
class StorePaths:
    """Absolute paths of the databases, the lock file and the folder of search indexes."""

    cache: str
    previews: str
    decisions: str
    journal: str
    lock: str
    index: str

    @classmethod
    def at(cls, store: str | None = None) -> StorePaths:
        """The paths for ``--store`` (None: the default places). Touches nothing."""
        return cls.default() if store is None else cls.beside(store)

    @classmethod
    def default(cls) -> StorePaths:
        """The user's data folder for the databases, the state folder for journal and lock."""
        from platformdirs import user_data_dir

        state = _state_folder()
        data = "" if state is None else user_data_dir("dedupe", appauthor=False)
        if state is None or not os.path.isabs(data):
            raise StoreError("There is no home folder to keep dedupe's data in: set HOME, or name a file with --store.")
        return cls(
            cache=os.path.join(data, "cache.db"),
            previews=os.path.join(data, "previews.db"),
            decisions=os.path.join(data, "decisions.db"),
            journal=os.path.join(state, "journal.db"),
            lock=os.path.join(state, "lock"),
            index=os.path.join(data, "index"),
        )

    @classmethod
    def beside(cls, store: str) -> StorePaths:
        """Take ``store`` as the cache; the others have its stem. Raises StoreError on an empty name or a NUL in it."""
        if not store or "\0" in store:
            raise StoreError("--store needs the name of a file.")
        cache = os.path.abspath(os.path.expanduser(store))
        stem, state = os.path.splitext(cache)[0], _state_folder()
        return cls(
            cache=cache,
            previews=stem + ".previews.db",
            decisions=stem + ".decisions.db",
            journal=stem + ".journal.db",
            lock=stem + ".lock" if state is None else os.path.join(state, "lock"),
            index=stem + ".index",
        )


def prepare(path: str) -> bool:
    """Whether ``path`` is one of the default places; its folder is made (private to the user) where it is.

    Raises StoreError where that fails.
    """
    if _state_folder() is None:
        return False
    places = StorePaths.default()
    if path not in (places.cache, places.previews, places.decisions, places.journal):
        return False
    _make_folder(os.path.dirname(path))
    return True


def _state_folder() -> str | None:
    """The user's; None for a user without a home, as containers have them."""
    from platformdirs import user_state_dir

    try:
        folder = user_state_dir("dedupe", appauthor=False)
    except RuntimeError:
        return None
    return folder if os.path.isabs(folder) else None


def _make_folder(folder: str) -> None:
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The folder {display_path(folder)} for dedupe's own data cannot be made: {error.strerror}."
        ) from error
