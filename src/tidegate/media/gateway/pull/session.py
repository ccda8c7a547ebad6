"""One source: pulled by an ffmpeg of its own for as long as it is wanted, tried again whenever it fails."""

import asyncio
import contextlib
import re
import socket
from collections.abc import Callable
from random import Random
from typing import Protocol

import structlog

from tidegate.core.backoff import Backoff
from tidegate.core.clock import Clock
from tidegate.core.errors import TidegateError
from tidegate.core.streams import EndReason
from tidegate.media.gateway.flv.errors import UnsupportedMediaError
from tidegate.media.gateway.poll import Poll
from tidegate.media.gateway.pull.config import PullConfig
from tidegate.media.gateway.pull.errors import SourceForbiddenError, SourceUnavailableError
from tidegate.media.gateway.pull.protocol import Source, is_private, parse_source, pull_arguments
from tidegate.media.gateway.pull.types import Pull, PullState, PullStatus
from tidegate.media.gateway.remux.process import RemuxProcess
from tidegate.media.gateway.remux.session import RemuxSession
from tidegate.media.gateway.remux.words import sentence
from tidegate.media.types import PacketSink

_CHECK_EVERY_S = 0.5
_RESOLVE_S = 5.0
_FINITE = re.compile(r"Duration: \d")
_FILES = ("file", "http", "https")  # the others are live whatever length they claim
_FOREIGN_AUDIO = re.compile(r"\baudio (?:is not supported|cannot be carried)")

_log = structlog.get_logger()


class PullHost(Protocol):
    """The server, as its sessions see it."""

    clock: Clock
    config: PullConfig
    reading: Poll

    def open_sink(self, session: "PullSession", hang_up: Callable[[EndReason], None]) -> PacketSink: ...

    def published(self, channel: str) -> bool:
        """Whether somebody publishes to the channel now."""
        ...


