"""What was measured is known after a restart, on the same machine."""

import pytest

from tidegate.media.transcode.calibrations import Calibrations
from tidegate.media.transcode.types import Calibration

FOUND = Calibration(decode_s=0.001, encode_s=0.007)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "calibrations.json"


def test_a_later_process_knows_what_an_earlier_one_measured(path):
    Calibrations(path).put("x264", "veryfast", FOUND)
    later = Calibrations(path)
    assert later.get("x264", "veryfast") == FOUND
    assert later.get("x264", "slow") is None


def test_another_machine_measures_anew(path):
    Calibrations(path, "old x2").put("x264", "veryfast", FOUND)
    moved = Calibrations(path, "new x8")
    assert moved.get("x264", "veryfast") is None
    moved.put("x264", "fast", FOUND)
    assert Calibrations(path, "old x2").get("x264", "veryfast") is None


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"machine": 1}', b"\xff\xfe", b'{"machine":"m","found":{"a":{}}}']
)
def test_a_file_that_cannot_be_read_is_as_none(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    kept = Calibrations(path, "m")
    assert kept.get("x264", "veryfast") is None
    kept.put("x264", "veryfast", FOUND)
    assert Calibrations(path, "m").get("x264", "veryfast") == FOUND


def test_a_folder_that_cannot_be_written_costs_no_more_than_the_next_start(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    kept = Calibrations(tmp_path / "file" / "calibrations.json")
    kept.put("x264", "veryfast", FOUND)
    assert kept.get("x264", "veryfast") == FOUND


def test_without_a_path_it_is_kept_in_memory():
    kept = Calibrations(None)
    kept.put("x264", "veryfast", FOUND)
    assert kept.get("x264", "veryfast") == FOUND
