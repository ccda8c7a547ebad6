"""Every word of the `tidegate` command, with its help. The work is in the module each imports."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tidegate import __version__
from tidegate.cli.alert_commands import alert, logs
from tidegate.cli.indicator_commands import indicator, observability
from tidegate.cli.options import Data, Json
from tidegate.cli.session_commands import session
from tidegate.cli.setting_commands import setting
from tidegate.cli.webhook_commands import webhook

cli = typer.Typer(
    help="Tidegate: live streaming a team can own whole.",
    epilog="Begin with: tidegate demo",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
channel = typer.Typer(help="Make, list and change channels.", no_args_is_help=True, rich_markup_mode=None)
edge = typer.Typer(help="Edges: fronts and further processes.", no_args_is_help=True, rich_markup_mode=None)
cli.add_typer(channel, name="channel")
recording = typer.Typer(
    help="List, keep and remove recordings of broadcasts.", no_args_is_help=True, rich_markup_mode=None
)
cli.add_typer(edge, name="edge")
cli.add_typer(webhook, name="webhook")
cli.add_typer(recording, name="recording")
cli.add_typer(session, name="session")
cli.add_typer(setting, name="setting")
cli.add_typer(indicator, name="indicator")
cli.add_typer(alert, name="alert")
cli.command("logs")(logs)
cli.add_typer(observability, name="observability")

Http = Annotated[
    str | None, typer.Option("--http", help="Address for pages, API and playback [127.0.0.1:8080].")
]
Rtmp = Annotated[str | None, typer.Option("--rtmp", help="Address for RTMP publishers [127.0.0.1:1935].")]
Srt = Annotated[str | None, typer.Option("--srt", help="Address for SRT publishers, UDP [127.0.0.1:8890].")]
Rtmps = Annotated[str | None, typer.Option("--rtmps", help="Address for RTMP over TLS; needs a certificate.")]
TlsCert = Annotated[Path | None, typer.Option("--tls-cert", help="PEM certificate chain for RTMPS.")]
TlsKey = Annotated[Path | None, typer.Option("--tls-key", help="PEM private key for RTMPS.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="Configuration file [DATA/tidegate.toml].")]
Name = Annotated[str, typer.Argument(help="1 to 63 of a-z, 0-9, '-' and '_'.", metavar="NAME")]
Url = Annotated[str, typer.Argument(help="An .m3u8 address, or the name of a channel on this server.")]
RecordingId = Annotated[
    str, typer.Argument(help="As `tidegate recording list` shows it.", metavar="RECORDING")
]
Seconds = Annotated[float, typer.Option("--seconds", min=1, help="How long to play.")]


class Front(StrEnum):
    nginx = "nginx"


class Arrivals(StrEnum):
    """`media.crowd.arrivals.Pattern`."""

    steady = "steady"
    ramp = "ramp"
    flash = "flash"
    wave = "wave"
    churn = "churn"


@cli.callback()
def _every_command(
    *,
    no_color: Annotated[
        bool, typer.Option("--no-color", help="Print without colours (also: NO_COLOR).")
    ] = False,
) -> None:
    del no_color  # read where a console is made, so that errors before this point honour it too


@cli.command()
def up(
    data: Data = None,
    http: Http = None,
    rtmp: Rtmp = None,
    rtmps: Rtmps = None,
    srt: Srt = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    config: ConfigFile = None,
) -> None:
    """Start the whole platform here. Prints its addresses; Ctrl-C stops it.

    Example: tidegate up --data ./data --http 127.0.0.1:8080 --rtmp 127.0.0.1:1935
    """
    from tidegate.cli.server import run_up

    overrides = {
        "data": data, "http": http, "rtmp": rtmp, "rtmps": rtmps, "srt": srt, "tls_cert": tls_cert, "tls_key": tls_key,
    }  # fmt: skip
    raise typer.Exit(run_up(overrides, config))


@cli.command()
def demo(
    data: Data = None,
    http: Http = None,
    rtmp: Rtmp = None,
    srt: Srt = None,
    viewers: Annotated[
        int, typer.Option("--viewers", min=0, max=2000, help="Synthetic viewers at the busiest; 0: none.")
    ] = 36,
) -> None:
    """Start everything with test pictures and viewers. Checks that it plays and prints where to look; Ctrl-C stops it."""
    from tidegate.cli.server import run_demo

    raise typer.Exit(run_demo({"data": data, "http": http, "rtmp": rtmp, "srt": srt}, viewers))


@cli.command()
def status(data: Data = None, json: Json = False) -> None:
    """Show what runs: health, node and streams."""
    from tidegate.cli.status import show_status

    raise typer.Exit(show_status(data, as_json=json))


@cli.command()
def doctor(data: Data = None, json: Json = False) -> None:
    """Check this machine and the server. One line a check, with the next step where one fails."""
    from tidegate.cli.doctor import examine

    raise typer.Exit(examine(data, as_json=json))


@cli.command()
def version(json: Json = False) -> None:
    """Print the version."""
    if json:
        from tidegate.cli.terminal import print_json

        print_json({"version": __version__})
    else:
        print(f"tidegate {__version__}")


@channel.command("create")
def channel_create(
    name: Name,
    title: Annotated[str, typer.Option("--title", help="What viewers see; the name by default.")] = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Make a channel and print its key. The key is shown this once, with the ingest address.

    Example: tidegate channel create friday-show --title "The Friday Show"
    """
    from tidegate.cli.channels import create

    create(name, title, data, as_json=json)


