"""What the edge keeps: answers bounded in bytes, least recently used first out, and refusals kept apart and briefly.

Refusals live in their own small table so that requests for what does not exist can push out nothing that does.
"""

from collections import OrderedDict

import msgspec

from tidegate.media.edge.answers import Answer

ENTRY_OVERHEAD = 1024
"""Bytes one entry costs beside what it holds: keys, header tuples, tables. Rounded up."""


class Entry(msgspec.Struct):
    """One kept answer. Times are monotonic seconds."""

    answer: Answer
    fresh_until: float
    used_at: float
    confirmed_at: float
    size: int


class AnswerCache:
    """LRU over answers, bounded in bytes; nothing larger than a quarter of the bound is kept."""

    def __init__(self, bound_bytes: int, idle_s: float) -> None:
        self._bound = bound_bytes
        self._idle_s = idle_s
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self.bytes = 0
        self.evicted = 0

    def __len__(self) -> int:
        return len(self._entries)

    def fresh(self, key: str, now: float) -> Answer | None:
        """The answer for `key` if it may be used without asking."""
        entry = self._entries.get(key)
        if entry is None or now >= entry.fresh_until:
            return None
        entry.used_at = now
        self._entries.move_to_end(key)
        return entry.answer

    def stale(self, key: str) -> Entry | None:
        """The entry for `key` whatever its age, to revalidate it or to stand in for a lost upstream."""
        return self._entries.get(key)

    def keep(self, key: str, answer: Answer, max_age_s: float, now: float) -> None:
        """Keep `answer`, fresh for `max_age_s`; room is made at the far end."""
        self.drop(key)
        size = len(key) + len(answer.head) + len(answer.body) + len(answer.wire) + ENTRY_OVERHEAD
        if size > self._bound // 4:
            return
        self._entries[key] = Entry(answer, now + max_age_s, now, now, size)
        self.bytes += size
        while self.bytes > self._bound:
            self._evict()

    def confirm(self, key: str, max_age_s: float, now: float) -> None:
        """Upstream says that what is kept still holds."""
        entry = self._entries[key]
        entry.fresh_until = now + max_age_s
        entry.used_at = entry.confirmed_at = now
        self._entries.move_to_end(key)

    def drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.bytes -= entry.size

    def sweep(self, now: float) -> None:
        """Let go of what nobody has used for the idle time."""
        while self._entries and now - next(iter(self._entries.values())).used_at > self._idle_s:
            self._evict()

    def _evict(self) -> None:
        _, entry = self._entries.popitem(last=False)
        self.bytes -= entry.size
        self.evicted += 1


class RefusalCache:
    """Refusals repeated from memory for at most `ttl_s`; at `bound` entries the oldest goes."""

    def __init__(self, bound: int, ttl_s: float) -> None:
        self._bound = bound
        self._ttl_s = ttl_s
        self._entries: dict[str, tuple[Answer, float]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def fresh(self, key: str, now: float) -> Answer | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if now >= entry[1]:
            del self._entries[key]
            return None
        return entry[0]

    def keep(self, key: str, answer: Answer, now: float) -> None:
        """Keep `answer` for as long as it and this cache allow; not at all where it says 0."""
        ttl_s = min(answer.max_age_s, self._ttl_s)
        if ttl_s <= 0:
            return
        self._entries.pop(key, None)
        if len(self._entries) >= self._bound:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = (answer, now + ttl_s)
