"""The nginx configuration takes only plain values: nothing given can end a directive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.errors import InvalidError
from tidegate.media.edge.nginx import nginx_config

GOOD = {
    "server_name": "live.example.org",
    "upstream": "127.0.0.1:8080",
    "cert": "/etc/ssl/live/fullchain.pem",
    "key": "/etc/ssl/live/privkey.pem",
    "listen": "443",
    "cache_dir": "/var/cache/tidegate",
}


def test_says_what_live_delivery_needs() -> None:
    text = nginx_config(**GOOD)
    for needed in (
        "listen 443 ssl http2;",
        "server_name live.example.org;",
        "server 127.0.0.1:8080;",
        "ssl_certificate /etc/ssl/live/fullchain.pem;",
        "proxy_buffering off;",
        "proxy_request_buffering off;",
        "proxy_read_timeout 60s;",
    ):
        assert needed in text
    assert "proxy_cache_lock on" not in text
    assert text.count("{") == text.count("}")
    assert "$$" not in text


@pytest.mark.parametrize("listen", ["8443", "0.0.0.0:443", "[::]:443"])
def test_listen_forms(listen: str) -> None:
    assert f"listen {listen} ssl" in nginx_config(**GOOD | {"listen": listen})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("server_name", "a;b"),
        ("server_name", ""),
        ("server_name", "-a.example"),
        ("server_name", "a.example\n"),
        ("upstream", "127.0.0.1"),
        ("upstream", "127.0.0.1:0"),
        ("upstream", "127.0.0.1:70000"),
        ("upstream", "http://127.0.0.1:8080"),
        ("listen", "443 default_server"),
        ("listen", "٤٤٣"),
        ("cert", "relative.pem"),
        ("cert", "/a/../b"),
        ("key", "/a b"),
        ("key", "/a;"),
        ("key", "/a$b"),
        ("cache_dir", "/a\n/b"),
    ],
)
def test_names_the_field_that_is_wrong(field: str, value: str) -> None:
    with pytest.raises(InvalidError, match=f"^{field}: ") as caught:
        nginx_config(**GOOD | {field: value})
    assert caught.value.hint


@given(
    st.sampled_from(sorted(GOOD)),
    st.text(max_size=30),
    st.sampled_from([";", "}", "{", "\n", "#", '"', "'", "$", "\\", " "]),
)
def test_no_text_ends_a_directive(field: str, text: str, sharp: str) -> None:
    with pytest.raises(InvalidError):
        nginx_config(**GOOD | {field: GOOD[field] + sharp + text})
