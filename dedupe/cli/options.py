"""The options that several commands share, each said once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from dedupe.settings import KEEPER_RULES
from dedupe.terminal.display import Sort
from dedupe.types import SAFE_RELATIONS, Relation

if TYPE_CHECKING:
    from dedupe.review.web.server import Wanted

PHOTOS, FINDING, STAYS, RESULT, ACTING, BROWSER, DATA = (
    "Which photos",
    "How duplicates are found",
    "Which photo stays",
    "The result",
    "Acting on the result",
    "In the browser",
    "Data",
)
RELATIONS = ", ".join(Relation)


def _listed(names: tuple[str, ...]) -> Callable[[str], list[str]]:
    """Completes the last of a list of names with commas."""

    def complete(incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",")
        return [f"{before}{comma}{name}" for name in names if name.startswith(last)]

    return complete


Roots = Annotated[list[str], typer.Argument(metavar="PATH…", help="Folders to scan, and photos.", show_default=False)]
Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="FILE",
        help="Where dedupe remembers what it read; its other files are put beside it.",
        rich_help_panel=DATA,
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="The model that finds candidates: compact or vgg16. [default: compact]",
        rich_help_panel=FINDING,
        autocompletion=lambda: ["compact", "vgg16"],
    ),
]
Weights = Annotated[
    str | None,
    typer.Option("--weights", metavar="FILE", help="Load the model's weights from this file.", rich_help_panel=FINDING),
]
Threshold = Annotated[
    float | None,
    typer.Option(
        "--threshold",
        metavar="D",
        help="The largest distance of a candidate: 0 is the same, 1.41 unrelated. [default: the model's own]",
        rich_help_panel=FINDING,
    ),
]
PlanTo = Annotated[
    str | None,
    typer.Option(
        "--plan",
        metavar="FILE",
        help="Write what would be removed, to edit it and `dedupe apply --plan` it.",
        rich_help_panel=RESULT,
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="Read, embed and compare on a Dask cluster: its scheduler's address, or local[:N].",
        rich_help_panel=FINDING,
    ),
]
PathMap = Annotated[
    list[str] | None,
    typer.Option(
        "--path-map",
        metavar="LOCAL=REMOTE",
        help="The path of a folder as the cluster knows it; repeat for more.",
        rich_help_panel=FINDING,
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        metavar="N",
        help="The number of worker processes. [default: one per core]",
        rich_help_panel=FINDING,
    ),
]
Retry = Annotated[
    bool | None,
    typer.Option(
        "--retry",
        help="Try again the photos that could not be read before.",
        rich_help_panel=FINDING,
        show_default=False,
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude",
        metavar="GLOB",
        help="Leave out files and folders whose name or path matches; repeat for more.",
        rich_help_panel=PHOTOS,
    ),
]
MinBytes = Annotated[
    str | None,
    typer.Option("--min-bytes", metavar="SIZE", help="Skip smaller files: 500, 20k, 1M.", rich_help_panel=PHOTOS),
]
IncludeHidden = Annotated[
    bool | None,
    typer.Option(
        "--include-hidden", help="Scan hidden files and folders too.", show_default=False, rich_help_panel=PHOTOS
    ),
]
Follow = Annotated[
    bool | None,
    typer.Option(
        "--follow", help="Follow symbolic links to folders and photos.", show_default=False, rich_help_panel=PHOTOS
    ),
]
Reference = Annotated[
    list[str] | None,
    typer.Option(
        "--reference", metavar="DIR", help="Always keep photos in this folder; repeat for more.", rich_help_panel=PHOTOS
    ),
]
Protect = Annotated[
    list[str] | None,
    typer.Option(
        "--protect",
        metavar="DIR",
        help="Never mark photos here for removal; repeat for more.",
        rich_help_panel=PHOTOS,
    ),
]
CrossOnly = Annotated[
    bool | None,
    typer.Option(
        "--cross-only",
        help="Compare only photos from different PATHs.",
        show_default=False,
        rich_help_panel=PHOTOS,
    ),
]
Exact = Annotated[
    bool | None,
    typer.Option(
        "--exact",
        help="Look only for files with the same bytes or the same pixels; quick.",
        show_default=False,
        rich_help_panel=PHOTOS,
    ),
]
Show = Annotated[
    list[str] | None,
    typer.Option(
        "--show",
        metavar="REL,…",
        help=f"Show only these relations: {RELATIONS}. Changes what is shown, not what was found. [default: all]",
        rich_help_panel=RESULT,
        autocompletion=_listed(tuple(Relation)),
    ),
]
Select = Annotated[
    list[str] | None,
    typer.Option(
        "--select",
        metavar="REL,…",
        help=f"Mark copies of these relations for removal: {', '.join(list(Relation)[:-1])}. "
        f"[default: {','.join(SAFE_RELATIONS)}]",
        rich_help_panel=STAYS,
        autocompletion=_listed(tuple(Relation)[:-1]),
    ),
]
Keep = Annotated[
    list[str] | None,
    typer.Option(
        "--keep",
        metavar="RULE,…",
        help=f"The rules that choose the photo to keep, the first one first: {', '.join(KEEPER_RULES)}. Rules that are not "
        "named follow in this order.",
        rich_help_panel=STAYS,
        autocompletion=_listed(KEEPER_RULES),
    ),
]
Prefer = Annotated[
    list[str] | None,
    typer.Option(
        "--prefer",
        metavar="DIR",
        help="Of equal copies, keep the one in this folder; repeat for more, the most preferred first.",
        rich_help_panel=STAYS,
    ),
]
CautionLevel = Annotated[
    str | None,
    typer.Option(
        "--caution",
        metavar="LEVEL",
        help="When a re-saved copy is marked for removal: normal where everything agrees, strict only with proof of which was "
        "saved from which. [default: normal]",
        rich_help_panel=STAYS,
        autocompletion=lambda: ["strict", "normal"],
    ),
]
SortBy = Annotated[
    str | None,
    typer.Option(
        "--sort",
        metavar="ORDER",
        help=f"The order of the groups: {', '.join(Sort)}. [default: frees]",
        rich_help_panel=RESULT,
        autocompletion=lambda: list(Sort),
    ),
]
Limit = Annotated[
    int | None,
    typer.Option("--limit", metavar="N", help="Show at most this many groups.", rich_help_panel=RESULT),
]
All = Annotated[
    bool,
    typer.Option("--all", help="Also show the groups with nothing to remove.", rich_help_panel=RESULT),
]
ByFolder = Annotated[
    bool,
    typer.Option(
        "--by-folder", help="Show folders instead of groups: what would leave from where.", rich_help_panel=RESULT
    ),
]
MoveTo = Annotated[
    str | None,
    typer.Option(
        "--move-to",
        metavar="DIR",
        help="Move the selected copies into this folder; their subfolders are kept.",
        rich_help_panel=ACTING,
    ),
]
Trash = Annotated[bool, typer.Option("--trash", help="Move the selected copies to the trash.", rich_help_panel=ACTING)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Act without asking.", rich_help_panel=ACTING)]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show what would be done; change nothing.", rich_help_panel=ACTING)
]
MaxDrop = Annotated[
    str | None,
    typer.Option(
        "--max-drop", metavar="N|P%", help="Refuse to remove more photos than this: 100 or 5%.", rich_help_panel=ACTING
    ),
]
RescueWish = Annotated[
    str | None,
    typer.Option(
        "--rescue",
        metavar="WHEN",
        help="Carry over metadata that only a copy has, into a sidecar (.xmp) beside the photo that stays, so that the copy "
        "can go: ask (in the review), always or never. With always, a photo also gets what its own Google Takeout JSON says. "
        "[default: ask]",
        rich_help_panel=ACTING,
        autocompletion=lambda: ["ask", "always", "never"],
    ),
]
RescueDates = Annotated[
    bool | None,
    typer.Option(
        "--rescue-dates",
        help="Also carry over the oldest file date where no photo has a date.",
        rich_help_panel=ACTING,
    ),
]
Albums = Annotated[
    bool | None,
    typer.Option(
        "--albums-as-keywords",
        help="Also carry over the names of the copies' folders, as keywords.",
        rich_help_panel=ACTING,
    ),
]
Web = Annotated[
    bool,
    typer.Option(
        "--web", help="Review in the browser, on a page that only this machine can open.", rich_help_panel=BROWSER
    ),
]
NoOpen = Annotated[bool, typer.Option("--no-open", help="Print the link and open no browser.", rich_help_panel=BROWSER)]
Port = Annotated[
    int | None,
    typer.Option(
        "--port",
        metavar="N",
        min=1,
        max=65535,
        help="The port of the page. [default: any free one]",
        rich_help_panel=BROWSER,
    ),
]
Link = Annotated[
    str | None,
    typer.Option(
        "--link",
        metavar="KIND",
        help="Replace byte-identical copies with links to the photo that stays: hard or ref (reflinks).",
        rich_help_panel=ACTING,
        autocompletion=lambda: ["hard", "ref"],
    ),
]
Html = Annotated[
    str | None,
    typer.Option("--html", metavar="FILE", help="Write the result as a page with pictures.", rich_help_panel=RESULT),
]
HtmlGps = Annotated[
    bool, typer.Option("--html-gps", help="Put GPS positions on that page too.", rich_help_panel=RESULT)
]
PruneEmpty = Annotated[
    bool,
    typer.Option("--prune-empty", help="Remove the folders that this leaves empty.", rich_help_panel=ACTING),
]
JsonFile = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE", help="Write the result as JSON; - is stdout.", rich_help_panel=RESULT),
]
CsvFile = Annotated[
    str | None,
    typer.Option(
        "--csv", metavar="FILE", help="Write the result as CSV, a row per photo; - is stdout.", rich_help_panel=RESULT
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON object.", show_default=False, rich_help_panel=RESULT)
]
Save = Annotated[
    str | None,
    typer.Option(
        "--save", metavar="FILE", help="Save a picture of the result: .png, .jpg or .webp.", rich_help_panel=RESULT
    ),
]


def browser(*, web: bool, no_open: bool, port: int | None, roots: tuple[str, ...], acts: bool = False) -> Wanted | None:
    """How the review in the browser is wanted, None where it is not.

    Raises UsageError where the options contradict each other, WebUnavailableError without the libraries.
    """
    from dedupe.errors import UsageError
    from dedupe.review.web.server import Wanted, check_available
    from dedupe.terminal.console import say

    if not web:
        if no_open or port is not None:
            raise UsageError("--no-open and --port need --web.")
        return None
    if acts:
        raise UsageError(
            "--web can't be used with --review, --trash, --move-to, --link or a report on stdout; "
            "the page asks what to remove."
        )
    check_available()
    return Wanted(port or 0, not no_open, say, roots)
