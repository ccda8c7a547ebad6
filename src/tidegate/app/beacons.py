"""The door for players' reports, with what it needs of other rooms: which channels there are, and what is on air."""

from collections.abc import Callable

from tidegate.app.ground import Ground
from tidegate.core.ports import StreamDirectory
from tidegate.media.beacons.metrics import BeaconsCollector
from tidegate.media.beacons.service import Beacons, Playing
from tidegate.media.beacons.tokens import derive_key
from tidegate.media.channels.service import ChannelService


def open_beacons(
    ground: Ground, secret: bytes, channels: ChannelService, streams: StreamDirectory
) -> Beacons:
    """This process's door, open until it stops."""
    beacons = Beacons(
        derive_key(secret),
        ground.facts,
        ground.book,
        ground.clock,
        ground.here,
        _on_air(channels, streams),
    )
    ground.registry.register(BeaconsCollector(beacons))
    return beacons


def _on_air(channels: ChannelService, streams: StreamDirectory) -> Callable[[str], Playing | None]:
    def on_air(channel: str) -> Playing | None:
        if channels.directory.channel(channel) is None:
            return None
        status = streams.status(channel)
        return Playing(status.broadcast, status.arms) if status is not None else Playing()

    return on_air
