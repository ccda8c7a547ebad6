"""What the edge does around `PlaybackGate`: an open one where none is given, visitors, and refusals rendered once.

In: header fields and a peer's address. Out: a `Visitor`; the answer to one whom the gate refuses.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from tidegate.core.delivery import OPEN, PlaybackRule, Visitor
from tidegate.core.errors import TidegateError
from tidegate.core.origins import origin_of
from tidegate.media.edge.answers import Answer, coded_refusal_of

REFUSALS_MAX = 64
"""Kinds of refusal kept rendered; there are fewer."""

IsPeer = Callable[[bytes], bool]
"""Whether an Authorization header is that of another edge of this installation."""


def no_peers(_authorization: bytes) -> bool:
    return False


def visitor_of(
    address: str, origin: bytes, referer: bytes, host: bytes, authorization: bytes, is_peer: IsPeer
) -> Visitor:
    """Who asks, from where and by which page."""
    return Visitor(
        address=address,
        origin=origin_of(origin, referer, host) if origin or referer else "",
        peer=bool(authorization) and is_peer(authorization),
    )


class OpenGate:
    """Implements `PlaybackGate` for an edge that serves everything to anyone."""

    rules: Mapping[str, PlaybackRule] = MappingProxyType({})

    def rule(self, _channel: str) -> PlaybackRule:
        return OPEN

    def admit(self, _channel: str, _token: str, _visitor: Visitor) -> str:
        return ""


class Refusals:
    """Each kind of refusal as an answer, rendered once, so that a flood of them costs a look-up each."""

    def __init__(self) -> None:
        self._answers: dict[str, Answer] = {}

    def answer(self, error: TidegateError) -> Answer:
        answer = self._answers.get(error.code)
        if answer is None:
            answer = coded_refusal_of(error)
            if len(self._answers) < REFUSALS_MAX:
                self._answers[error.code] = answer
        return answer