@channel.command("list")
def channel_list(data: Data = None, json: Json = False) -> None:
    """List the channels and their state."""
    from tidegate.cli.channels import list_all

    list_all(data, as_json=json)


@channel.command("rotate-key")
def channel_rotate_key(name: Name, data: Data = None, json: Json = False) -> None:
    """Make a new stream key and print it. The old one stops working and its publisher is cut."""
    from tidegate.cli.channels import rotate_key

    rotate_key(name, data, as_json=json)


@channel.command("token")
def channel_token(
    name: Name,
    ttl: Annotated[
        str, typer.Option("--ttl", help="How long it is valid, such as 90s, 30m, 12h or 7d.")
    ] = "1h",
    cidr: Annotated[
        list[str] | None, typer.Option("--cidr", help="Network that may use it; may be given again.")
    ] = None,
    origin: Annotated[
        list[str] | None, typer.Option("--origin", help="Page that may use it; may be given again.")
    ] = None,
    viewer: Annotated[str, typer.Option("--viewer", help="Who it is for; counted as one viewer.")] = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Make a playback token for a private channel. Prints links that carry it.

    Example: tidegate channel token friday-show --ttl 12h --cidr 203.0.113.0/24
    """
    from tidegate.cli.channels import make_token

    make_token(name, ttl, tuple(cidr or ()), tuple(origin or ()), viewer, data, as_json=json)


@channel.command("delete")
def channel_delete(
    name: Name, data: Data = None, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Delete a channel with its key. Its publisher is cut."""
    from tidegate.cli.channels import delete

    if not yes:
        typer.confirm(f"Delete channel {name} and its key?", abort=True)
    delete(name, data)


@channel.command("slate")
def channel_slate(
    name: Name,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Show this PNG or JPEG.", exists=True, dir_okay=False)
    ] = None,
    generated: Annotated[
        bool, typer.Option("--generated", help="Show the drawn slate, whatever picture there is.")
    ] = False,
    off: Annotated[bool, typer.Option("--off", help="Show none: the last frame stays.")] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Show or choose what viewers see in a break. Shown while nobody publishes, until grace ends.

    Example: tidegate channel slate friday-show --picture back-soon.png
    """
    from tidegate.cli.slate import choose

    choose(name, data, picture=picture, generated=generated, off=off, as_json=json)


@recording.command("list")
def recording_list(
    channel: Annotated[str, typer.Option("--channel", help="Of this channel alone.")] = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """List recordings, the newest first."""
    from tidegate.cli.recordings import list_all

    list_all(channel, data, as_json=json)


@recording.command("show")
def recording_show(recording: RecordingId, data: Data = None, json: Json = False) -> None:
    """Show one recording and where it plays."""
    from tidegate.cli.recordings import show

    show(recording, data, as_json=json)


@recording.command("download")
def recording_download(
    recording: RecordingId,
    to: Annotated[
        Path | None, typer.Option("--to", help="File to write [RECORDING.mp4].", show_default=False)
    ] = None,
    data: Data = None,
) -> None:
    """Save a recording as one MP4 file."""
    from tidegate.cli.recordings import download

    download(recording, to, data)


@recording.command("clip")
def recording_clip(
    recording: RecordingId,
    begin: Annotated[float, typer.Argument(help="Seconds from the recording's beginning.", min=0)],
    end: Annotated[float, typer.Argument(help="Seconds from the recording's beginning.", min=0)],
    title: Annotated[str, typer.Option("--title", help="What the clip is called.")] = "",
    exact: Annotated[
        bool, typer.Option("--exact", help="Cut at the very frames; a minute at most, encoded anew.")
    ] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Cut a clip out of a recording, from the keyframe before BEGIN to the one after END.

    Example: tidegate recording clip rec_local_7m2k9x4c1t8v 60 95 --title "The goal"
    """
    from tidegate.cli.recordings import clip

    clip(recording, begin, end, title, data, exact=exact, as_json=json)


@recording.command("keep")
def recording_keep(
    recording: RecordingId,
    data: Data = None,
    off: Annotated[bool, typer.Option("--off", help="Leave it to retention again.")] = False,
) -> None:
    """Keep a recording, whatever retention says."""
    from tidegate.cli.recordings import keep

    keep(recording, data, on=not off)


@recording.command("delete")
def recording_delete(
    recording: RecordingId,
    data: Data = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a recording and its media."""
    from tidegate.cli.recordings import delete

    if not yes:
        typer.confirm(f"Delete recording {recording} and its media?", abort=True)
    delete(recording, data)


@recording.command("import")
def recording_import(data: Data = None, json: Json = False) -> None:
    """Take in recordings whose media is stored but which the database does not know, after it was lost."""
    from tidegate.cli.recordings import take_in

    take_in(data, as_json=json)


@channel.command("pull")
def channel_pull(
    name: Name,
    url: Annotated[
        str | None, typer.Argument(help="RTSP, HTTP or HLS, RTMP, SRT address.", envvar="TIDEGATE_SOURCE_URL")
    ] = None,
    loop: Annotated[bool, typer.Option("--loop", help="Begin a file again at its end.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Pull nothing any more.")] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Pull a source for a channel. Without an address, shows the one there is and how it goes.

    Example: tidegate channel pull yard rtsp://viewer:secret@camera.example/stream1
    """
    from tidegate.cli.channels import pull

    pull(name, url, data, loop=loop, remove=remove, as_json=json)


@cli.command()
def publish(
    file: Annotated[Path, typer.Argument(help="A video file ffmpeg can read.", exists=True, dir_okay=False)],
    to: Annotated[
        str | None, typer.Option("--to", help="Channel to publish to; made if there is none.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", envvar="TIDEGATE_STREAM_KEY", help="Stream key.", show_default=False),
    ] = None,
    rtmp: Annotated[str | None, typer.Option("--rtmp", help="Ingest address [this server's].")] = None,
    loop: Annotated[bool, typer.Option("--loop", help="Begin again at the end.")] = False,
    data: Data = None,
) -> None:
    """Publish a file in real time. H.264 with AAC is sent as it is, everything else is encoded.

    Example: tidegate publish show.mp4 --to friday-show --key "$KEY"
    """
    from tidegate.cli.publish import publish_file

    raise typer.Exit(publish_file(file, channel=to, key=key, rtmp=rtmp, loop=loop, data=data))


@cli.command()
def watch(
    url: Url,
    seconds: Seconds = 10.0,
    verify: Annotated[
        bool, typer.Option("--verify", help="Decode the test card: report each frame missing or repeated.")
    ] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Play without a screen and report. Behaves as a real low-latency player does.

    Example: tidegate watch http://127.0.0.1:8080/live/demo/index.m3u8 --seconds 10 --json
    """
    from tidegate.cli.play import watch_once

    raise typer.Exit(watch_once(url, seconds, data, verify=verify, as_json=json))


@cli.command()
def load(
    url: Url,
    viewers: Annotated[int, typer.Option("--viewers", min=1, max=20_000, help="Players at once.")] = 100,
    seconds: Seconds = 30.0,
    ramp: Annotated[float, typer.Option("--ramp", min=0, help="Seconds over which they join.")] = 5.0,
    data: Data = None,
    json: Json = False,
) -> None:
    """Play with many players at once. Reports percentiles.

    Example: tidegate load http://127.0.0.1:8080/live/demo/index.m3u8 --viewers 500 --seconds 30
    """
    from tidegate.cli.crowd import load_many

    raise typer.Exit(load_many(url, viewers, seconds, ramp, data, as_json=json))


@cli.command()
def crowd(
    targets: Annotated[
        list[str],
        typer.Argument(
            help="Channels of this server (NAME or NAME=WEIGHT) or .m3u8 addresses.", metavar="TARGET..."
        ),
    ],
    viewers: Annotated[int, typer.Option("--viewers", min=1, max=20_000, help="At once, at the most.")] = 100,
    seconds: Seconds = 60.0,
    arrivals: Annotated[Arrivals, typer.Option("--arrivals", help="How they come and go.")] = Arrivals.steady,
    stay: Annotated[
        float, typer.Option("--stay", min=0, help="Mean stay in seconds [as long as wanted].")
    ] = 0.0,
    networks: Annotated[
        str | None,
        typer.Option("--networks", help="Mix of fibre, wifi, 4g, 3g-edge, train, none, or of traces."),
    ] = None,
    devices: Annotated[
        str | None, typer.Option("--devices", help="Mix of phone, tablet, desktop, tv, any.")
    ] = None,
    regions: Annotated[
        str | None, typer.Option("--regions", help="Mix of your names; NAME@160 is 160 ms away.")
    ] = None,
    trace: Annotated[
        list[str] | None, typer.Option("--trace", help="NAME=FILE: a measured network; may be given again.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Makes the same viewers come again.")] = 0,
    anywhere: Annotated[
        bool, typer.Option("--i-own-this-server", help="Let the crowd leave this machine.")
    ] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Let a crowd of synthetic viewers watch.

    They come and go, on networks, devices and in regions of their own.

    Example: tidegate crowd demo --viewers 300 --arrivals flash --regions eu-west:3,ap-south@160:1 --seconds 60
    """
    from tidegate.cli.crowd import CrowdWords, crowd_many

    words = CrowdWords(
        tuple(targets),
        viewers,
        seconds,
        arrivals.value,
        stay,
        networks,
        devices,
        regions,
        tuple(trace or ()),
        seed,
        anywhere,
    )
    raise typer.Exit(crowd_many(words, data, as_json=json))


@edge.command("run")
def edge_run(
    origin: Annotated[str, typer.Option("--origin", help="URL of a Tidegate to pull from.")],
    http: Http = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file",
            envvar="TIDEGATE_EDGE_TOKEN_FILE",
            help="A copy of edge-token from that Tidegate's data folder; private channels need it.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    node: Annotated[
        str, typer.Option("--node", help="What telemetry calls this edge; else machine and port.")
    ] = "",
    region: Annotated[str, typer.Option("--region", help="Where it stands, such as eu-west.")] = "local",
) -> None:
    """Run one more edge in a process of its own. With a token its numbers are in that Tidegate's telemetry too.

    Example: tidegate edge run --origin http://127.0.0.1:8080 --http 127.0.0.1:8081
    """
    from tidegate.cli.server import run_edge

    raise typer.Exit(run_edge(origin, http or "127.0.0.1:8081", token_file, node, region))


@edge.command("config")
def edge_config(
    front: Annotated[Front, typer.Argument(help="The server to print a configuration for.")],
    server_name: Annotated[str, typer.Option("--server-name", help="Host name viewers use.")] = "localhost",
    upstream: Annotated[str, typer.Option("--upstream", help="host:port of this edge.")] = "127.0.0.1:8080",
    cert: Annotated[
        str, typer.Option("--cert", help="PEM certificate chain.")
    ] = "/etc/ssl/certs/tidegate.pem",
    key: Annotated[str, typer.Option("--key", help="PEM private key.")] = "/etc/ssl/private/tidegate.key",
    listen: Annotated[str, typer.Option("--listen", help="TLS port, or address:port.")] = "443",
) -> None:
    """Print a configuration for a front. A whole one, for TLS and HTTP/2 before the edge.

    Example: tidegate edge config nginx --server-name live.example.org > /etc/nginx/nginx.conf
    """
    from tidegate.media.edge.nginx import nginx_config

    del front  # nginx is the one there is
    print(nginx_config(server_name, upstream, cert, key, listen), end="")
