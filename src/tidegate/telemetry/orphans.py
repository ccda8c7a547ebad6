"""Forgets the tokens of parts that never came to be, before chDB opens its folder.

A MergeTree table notes a batch's token in its deduplication log first and moves the part into place then
(`MergeTreeSink::finishDelayedChunk`). A process killed in between leaves a token without a part, and would take that batch, given
again, for one it has. So each start looks for tokens whose part no directory covers, and writes that they are dropped, as the
table itself does when its window has moved on. A token whose part went because its days were over is forgotten too: nobody gives that batch again.

In: chDB's folder, which no process has open. Out: how many tokens were forgotten.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

LOGS: Final = "deduplication_logs"
ADDED: Final = "1"
DROPPED: Final = "2"
"""Operations in the log: a line is an operation, a part's name and a token's hash, apart by tabs."""


class _Part(NamedTuple):
    """What a part's name says: blocks `first` to `last` of a partition."""

    partition: str
    first: int
    last: int


def forget_orphans(folder: Path) -> int:
    """Of all tables. What cannot be read as a log or a part's name is left as it is.

    Raises:
        OSError: the folder cannot be read or written.
    """
    return sum(_forget(logs) for logs in folder.glob(f"store/*/*/{LOGS}"))


def _forget(logs: Path) -> int:
    files = sorted(logs.glob("*.txt"), key=_number)
    texts = [file.read_text() for file in files]
    if not any(texts) or not all(text.endswith("\n") for text in texts if text):
        return 0
    there = list(_parts(entry.name for entry in logs.parent.iterdir() if entry.is_dir()))
    orphans = [(part, token) for token, part in _remembered(texts).items() if not _is_there(part, there)]
    if orphans:
        with files[-1].open("a") as newest:
            newest.writelines(f"{DROPPED}\t{part}\t{token}\n" for part, token in orphans)
    return len(orphans)


def _remembered(texts: Iterable[str]) -> dict[str, str]:
    """The part's name of each token that is remembered."""
    found: dict[str, str] = {}
    for line in "".join(texts).splitlines():
        operation, _, rest = line.partition("\t")
        part, _, token = rest.partition("\t")
        if operation == ADDED:
            found[token] = part
        else:
            found.pop(token, None)
    return found


def _is_there(name: str, there: Iterable[_Part]) -> bool:
    """Whether the part is, or one that it was merged into."""
    part = _part(name)
    return part is None or any(
        each.partition == part.partition and each.first <= part.first and part.last <= each.last
        for each in there
    )


def _parts(names: Iterable[str]) -> Iterator[_Part]:
    return (part for part in map(_part, names) if part is not None)


def _part(name: str) -> _Part | None:
    partition, *numbers = name.split("_")
    if len(numbers) not in {3, 4} or not all(number.isdecimal() for number in numbers):
        return None
    return _Part(partition, int(numbers[0]), int(numbers[1]))


def _number(file: Path) -> int:
    number = file.stem.rpartition("_")[2]
    return int(number) if number.isdecimal() else -1
