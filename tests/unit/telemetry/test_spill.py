"""Batches on disk: in order, whole, bounded."""

import errno
import resource
from pathlib import Path

import pytest

from tidegate.telemetry import spill as spilling
from tidegate.telemetry.batches import Batch
from tidegate.telemetry.spill import ASIDE, ASIDE_MAX, Spill, SpillFullError


def batch(number: int, size: int = 100) -> Batch:
    return Batch("log", f"token-{number}", 2, b"{}\n" * (size // 3), 1000.0 + number)


def opened(folder: Path, max_bytes: int = 1 << 20) -> Spill:
    spill = Spill(folder, max_bytes)
    spill.open()
    return spill


def drained(spill: Spill) -> list[Batch]:
    found = []
    while (oldest := spill.oldest()) is not None:
        found.append(oldest)
        spill.drop_oldest()
    return found


def test_what_was_put_in_comes_out_in_order_also_after_a_crash(tmp_path: Path) -> None:
    spill = opened(tmp_path / "spill")
    for number in range(5):
        spill.add(batch(number))
    assert spill.oldest() == batch(0)
    spill.drop_oldest()
    again = opened(tmp_path / "spill")
    assert (again.files, again.rows) == (4, 8)
    again.add(batch(5))
    assert drained(again) == [batch(number) for number in (1, 2, 3, 4, 5)]
    assert (again.bytes, again.rows, again.files) == (0, 0, 0)
    assert drained(opened(tmp_path / "spill")) == []


def test_beyond_its_bound_it_takes_no_more(tmp_path: Path) -> None:
    spill = opened(tmp_path, max_bytes=1000)
    spill.add(batch(0, 600))
    with pytest.raises(SpillFullError):
        spill.add(batch(1, 600))
    spill.drop_oldest()
    spill.add(batch(2, 600))
    assert drained(spill) == [batch(2, 600)]


def test_a_nearly_full_disk_is_left_to_media(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spill = opened(tmp_path)
    monkeypatch.setattr(spilling, "SPARE_BYTES", 1 << 60)
    monkeypatch.setattr(spilling, "SPARE_SHARE", 1)
    with pytest.raises(SpillFullError, match="disk"):
        spill.add(batch(0))


@pytest.mark.parametrize("damage", ["cut", "changed", "emptied", "no head", "another table", "longer"])
def test_a_file_that_is_not_whole_is_put_aside_and_counted(tmp_path: Path, damage: str) -> None:
    spill = opened(tmp_path)
    for number in range(3):
        spill.add(batch(number))
    path = sorted(tmp_path.glob("*.facts"))[1]
    whole = path.read_bytes()
    path.write_bytes(
        {
            "cut": whole[:-1],
            "changed": whole.replace(b"{}", b"[]", 1),
            "emptied": b"",
            "no head": b"\n" + whole,
            "another table": whole.replace(b'"log"', b'"sql"'),
            "longer": whole + b"{}\n",
        }[damage]
    )
    again = opened(tmp_path)
    assert drained(again) == [batch(0), batch(2)]
    assert again.torn == 1
    assert (again.bytes, again.rows, again.files) == (0, 0, 0)
    assert [each.name for each in (tmp_path / ASIDE).iterdir()] == [path.name]


def test_what_was_being_written_at_a_crash_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / "000000000007-2.partial").write_bytes(b"half")
    (tmp_path / "strange.facts").write_bytes(b"?")
    spill = opened(tmp_path)
    assert (spill.files, spill.torn) == (0, 2)
    spill.add(batch(1))
    assert drained(spill) == [batch(1)]


def test_few_broken_files_are_kept(tmp_path: Path) -> None:
    for number in range(ASIDE_MAX + 5):
        (tmp_path / f"{number:012d}-2.partial").write_bytes(b"half")
    spill = opened(tmp_path)
    assert spill.torn == ASIDE_MAX + 5
    assert len(list((tmp_path / ASIDE).iterdir())) == ASIDE_MAX


def test_a_disk_that_refuses_leaves_nothing_behind(tmp_path: Path) -> None:
    spill = opened(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50, hard))
    try:
        with pytest.raises(OSError) as refused:
            spill.add(batch(0))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert refused.value.errno in (errno.EFBIG, errno.EIO)
    assert not list(tmp_path.iterdir())
    spill.add(batch(1))
    assert drained(spill) == [batch(1)]
