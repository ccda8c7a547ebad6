"""The words of `tidegate session`, with their help. The work is in `playback_sessions`."""

from enum import StrEnum
from typing import Annotated

import typer

from tidegate.cli.options import Data, Json

session = typer.Typer(
    help="Who watches, how they fare, and one viewer's whole story.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Order(StrEnum):
    newest = "newest"
    last = "last"
    rebuffer = "rebuffer"
    startup = "startup"
    watched = "watched"
    latency = "latency"
    errors = "errors"


@session.command("list")
def session_list(
    channel: Annotated[str, typer.Option("--channel", help="Of this channel alone.")] = "",
    region: Annotated[str, typer.Option("--region", help="In this region alone.")] = "",
    device: Annotated[str, typer.Option("--device", help="phone, tablet, desktop, tv or other.")] = "",
    state: Annotated[str, typer.Option("--state", help="Such as playing, rebuffering or failed.")] = "",
    exit_reason: Annotated[
        str, typer.Option("--exit", help="before-start, ended, failed, left or lost.")
    ] = "",
    since: Annotated[
        float, typer.Option("--minutes", min=1, max=44_640, help="Heard of within so many minutes.")
    ] = 60.0,
    order: Annotated[Order, typer.Option("--order", help="Most of it first.")] = Order.newest,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many.")] = 20,
    data: Data = None,
    json: Json = False,
) -> None:
    """List playback sessions, as their players reported them.

    Example: tidegate session list --channel demo --order rebuffer
    """
    from tidegate.cli.playback_sessions import list_sessions

    wanted = {"channel": channel, "region": region, "device": device, "state": state, "exit": exit_reason}
    params = {name: text for name, text in wanted.items() if text}
    raise typer.Exit(
        list_sessions(data, since, params | {"order": order.value, "limit": str(limit)}, as_json=json)
    )


@session.command("show")
def session_show(
    session_id: Annotated[
        str, typer.Argument(help="As `tidegate session list` shows it.", metavar="SESSION")
    ],
    data: Data = None,
    json: Json = False,
) -> None:
    """Show one viewer's playback and what the player reported, in order."""
    from tidegate.cli.playback_sessions import show_session

    raise typer.Exit(show_session(data, session_id, as_json=json))
