"""A whole Tidegate in a process of its own, and real ffmpeg publishers, for e2e and chaos tests."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
TIDEGATE = Path(sys.executable).parent / "tidegate"
MEDIA = ROOT / ".make" / "media"
START_DEADLINE_S = 60.0


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def wait_for(what: str, probe: Callable[[], T], deadline_s: float = 30.0) -> T:
    """Ask `probe` until its answer is true; fail with `what` after the deadline."""
    until = time.monotonic() + deadline_s
    while not (answer := probe()):
        if time.monotonic() > until:
            raise AssertionError(f"not within {deadline_s} s: {what}")
        time.sleep(0.05)
    return answer


def video_file(
    seconds: int = 10, gop_s: float = 1.0, size: str = "320x180", fps: int = 30, kbps: int = 400
) -> Path:
    """An H.264/AAC file made once by ffmpeg and kept; named for what is in it."""
    MEDIA.mkdir(parents=True, exist_ok=True)
    path = MEDIA / f"{size}-{fps}fps-{kbps}k-gop{gop_s:g}-{seconds}s.mp4"
    if path.exists():
        return path
    partial = path.with_suffix(f".{os.getpid()}.mp4")
    subprocess.run(
        [
            "ffmpeg", "-v", "error", "-y",
            "-f", "lavfi", "-i", f"testsrc2=size={size}:rate={fps}",
            "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000",
            "-t", str(seconds), "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-bf", "0",
            "-b:v", f"{kbps}k", "-g", str(int(gop_s * fps)), "-keyint_min", str(int(gop_s * fps)), "-sc_threshold", "0",
            "-c:a", "aac", "-b:a", "96k", "-ac", "2", str(partial),
        ],
        check=True,
    )  # fmt: skip
    partial.rename(path)
    return path


class Pusher:
    """One real ffmpeg that publishes in real time until stopped."""

    def __init__(self, url: str, file: Path) -> None:
        self._said = ""
        self._process = subprocess.Popen(
            [
                "ffmpeg",
                "-v",
                "warning",
                "-re",
                "-stream_loop",
                "-1",
                "-i",
                str(file),
                "-c",
                "copy",
                "-f",
                "flv",
                url,
            ],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def say_goodbye(self) -> None:
        """End as a person ends it: ffmpeg unpublishes, then hangs up."""
        self._process.send_signal(signal.SIGTERM)
        self.wait()

    def cut(self) -> str:
        """End as a power cut ends it. Returns what ffmpeg had said."""
        self._process.kill()
        return self.wait()

    def wait(self, deadline_s: float = 20.0) -> str:
        """Wait until it gives up by itself. Returns what it said."""
        if not self._said:
            self._said = self._process.communicate(timeout=deadline_s)[1] or " "
        return self._said


class CardPusher:
    """The test card, drawn and encoded in a process group of its own; its frames are numbered."""

    def __init__(self, url: str, name: str = "demo", size: tuple[int, int] = (640, 360)) -> None:
        options = {"width": size[0], "height": size[1], "fps": 30, "bitrate_kbps": 800}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tidegate.media.testcard"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"url": url, "name": name, "options": options}) + "\n")
        self._process.stdin.flush()

    def cut(self) -> str:
        """End as a power cut ends it: drawing and encoder at once. Returns what they had said."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        return self._process.communicate()[1]

    def freeze(self) -> None:
        """Stop sending without hanging up, as a dead network path does."""
        os.killpg(self._process.pid, signal.SIGSTOP)


