"""Options that several words of the command share."""

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    Path | None,
    typer.Option("--data", envvar="TIDEGATE_DATA", help="Data folder of the server.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for scripts.")]
