"""Sources' addresses: which are taken, what of them may be shown, and ffmpeg's command line for each. Pure.

An address goes to ffmpeg as one argument and through no shell. ffmpeg may follow it only to protocols of its own kind,
so that no playlist leads to a file of this machine.
"""

import ipaddress
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from tidegate.media.gateway.pull.errors import SourceError, SourceForbiddenError
from tidegate.media.gateway.remux.arguments import AAC, COPY, FIRST_OF_EACH, HEAD, PROBE, TO_PIPE

_WEB = "http,https,tcp,tls,crypto"
_PROTOCOLS = {
    "rtsp": "rtsp,rtsps,rtp,srtp,udp,tcp,tls",
    "rtsps": "rtsp,rtsps,rtp,srtp,udp,tcp,tls",
    "http": _WEB,
    "https": _WEB,
    "rtmp": "rtmp,rtmps,tcp,tls",
    "rtmps": "rtmp,rtmps,tcp,tls",
    "srt": "srt,udp",
    "file": "file",
}
"""What ffmpeg may open for an address of each scheme."""

LONGEST_URL = 2048
_MASK = "••••"
_SOCKET_TIMEOUT_US = "10000000"
_HINT = (
    "Give an address such as rtsp://camera.example/stream, https://host/live.m3u8 or rtmp://host/app/name."
)


class Source(msgspec.Struct, frozen=True):
    """An address taken apart.

    Attributes:
        url: as ffmpeg gets it; a secret where it has a password or a query.
        shown: the same without them.
        secrets: texts never to be shown.
        host: empty for a file.
    """

    url: str
    shown: str
    scheme: str
    host: str
    port: int
    secrets: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Source({self.shown!r})"


def parse_source(url: str, folder: Path | None) -> Source:
    """Take an address apart. `folder` is where files may be, None for nowhere.

    Raises:
        SourceError: it is none that can be pulled from.
        SourceForbiddenError: a file, where none is allowed, or one outside the folder.
    """
    if len(url) > LONGEST_URL or not url.isprintable() or " " in url:
        raise SourceError(f"An address has at most {LONGEST_URL} characters, and no blanks.", hint=_HINT)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 0
    except ValueError as error:
        raise SourceError("The address cannot be read.", hint=_HINT) from error
    scheme = parts.scheme.lower()
    if scheme not in _PROTOCOLS:
        known = ", ".join(sorted(_PROTOCOLS))
        raise SourceError(f"{scheme[:20] or 'No'} addresses cannot be pulled; {known} can.", hint=_HINT)
    if scheme == "file":
        return _file(url, parts.path, folder)
    if not host:
        raise SourceError("The address names no host.", hint=_HINT)
    if scheme == "srt" and parse_qs(parts.query).get("mode", ["caller"]) != ["caller"]:
        raise SourceError(
            "An SRT source is called: leave mode out.", hint="To have it call here, publish over SRT."
        )
    authority = parts.netloc.rpartition("@")[2]
    shown = f"{scheme}://{f'{_MASK}@' if '@' in parts.netloc else ''}{authority}{parts.path}"
    secrets = tuple(
        text for text in (url, parts.query, parts.password, unquote(parts.password or "")) if text
    )
    return Source(url, f"{shown}?{_MASK}" if parts.query else shown, scheme, host, port, secrets)


def _file(url: str, path: str, folder: Path | None) -> Source:
    if folder is None:
        raise SourceForbiddenError(
            "Files are not pulled here.", hint="Name a folder for them in pull_folder."
        )
    base = folder.resolve()
    file = (base / unquote(path).lstrip("/")).resolve()
    if not file.is_relative_to(base):
        raise SourceForbiddenError(
            "The file is outside pull_folder.", hint="Name it as file:NAME, below that folder."
        )
    return Source(f"file:{file}", url, "file", "", 0, (str(base),))


def is_private(address: str) -> bool:
    """Whether an IP address is of this machine, of a private network, or otherwise not of the open internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return not ip.is_global or ip.is_multicast


def pull_arguments(ffmpeg: str, source: Source, *, loop: bool, encode_audio: bool) -> tuple[str, ...]:
    """Ffmpeg's command line: read `source`, write FLV to a pipe."""
    return (
        ffmpeg, *HEAD, *PROBE, "-protocol_whitelist", _PROTOCOLS[source.scheme], *_input(source.scheme, loop=loop),
        "-i", source.url, *FIRST_OF_EACH, *(AAC if encode_audio else COPY), *TO_PIPE,
    )  # fmt: skip


def _input(scheme: str, *, loop: bool) -> tuple[str, ...]:
    # What comes in files, or in segments as with HLS, is read faster than it plays unless it is paced.
    paced = ("-re", "-readrate_initial_burst", "0.001", *(("-stream_loop", "-1") if loop else ()))
    match scheme:
        case "rtsp" | "rtsps":
            return ("-rtsp_flags", "prefer_tcp", "-timeout", _SOCKET_TIMEOUT_US)
        case "http" | "https":
            return ("-rw_timeout", _SOCKET_TIMEOUT_US, *paced)
        case "rtmp" | "rtmps":
            return ("-rw_timeout", _SOCKET_TIMEOUT_US)
        case "srt":
            return ("-connect_timeout", "5000")
        case _:
            return paced
