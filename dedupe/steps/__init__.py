"""The steps of a scan, each a function of the session and of what the step before it gave.

What was found out is in the cache before a step ends, so a scan that is stopped goes on from there; a step whose answer
is remembered loads no library and starts no worker.
"""

from dedupe.steps.compare import examine, find_pixel_keys, matches, relate
from dedupe.steps.contents import ByContent, Contents
from dedupe.steps.damage import Damaged, damage
from dedupe.steps.embed import Embedding
from dedupe.steps.exact import perhaps_equal, same_pixels
from dedupe.steps.group import Grouped, Related, complete, group
from dedupe.steps.neighbours import distances, neighbours
from dedupe.steps.previews import restore_previews
from dedupe.steps.read import read
from dedupe.steps.rescue import carry_over, from_takeout, with_jsons
from dedupe.steps.series import Looked, look
from dedupe.steps.walk import walk

__all__ = [
    "ByContent",
    "Contents",
    "Damaged",
    "Embedding",
    "Grouped",
    "Looked",
    "Related",
    "carry_over",
    "complete",
    "damage",
    "distances",
    "examine",
    "find_pixel_keys",
    "from_takeout",
    "group",
    "look",
    "matches",
    "neighbours",
    "perhaps_equal",
    "read",
    "relate",
    "restore_previews",
    "same_pixels",
    "walk",
    "with_jsons",
]
