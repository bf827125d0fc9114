"""How many duplicates dedupe finds, and that it finds nothing else, on a tree built from any photos.

python -m benchmarks.accuracy [--photos DIR…] [--distractors DIR|TAR…] [--ablations] [--out FILE.md]

Builds the tree (tree.py), runs `dedupe scan` on it with an empty store, holds the groups against the answer
sheet (score.py) and prints tables; every false pair goes onto a contact sheet beside the report. The exit
code is 1 where something happened that must never happen.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks import ablations, tables, tracing
from benchmarks.manifest import Manifest
from benchmarks.photographs import HELP, photographs
from benchmarks.running import scan
from benchmarks.score import Finding, Scan, Score, read_scan, score
from benchmarks.sheets import contact_sheets
from benchmarks.tree import TreeOptions, build
from benchmarks.truth import read_manifest


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0, or 1 where there is a false pair, a wrong selection, or a path out of place."""
    options = _parser().parse_args(arguments)
    options.photos = options.photos or [str(photographs(options.work))]
    if options.judge_pairs:
        from benchmarks import judging

        return judging.main(options.photos, options.work, options.judge_pairs, options.jobs)
    manifest = (
        read_manifest(options.truth) if options.truth else build(_tree_options(options), options.work, options.jobs)
    )
    print(f"{len(manifest.entries)} files below {manifest.root}", file=sys.stderr)
    result, said, kept = _judged(manifest, options)
    parts = [*_report(result, said, manifest), tables.listed("Kept instead of the original", kept)]
    if options.orientation:
        parts.append(_orientation(options.orientation, manifest.root.parent, options.model))
    if options.ablations:
        parts += ablations.report(manifest, options.ablations, options.jobs, result)
    parts.append(_asked(manifest, manifest.root.parent / f"store-{options.model}" / "store.db"))
    text = "\n\n".join(part for part in parts if part) + "\n"
    print(text)
    if options.out:
        _write(options.out, text, result, manifest, kept)
    return 0 if result.clean else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument(
        "--photos",
        nargs="+",
        metavar="DIR",
        help=f"originals: every photo in them is a capture {HELP}",
    )
    parser.add_argument(
        "--truth",
        type=Path,
        metavar="TREE",
        help="a tree with a truth.csv, made elsewhere, instead of a tree of --photos",
    )
    parser.add_argument("--distractors", nargs="*", default=[], metavar="DIR|TAR", help="further photos without copies")
    parser.add_argument("--distractor-count", type=int, default=500, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--originals", type=int, metavar="N", help="copies of at most N captures (default: all)")
    parser.add_argument("--copies", type=int, default=5, metavar="N", help="copies of each original (default 5)")
    parser.add_argument(
        "--work", type=Path, default=Path("build/benchmarks"), metavar="DIR", help="where trees and stores go"
    )
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--model", default="compact")
    parser.add_argument(
        "--scan-options", default="", metavar="TEXT", help="passed on to dedupe scan, e.g. '--threshold 0.9'"
    )
    parser.add_argument("--warm", action="store_true", help="keep the store of the last run instead of scanning cold")
    parser.add_argument(
        "--ablations",
        nargs="*",
        metavar="METHOD",
        choices=ablations.METHODS,
        help="compact, vgg16, phash, pdq",
    )
    parser.add_argument("--orientation", type=Path, metavar="DIR", help="also scan this folder of orientation examples")
    parser.add_argument(
        "--judge-pairs",
        type=int,
        default=0,
        metavar="N",
        help="judge N nearest pairs of different photos instead",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write the tables to FILE.md, or everything to FILE.json"
    )
    return parser


def _tree_options(options: argparse.Namespace) -> TreeOptions:
    return TreeOptions(
        photos=tuple(str(Path(folder).resolve()) for folder in options.photos),
        seed=options.seed,
        originals=options.originals,
        copies=options.copies,
        distractors=tuple(str(Path(source).resolve()) for source in options.distractors),
        distractor_count=options.distractor_count,
    )


def _judged(manifest: Manifest, options: argparse.Namespace) -> tuple[Score, Scan, tuple[Finding, ...]]:
    place = manifest.root.parent / f"store-{options.model}"
    if not options.warm:
        shutil.rmtree(place, ignore_errors=True)
    more = ("--model", options.model, "--jobs", str(options.jobs), *options.scan_options.split())
    run = scan([manifest.root], place, *more)
    said = read_scan(run.report, manifest.root)
    result = score(manifest, said)
    traced = replace(result, missed=tracing.traced(result.missed, manifest.root, place / "store.db"))
    reasons = {group["id"]: str(group["reason"]) for group in run.report["groups"]}
    return traced, said, tracing.kept_instead(manifest, said, reasons)


def _report(result: Score, said: Scan, manifest: Manifest) -> list[str]:
    seconds = {name: f"{value:.1f} s" for name, value in said.seconds.items()}
    return [
        f"## {len(manifest.entries)} files, model {said.model}, threshold {said.threshold:.3f}",
        tables.verdict(result),
        tables.by_change(result),
        tables.by_name("capture time of the copy", result.exif),
        tables.by_name("altered pictures", result.altered),
        tables.by_name("plain copies that stay, and why", result.plain_left),
        tables.by_name("step", seconds),
        tables.by_name("missed, and where it was lost", tracing.causes(result.missed)),
        tables.listed("False pairs", result.false_pairs),
        tables.listed("Pre-selected although something visible differs", result.visible_selected),
        tables.listed("Altered pictures merged", result.altered_wrong),
        tables.listed("Relation wrong", result.wrong_relations),
        tables.listed("Missed", result.missed),
        *([f"### Skipped\n\n{chr(10).join(result.skipped)}"] if result.skipped else []),
    ]


def _asked(manifest: Manifest, store: Path) -> str:
    """How many pairs got a verdict, in all and a file."""
    count = tracing.verdicts(store)
    return f"{count} verdicts, {count / len(manifest.entries):.2f} a file"


def _orientation(folder: Path, work: Path, model: str) -> str:
    """All Landscape_* in one group, all Portrait_* in another."""
    place = work / "store-orientation"
    shutil.rmtree(place, ignore_errors=True)
    said = read_scan(scan([folder], place, "--model", model).report, folder.resolve())
    rows = []
    for prefix in ("Landscape_", "Portrait_"):
        wanted = {path.name for path in folder.glob(f"{prefix}*")}
        groups = [set(group.paths) & wanted for group in said.groups if set(group.paths) & wanted]
        alone = len(groups) == 1 and all(wanted >= set(g.paths) for g in said.groups if set(g.paths) & wanted)
        rows.append(
            (
                prefix + "*",
                f"{max(map(len, groups), default=0)} of {len(wanted)}",
                len(groups),
                "yes" if alone else "NO",
            )
        )
    return "### EXIF orientations\n\n" + tables.table(("pictures", "in one group", "groups", "nothing else"), rows)


def _write(out: Path, text: str, result: Score, manifest: Manifest, kept: tuple[Finding, ...]) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix == ".json":
        out.write_text(json.dumps(asdict(result), indent=1, default=dict), "utf-8")
    else:
        out.write_text(text, "utf-8")
    for name, findings in {**_to_look_at(result), "kept": kept}.items():
        for sheet in contact_sheets(findings, manifest.root, out.with_name(f"{out.stem}-{name}")):
            print(f"to look at: {sheet}", file=sys.stderr)


def _to_look_at(result: Score) -> dict[str, tuple[Finding, ...]]:
    return {
        "false": result.false_pairs,
        "selected": result.visible_selected,
        "altered": result.altered_wrong,
        "relation": result.wrong_relations,
        "missed": result.missed,
    }


if __name__ == "__main__":
    sys.exit(main())