class PullSession:
    """Runs one `Pull` from `run` until it is cancelled, or its source has ended."""

    def __init__(self, pull: Pull, host: PullHost, chance: Random) -> None:
        self.pull = pull
        self.status = PullStatus()
        self.source: Source | None = None
        self.bytes_in = 0
        self.packets = 0
        config = host.config
        self._host = host
        self._backoff = Backoff(config.first_delay_s, config.most_delay_s, chance)
        self._encode_audio = False
        self._process: RemuxProcess | None = None
        self._media: RemuxSession | None = None
        self._exited = asyncio.Event()
        self._hung_up: EndReason | None = None
        self._refusal: TidegateError | None = None

    @property
    def pid(self) -> int | None:
        """Of the process that pulls."""
        return self._process.pid if self._process else None

    async def run(self) -> None:
        """Pull until the source has ended, or for ever."""
        while True:
            began_s = self._host.clock.monotonic()
            self._tell("connecting", self.status.reason)
            try:
                ended = await self._pull_once()
            except TidegateError as error:
                reason = str(error)
            else:
                if ended:
                    self._tell("ended")
                    return
                reason = "The source ended."
            if self._hung_up == "taken-over":
                await self._stand_by()
                continue
            if self._host.clock.monotonic() - began_s >= self._host.config.steady_s:
                self._backoff.reset()
            await self._wait(reason)

    async def _wait(self, reason: str) -> None:
        delay_s = self._backoff.next_s()
        _log.warning("pull_failed", channel=self.pull.channel, reason=reason, retry_in_s=round(delay_s, 1))
        self._tell("retrying", reason, delay_s)
        await asyncio.sleep(delay_s)

    async def _stand_by(self) -> None:
        self._tell("standby", "A publisher has taken over.")
        while self._host.published(self.pull.channel):  # noqa: ASYNC110 - streams are asked, and tell nobody
            await asyncio.sleep(self._host.config.standby_every_s)

    async def _pull_once(self) -> bool:
        """Run ffmpeg once; whether a source of finite length has come to its end.

        Raises:
            TidegateError: why it did not work, or no longer does.
        """
        config = self._host.config
        self.source = source = parse_source(self.pull.url, config.folder)
        await self._check_address(source)
        self._exited.clear()
        self._hung_up = self._media = self._refusal = None
        arguments = pull_arguments(
            config.ffmpeg, source, loop=self.pull.loop, encode_audio=self._encode_audio
        )
        self._process = process = RemuxProcess(arguments, source.secrets, self._exited.set)
        await process.start()
        self._host.reading.add(self.read)
        try:
            await self._watch()
        finally:
            self._host.reading.discard(self.read)
            await process.stop()
            ended = self._played_out(process)
            self._close("unpublished" if ended else self._reason())
            self._process = None
        self._check_error(process)
        return ended

    def _reason(self) -> EndReason:
        return self._hung_up or "disconnected"

    def _played_out(self, process: RemuxProcess) -> bool:
        """Whether it ended by itself, having played a source of finite length to its end."""
        media = self._media
        well = self._hung_up is None and media is not None and media.error is None and process.code == 0
        finite = self.source is not None and self.source.scheme in _FILES
        return well and finite and any(_FINITE.search(line) for line in process.tail)

    async def _check_address(self, source: Source) -> None:
        """Refuse what the configuration does not allow; ffmpeg resolves the name once more by itself."""
        if not source.host:
            return
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_RESOLVE_S):
                found = await loop.getaddrinfo(source.host, source.port or None, type=socket.SOCK_STREAM)
        except (OSError, TimeoutError) as error:
            raise SourceUnavailableError("The source's host name is not known.") from error
        if not self._host.config.private_addresses and any(is_private(str(each[4][0])) for each in found):
            raise SourceForbiddenError(
                "The source is at a private address, and this server is not set up to pull from those.",
                hint="Set pull_private_addresses = true.",
            )

    async def _watch(self) -> None:
        """Until the process has ended; one that is silent for too long is ended here."""
        clock, config = self._host.clock, self._host.config
        frames, deadline = 0, clock.monotonic() + config.connect_deadline_s
        while not self._exited.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CHECK_EVERY_S):
                    await self._exited.wait()
            now = clock.monotonic()
            media = self._media
            if media is not None and media.frames != frames:
                frames, deadline = media.frames, now + config.idle_deadline_s
                if self.status.state == "connecting":
                    self._tell("live")
            if now >= deadline:
                raise SourceUnavailableError(
                    "The source sends nothing." if frames else "The source did not answer in time."
                )
        self.read(clock.monotonic())

    def read(self, now: float) -> None:
        """Hand on what the process has unpacked; the way to the origin is opened by its first bytes."""
        process = self._process
        if process is None or self._hung_up is not None:
            return
        try:
            data = process.read()
            if data and self._media is None:
                self._media = RemuxSession(self._host.open_sink(self, self._hang_up))
            if data and self._media is not None:
                self._media.receive(data, now)
        except TidegateError as error:
            self._hung_up, self._refusal = "refused", error
            _log.warning("pull_refused", channel=self.pull.channel, code=error.code)
            process.kill()
        except Exception:  # noqa: BLE001 - one source's failure must not end the poll of all others
            _log.exception("pull_failed", channel=self.pull.channel)
            self._hang_up("disconnected")
        if self._media is not None and self._media.error is not None:
            process.kill()

    def _hang_up(self, why: EndReason) -> None:
        """End this run from outside, such as after a takeover."""
        self._hung_up = self._hung_up or why
        if self._process is not None:
            self._process.kill()

    def _check_error(self, process: RemuxProcess) -> None:
        if self._refusal is not None:
            raise self._refusal
        if self._hung_up is not None:
            raise SourceUnavailableError(f"The stream was ended here ({self._hung_up}).")
        error = self._media.error if self._media else None
        said = sentence(process.tail)
        if not self._encode_audio and _FOREIGN_AUDIO.search(f"{error or ''} {said}"):
            self._encode_audio = True
            self._backoff.reset()
            raise SourceUnavailableError(
                f"{error.message if error else said} It is encoded to AAC from now on."
            )
        if isinstance(error, UnsupportedMediaError):
            raise error
        if process.code != 0:
            raise SourceUnavailableError(said or "ffmpeg ended without a word.")

    def _close(self, why: EndReason) -> None:
        media = self._media
        if media is not None:
            self.bytes_in += media.bytes_received
            self.packets += media.packets
            media.close(why)

    def _tell(self, state: PullState, reason: str = "", delay_s: float = 0.0) -> None:
        now = self._host.clock.wall()
        failures = self.status.failures + 1 if state == "retrying" else self.status.failures
        if state in ("live", "ended", "standby"):
            failures = 0
        self.status = PullStatus(state, now, reason, now + delay_s if delay_s else 0.0, failures)
