"""Tokens of parts that never came to be are dropped from a table's log, and no others."""

from pathlib import Path

import pytest

from tidegate.telemetry.orphans import forget_orphans


@pytest.fixture
def table(tmp_path: Path) -> Path:
    table = tmp_path / "store" / "abc" / "abc-def"
    (table / "deduplication_logs").mkdir(parents=True)
    (table / "detached").mkdir()
    return table


def log(table: Path, text: str, number: int = 1) -> Path:
    file = table / "deduplication_logs" / f"deduplication_log_{number}.txt"
    file.write_text(text)
    return file


def test_a_token_without_its_part_is_dropped_at_the_end_of_the_newest_log(table, tmp_path):
    (table / "20261125_1_1_0").mkdir()
    log(table, "1\t20261125_1_1_0\tone\n", 9)
    newest = log(table, "1\t20261125_2_2_0\ttwo\n", 10)
    assert forget_orphans(tmp_path) == 1
    assert newest.read_text() == "1\t20261125_2_2_0\ttwo\n2\t20261125_2_2_0\ttwo\n"
    assert forget_orphans(tmp_path) == 0


def test_parts_that_were_merged_are_there(table, tmp_path):
    (table / "20261125_1_7_2").mkdir()
    (table / "20261126_3_3_1_9").mkdir()
    file = log(table, "1\t20261125_1_1_0\ta\n1\t20261125_7_7_1\tb\n1\t20261126_3_3_1\tc\n")
    before = file.read_text()
    assert forget_orphans(tmp_path) == 0
    assert file.read_text() == before


def test_blocks_of_another_partition_and_half_made_parts_do_not_count(table, tmp_path):
    (table / "20261124_1_9_3").mkdir()
    (table / "tmp_insert_20261125_1_1_0").mkdir()
    log(table, "1\t20261125_1_1_0\ta\n")
    assert forget_orphans(tmp_path) == 1


def test_what_was_dropped_already_is_not_looked_for(table, tmp_path):
    log(table, "1\t20261125_1_1_0\ta\n2\t20261125_1_1_0\ta\n")
    assert forget_orphans(tmp_path) == 0


@pytest.mark.parametrize("text", ["", "1\t20261125_1_1_0", "rubbish\n", "1\tno-part\ttoken\n", "1\n\n\t\t\n"])
def test_what_cannot_be_read_is_left_as_it_is(table, tmp_path, text):
    file = log(table, text)
    assert forget_orphans(tmp_path) == 0
    assert file.read_text() == text


def test_a_folder_that_is_not_there_yet_has_none(tmp_path):
    assert forget_orphans(tmp_path / "none") == 0
