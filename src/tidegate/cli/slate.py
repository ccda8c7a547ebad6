"""`tidegate channel slate`: over the API."""

from pathlib import Path

from rich.markup import escape

from tidegate.cli.client import ApiClient
from tidegate.cli.terminal import facts, print_json, stdout
from tidegate.core.errors import InvalidError
from tidegate.core.ids import channel_name

SETTING = "/settings/continuity.slate"
SHOWS = {
    "picture": "the channel's own picture",
    "generated": "a drawn slate",
    "nothing": "nothing: the last frame stays",
}


def choose(
    name: str, data: Path | None, *, picture: Path | None, generated: bool, off: bool, as_json: bool
) -> None:
    """Set what is asked for, then say how it is.

    Raises:
        TidegateError: more than one thing is asked for, or the server refuses.
    """
    if (picture is not None) + generated + off > 1:
        raise InvalidError("--picture, --generated and --off exclude each other.", hint="Give one of them.")
    client, channel = ApiClient(data), channel_name(name)
    if picture is not None:
        client.upload(f"/channels/{channel}/slate/picture", picture.read_bytes())
        client.delete(SETTING, params={"reach": "channel", "id": channel})
    elif generated or off:
        value = "generated" if generated else "off"
        client.put(SETTING, {"value": value, "reach": "channel", "id": channel})
    slate = client.get(f"/channels/{channel}/slate")
    if as_json:
        print_json(slate)
        return
    rows = [("viewers see", SHOWS[slate["shows"]])]
    if slate["shows"] == "generated":
        rows.append(("words", escape(slate["line"])))
    if slate["shows"] != "nothing":
        rows.append(("after", f"{slate['after_s']:g} s without media"))
    facts(stdout(), *rows)
