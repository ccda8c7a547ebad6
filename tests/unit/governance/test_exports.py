"""Rules and dashboards are made of the indicators' files, and fit each other."""

import json
import re

import pytest

from tidegate.governance.indicators import grafana, prometheus
from tidegate.governance.indicators.catalogue import load

CATALOGUE = load()
RECORDED = dict(prometheus.recordings(CATALOGUE))


@pytest.mark.parametrize(
    ("record", "expression"),
    [
        (
            "tidegate:cpu_used:by_region",
            (
                "sum by (region) (max by (region, node) (tidegate_indicator_cpu_used_numerator))"
                " / (sum by (region) (max by (region, node) (tidegate_indicator_cpu_used_denominator)) > 0)"
            ),
        ),
        (
            "tidegate:request_rate",
            (
                "sum (max by (region, channel) (tidegate_indicator_request_rate_numerator))"
                " / (max (max by (region, channel) (tidegate_indicator_request_rate_denominator)) > 0)"
            ),
        ),
        ("tidegate:plays", "sum (max by (region, channel) (tidegate_indicator_plays_numerator))"),
        ("tidegate:startup_time_p95", "max(tidegate_indicator_startup_time_p95_whole)"),
        ("tidegate:startup_time_p95:by_region", "max by (region) (tidegate_indicator_startup_time_p95)"),
    ],
)
def test_a_rule_divides_last(record, expression):
    assert RECORDED[record] == expression


def test_every_indicator_is_recorded_over_everything():
    assert {f"tidegate:{each.name}" for each in CATALOGUE} <= set(RECORDED)


def test_nothing_is_exported_by_what_has_no_end():
    assert {dimension for each in CATALOGUE for dimension in each.export} == {"region", "channel", "node"}


def test_our_labels_are_kept():
    text = prometheus.scrape("live.example.org:8080", "/data/admin token")
    assert "honor_labels: true" in text
    assert 'credentials_file: "/data/admin token"' in text
    assert "region" not in text
    assert "authorization" not in prometheus.scrape("live.example.org:8080", "")


@pytest.mark.parametrize("name", sorted(grafana.dashboards(CATALOGUE)))
def test_every_panel_asks_for_a_recorded_series_and_says_what_it_shows(name):
    board = json.loads(grafana.dashboards(CATALOGUE)[name])
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert panels
    for panel in panels:
        (target,) = panel["targets"]
        assert target["expr"].partition("{")[0] in RECORDED
        assert "**Worry:**" in panel["description"]
        assert panel["fieldConfig"]["defaults"]["unit"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    rows = [panel["title"] for panel in board["panels"] if panel["type"] == "row"]
    assert rows == [title for title in grafana.TITLES.values() if title in rows]  # symptoms above causes
    assert not re.search(r'"uid": "(?!\$\{datasource\}|tidegate)', json.dumps(board))


def test_everything_is_on_the_first_dashboard():
    board = json.loads(grafana.dashboards(CATALOGUE)["tidegate.json"])
    titles = {panel["title"] for panel in board["panels"]}
    assert {each.title for each in CATALOGUE} <= titles
