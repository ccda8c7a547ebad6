"""Which of a broadcast's publishers is on air: primary, backup, and when one takes over from the other.

In: sessions that come and go, what a standby sends, time, an operator's wish. Out: `Broadcast.go_on_air`. The rules: a
standby takes over as soon as the one on air ends or is silent; the preferred one (the primary, unless an operator chose
otherwise) is returned to at a keyframe once it has been steady; within a role a newer session takes over.
"""

from typing import TYPE_CHECKING

from tidegate.core.chunks import Chunk
from tidegate.core.errors import ConflictError
from tidegate.core.streams import EndReason, Publisher, Role
from tidegate.media.origin.rivals import RivalError, Rivals

if TYPE_CHECKING:
    from tidegate.media.origin.broadcast import Broadcast
    from tidegate.media.origin.session import Session

MEET_S = 0.5
"""How long a return waits for the one on air to come up to the keyframe, so that no frame is left out."""


SAME_MOMENT_S = 0.02
"""Dates of two encoders' media differ by so much though the frame is the same: half a frame, and jitter's rest."""


class NoStandbyError(ConflictError):
    """There is nobody to switch to."""

    code = "no-standby"


class Succession:
    """Attributes:
    sessions: connected ones, by role.
    preferred: the role that should be on air while it can be.
    """

    def __init__(self, broadcast: "Broadcast") -> None:
        self._broadcast = broadcast
        self.sessions: dict[Role, Session] = {}
        self.preferred: Role = "primary"
        self.rivals = Rivals()
        self._asked = False
        self._returning_at = 0.0

    @property
    def standby(self) -> "Session | None":
        """The connected session that is not on air."""
        on_air = self._broadcast.session
        return next((session for session in self.sessions.values() if session is not on_air), None)

    def make_room(self, newcomer: Publisher) -> None:
        """Hang up on a running session of the newcomer's role.

        Raises:
            RivalError: the newcomer was itself hung up on a moment ago.
        """
        running = self.sessions.get(newcomer.role)
        if running is None:
            return
        broadcast = self._broadcast
        now = broadcast.clock.monotonic()
        if not self._silent(running, now):
            try:
                self.rivals.check(newcomer, now)
            except RivalError as error:
                broadcast.decided(
                    "publisher-takeover", "refused", error.message, role=newcomer.role, remote=newcomer.remote
                )
                raise
        self.rivals.taken_over(running.publisher, now)
        broadcast.note(
            "taken-over",
            "warning",
            f"A newer publisher from {newcomer.remote} took over from one at {running.publisher.remote}.",
            "If this goes on, two encoders use the same stream key: stop one, or publish it as backup.",
        )
        broadcast.decided(
            "publisher-takeover",
            "granted",
            f"A newer publisher from {newcomer.remote} has the key too; the newer one is kept.",
            role=newcomer.role,
            remote=newcomer.remote,
            before=running.publisher.remote,
        )
        running.fence("taken-over")

    def join(self, session: "Session") -> None:
        """A session has connected: on air at once where nobody is, else it stands by."""
        self.sessions[session.role] = session
        broadcast = self._broadcast
        if broadcast.source is None:
            broadcast.go_on_air(session, "")
        elif broadcast.session is None:
            broadcast.wait_anew()

    def leave(self, session: "Session") -> None:
        if self.sessions.get(session.role) is session:
            del self.sessions[session.role]

    def heir(self) -> "Session | None":
        """Whoever can take over this moment."""
        standby = self.standby
        now = self._broadcast.clock.monotonic()
        if standby is None or not standby.is_ready or not standby.hold.ready or self._silent(standby, now):
            return None
        return standby

    def heard(self, session: "Session", chunk: Chunk) -> None:
        """A chunk of a session that is not on air."""
        begins = session.hold.add(chunk)
        broadcast, now = self._broadcast, session.fed_at
        if self.heir() is not session:
            return
        if broadcast.session is None:
            broadcast.go_on_air(session, self._vacancy())
        elif self._silent(broadcast.session, now):
            self._broadcast.go_on_air(session, f"nothing came from the {broadcast.session.role}")
        elif self._returning_at or (begins and self._may_return(session, now)):
            self._returning_at = self._returning_at or now
            self.meet()

    def meet(self) -> None:
        """A return is under way: carry it out once the one on air has come up to the keyframe."""
        session, now = self.heir(), self._broadcast.clock.monotonic()
        lead = session.hold.lead if session is not None else None
        if session is None or lead is None or session.role != self.preferred:
            self._returning_at = 0.0
        elif (
            now - self._returning_at > MEET_S
            or self._broadcast.shown_until >= lead.arrived_at - SAME_MOMENT_S
        ):
            why = "an operator switched" if self._asked else "it is steady again"
            self._broadcast.go_on_air(session, why)

    @property
    def returning(self) -> bool:
        return self._returning_at > 0

    def settled(self, session: "Session") -> None:
        """This session is on air: an operator's wish is done, or what was wished for has failed."""
        if session.role == "primary":
            self.preferred = "primary"
        self._asked = False
        self._returning_at = 0.0

    def look(self, now: float) -> None:
        """What time alone brings."""
        on_air, heir = self._broadcast.session, self.heir()
        if heir is not None and (on_air is None or self._silent(on_air, now)):
            self._broadcast.go_on_air(
                heir, f"nothing came from the {on_air.role}" if on_air else self._vacancy()
            )
        elif self._returning_at:
            self.meet()

    def switch(self, to: Role | None) -> Role:
        """Put the standby on air at its next keyframe, and keep it there. Returns its role.

        Raises:
            NoStandbyError: it is not connected, or sends nothing that could be shown.
        """
        on_air = self._broadcast.session
        if to is not None and on_air is not None and on_air.role == to:
            self.preferred = to
            self.settled(on_air)
            return to
        heir = self.heir()
        if heir is None or (to is not None and heir.role != to):
            wanted = to or "standby"
            raise NoStandbyError(
                f"There is no {wanted} publisher to switch to.",
                hint="Connect a second encoder as backup, and wait until it is shown as ready.",
            )
        self.preferred = heir.role
        self._asked = True
        if on_air is None:
            self._broadcast.go_on_air(heir, "an operator switched")
        return heir.role

    def fence_all(self, reason: EndReason) -> bool:
        """Hang up on everyone, the standby first, lest it takes over. False where nobody is connected."""
        sessions = [each for each in (self.standby, self._broadcast.session) if each is not None]
        for session in sessions:
            session.fence(reason)
        return bool(sessions)

    def _vacancy(self) -> str:
        """Why somebody goes on air where nobody was. After a slate that needs no word: it is what viewers waited for."""
        return "" if self._broadcast.slate is not None else "nobody was on air"

    def _may_return(self, session: "Session", now: float) -> bool:
        if session.role != self.preferred:
            return False
        return self._asked or now - session.steady_since >= self._broadcast.config.return_after_s

    def _silent(self, session: "Session", now: float) -> bool:
        return now - session.fed_at > self._broadcast.config.switch_after_s
