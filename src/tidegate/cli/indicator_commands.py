"""The words of `tidegate indicator` and `tidegate observability`, with their help. The work is in `indicators.py` and
`observability.py`.
"""

from pathlib import Path
from typing import Annotated

import typer

from tidegate.cli.options import Data, Json

indicator = typer.Typer(
    help="Ask what the numbers are, and what they mean.", no_args_is_help=True, rich_markup_mode=None
)
observability = typer.Typer(
    help="Make configurations for other programs that watch.", no_args_is_help=True, rich_markup_mode=None
)

Name = Annotated[str, typer.Argument(help="Its name, such as rebuffer_ratio.", metavar="NAME")]
Out = Annotated[
    Path, typer.Option("--out", help="Folder to write to; made if there is none.", file_okay=False)
]
Files = Annotated[
    Path | None,
    typer.Option(
        "--indicators",
        help="A folder with indicators of your own [DATA/indicators].",
        exists=True,
        file_okay=False,
    ),
]


@indicator.command("list")
def indicator_list(
    search: Annotated[
        str, typer.Argument(help="Only those with this in name, title or sentence.", metavar="[TEXT]")
    ] = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """List indicators by group, with unit and meaning.

    Example: tidegate indicator list latency
    """
    from tidegate.cli.indicators import list_all

    list_all(search, data, as_json=json)


@indicator.command("show")
def indicator_show(name: Name, data: Data = None, json: Json = False) -> None:
    """Show one indicator. What it means, when to worry, how it is reckoned."""
    from tidegate.cli.indicators import show

    show(name, data, as_json=json)


@indicator.command("query")
def indicator_query(
    names: Annotated[list[str], typer.Argument(help="One or more indicators.", metavar="NAME...")],
    last: Annotated[
        str, typer.Option("--last", help="Over the last 90s, 30m, 2h, 3d …", show_default="15m")
    ] = "",
    since: Annotated[
        str, typer.Option("--from", help="Since when: 2h, or 2026-11-24T18:00.", show_default=False)
    ] = "",
    until: Annotated[
        str, typer.Option("--to", help="Until when, likewise; now by default.", show_default=False)
    ] = "",
    step: Annotated[
        str, typer.Option("--step", help="A series of such steps: 10s, 1m …", show_default=False)
    ] = "",
    by: Annotated[
        list[str] | None, typer.Option("--by", help="Group by a dimension; may be given again.")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", help="Only this slice, DIMENSION=VALUE; may be given again.", metavar="D=V"),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many groups.")] = 20,
    parts: Annotated[bool, typer.Option("--parts", help="Numerators and denominators too.")] = False,
    sql: Annotated[bool, typer.Option("--sql", help="Print the queries that gave the numbers.")] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Ask for numbers over a range. As one number each, or step by step as a line.

    Examples: tidegate indicator query rebuffer_ratio startup_time_p95 --by region --last 1h

    tidegate indicator query concurrent_viewers --where channel=demo --last 30m --step 30s
    """
    from tidegate.cli.indicators import query

    query(
        names, (last, since, until, step), tuple(by or ()), tuple(where or ()), limit, data,
        parts=parts, sql=sql, as_json=json,
    )  # fmt: skip


@observability.command("prometheus")
def observability_prometheus(
    out: Out = Path("observability"),
    target: Annotated[
        str, typer.Option("--target", help="host:port that Prometheus scrapes.")
    ] = "127.0.0.1:8080",
    credentials: Annotated[
        str,
        typer.Option(
            "--credentials-file",
            help="The admin token's file, as Prometheus finds it [DATA/admin-token]; none where /metrics is public.",
            show_default=False,
        ),
    ] = "",
    indicators: Files = None,
    data: Data = None,
) -> None:
    """Write a scrape configuration and recording rules. Each indicator becomes a series, such as tidegate:rebuffer_ratio.

    Example: tidegate observability prometheus --out /etc/prometheus/tidegate --target live.example.org:8080
    """
    from tidegate.cli.observability import write_prometheus

    write_prometheus(out, target, credentials, indicators, data)


@observability.command("grafana")
def observability_grafana(
    out: Out = Path("observability/grafana"), indicators: Files = None, data: Data = None
) -> None:
    """Write Grafana dashboards. They show the indicators that Prometheus records.

    Example: tidegate observability grafana --out /var/lib/grafana/dashboards
    """
    from tidegate.cli.observability import write_grafana

    write_grafana(out, indicators, data)