class LivePlatform:
    """`tidegate up` on ports and a data folder of its own."""

    command: tuple[str, ...] = (str(TIDEGATE), "up")

    def __init__(self, data: Path, **settings: object) -> None:
        self.data = data
        self.http_port, self.rtmp_port, self.srt_port = free_port(), free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.http_port}"
        self.rtmp_url = f"rtmp://127.0.0.1:{self.rtmp_port}/live"
        self.srt_url = f"srt://127.0.0.1:{self.srt_port}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TIDEGATE_")},
            **{f"TIDEGATE_{name.upper()}": str(value) for name, value in settings.items()},
        }
        self.process: subprocess.Popen[str] | None = None
        self.pushers: list[Pusher | CardPusher] = []

    @property
    def admin_token(self) -> str:
        return (self.data / "admin-token").read_text().strip()

    def start(self, *, publishers_only: bool = False) -> "LivePlatform":
        """Start it and wait until it is ready, or until publishers are let in: API and pages come a moment later."""
        self.data.mkdir(parents=True, exist_ok=True)
        output = (self.data / "output.txt").open("a")
        self.process = subprocess.Popen(
            [*self.command, "--data", self.data, "--http", f"127.0.0.1:{self.http_port}",
             "--rtmp", f"127.0.0.1:{self.rtmp_port}", "--srt", f"127.0.0.1:{self.srt_port}"],
            env=self.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, text=True,
        )  # fmt: skip
        output.close()
        ready = self._lets_publishers_in if publishers_only else self._is_ready
        wait_for(f"ready: {self.output()}", ready, START_DEADLINE_S)
        return self

    def output(self) -> str:
        return (self.data / "output.txt").read_text()

    def kill(self) -> None:
        """SIGKILL, as a power cut of the whole platform."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ctrl-C. Returns the exit code."""
        for pusher in self.pushers:
            pusher.cut()
        if self.process is None or self.process.poll() is not None:
            return self.process.returncode if self.process else 0
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"did not stop within 20 s: {self.output()}") from None

    def create_channel(self, name: str) -> dict[str, Any]:
        return self.cli_json("channel", "create", name, "--json")

    def publish(self, key: str, file: Path | None = None) -> Pusher:
        pusher = Pusher(f"{self.rtmp_url}/{key}", file or video_file())
        self.pushers.append(pusher)
        return pusher

    def publish_card(self, key: str) -> CardPusher:
        pusher = CardPusher(f"{self.rtmp_url}/{key}")
        self.pushers.append(pusher)
        return pusher

    def cli(self, *words: str, deadline_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [TIDEGATE, *words],
            env={**self.environment, "TIDEGATE_URL": self.url, "TIDEGATE_DATA": str(self.data)},
            capture_output=True, text=True, timeout=deadline_s, check=False,
        )  # fmt: skip

    def cli_json(self, *words: str, deadline_s: float = 60.0) -> dict[str, Any]:
        done = self.cli(*words, deadline_s=deadline_s)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def get(self, path: str, *, token: bool = False) -> tuple[int, bytes]:
        request = urllib.request.Request(self.url + path)
        if token:
            request.add_header("Authorization", f"Bearer {self.admin_token}")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def stream(self, channel: str) -> dict[str, Any]:
        status, body = self.get(f"/api/v1/streams/{channel}", token=True)
        assert status == 200, body
        answer: dict[str, Any] = json.loads(body)
        return answer

    def wait_for_state(self, channel: str, state: str, deadline_s: float = 30.0) -> dict[str, Any]:
        wait_for(f"{channel} is {state}", lambda: self.stream(channel)["state"] == state, deadline_s)
        return self.stream(channel)

    def playlist(self, channel: str, track: str = "video") -> str:
        status, body = self.get(f"/live/{channel}/{track}/index.m3u8")
        assert status == 200, body
        return body.decode()

    def _runs(self) -> None:
        assert self.process
        if self.process.poll() is not None:
            raise AssertionError(f"exited with {self.process.returncode}: {self.output()}")

    def _lets_publishers_in(self) -> bool:
        self._runs()
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.rtmp_port)) == 0

    def _is_ready(self) -> bool:
        self._runs()
        with contextlib.suppress(OSError):
            return self.get("/readyz")[0] == 200
        return False


@contextlib.contextmanager
def running(data: Path, **settings: object) -> Iterator[LivePlatform]:
    platform = LivePlatform(data, **settings)
    try:
        yield platform.start()
    finally:
        if platform.process is not None:
            platform.stop()
