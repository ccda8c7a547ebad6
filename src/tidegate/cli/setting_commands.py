"""The words of `tidegate setting`, with their help. The work is in `settings.py`."""

from typing import Annotated

import typer

from tidegate.cli.options import Data, Json

setting = typer.Typer(
    help="See and change settings while everything runs.", no_args_is_help=True, rich_markup_mode=None
)

Name = Annotated[str, typer.Argument(help="Its name, such as origin.grace_s.", metavar="NAME")]
Change = Annotated[
    str | None, typer.Argument(help="The change's id; needed where there are several.", metavar="[CHANGE]")
]
Channel = Annotated[str, typer.Option("--channel", help="For this channel alone.", show_default=False)]
Node = Annotated[str, typer.Option("--node", help="For this node alone.", show_default=False)]
Cell = Annotated[str, typer.Option("--cell", help="For this cell alone.", show_default=False)]
Region = Annotated[str, typer.Option("--region", help="For this region alone.", show_default=False)]
Version = Annotated[
    int | None,
    typer.Option("--version", min=0, help="Only if it still has this version.", show_default=False),
]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the history.", show_default=False)]


@setting.command("list")
def setting_list(
    search: Annotated[
        str, typer.Argument(help="Only those with this in name or sentence.", metavar="[TEXT]")
    ] = "",
    changed: Annotated[bool, typer.Option("--changed", help="Only those not at their default.")] = False,
    channel: Channel = "",
    node: Node = "",
    cell: Cell = "",
    region: Region = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """List settings with value and source. As they are here, or for whom the options name.

    Example: tidegate setting list origin --channel friday-show
    """
    from tidegate.cli.settings import list_all

    list_all(search, place(channel, node, cell, region), data, changed=changed, as_json=json)


@setting.command("get")
def setting_get(
    name: Name,
    channel: Channel = "",
    node: Node = "",
    cell: Cell = "",
    region: Region = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Show all there is to know of a setting."""
    from tidegate.cli.settings import show

    show(name, place(channel, node, cell, region), data, as_json=json)


@setting.command("set", context_settings={"ignore_unknown_options": True})
def setting_set(
    name: Name,
    value: Annotated[str, typer.Argument(help="The new value.", metavar="VALUE")],
    channel: Channel = "",
    node: Node = "",
    cell: Cell = "",
    region: Region = "",
    share: Annotated[
        str, typer.Option("--share", help="Release it to this share first, such as 5%.", show_default=False)
    ] = "",
    version: Version = None,
    reason: Reason = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Give a setting a value. In effect at once for all, for one subject, or for a share.

    Examples: tidegate setting set origin.grace_s 30 --channel friday-show --reason "Wi-Fi at the venue"

    tidegate setting set origin.grace_s 30 --share 5%
    """
    from tidegate.cli.settings import set_value

    where = place(channel, node, cell, region)
    set_value(name, value, where, share, version, reason, data, as_json=json)


@setting.command("reset")
def setting_reset(
    name: Name,
    channel: Channel = "",
    node: Node = "",
    cell: Cell = "",
    region: Region = "",
    version: Version = None,
    reason: Reason = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Take back what is set. The default of this node holds again."""
    from tidegate.cli.settings import reset

    reset(name, place(channel, node, cell, region), version, reason, data, as_json=json)


@setting.command("promote")
def setting_promote(
    name: Name,
    change: Change = None,
    version: Version = None,
    reason: Reason = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Make a change that is being released everyone's."""
    from tidegate.cli.settings import promote

    promote(name, change, version, reason, data, as_json=json)


@setting.command("abort")
def setting_abort(
    name: Name,
    change: Change = None,
    version: Version = None,
    reason: Reason = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Withdraw a change that is being released."""
    from tidegate.cli.settings import abort

    abort(name, change, version, reason, data, as_json=json)


@setting.command("history")
def setting_history(
    name: Annotated[str | None, typer.Argument(help="One setting; all by default.", metavar="[NAME]")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=200, help="How many lines.")] = 20,
    before: Annotated[
        str, typer.Option("--before", help="Go on where a page ended.", show_default=False)
    ] = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Tell who changed what, when and why."""
    from tidegate.cli.setting_reports import history

    history(name, limit, before, data, as_json=json)


@setting.command("diff")
def setting_diff(
    name: Annotated[str | None, typer.Argument(help="One setting; all by default.", metavar="[NAME]")] = None,
    since: Annotated[
        str,
        typer.Option("--since", help="What changed since: 2h, 3d, or 2026-11-24T18:00.", show_default=False),
    ] = "",
    until: Annotated[
        str, typer.Option("--until", help="Until when, likewise; now by default.", show_default=False)
    ] = "",
    from_version: Annotated[
        int | None, typer.Option("--from", min=0, help="From this version of NAME.", show_default=False)
    ] = None,
    to_version: Annotated[
        int | None, typer.Option("--to", min=0, help="To this version of NAME.", show_default=False)
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Show what differs from the defaults. Or what changed in a stretch of time.

    Example: tidegate setting diff --since 2h
    """
    from tidegate.cli.setting_reports import diff

    diff(name, since, until, from_version, to_version, data, as_json=json)


def place(channel: str, node: str, cell: str, region: str) -> tuple[str, str]:
    """Reach and id; at most one may be given, since a value is set at one place."""
    given = [
        (reach, id_)
        for reach, id_ in (("channel", channel), ("node", node), ("cell", cell), ("region", region))
        if id_
    ]
    if len(given) > 1:
        raise typer.BadParameter("Give one of --channel, --node, --cell and --region.")
    return given[0] if given else ("all", "")
