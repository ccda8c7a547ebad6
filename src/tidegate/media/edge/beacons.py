"""Players' reports at the edge: HTTP in, the beacon door (`core.ports.BeaconDoor`) asked, an answer out.

In: a target of `/live/{channel}/beacon` whose viewer the gate has let in. Out: an invitation, or that reports were taken, or why not.
"""

from tidegate.core.errors import TidegateError
from tidegate.core.ports import BeaconDoor
from tidegate.media.edge.answers import NO_BEACONS, REPORTED, Answer, document
from tidegate.media.edge.gatekeeping import Refusals
from tidegate.media.edge.targets import Target


class BeaconDesk:
    """Takes reports where this edge has a door for them, and says so where it has none."""

    def __init__(self, door: BeaconDoor | None) -> None:
        self._door = door
        self._refused = Refusals()

    def invite(self, wanted: Target) -> Answer:
        if self._door is None:
            return NO_BEACONS
        try:
            return document(self._door.invite(wanted.channel, wanted.query))
        except TidegateError as error:
            return self._refused.answer(error)

    def take(self, wanted: Target, body: bytes, user_agent: bytes, *, local: bool) -> Answer:
        if self._door is None:
            return NO_BEACONS
        try:
            self._door.take(wanted.channel, wanted.query, body, user_agent.decode("latin-1"), local=local)
        except TidegateError as error:
            return self._refused.answer(error)
        return REPORTED
