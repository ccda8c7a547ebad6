"""What ffmpeg complained of, as a sentence for people. Pure."""

import re
from collections.abc import Iterable

_PREFIX = re.compile(r"^(?:\[[^\]]*\] )*")  # "[flv @ 0x55…] [error] "
_LEVEL = re.compile(r"\[(?:error|fatal|panic)\]")

_CAUSES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), sentence)
    for pattern, sentence in (
        (r"does not contain any stream", "There is neither video nor audio in it."),
        (r"Server returned 40[13]|\b40[13] (?:Unauthorized|Forbidden)|authorization failed|method .* failed: 401",
         "The source refuses: user name or password are not right."),
        (r"Server returned 404|\b404 Not Found|NetStream\.Play\.StreamNotFound|failed: 404",
         "The source has nothing at this address."),
        (r"Server returned (5\d\d|5XX)", "The source's server fails ({0})."),
        (r"Connection refused", "Nothing listens at the source's address."),
        (r"timed out|ETIMEDOUT", "The source did not answer in time."),
        (r"No route to host|Network is unreachable", "There is no way to the source's address."),
        (r"Failed to resolve hostname|Name or service not known|name resolution", "The source's host name is not known."),
        (r"certificate|TLS|SSL", "The encrypted connection to the source failed."),
        (r"Invalid data found when processing input", "What comes is no media that ffmpeg can read."),
        (r"Input/output error|End of file|Broken pipe|Connection reset", "The connection to the source was lost."),
        (r"Protocol '?(\S+?)'? not on whitelist|Protocol not found", "The source leads to a protocol that is not allowed."),
    )
)  # fmt: skip

_REFUSED = re.compile(r"not compatible with flv|incompatible with output codec id", re.IGNORECASE)
_STREAM = re.compile(r"Stream #0:\d+.*?: (Video|Audio): (\w+)")
_CARRIED = {"h264", "hevc", "av1", "aac", "opus"}


def sentence(tail: Iterable[str]) -> str:
    """The cause that the lines name, else the last error as ffmpeg put it, else nothing."""
    lines = list(tail)
    if any(_REFUSED.search(line) for line in lines):
        found = [match.groups() for line in lines if (match := _STREAM.search(line))]
        foreign = [f"{codec} {kind.lower()}" for kind, codec in found if codec not in _CARRIED]
        return f"Its {' and '.join(dict.fromkeys(foreign)) or 'codec'} cannot be carried."
    for pattern, words in _CAUSES:
        for line in lines:
            if match := pattern.search(line):
                return words.format(next((group for group in match.groups() if group), ""))
    errors = [line for line in lines if _LEVEL.search(line)]
    said = _PREFIX.sub("", errors[-1] if errors else "").strip()
    return f"{said.rstrip('.')}." if said else ""
