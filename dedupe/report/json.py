"""The result for programs and spreadsheets: JSON (the contract of DESIGN.md §5) and CSV.

Both are deterministic, and neither can harm where it is opened: what could act on a terminal is written as
JSON's own ``\\u`` escape, a CSV field that a spreadsheet would take for a formula begins with an apostrophe.
A file is written beside its place and then put there whole; one that is no earlier report is never overwritten.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import secrets
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from dedupe._version import __version__
from dedupe.errors import UsageError
from dedupe.report import phrases
from dedupe.report.sizes import freed_bytes, further_files
from dedupe.terminal.console import display_path, display_text, format_taken, is_unsafe
from dedupe.types import CaptureTime, Extra, Group, Photo, ScanResult, Series, Skipped

SCHEMA = 1
_CSV_HEAD = (
    "group",
    "role",
    "path",
    "bytes",
    "width",
    "height",
    "taken",
    "relation",
    "distance",
    "selected",
    "protected",
    "reason",
    "loses",
    "note",
    "companions",
    "path_b64",
)
_CSV_MARK = "\ufeff"  # without it Excel takes UTF-8 for the local code page
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_json(result: ScanResult, target: str) -> None:
    """Write ``result`` as JSON into the file ``target``, or to stdout where it is ``-``.

    Raises UsageError where the file cannot be written, or exists and is no JSON report.
    """
    _write(target, json_chunks(result), _JSON_START)


def write_csv(result: ScanResult, target: str) -> None:
    """Write a row a photo of every group as CSV into the file ``target``, or to stdout where it is ``-``.

    Raises UsageError where the file cannot be written, or exists and is no CSV report.
    """
    start = "" if target == "-" else _CSV_MARK
    _write(target, (start, *csv_rows(result)), _CSV_START)


def check_targets(json_to: str | None, csv_to: str | None) -> None:
    """Look, before a long scan, whether the reports can be written where they are wanted; writes nothing.

    Raises UsageError where one cannot, or where both are to go to the same place.
    """
    if json_to is not None and json_to == csv_to:
        raise UsageError("--json and --csv need two different places.")
    for target, start in ((json_to, _JSON_START), (csv_to, _CSV_START)):
        if target is not None and target != "-":
            _check(os.path.realpath(target), start)


def json_chunks(result: ScanResult) -> Iterator[str]:
    """The JSON object piece by piece: head, a line for each group, series and skipped file, account."""
    head = {
        "schema": SCHEMA,
        "dedupe": __version__,
        "model": result.model,
        "threshold": round(result.threshold, 6),
        **paths_entry("roots", result.roots),
    }
    yield dumped(head)[:-1]
    yield from _list("groups", map(_group, result.groups))
    yield from _list("series", map(_series, result.series))
    yield from _list("skipped", map(skipped_entry, result.skipped))
    yield f',\n"stats": {dumped(_stats(result))}}}\n'


def _list(key: str, items: Iterable[Mapping[str, object]]) -> Iterator[str]:
    yield f',\n"{key}": ['
    for number, item in enumerate(items):
        yield f"{',' if number else ''}\n{dumped(item)}"
    yield "]"


def dumped(item: object) -> str:
    """JSON on one line that no terminal acts on."""
    text = json.dumps(item, ensure_ascii=False, allow_nan=False)
    if text.isprintable():
        return text
    return "".join(json.dumps(char)[1:-1] if ord(char) > 0x9F and is_unsafe(char) else _control(char) for char in text)


def _control(char: str) -> str:
    return f"\\u{ord(char):04x}" if 0x7F <= ord(char) <= 0x9F else char


def _group(group: Group) -> dict[str, object]:
    return {
        "id": group.id,
        "keep": photo_entry(group.keep),
        "reason": display_text(phrases.reason(group)),
        "extras": [_extra(extra) for extra in group.extras],
        "reclaimable_bytes": sum(freed_bytes(extra.photo, group.keep) for extra in group.extras),
    }


def photo_entry(photo: Photo) -> dict[str, object]:
    """A photo as every report writes it."""
    return {
        **path_entry("path", photo.path),
        "bytes": photo.file.stamp.size,
        "width": photo.facts.width,
        "height": photo.facts.height,
        "taken": iso(photo.facts.taken),
        "format": photo.facts.format,
        "protected": photo.file.protected or photo.file.reference,
        **paths_entry("companions", tuple(further_files(photo))),
    }


def _extra(extra: Extra) -> dict[str, object]:
    return {
        **photo_entry(extra.photo),
        "relation": extra.relation.value,
        "distance": round(extra.distance, 6),
        "selected": extra.selected,
        "note": display_text(phrases.remark(extra)),
        "loses": [display_text(loss) for loss in phrases.losses(extra)],
    }


def _series(series: Series) -> dict[str, object]:
    return {"id": series.id, **paths_entry("paths", [photo.path for photo in series.photos])}


def skipped_entry(skipped: Skipped) -> dict[str, object]:
    """A file that was left out, and why."""
    return {**path_entry("path", skipped.path), "reason": display_text(skipped.reason), "kind": skipped.kind.value}


def _stats(result: ScanResult) -> dict[str, object]:
    stats = result.stats
    return {
        "files": stats.files,
        "photos": stats.photos,
        "groups": stats.groups,
        "extras": stats.extras,
        "reclaimable_bytes": stats.reclaimable_bytes,
        "seconds": {name: round(seconds, 3) for name, seconds in stats.seconds.items()},
    }


def iso(taken: CaptureTime | None) -> str | None:
    """The capture time as ISO 8601, with sub-seconds and offset where the file states them."""
    return format_taken(taken, precise=True).replace(" ", "T", 1).replace(" ", "") or None


def path_entry(key: str, path: str) -> dict[str, object]:
    """A path; one that is not UTF-8 gets ``key_b64`` beside a lossy ``key``."""
    if _is_text(path):
        return {key: path}
    return {key: _lossy(path), f"{key}_b64": _b64(path)}


def paths_entry(key: str, paths: Sequence[str]) -> dict[str, object]:
    """A list of paths; where one is not UTF-8, ``key_b64`` beside it has an entry for each, or null."""
    shown: dict[str, object] = {key: [_lossy(path) for path in paths]}
    if not all(map(_is_text, paths)):
        shown[f"{key}_b64"] = [None if _is_text(path) else _b64(path) for path in paths]
    return shown


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _lossy(path: str) -> str:
    return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in path)


def _b64(path: str) -> str:
    return base64.b64encode(os.fsencode(path)).decode("ascii")


def csv_rows(result: ScanResult) -> Iterator[str]:
    """The lines of the CSV: its head, then the kept photo and the extras of each group in turn."""
    yield _line(_CSV_HEAD)
    for number, group in enumerate(result.groups, 1):
        yield _row(number, "keep", group.keep, reason=phrases.reason(group))
        for extra in group.extras:
            yield _row(number, "extra", extra.photo, extra)


def _row(number: int, role: str, photo: Photo, extra: Extra | None = None, reason: str = "") -> str:
    path = display_path(photo.path)
    return _line(
        (
            number,
            role,
            path,
            photo.file.stamp.size,
            photo.facts.width,
            photo.facts.height,
            format_taken(photo.facts.taken, precise=True),
            extra.relation.value if extra else "",
            f"{extra.distance:.6f}" if extra else "",
            ("yes" if extra.selected else "no") if extra else "",
            "yes" if photo.file.protected or photo.file.reference else "no",
            _harmless(reason),
            _harmless("; ".join(phrases.losses(extra))) if extra else "",
            _harmless(phrases.remark(extra)) if extra else "",
            sum(1 for _ in further_files(photo)),
            "" if path == photo.path else _b64(photo.path),
        )
    )


def _harmless(text: str) -> str:
    shown = display_text(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def _line(cells: Sequence[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


_JSON_START = b'{"schema": '
_CSV_START = (_CSV_MARK + _line(_CSV_HEAD)).encode()


def _write(target: str, chunks: Iterable[str], start: bytes) -> None:
    if target == "-":
        to_stdout(chunks)
        return
    path = os.path.realpath(target)
    _check(path, start)
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            with open(path, "wb") as device:  # a pipe the shell made, or /dev/stdout: nothing to put in place of it
                device.writelines(chunk.encode() for chunk in chunks)
        else:
            _place(path, chunks)
    except OSError as error:
        raise _unwritable(path, error) from error


def to_stdout(chunks: Iterable[str]) -> None:
    """Writes UTF-8, whatever the terminal's encoding."""
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:
        sys.stdout.writelines(chunks)
        return
    sys.stdout.flush()
    binary.writelines(chunk.encode() for chunk in chunks)
    binary.flush()


