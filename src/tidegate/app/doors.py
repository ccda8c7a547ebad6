"""Publishers' doors: RTMP and RTMPS, SRT, CMAF over HTTP, and sources that are pulled."""

from random import Random

from tidegate.app.broadcasting import Broadcasting
from tidegate.app.ground import STOP_GRACE_S, Ground
from tidegate.app.limits import OpenFiles
from tidegate.app.records import Records
from tidegate.media.edge import settings as edge_settings
from tidegate.media.gateway.cmaf.config import CmafLimits
from tidegate.media.gateway.cmaf.metrics import CmafCollector
from tidegate.media.gateway.cmaf.server import CmafServer
from tidegate.media.gateway.pull.config import PullConfig
from tidegate.media.gateway.pull.metrics import PullCollector
from tidegate.media.gateway.pull.server import PullServer
from tidegate.media.gateway.pull.service import PullService
from tidegate.media.gateway.rtmp import settings as rtmp_settings
from tidegate.media.gateway.rtmp.config import RtmpConfig, RtmpLimits
from tidegate.media.gateway.rtmp.metrics import RtmpCollector
from tidegate.media.gateway.rtmp.server import RtmpServer
from tidegate.media.gateway.srt.config import SrtConfig, SrtLimits
from tidegate.media.gateway.srt.metrics import SrtCollector
from tidegate.media.gateway.srt.server import SrtServer
from tidegate.media.publish.ffmpeg import ffmpeg_path


class Doors:
    """Attributes:
    cmaf: takes its connections from the HTTP port.
    pulls: what is pulled; each begins once all behind it stands.
    """

    def __init__(self, ground: Ground, records: Records, broadcasting: Broadcasting) -> None:
        self._ground = ground
        self._records = records
        self._broadcasting = broadcasting
        self._files = OpenFiles()
        config = ground.config
        self.cmaf = CmafServer(
            CmafLimits(connections=config.max_publishers),
            records.admission,
            broadcasting.sink,
            records.refusals,
            broadcasting.origin,
            ground.clock,
            ground.new_session_id,
        )
        ground.registry.register(CmafCollector(self.cmaf))
        self._puller = PullServer(
            PullConfig(
                ffmpeg=ffmpeg_path(),
                private_addresses=config.pull_private_addresses,
                folder=config.pull_folder,
            ),
            broadcasting.sink,
            broadcasting.origin,
            ground.clock,
            Random(),  # noqa: S311 - jitter of delays
            ground.new_session_id,
        )
        ground.registry.register(PullCollector(self._puller))
        self.pulls = PullService(records.store, records.channels, self._puller)

    def connections(self) -> tuple[int, int]:
        """How many viewers and publishers this node admits: what is set, as far as open files reach."""
        book = self._ground.book
        return self._files.share(
            book.value(edge_settings.CONNECTIONS_MAX), book.value(rtmp_settings.CONNECTIONS_MAX)
        )

    async def start_rtmp(self) -> None:
        ground, config = self._ground, self._ground.config
        gateway = RtmpServer(
            RtmpConfig(
                host=config.rtmp.host,
                port=config.rtmp.port,
                tls_port=config.rtmps.port if config.rtmps else 0,
                tls_certificate=str(config.tls_cert) if config.rtmps else "",
                tls_key=str(config.tls_key) if config.rtmps else "",
            ),
            self._records.admission,
            self._broadcasting.sink,
            self._records.refusals,
            ground.clock,
            ground.new_session_id,
        )

        def limit() -> None:
            limits = RtmpLimits(connections=self.connections()[1])
            gateway.limits = rtmp_settings.rtmp_limits(ground.book, limits)

        ground.follow((*rtmp_settings.SETTINGS, edge_settings.CONNECTIONS_MAX), limit)
        await gateway.start()
        ground.on_stop(gateway.stop, STOP_GRACE_S)
        ground.registry.register(RtmpCollector(gateway))

    async def start_pulls(self) -> None:
        self._ground.on_stop(self._puller.stop)
        await self.pulls.load()

    async def start_srt(self) -> None:
        ground, config = self._ground, self._ground.config
        gateway = SrtServer(
            SrtConfig(
                host=config.srt.host,
                port=config.srt.port,
                passphrase=config.srt_passphrase,
                latency_ms=config.srt_latency_ms,
                ffmpeg=ffmpeg_path(),
                limits=SrtLimits(publishers=min(config.max_publishers, SrtLimits().publishers)),
            ),
            self._records.admission,
            self._broadcasting.sink,
            self._records.refusals,
            ground.clock,
            ground.new_session_id,
        )
        await gateway.start()
        ground.on_stop(gateway.stop)
        ground.registry.register(SrtCollector(gateway))
