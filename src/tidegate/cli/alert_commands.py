"""The words of `tidegate alert`, and `tidegate logs`, with their help. The work is in `alerts.py` and `logs.py`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tidegate.cli.options import Data, Json

alert = typer.Typer(
    help="See what is wrong, take it on, choose what to look out for.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

AlertId = Annotated[str, typer.Argument(help="As `tidegate alert list` shows it.", metavar="ALERT")]
RuleName = Annotated[str, typer.Argument(help="As `tidegate alert rules` shows it.", metavar="RULE")]
Who = Annotated[str, typer.Option("--who", help="Your name [this machine's user].", show_default=False)]


class Level(StrEnum):
    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"
    critical = "critical"


@alert.command("list")
def alert_list(
    everything: Annotated[bool, typer.Option("--all", help="Those that are over too.")] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """List alerts that are not over: what is wrong, where, since when."""
    from tidegate.cli.alerts import list_all

    list_all(data, everything=everything, as_json=json)


@alert.command("show")
def alert_show(name: AlertId, data: Data = None, json: Json = False) -> None:
    """Show one alert: its slices, what to do, where to look, and the query behind it."""
    from tidegate.cli.alerts import show

    show(name, data, as_json=json)


@alert.command("ack")
def alert_ack(
    name: AlertId,
    lasting: Annotated[
        str,
        typer.Option(
            "--for", help="Tell it once more if it still fires after 30m, 4h … [never].", show_default=False
        ),
    ] = "",
    note: Annotated[str, typer.Option("--note", help="What others should know.")] = "",
    who: Who = "",
    back: Annotated[bool, typer.Option("--back", help="Give it back: nobody looks after it.")] = False,
    data: Data = None,
) -> None:
    """Take an alert on, so that others see who looks after it.

    Example: tidegate alert ack alr_4b1c2d --for 1h --note "The provider is on it"
    """
    from tidegate.cli.alerts import acknowledge

    acknowledge(name, lasting, note, who, data, back=back)


@alert.command("silence")
def alert_silence(
    name: Annotated[str, typer.Argument(help="Of this alert's rule and slice.", metavar="[ALERT]")] = "",
    lasting: Annotated[str, typer.Option("--for", help="For 30m, 4h, 7d …")] = "1h",
    rule: Annotated[str, typer.Option("--rule", help="Of this rule.")] = "",
    where: Annotated[
        list[str] | None,
        typer.Option("--where", help="Of this slice, DIMENSION=VALUE; may be given again.", metavar="D=V"),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, for others.")] = "",
    who: Who = "",
    end: Annotated[str, typer.Option("--end", help="End this silence instead.", metavar="SILENCE")] = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Have alerts not told for a while. They are still found and shown. Without arguments, lists silences.

    Example: tidegate alert silence --rule node-silent --where region=eu-west --for 2h --reason "Moving house"
    """
    from tidegate.cli.alerts import end_silence, list_silences, silence

    if end:
        end_silence(end, data)
    elif name or rule or where:
        silence(name, rule, tuple(where or ()), lasting, reason, who, data, as_json=json)
    else:
        list_silences(data, as_json=json)


@alert.command("rules")
def alert_rules(
    name: Annotated[str, typer.Argument(help="Show this one as a file has it.", metavar="[RULE]")] = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """List rules, with what each has found; or print one as TOML, to change and `apply` it."""
    from tidegate.cli.alert_rules import list_all, show

    if name:
        show(name, data, as_json=json)
    else:
        list_all(data, as_json=json)


@alert.command("apply")
def alert_apply(
    file: Annotated[Path, typer.Argument(help="TOML, a table a rule.", exists=True, dir_okay=False)],
    data: Data = None,
) -> None:
    """Keep the rules of a file: your own, or in place of the release's of the same name.

    Example: tidegate alert rules rebuffering > mine.toml; edit mine.toml; tidegate alert apply mine.toml
    """
    from tidegate.cli.alert_rules import apply

    apply(file, data)


@alert.command("reset")
def alert_reset(name: RuleName, data: Data = None) -> None:
    """Take a rule of your own away. The release's of this name is in effect again."""
    from tidegate.cli.alert_rules import reset

    reset(name, data)


def logs(
    query: Annotated[
        list[str] | None,
        typer.Argument(
            help='Words that a line must all have; "a phrase"; key=value; begin*.', metavar="[QUERY]..."
        ),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines are made.")] = False,
    level: Annotated[Level | None, typer.Option("--level", help="This and everything graver.")] = None,
    channel: Annotated[str, typer.Option("--channel", help="About this channel.")] = "",
    session: Annotated[str, typer.Option("--session", help="About this session.")] = "",
    node: Annotated[str, typer.Option("--node", help="Of this node.")] = "",
    last: Annotated[str, typer.Option("--last", help="Of the last 30m, 2h, 3d …")] = "1d",
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, max=10_000, help="How many at most.")] = 50,
    data: Data = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document a line, for scripts.")
    ] = False,
) -> None:
    """Search the log of every node, or follow it.

    The newest lines come last; -f goes on with this server's.

    Examples: tidegate logs -f --level warning

    tidegate logs publisher channel=demo --last 2h
    """
    from tidegate.cli.logs import Wanted, follow_log, search_log

    wanted = Wanted(" ".join(query or ()), level.value if level else "", channel, session, node)
    search_log(wanted, last, lines, data, as_json=json, quiet=follow)
    if follow:
        follow_log(wanted, data, as_json=json)
