"""What publisher and operator are told about one stream: repeated codes are counted, not stacked."""

from tidegate.core.streams import Note, NoteLevel

CODES_MAX = 64
"""Different codes kept; a further one is dropped, for codes are a small fixed vocabulary."""

MESSAGE_MAX_CHARS = 500


class Notes:
    def __init__(self) -> None:
        self._notes: dict[str, Note] = {}

    def add(self, code: str, level: NoteLevel, message: str, hint: str, at: float) -> None:
        """Remember a note seen at wall time `at`; the newest message of a code stands."""
        before = self._notes.get(code)
        if before is None and len(self._notes) >= CODES_MAX:
            return
        count = before.count + 1 if before is not None else 1
        self._notes[code] = Note(
            code, level, message[:MESSAGE_MAX_CHARS], hint[:MESSAGE_MAX_CHARS], at, count
        )

    def remove(self, code: str) -> None:
        """What `code` told of is over."""
        self._notes.pop(code, None)

    def all(self) -> tuple[Note, ...]:
        return tuple(self._notes.values())