def _check(path: str, start: bytes) -> None:
    """Raises UsageError where ``path`` is no place for a report that begins with ``start``."""
    folder = os.path.dirname(path)
    if os.path.isdir(path):
        raise UsageError(f"A report is a file, and {display_path(path)} is a folder.")
    if not os.path.isdir(folder):
        raise UsageError(f"The report cannot be written: there is no folder {display_path(folder)}.")
    if not os.path.isfile(path):
        return
    try:
        with open(path, "rb") as file:
            begins = file.read(len(start))
    except OSError as error:
        raise _unwritable(path, error) from error
    if begins and begins != start:
        raise UsageError(f"{display_path(path)} exists and is no report of dedupe: it is left as it is.")


def _place(path: str, chunks: Iterable[str]) -> None:
    beside = f"{path}.{secrets.token_hex(4)}.part"
    try:
        with open(beside, "xb") as file:
            file.writelines(chunk.encode() for chunk in chunks)
            file.flush()
            os.fsync(file.fileno())
        # The place is free, empty, or holds an earlier report: _check has looked.
        os.replace(beside, path)  # noqa: TID251
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)  # noqa: TID251
        raise


def _unwritable(path: str, error: OSError) -> UsageError:
    return UsageError(f"The report {display_path(path)} cannot be written: {error.strerror or error}.")
