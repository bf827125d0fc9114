"""The options that several commands share, each said once."""

from __future__ import annotations

from typing import Annotated

import typer

Roots = Annotated[list[str], typer.Argument(metavar="PATH…", help="Folders to scan, with all that is in them.")]
Prefer = Annotated[
    list[str] | None,
    typer.Option("--prefer", metavar="DIR", help="Of equal copies the one in here stays; repeat, the first is best."),
]
Caution = Annotated[
    str | None,
    typer.Option("--caution", metavar="strict|normal", help="Select re-saves on proof only, or on agreement [normal]."),
]
Store = Annotated[
    str | None,
    typer.Option("--store", metavar="FILE", help="Where dedupe remembers; the other databases stand beside it."),
]
Model = Annotated[
    str | None,
    typer.Option("--model", metavar="compact|vgg16", help="The embedding that finds candidates [compact]."),
]
Weights = Annotated[
    str | None,
    typer.Option("--weights", metavar="FILE", help="Weights of the model, instead of the built-in or fetched ones."),
]
Threshold = Annotated[
    float | None,
    typer.Option(
        "--threshold",
        metavar="D",
        help="Largest distance of a candidate: 0 same, 1.41 unrelated [the model's own].",
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", metavar="N", help="Worker processes [one a core]."),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option("--exclude", metavar="GLOB", help="Leave out paths or names like this; repeat for more."),
]
MinBytes = Annotated[
    int | None,
    typer.Option("--min-bytes", metavar="N", help="Leave out smaller files."),
]
IncludeHidden = Annotated[
    bool | None,
    typer.Option("--include-hidden", help="Look into hidden folders and files too.", show_default=False),
]
Follow = Annotated[
    bool | None,
    typer.Option("--follow", help="Follow symbolic links to folders and photos.", show_default=False),
]
MoveTo = Annotated[
    str | None,
    typer.Option(
        "--move-to",
        metavar="DIR",
        help="Move the selected extras into this folder, keeping their folders below it.",
    ),
]
Trash = Annotated[bool, typer.Option("--trash", help="Move the selected extras to the trash.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Act without asking.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, touch nothing.")]
MaxDrop = Annotated[
    str | None,
    typer.Option("--max-drop", metavar="N|P%", help="Refuse when more photos than this would leave."),
]
Web = Annotated[bool, typer.Option("--web", help="Review in the browser, on a page that only this machine sees.")]
NoOpen = Annotated[bool, typer.Option("--no-open", help="With --web: print the link and open no browser.")]
Port = Annotated[
    int | None, typer.Option("--port", metavar="N", min=1, max=65535, help="With --web: the port [any free one].")
]
JsonFile = Annotated[
    str | None,
    typer.Option(
        "--json",
        metavar="FILE|-",
        help="Write the result as JSON; “-” is stdout, and then nothing else is written there.",
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Write one JSON object to stdout and nothing else there.", show_default=False)
]
Save = Annotated[
    str | None,
    typer.Option("--save", metavar="FILE", help="Write it as a picture into this new file (.png, .jpg, .webp)."),
]
