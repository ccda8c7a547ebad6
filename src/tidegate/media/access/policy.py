"""What an edge elsewhere must know to let viewers in by itself, and to take their reports: settings and keys, as one document.

In: this installation's settings, its public keys, its beacon key. Out: an `EdgePolicy`, which a remote edge takes into its own book and ring.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from tidegate.core.settings import Setting, SettingsBook, SettingState
from tidegate.media.access.keyring import KeyRing
from tidegate.media.access.tokens import read_public_key


class PolicyKey(msgspec.Struct, frozen=True):
    """A public key, PEM."""

    id: str
    public_key: str


class EdgePolicy(msgspec.Struct, frozen=True):
    """Everything a gate needs, and the key of players' reports; it is asked for with the edge token, over TLS where that matters."""

    settings: tuple[SettingState, ...]
    keys: tuple[PolicyKey, ...]
    beacon_key: bytes = b""


def policy_of(
    book: SettingsBook, settings: Iterable[Setting[Any]], ring: KeyRing, beacon_key: bytes = b""
) -> EdgePolicy:
    """What is in effect in this process."""
    return EdgePolicy(
        settings=tuple(book.state(setting.name) for setting in settings),
        keys=tuple(PolicyKey(key.id, key.pem) for key in ring.keys.values()),
        beacon_key=beacon_key,
    )


def adopt(policy: EdgePolicy, book: SettingsBook, ring: KeyRing) -> None:
    """Take in what another process says.

    Raises:
        PublicKeyInvalidError: it has sent what is no key.
    """
    for state in policy.settings:
        if state != book.state(state.name):
            book.apply(state)
    ring.replace_all(read_public_key(key.id, key.public_key) for key in policy.keys)
