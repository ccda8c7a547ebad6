"""The gate that edges ask (`core.ports.PlaybackGate`): a channel's rule and a viewer's token, from memory.

In: settings, public keys, requests. Out: let through, or an error that says why not. A token is verified once and its
grant kept; what changes with time or visitor is asked for every request. Wrong tokens are remembered too, and counted by
address: beyond the limit an address's unknown tokens are refused without a look at their signature, since verifying is
what costs. Viewers whose token is known play on whatever comes from their address.
"""

from collections import Counter, OrderedDict

from tidegate.core.clock import Clock
from tidegate.core.delivery import PlaybackRule, Visitor
from tidegate.core.errors import TidegateError
from tidegate.core.origins import allowed, parse_origins
from tidegate.core.settings import ANYONE, SettingsBook, Subject
from tidegate.media.access import claims
from tidegate.media.access.claims import Grant
from tidegate.media.access.errors import (
    OriginRefusedError,
    TokenInvalidError,
    TokenNeededError,
    TooManyWrongPlaybackTokensError,
)
from tidegate.media.access.keyring import KeyRing
from tidegate.media.access.settings import (
    ACCESS,
    MAX_CONNECTIONS,
    MAX_VIEWERS,
    ORIGINS,
    ORIGINS_STRICT,
    PRIVATE,
    REQUESTS_PER_S,
)
from tidegate.media.access.tokens import TOKEN_MAX_CHARS, verify
from tidegate.media.channels.throttle import AddressThrottle

GRANTS_MAX = 16_384
"""Verified tokens remembered, about 1 kB each; at the bound the one longest unused is verified anew when it comes."""
WRONG_MAX = 4096
"""Wrong tokens remembered; at the bound the oldest is looked at again."""
RULES_MAX = 4096
"""Channels whose rule is remembered; at the bound all are resolved anew, some microseconds each."""
WRONG_BURST = 20
WRONG_PER_S = 0.5
"""Wrong tokens of one address that are looked at: at once, and per second. More than a person or a misconfigured page
needs, far fewer than what a core can verify."""


class Gate:
    """Implements `PlaybackGate`.

    Attributes:
        rules: of the channels asked for since a setting changed.
        refused: by error code, since start.
        verified: signatures looked at, since start.
    """

    def __init__(self, book: SettingsBook, keys: KeyRing, clock: Clock, where: Subject = ANYONE) -> None:
        self._book = book
        self._keys = keys
        self._clock = clock
        self._where = where
        self._throttle = AddressThrottle(clock, burst=WRONG_BURST, per_s=WRONG_PER_S)
        self.rules: dict[str, PlaybackRule] = {}
        self._grants: OrderedDict[str, Grant] = OrderedDict()
        self._wrong: OrderedDict[str, None] = OrderedDict()
        self.refused: Counter[str] = Counter()
        self.verified = 0
        book.watch(self._setting_changed)
        keys.watch(self._forget_tokens)

    def rule(self, channel: str) -> PlaybackRule:
        """What `channel` asks of its viewers now."""
        rule = self.rules.get(channel)
        if rule is None:
            if len(self.rules) >= RULES_MAX:
                self.rules.clear()
            rule = self.rules[channel] = self._resolve(channel)
        return rule

    def admit(self, channel: str, token: str, visitor: Visitor) -> str:
        """Let through, or raise; see `core.ports.PlaybackGate`."""
        try:
            return self._admit(channel, token, visitor)
        except TidegateError as error:
            self.refused[error.code] += 1
            raise

    def _admit(self, channel: str, token: str, visitor: Visitor) -> str:
        if visitor.peer:
            return ""
        rule = self.rule(channel)
        if rule.origins and not allowed(visitor.origin, rule.origins, strict=rule.origins_strict):
            raise OriginRefusedError
        if not rule.private:
            return ""
        if not token:
            raise TokenNeededError
        grant = self._grants.get(token)
        if grant is None:
            grant = self._verify(token, visitor.address)
        else:
            self._grants.move_to_end(token)
        claims.check(grant, channel, visitor, self._clock.wall())
        return grant.viewer

    def _verify(self, token: str, address: str) -> Grant:
        if token in self._wrong or len(token) > TOKEN_MAX_CHARS:
            raise TokenInvalidError
        if self._throttle.retry_after_s(address):
            raise TooManyWrongPlaybackTokensError
        self.verified += 1
        try:
            grant = verify(token, self._keys.keys)
        except TokenInvalidError:
            self._throttle.allow(address)
            self._wrong[token] = None
            if len(self._wrong) > WRONG_MAX:
                self._wrong.popitem(last=False)
            raise
        self._grants[token] = grant
        if len(self._grants) > GRANTS_MAX:
            self._grants.popitem(last=False)
        return grant

    def _resolve(self, channel: str) -> PlaybackRule:
        subject = Subject(channel=channel, node=self._where.node, region=self._where.region)
        private = self._book.value(ACCESS, subject) == PRIVATE
        max_viewers = self._book.value(MAX_VIEWERS, subject)
        max_connections = self._book.value(MAX_CONNECTIONS, subject)
        requests_per_s = self._book.value(REQUESTS_PER_S, subject)
        try:
            origins = parse_origins(self._book.value(ORIGINS, subject))
        except ValueError:  # nobody can have meant "any page" by a list that cannot be read
            origins = ("unreadable",)
        return PlaybackRule(
            open=not (private or origins or max_viewers or max_connections or requests_per_s),
            private=private,
            origins=origins,
            origins_strict=self._book.value(ORIGINS_STRICT, subject),
            max_viewers=max_viewers,
            max_connections=max_connections,
            requests_per_s=requests_per_s,
        )

    def _setting_changed(self, name: str) -> None:
        if name.startswith("playback."):
            self.rules.clear()

    def _forget_tokens(self) -> None:
        """The keys have changed: what was signed by one that is gone must be asked again, and what was unknown too."""
        self._grants.clear()
        self._wrong.clear()
