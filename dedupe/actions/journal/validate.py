"""Guards on the journal's rows, which somebody may have edited: none leads anywhere that dedupe would not have gone.

Undo and recovery both ask here. Each guard returns the reason as a phrase, or None.
"""

from __future__ import annotations

import os
import re

from dedupe.actions.journal.journal import Journal
from dedupe.actions.journal.records import IN_PLACE, SIDECARS, AssetPurpose, AssetRow, FileRow, RunPurpose, RunRow
from dedupe.actions.planning.names import is_plain, root_of
from dedupe.actions.platform.trash import Entry, entry_of, is_entry_of, is_entry_shaped
from dedupe.actions.platform.volumes import is_under
from dedupe.terminal.text import display_path

OUTSIDE = "its recorded place is outside the folders of that run"
_PARTIAL = re.compile(r"\.dedupe-[0-9a-f]{16}\.partial")


def restore_blocker(file: FileRow, run: RunRow) -> str | None:
    """Why this row must not be followed back."""
    source = file.move.source
    if not _is_home(source, run):
        return OUTSIDE
    if os.path.realpath(os.path.dirname(source)) != file.parent:
        return "one of the folders it came from is now a link"
    return None


def place_blocker(file: FileRow, run: RunRow) -> str | None:
    """Why the row's place is not one where dedupe put it."""
    if run.target is not None:
        return None if _is_below(file.move.target, run.target) else "it is outside the folder it was moved to"
    if file.entry is None or file.info is None:
        return "its place in the trash is not known"
    if not is_entry_of(Entry(file.entry, file.info), file.move.source):
        return "the trash has no record of it any more"
    return None


def asset_blocker(asset: AssetRow, journal: Journal) -> str | None:
    """Why an asset that was begun must not be ended by what its rows say: recovery would remove or move what is not its own."""
    run = journal.run(asset.run)
    if run is not None and run.purpose is RunPurpose.UNDO:
        run = journal.run(run.undoes or 0)
    for file in asset.files:
        if run is None:
            reason: str | None = OUTSIDE
        elif asset.purpose in IN_PLACE:
            reason = restore_blocker(file, run) or _stand_in_blocker(file) or sidecar_blocker(asset, file)
        else:
            reason = _ends_blocker(file, asset, run) or _partial_blocker(file)
        if reason is not None:
            return f"{display_path(file.move.source)}: {reason}"
    return None


def _ends_blocker(file: FileRow, asset: AssetRow, run: RunRow) -> str | None:
    """One end of the row is a scanned folder, the other the run's target or the trash, in the asset's direction."""
    source, target = file.move.source, file.move.target
    there = _is_home(source, run) and _is_away(file.place, run)
    back = target is not None and _is_home(target, run) and _is_away(source, run)
    fits = {AssetPurpose.ACT: there, AssetPurpose.UNDO: back, AssetPurpose.PUT_BACK: there or back}[asset.purpose]
    if not fits or (file.info is not None and not is_entry_shaped(_entry_file(file, file.info), file.info)):
        return OUTSIDE
    if os.path.isdir(os.path.dirname(source)) and os.path.realpath(os.path.dirname(source)) != file.parent:
        return "one of the folders it came from is now a link"
    return None


def _entry_file(file: FileRow, info: str) -> str:
    """The file in the trash that the row's record is of: where it is, where an undo takes it from, or where it will be."""
    if file.entry is not None:
        return file.entry
    return entry_of(info).file if file.move.target is None else file.move.source


def _partial_blocker(file: FileRow) -> str | None:
    """The name of an unfinished copy is one of dedupe's, beside the target."""
    if file.partial is None:
        return None
    folder, name = os.path.split(file.partial)
    siblings = file.move.target is not None and folder == os.path.dirname(file.move.target)
    return None if siblings and _PARTIAL.fullmatch(name) else "its unfinished copy has no name that dedupe gives"


def _stand_in_blocker(file: FileRow) -> str | None:
    """The replacement of a file in its place has a name of dedupe's, beside it."""
    folder, name = os.path.split(file.partial or "")
    fits = file.move.target is None and folder == os.path.dirname(file.move.source) and _PARTIAL.fullmatch(name)
    return None if fits else "its replacement has no name that dedupe gives"


def sidecar_blocker(asset: AssetRow, file: FileRow) -> str | None:
    """What is written or taken back as a sidecar is called like one, so never a photo."""
    if asset.purpose not in SIDECARS or file.move.source.lower().endswith(".xmp"):
        return None
    return "it is not a sidecar"


def made_blocker(path: str, run: RunRow | None) -> str | None:
    """A folder or marker that a run is said to have made is its target, is in it, or holds it."""
    target = None if run is None else run.target
    if target is None or not is_plain(path) or not (is_under(path, target) or is_under(target, path)):
        return OUTSIDE
    return None


def _is_home(path: str, run: RunRow) -> bool:
    return is_plain(path) and root_of(path, run.roots) is not None


def _is_away(place: str | None, run: RunRow) -> bool:
    """Where the run put files. None is a file that went, or was to go, to a trash that tells no place."""
    if run.target is not None:
        return _is_below(place, run.target)
    return place is None or (is_plain(place) and is_entry_shaped(place, None))


def _is_below(place: str | None, target: str) -> bool:
    return place is not None and is_plain(place) and place != target and is_under(place, target)
