"""What benchmarks measure: a whole Tidegate, nginx-rtmp, real ffmpeg pushers, and the file they push.

Everything listens on 127.0.0.1 on ports the system chose, keeps its files in a temporary folder, and is ended by
process id.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from measure import ProcessTree, say
from tidegate.media.publish.ffmpeg import ffmpeg_path

CACHE = Path(__file__).resolve().parent.parent / ".demo" / "bench"
NGINX_RTMP_MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")


class StageError(Exception):
    """A benchmark's own set-up does not work; the message says what to do."""


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def until(what: str, holds: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise StageError(f"Waited {seconds:.0f} s for {what}.")
        time.sleep(0.1)


SETTLE_S = 5.0
"""How long all must be live, and no process of the server's but its lasting ones must run, before measuring begins."""

SETTLE_MAX_S = 180.0

FILE_S = 24
"""Of 8 s or a multiple of it, sound has a whole number of AAC frames (1024 samples of 48 kHz)."""


def bench_file(seconds: int = FILE_S, kbps: int = 2700, size: tuple[int, int] = (1920, 1080)) -> Path:
    """An H.264/AAC file at 30 fps of `kbps` in all, a keyframe each second, made once by ffmpeg and kept.

    The encoder's priming frame is left out: both tracks begin at zero and last equally long, so a loop has no seam.
    """
    width, height = size
    path = CACHE / f"{height}p30-{kbps}k-{seconds}s.mp4"
    if path.exists():
        return path
    CACHE.mkdir(parents=True, exist_ok=True)
    say(f"making {path} once …")
    video = f"{kbps - 128}k"
    partial = path.with_suffix(".part.mp4")
    subprocess.run(
        [
            ffmpeg_path(), "-hide_banner", "-loglevel", "error", "-y",
            "-f", "lavfi", "-i", f"testsrc2=size={width}x{height}:rate=30,noise=alls=8:allf=t",
            "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", str(seconds),
            "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-b:v", video, "-maxrate", video,
            "-bufsize", video, "-g", "30", "-keyint_min", "30", "-sc_threshold", "0", "-bf", "0",
            "-c:a", "aac", "-b:a", "128k", "-ac", "2", "-bsf:a", "noise=drop=eq(n\\,0)", "-movflags", "+faststart", str(partial),
        ],
        check=True,
    )  # fmt: skip
    partial.rename(path)
    return path


class Server(ABC):
    """A process to measure, with a folder of its own; a context manager."""

    name = ""
    environment: ClassVar[dict[str, str]] = {}

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
        self.rtmp_port, self.http_port = free_port(), free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def tree(self) -> ProcessTree:
        assert self.process is not None
        return ProcessTree(self.process.pid)

    @abstractmethod
    def command(self) -> list[str]: ...

    @abstractmethod
    def publish_url(self, number: int) -> str: ...

    @abstractmethod
    def live_streams(self) -> int: ...

    def __enter__(self) -> Self:
        self.begin()
        until(f"{self.name} to listen", self._listens)
        return self

    def begin(self) -> None:
        """Start the process, and do not wait for it."""
        with (self.folder / "output.txt").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | self.environment,
            )

    def crash(self) -> None:
        """End the process as a power cut would; `begin` starts it on the same data and ports."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def check(self) -> None:
        """Raises:
        StageError: the process has ended by itself; with its last words.
        """
        assert self.process is not None
        if self.process.poll() is not None:
            raise StageError(f"{self.name} ended: {(self.folder / 'output.txt').read_text()[-2000:]}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _listens(self) -> bool:
        self.check()
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.rtmp_port)) == 0


def settle(server: Server, processes: int) -> None:
    """Wait until what is done once for each stream is done: no more than the server's lasting `processes` run."""
    quiet_since = began = time.monotonic()
    while (now := time.monotonic()) - quiet_since < SETTLE_S:
        if now - began > SETTLE_MAX_S:
            raise StageError(f"After {SETTLE_MAX_S:.0f} s {server.name} is still busy with beginning.")
        if len(server.tree.pids()) > processes:
            quiet_since = now
        time.sleep(0.1)


