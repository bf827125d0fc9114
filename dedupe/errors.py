"""The errors a user can meet. Each class carries its exit code; its text is one plain sentence.

Only ``cli`` turns them into output: everything below raises, nothing below prints.
"""

from __future__ import annotations

from typing import ClassVar


class DedupeError(Exception):
    """Something dedupe cannot do; the message is the sentence the user reads."""

    exit_code: ClassVar[int] = 2


class UsageError(DedupeError):
    """The command line, the config file or an argument asks for something that does not exist or does not fit."""


class MissingRootError(UsageError):
    """A folder that was named is missing, is not a folder, or may not be read."""


class ConfigError(UsageError):
    """The config file holds an unknown key or a value of the wrong kind."""


class ModelUnavailableError(DedupeError):
    """The weights of the chosen model are not at hand and cannot be fetched."""


class StoreError(DedupeError):
    """One of the databases cannot be opened, written, or was written by a newer dedupe."""


class NoMemoryError(DedupeError):
    """The process may use too little memory for what is asked."""


class ClusterError(DedupeError):
    """The cluster cannot be reached, or none of its workers can do the work."""


class QueryError(DedupeError):
    """A photo given as a query cannot be read as a picture."""


class RefusedError(DedupeError):
    """The whole action is refused before anything was touched."""

    exit_code: ClassVar[int] = 3


class LockedError(RefusedError):
    """Another dedupe is acting on photos right now."""


class StoppedMidwayError(DedupeError):
    """An action stopped midway; the next start or `dedupe recover` puts it right."""

    exit_code: ClassVar[int] = 4


class InterruptedByUserError(DedupeError):
    """Ctrl-C ended a command."""

    exit_code: ClassVar[int] = 130
