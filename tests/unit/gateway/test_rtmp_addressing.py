"""The three ways to write channel and key, however an encoder splits them into app and stream name."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.media.gateway.roles import WrongRoleError
from tidegate.media.gateway.rtmp.addressing import check_app, publish_address
from tidegate.media.gateway.rtmp.errors import CommandRefusedError


@pytest.mark.parametrize(
    ("app", "stream", "channel", "key"),
    [
        ("live", "KEY", "", "KEY"),
        ("live/", "KEY", "", "KEY"),
        ("live", "demo?key=KEY", "demo", "KEY"),
        ("live", "demo?a=b&key=K%2BY", "demo", "K+Y"),
        ("live?key=KEY", "demo", "demo", "KEY"),
        ("live", "demo/KEY", "demo", "KEY"),
        ("live/demo", "KEY", "demo", "KEY"),
        ("live/demo/", "/KEY", "demo", "KEY"),
        ("live/demo", "?key=KEY", "demo", "KEY"),
    ],
)
def test_address(app, stream, channel, key):
    check_app(app)
    address = publish_address(app, stream)
    assert (address.channel, address.key) == (channel, key)


@pytest.mark.parametrize(
    ("app", "stream", "role"),
    [
        ("live", "KEY", "primary"),
        ("live", "KEY?role=backup", "backup"),
        ("live?role=backup", "KEY", "backup"),
        ("live", "demo?key=KEY&role=backup", "backup"),
        ("live?role=backup", "KEY?role=primary", "primary"),
    ],
)
def test_role(app, stream, role):
    check_app(app)
    address = publish_address(app, stream)
    assert (address.key, address.role) == ("KEY", role)


def test_a_role_there_is_not_is_a_sentence():
    with pytest.raises(WrongRoleError, match="no publisher's role 'spare'") as refusal:
        publish_address("live", "KEY?role=spare")
    assert "?role=backup" in refusal.value.hint


@pytest.mark.parametrize(
    ("app", "stream", "words"),
    [
        ("live", "", "no stream key"),
        ("live", "a/b/c", "too many parts"),
        ("live/a", "b/c", "too many parts"),
        ("live", "a/b?key=c", "too many parts"),
        ("live", "k" * 600, "too long"),
    ],
)
def test_wrong_address_is_refused(app, stream, words):
    with pytest.raises(CommandRefusedError, match=words):
        publish_address(app, stream)


@pytest.mark.parametrize("app", ["", "vod", "Live", "/"])
def test_other_applications_are_refused(app):
    with pytest.raises(CommandRefusedError, match="no application"):
        check_app(app)


@given(st.text(max_size=100), st.text(max_size=100))
def test_any_names_give_an_address_or_a_refusal(app, stream):
    with contextlib.suppress(CommandRefusedError):
        assert publish_address(app, stream).key
