"""Why a copy was missed: what the store of the scan remembers of it and its original.

Reads the cache's tables (dedupe/library/cache.sql) and changes nothing.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from benchmarks.manifest import Entry, Kind, Manifest
from benchmarks.score import Finding, Scan


def traced(missed: Sequence[Finding], root: Path, store: Path) -> tuple[Finding, ...]:
    """Give each finding the step that lost it.

    It was no candidate, judged unrelated or similar, or verified with its original and yet not grouped with it.
    """
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as cache:
        keys = dict(cache.execute("SELECT path, content_key FROM files"))
        return tuple(_traced(finding, root, keys, cache) for finding in missed)


def _traced(finding: Finding, root: Path, keys: Mapping[bytes, bytes], cache: sqlite3.Connection) -> Finding:
    ends = [keys.get(os.fsencode(root / path)) for path in (finding.a, finding.b)]
    if None in ends:
        return finding
    pair = b"".join(sorted(end for end in ends if end is not None))
    row = cache.execute("SELECT verdict FROM verdicts WHERE pair = ?", (pair,)).fetchone()
    if row is None:
        cause = "not a candidate"
    elif row[0] is None:
        cause = "judged unrelated"
    else:
        verdict = json.loads(row[0])
        cause = f"verified as {verdict['relation']} ({verdict.get('remark', {}).get('change', '')})"
    return replace(finding, said=f"{finding.said}, {cause}")


def verdicts(store: Path) -> int:
    """How many pairs the scan asked for a verdict, beyond those that were refused cheaply."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as cache:
        return int(cache.execute("SELECT count(*) FROM verdicts").fetchone()[0])


def causes(missed: Sequence[Finding]) -> Mapping[str, object]:
    """How many copies each step lost, by the part of the cause before its detail."""
    return dict(Counter(finding.said.partition(" (")[0] for finding in missed).most_common())


def kept_instead(manifest: Manifest, scan: Scan, reasons: Mapping[str, str]) -> tuple[Finding, ...]:
    """Groups with an original in them that keep another file, and the keeper rule that decided."""
    entries = {entry.path: entry for entry in manifest.entries}
    found = []
    for group in scan.groups:
        keep = entries.get(group.keep)
        originals = [p for p in group.paths if p in entries and entries[p].kind is Kind.ORIGINAL]
        if keep is None or not originals or _as_good(keep):
            continue
        selected = any(extra.selected for extra in group.extras if extra.path in originals)
        found.append(Finding(originals[0], group.keep, reasons.get(group.id, ""), selected, str(keep.change)))
    return tuple(found)


def _as_good(keep: Entry) -> bool:
    return keep.kind is Kind.ORIGINAL or keep.exif == "same"
