"""`tidegate doctor`: one line a check, PASSED or FAILED, and the exact next step."""

import os
import resource
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from rich.markup import escape

from tidegate.api.token import FILE_NAME as TOKEN_FILE
from tidegate.app.config import Address, Config, load_config
from tidegate.cli.client import ApiClient
from tidegate.cli.terminal import human_bytes, print_json, stdout
from tidegate.core.errors import TidegateError
from tidegate.telemetry.dsn import OFF, parse_dsn

MINIMUM_PYTHON = (3, 11)
MINIMUM_FREE_BYTES = 2 << 30
MINIMUM_OPEN_FILES = 4096
PROBE_S = 20.0


class Finding(msgspec.Struct, frozen=True):
    """One check's outcome; `next` is what to do where it failed."""

    check: str
    passed: bool
    message: str
    next: str = ""


def examine(data: Path | None, *, as_json: bool) -> int:
    """Run every check. Returns 0 if all passed, else 1."""
    config = load_config({"data": data})
    findings = [finding for check in _CHECKS for finding in check(config)]
    passed = all(finding.passed for finding in findings)
    if as_json:
        print_json({"passed": passed, "findings": findings})
        return int(not passed)
    console = stdout()
    for finding in findings:
        verdict = "[green]PASSED[/]" if finding.passed else "[bold red]FAILED[/]"
        console.print(f"{verdict}  {finding.check:<14} {escape(finding.message)}")
        if finding.next:
            console.print(f"        {'':<14} {'' if finding.passed else '→ '}{escape(finding.next)}")
    return int(not passed)


def _python(config: Config) -> Iterator[Finding]:
    del config
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= MINIMUM_PYTHON:
        yield Finding("python", passed=True, message=version)
    else:
        yield Finding(
            "python", passed=False, message=f"{version} is too old.", next="Install Python 3.11 or newer."
        )


def _ffmpeg(config: Config) -> Iterator[Finding]:
    del config
    import imageio_ffmpeg

    try:
        path = imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError:
        yield Finding(
            "ffmpeg",
            passed=False,
            message="No ffmpeg for 'demo' and 'publish'.",
            next="pip install --force-reinstall imageio-ffmpeg, or put ffmpeg on PATH",
        )
        return
    yield Finding("ffmpeg", passed=True, message=path)
    protocols = subprocess.run(  # noqa: S603 - a path we were given by the package
        [path, "-hide_banner", "-protocols"], capture_output=True, text=True, check=False, timeout=PROBE_S
    ).stdout.split()
    yield Finding(
        "srt",
        passed="srt" in protocols,
        message="ffmpeg speaks SRT" if "srt" in protocols else "ffmpeg does not speak SRT.",
        next="" if "srt" in protocols else "pip install --force-reinstall imageio-ffmpeg",
    )


def _encoders(config: Config) -> Iterator[Finding]:
    """Which encoders ladders may use. x264 must work; the others are good to have."""
    del config
    import asyncio

    from tidegate.media.transcode.service import check_encoders

    for name, trouble in asyncio.run(check_encoders()).items():
        yield Finding(
            f"encoder {name}",
            passed=not trouble or name != "x264",
            message=trouble or "works",
            next="pip install --force-reinstall av" if trouble and name == "x264" else "",
        )


def _console(config: Config) -> Iterator[Finding]:
    del config
    from tidegate.app.pages import WEB_FOLDER

    if (WEB_FOLDER / "index.html").is_file():
        yield Finding("pages", passed=True, message="built")
    else:
        yield Finding("pages", passed=False, message="The pages are not built.", next="make setup")


def _folder(config: Config) -> Iterator[Finding]:
    data = config.data
    existing = next(folder for folder in (data, *data.parents) if folder.exists())
    if not os.access(existing, os.W_OK):
        yield Finding(
            "data folder", passed=False, message=f"{existing} cannot be written.", next="Choose --data DIR"
        )
        return
    yield Finding("data folder", passed=True, message=str(data))
    free = shutil.disk_usage(existing).free
    yield Finding(
        "disk",
        passed=free >= MINIMUM_FREE_BYTES,
        message=f"{human_bytes(free)} free",
        next="" if free >= MINIMUM_FREE_BYTES else "Free space, or choose --data DIR on a larger disk",
    )
    token = data / TOKEN_FILE
    if token.exists() and token.stat().st_mode & 0o077:
        yield Finding("admin token", passed=False, message="Others can read it.", next=f"chmod 600 {token}")


def _telemetry(config: Config) -> Iterator[Finding]:
    """Whether facts can be kept as the configuration says."""
    from importlib.util import find_spec

    if config.telemetry == OFF:
        yield Finding("facts", passed=True, message="off by configuration")
    elif config.telemetry:
        yield Finding("facts", passed=True, message=f"go to {parse_dsn(config.telemetry).url}")
    elif find_spec("chdb") is None:
        yield Finding(
            "facts",
            passed=False,
            message="The embedded engine is not installed.",
            next="pip install --force-reinstall chdb-core, or set telemetry to a ClickHouse or to off",
        )
    else:
        yield Finding("facts", passed=True, message=f"kept under {config.data / 'telemetry'}")


def _open_files(config: Config) -> Iterator[Finding]:
    del config
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = hard in (resource.RLIM_INFINITY, -1) or hard >= MINIMUM_OPEN_FILES
    yield Finding(
        "open files",
        passed=enough,
        message=f"limit {'none' if hard < 0 else hard}",
        next="" if enough else f"ulimit -Hn {MINIMUM_OPEN_FILES * 4}",
    )


def _server(config: Config) -> Iterator[Finding]:
    client = ApiClient(config.data)
    try:
        health = client.get("/health")
    except TidegateError as error:
        if error.code == "unreachable":
            yield Finding(
                "server", passed=True, message=f"none runs at {client.url}", next="Start one: tidegate up"
            )
            yield from _ports(config)
        else:
            yield Finding("server", passed=False, message=error.message, next=error.hint)
        return
    yield Finding("server", passed=True, message=f"{client.url}, version {health['version']}")
    for check in health["checks"]:
        yield Finding(
            check["name"], passed=check["status"] == "ok", message=check["message"], next=check["hint"]
        )


def _ports(config: Config) -> Iterator[Finding]:
    for name, address, kind in (
        ("http port", config.http, socket.SOCK_STREAM),
        ("rtmp port", config.rtmp, socket.SOCK_STREAM),
        ("srt port", config.srt, socket.SOCK_DGRAM),
    ):
        free = _is_free(address, kind)
        yield Finding(
            name,
            passed=free,
            message=f"{address} is {'free' if free else 'taken by another program'}",
            next=""
            if free
            else f"Find it: ss -lunpt 'sport = :{address.port}', or choose --{name.split()[0]} HOST:PORT",
        )


def _is_free(address: Address, kind: int) -> bool:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError:
            return False
        return True


_CHECKS: tuple[Callable[[Config], Iterator[Finding]], ...] = (
    _python,
    _ffmpeg,
    _encoders,
    _console,
    _folder,
    _telemetry,
    _open_files,
    _server,
)
