"""A gate over real keys, with a clock that tests own."""

from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tidegate.core.clock import ManualClock
from tidegate.core.delivery import Visitor
from tidegate.core.settings import SettingsBook, SettingState
from tidegate.media.access.claims import AUDIENCE, Claims
from tidegate.media.access.gate import Gate
from tidegate.media.access.keyring import KeyRing
from tidegate.media.access.settings import ACCESS
from tidegate.media.access.tokens import read_public_key, sign

PRIVATE = Ed25519PrivateKey.generate()
PEM = PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
VIEWER = Visitor("203.0.113.7")


@dataclass
class Door:
    """One gate, and what a test may turn. The channel `private` is; every other is not."""

    clock: ManualClock = field(default_factory=ManualClock)
    book: SettingsBook = field(default_factory=SettingsBook)
    ring: KeyRing = field(default_factory=KeyRing)
    version: int = 0

    def __post_init__(self) -> None:
        self.ring.replace_all([read_public_key("key_a", PEM)])
        self.gate = Gate(self.book, self.ring, self.clock)
        self.set(ACCESS.name, None, private="token")

    def set(self, setting: str, value: Any, **channels: Any) -> None:
        self.version += 1
        self.book.apply(SettingState(setting, self.version, value, {"channel": channels}))

    def token(self, sub: str = "private", ttl_s: float = 60, kid: str = "key_a", **claims: Any) -> str:
        return sign(Claims(sub=sub, exp=self.clock.wall() + ttl_s, aud=AUDIENCE, **claims), PRIVATE, kid)
