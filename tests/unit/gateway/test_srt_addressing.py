"""Stream ids that encoders send, and what is refused."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.media.gateway.srt.addressing import publish_address
from tidegate.media.gateway.srt.errors import SrtRefusedError
from tidegate.media.gateway.types import PublishAddress


@pytest.mark.parametrize(
    ("stream_id", "channel", "key"),
    [
        ("KEY", "", "KEY"),
        (" KEY\n", "", "KEY"),
        ("demo/KEY", "demo", "KEY"),
        ("live/KEY", "", "KEY"),
        ("live/demo/KEY", "demo", "KEY"),
        ("/live/demo?key=KEY", "demo", "KEY"),
        ("demo?key=KEY", "demo", "KEY"),
        ("live?key=KEY", "", "KEY"),
        ("?key=KEY", "", "KEY"),
        ("publish:demo:KEY", "demo", "KEY"),
        ("publish:KEY", "", "KEY"),
        ("publish:demo?key=KEY", "demo", "KEY"),
        ("#!::r=demo,m=publish,s=KEY", "demo", "KEY"),
        ("#!::m=publish,r=live/demo,u=KEY", "demo", "KEY"),
        ("#!::u=somebody,s=KEY", "", "KEY"),
        ("#!::s=KEY", "", "KEY"),
        ("%23%21%3A%3Ar%3Ddemo%2Cs%3DKEY", "demo", "KEY"),
    ],
)
def test_what_encoders_send(stream_id, channel, key):
    assert publish_address(stream_id) == PublishAddress(channel, key)


@pytest.mark.parametrize(
    "stream_id", ["KEY?role=backup", "demo?key=KEY&role=backup", "#!::r=demo,s=KEY,role=backup"]
)
def test_the_second_publisher_says_so(stream_id):
    assert publish_address(stream_id).role == "backup"


@pytest.mark.parametrize(
    ("stream_id", "reason", "says"),
    [
        ("", 1400, "empty"),
        ("a/b/c", 1400, "too many parts"),
        ("a/b?key=c", 1400, "too many parts"),
        ("#!::r=demo,m=publish", 1400, "no stream key"),
        ("#!::r=demo,m=request,s=KEY", 1405, "Playing over SRT"),
        ("read:demo:KEY", 1405, "Playing over SRT"),
        ("KEY?role=spare", 1400, "no publisher's role"),
        ("#!::s=KEY,role=spare", 1400, "no publisher's role"),
    ],
)
def test_what_is_refused_and_why(stream_id, reason, says):
    with pytest.raises(SrtRefusedError, match=says) as caught:
        publish_address(stream_id)
    assert caught.value.reason == reason


@given(st.text(max_size=512))
def test_any_text_is_an_address_or_refused(text):
    with contextlib.suppress(SrtRefusedError):
        assert publish_address(text).key
