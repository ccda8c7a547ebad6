"""The words of `tidegate webhook`, with their help. The work is in `webhooks.py`."""

from typing import Annotated

import typer

from tidegate.cli.options import Data, Json

webhook = typer.Typer(help="Tell other programs what happens.", no_args_is_help=True, rich_markup_mode=None)

WebhookId = Annotated[str, typer.Argument(help="Its id, such as whk_local_7m2k9x4c1t8v.", metavar="WEBHOOK")]


@webhook.command("list")
def webhook_list(data: Data = None, json: Json = False) -> None:
    """List the endpoints that are told."""
    from tidegate.cli.webhooks import list_all

    list_all(data, as_json=json)


@webhook.command("add")
def webhook_add(
    url: Annotated[str, typer.Argument(help="Where to post to.", metavar="URL")],
    event: Annotated[
        list[str] | None, typer.Option("--event", help="A type it is told of [all]; may be given again.")
    ] = None,
    channel: Annotated[str, typer.Option("--channel", help="The one it is told about [all].")] = "",
    description: Annotated[str, typer.Option("--description", help="For people.")] = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Tell one more endpoint. Prints its signing secret, this once.

    Example: tidegate webhook add https://example.org/hooks --event stream.started --event stream.ended
    """
    from tidegate.cli.webhooks import add

    add(url, tuple(event or ()), channel, description, data, as_json=json)


@webhook.command("remove")
def webhook_remove(webhook_id: WebhookId, data: Data = None) -> None:
    """Tell an endpoint nothing more. Its deliveries are forgotten."""
    from tidegate.cli.webhooks import remove

    remove(webhook_id, data)


@webhook.command("rotate")
def webhook_rotate(
    webhook_id: WebhookId,
    grace_s: Annotated[
        float,
        typer.Option("--grace", min=0, max=604_800, help="Seconds for which the old secret counts too."),
    ] = 86_400,
    data: Data = None,
    json: Json = False,
) -> None:
    """Give a webhook a new secret. It is printed this once; for a day requests are signed with the old one too."""
    from tidegate.cli.webhooks import rotate

    rotate(webhook_id, grace_s, data, as_json=json)


@webhook.command("test")
def webhook_test(webhook_id: WebhookId, data: Data = None, json: Json = False) -> None:
    """Send a test event to an endpoint."""
    from tidegate.cli.webhooks import test

    test(webhook_id, data, as_json=json)


@webhook.command("deliveries")
def webhook_deliveries(
    webhook_id: Annotated[str, typer.Option("--webhook", help="Of this endpoint alone.")] = "",
    state: Annotated[str, typer.Option("--state", help="pending, delivered or failed.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=200, help="How many.")] = 20,
    data: Data = None,
    json: Json = False,
) -> None:
    """Show what was sent and what came back."""
    from tidegate.cli.webhooks import deliveries

    deliveries(webhook_id, state, limit, data, as_json=json)


@webhook.command("replay")
def webhook_replay(
    delivery: Annotated[str, typer.Argument(help="Its id, as `deliveries` shows it.", metavar="DELIVERY")],
    data: Data = None,
    json: Json = False,
) -> None:
    """Deliver once more, with the same id and body."""
    from tidegate.cli.webhooks import replay

    replay(delivery, data, as_json=json)