class Tidegate(Server):
    """`tidegate up`: gateway, packager, origin, edge, store, API and pages in one process."""

    name = "Tidegate (LL-HLS)"

    def __init__(self) -> None:
        super().__init__()
        self._keys: dict[int, str] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    def command(self) -> list[str]:
        return [
            str(Path(sys.executable).parent / "tidegate"), "up", "--data", str(self.folder / "data"),
            "--http", f"127.0.0.1:{self.http_port}", "--rtmp", f"127.0.0.1:{self.rtmp_port}", "--srt", "127.0.0.1:0",
        ]  # fmt: skip

    def __enter__(self) -> Self:
        super().__enter__()
        until("the API", self._ready)
        return self

    def _ready(self) -> bool:
        try:
            self.api("GET", "/channels")
        except (OSError, StageError):
            return False
        return True

    def api(self, method: str, path: str, body: object = None) -> Any:
        token = (self.folder / "data" / "admin-token").read_text().strip()
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise StageError(f"{method} {path}: {error.code} {error.read()[:300]!r}") from error

    def publish_url(self, number: int) -> str:
        """Makes the channel `bench-NUMBER` when first asked."""
        if number not in self._keys:
            self._keys[number] = self.api("POST", "/channels", {"name": f"bench-{number}"})["ingest"]["key"]
        return f"rtmp://127.0.0.1:{self.rtmp_port}/live/{self._keys[number]}"

    def playlist_url(self, number: int) -> str:
        return f"{self.url}/live/bench-{number}/index.m3u8"

    def set(self, name: str, value: object, channel: int | None = None) -> None:
        """A setting, for all or for the channel `bench-NUMBER`."""
        place = {"reach": "all"} if channel is None else {"reach": "channel", "id": f"bench-{channel}"}
        self.api("PUT", f"/settings/{name}", {"value": value, **place})

    def streams(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api("GET", "/streams")["items"]
        return found

    def live_streams(self) -> int:
        return sum(stream["state"] == "live" for stream in self.streams())


class TidegateWithoutTelemetry(Tidegate):
    """The same with `telemetry = "off"`: what serving costs by itself. Telemetry's engine is one a server, whatever its streams."""

    name = "Tidegate (LL-HLS), telemetry off"
    environment: ClassVar[dict[str, str]] = {"TIDEGATE_TELEMETRY": "off"}


class NginxRtmp(Server):
    """nginx with libnginx-mod-rtmp, plain HLS of two-second segments; one worker, as Tidegate is one process."""

    name = "nginx-rtmp (plain HLS)"

    def command(self) -> list[str]:
        if not NGINX_RTMP_MODULE.exists():
            raise StageError(
                "nginx-rtmp is not installed. Install it: apt-get install nginx libnginx-mod-rtmp"
            )
        (self.folder / "hls").mkdir()
        self.folder.chmod(0o755)
        config = self.folder / "nginx.conf"
        config.write_text(
            f"load_module {NGINX_RTMP_MODULE};\nuser root;\ndaemon off;\nworker_processes 1;\n"
            f"pid {self.folder}/nginx.pid;\nerror_log {self.folder}/error.log warn;\n"
            "events { worker_connections 4096; }\n"
            f"rtmp {{ server {{ listen 127.0.0.1:{self.rtmp_port}; chunk_size 4096; access_log off;\n"
            "  application live { live on; hls on; hls_fragment 2s; hls_playlist_length 20s; hls_cleanup on;\n"
            f"    hls_path {self.folder}/hls; }} }} }}\n"
        )
        return ["nginx", "-c", str(config), "-p", str(self.folder)]

    def publish_url(self, number: int) -> str:
        return f"rtmp://127.0.0.1:{self.rtmp_port}/live/bench-{number}"

    def live_streams(self) -> int:
        return len(list((self.folder / "hls").glob("*.m3u8")))


class Pusher:
    """One real ffmpeg process that pushes a file in real time, over and over, to one address."""

    def __init__(self, url: str, path: Path, ffmpeg: str = "") -> None:
        # the bundled ffmpeg would send half a second at once to begin with, as no encoder does; older ones do not
        pace = ["-re"] if ffmpeg else ["-re", "-readrate_initial_burst", "0.001"]
        self._process = subprocess.Popen(
            [
                ffmpeg_path(ffmpeg), "-hide_banner", "-nostdin", "-loglevel", "error", *pace, "-stream_loop", "-1",
                "-i", str(path), "-c", "copy", "-f", "flv", url,
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.pid = self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def end(self) -> None:
        """As a crash or a pulled plug would."""
        self._process.kill()
        self._process.wait()


class Pushers:
    """A pusher for each of `count` channels, of one file or of one file each; a context manager."""

    def __init__(
        self,
        server: Server,
        count: int,
        path: Path | Sequence[Path],
        *,
        spread_s: float = 3.0,
        ffmpeg: str = "",
    ) -> None:
        self._server = server
        self._paths = [path] * count if isinstance(path, Path) else list(path)
        self._spread_s = spread_s
        self._ffmpeg = ffmpeg
        self.running: list[Pusher] = []

    def __enter__(self) -> Self:
        count = len(self._paths)
        for number in range(count):
            self.running.append(self.another(number))
            time.sleep(self._spread_s / count)
        until(f"{count} live streams", lambda: self._server.live_streams() >= count)
        return self

    def another(self, number: int) -> Pusher:
        """A further one for this channel; the caller's to keep."""
        return Pusher(self._server.publish_url(number), self._paths[number], self._ffmpeg)

    def alive(self) -> int:
        return sum(pusher.alive for pusher in self.running)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pusher in self.running:
            pusher.end()
