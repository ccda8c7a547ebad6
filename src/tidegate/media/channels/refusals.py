"""Attempts to publish that were refused, remembered for the studio: bounded per channel and in channels.

Gateways tell it of every refusal, whatever the reason. What concerns a channel there is not is only counted: nobody
looks at it, and a guesser must not push out with made-up names what an owner wants to read.
"""

from collections import OrderedDict

import msgspec

from tidegate.core.clock import Clock
from tidegate.core.decisions import Decide, Decision, untold
from tidegate.core.streams import Note
from tidegate.media.channels.directory import ChannelDirectory

MAX_CHANNELS = 1024
"""Channels remembered. At the bound the one longest without a refusal gives way."""

MAX_NOTES = 16
"""Kinds of refusal kept per channel. At the bound the one longest unseen gives way."""

KEEP_S = 3600.0
"""A refusal older than this, seconds, no longer explains why a stream is missing."""

_MAX_TEXT = 500


class RefusalLog:
    """Implements `core.ports.NoteLog`. Repeats of one code are counted in one note.

    Attributes:
        count: refusals since start.
    """

    def __init__(self, clock: Clock, directory: ChannelDirectory, decide: Decide = untold) -> None:
        self._clock = clock
        self._directory = directory
        self._decide = decide
        self._channels: OrderedDict[str, OrderedDict[str, Note]] = OrderedDict()
        self.count = 0

    def __len__(self) -> int:
        return len(self._channels)

    def refused(self, channel: str, note: Note) -> None:
        """Remember one refusal; `note.at` is when it happened."""
        self.count += 1
        if self._directory.channel(channel) is None:
            return
        self._decide(Decision(
            kind="publisher-admission", outcome="refused", reason=note.message[:_MAX_TEXT], channel=channel,
            evidence={"code": note.code},
        ))  # fmt: skip
        notes = self._channels.setdefault(channel, OrderedDict())
        self._channels.move_to_end(channel)
        before = notes.pop(note.code, None)
        seen = before.count if before and before.at >= self._oldest() else 0
        notes[note.code] = msgspec.structs.replace(
            note, message=note.message[:_MAX_TEXT], hint=note.hint[:_MAX_TEXT], count=seen + note.count
        )
        if len(notes) > MAX_NOTES:
            notes.popitem(last=False)
        if len(self._channels) > MAX_CHANNELS:
            self._channels.popitem(last=False)

    def recent(self, channel: str) -> tuple[Note, ...]:
        """What was refused within the last hour, newest first."""
        notes = self._channels.get(channel)
        if notes is None:
            return ()
        oldest = self._oldest()
        return tuple(note for note in reversed(notes.values()) if note.at >= oldest)

    def forget(self, channel: str) -> None:
        """Drop what is known of a channel that is gone."""
        self._channels.pop(channel, None)

    def _oldest(self) -> float:
        return self._clock.wall() - KEEP_S
