"""The player's entry: `watch` plays once and reports."""

from collections.abc import Callable
from random import Random

from tidegate import __version__
from tidegate.core.clock import Clock
from tidegate.media.player.address import parse_address
from tidegate.media.player.http import HttpClient, trust
from tidegate.media.player.memo import PlaylistMemo
from tidegate.media.player.pace import follow, play_for
from tidegate.media.player.reporter import BeaconSender
from tidegate.media.player.tally import Timings
from tidegate.media.player.types import PlayerOptions, WatchReport, Witness
from tidegate.media.player.viewer import Viewer

Progress = Callable[[str], None]


def _quiet(_line: str) -> None:
    pass


async def watch(
    url: str,
    seconds: float,
    clock: Clock,
    on_progress: Progress = _quiet,
    options: PlayerOptions = PlayerOptions(),  # noqa: B008 - immutable
    witness: Witness | None = None,
) -> WatchReport:
    """Play `url` for `seconds`, or to its end if that comes first. `on_progress` is given a line twice a second;
    `witness` is shown the video.

    Raises:
        OfflineError: there was nothing to play for `options.patience_s`, or for `seconds`.
        PlayerError: the address cannot be one, or holds no playlist.
    """
    tls = trust(options.ca_file)
    agent = {"User-Agent": f"tidegate-player/{__version__}"}
    sender = BeaconSender(HttpClient(clock.monotonic, agent, timeout_s=options.request_timeout_s, tls=tls))
    viewer = Viewer(
        parse_address(url),
        options,
        clock,
        Random(options.seed) if options.seed else Random(),  # noqa: S311 - jitter and session ids, no secrets
        memo=PlaylistMemo(),
        timings=Timings(),
        tls=tls,
        witness=witness,
        reports=sender,
    )
    try:
        beside = follow(options.tick_s, viewer.tick, lambda: on_progress(viewer.progress()))
        await play_for(seconds, viewer.run(), beside)
        report = viewer.report()
    finally:
        viewer.close()
        await sender.close()
    if not report.parts:
        raise viewer.offline()
    return report
