"""The steps of a scan, each a function of the session and of what the step before it gave.

What was found out is in the cache before a step ends, so a scan that is stopped goes on from there; a step whose answer
is remembered loads no library and starts no worker.
"""

from dedupe.steps.compare import distances, examine, find_pixel_keys, matches, neighbours, relate
from dedupe.steps.contents import ByContent, Contents
from dedupe.steps.group import Grouped, group
from dedupe.steps.read import embed, read, restore_previews, walk

__all__ = [
    "ByContent",
    "Contents",
    "Grouped",
    "distances",
    "embed",
    "examine",
    "find_pixel_keys",
    "group",
    "matches",
    "neighbours",
    "read",
    "relate",
    "restore_previews",
    "walk",
]
