"""Where publishers and viewers come, as they are told."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Addresses:
    """Attributes:
    http_url: scheme and authority viewers reach, such as `http://127.0.0.1:8080`.
    rtmp_url: with the application, such as `rtmp://127.0.0.1:1935/live`.
    srt_url: for SRT publishers, such as `srt://127.0.0.1:8890`.
    rtmps_url: RTMP over TLS, None where no certificate is configured.
    """

    http_url: str
    rtmp_url: str
    srt_url: str
    rtmps_url: str | None = None
