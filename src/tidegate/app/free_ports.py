"""Puts a free port where a configuration says 0, so that addresses are known before anything listens."""

import socket

import msgspec

from tidegate.app.config import Address, Config
from tidegate.core.errors import UnavailableError


def with_free_ports(config: Config) -> Config:
    """`config` with every port chosen.

    Raises:
        UnavailableError: an address is none of this machine's.
    """
    changed = {
        name: _chosen(address, socket.SOCK_DGRAM if name == "srt" else socket.SOCK_STREAM)
        for name in ("http", "rtmp", "rtmps", "srt")
        if (address := getattr(config, name))
    }
    return msgspec.structs.replace(config, **changed)


def _chosen(address: Address, kind: int) -> Address:
    if address.port:
        return address
    with socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET, kind) as probe:
        try:
            probe.bind((address.host, 0))
        except OSError as error:
            raise UnavailableError(
                f"Listening on {address.host} failed: {error.strerror}.",
                hint="Give an address of this machine, such as 127.0.0.1:0.",
            ) from error
        return Address(address.host, probe.getsockname()[1])
