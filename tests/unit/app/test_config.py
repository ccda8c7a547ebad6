"""The configuration: where a value comes from, and the sentence for each bad one."""

from pathlib import Path

import pytest

from tidegate.app.config import Address, ConfigError, default_data_folder, load_config, parse_address


def load(tmp_path: Path, environ: dict[str, str] | None = None, **overrides: object):
    return load_config({"data": tmp_path, **overrides}, environ=environ or {})


def test_defaults_are_loopback(tmp_path: Path) -> None:
    config = load(tmp_path)
    assert (config.http, config.rtmp, config.rtmps) == (
        Address("127.0.0.1", 8080),
        Address("127.0.0.1", 1935),
        None,
    )
    assert config.http_url == "http://127.0.0.1:8080"
    assert config.rtmp_url == "rtmp://127.0.0.1:1935/live"
    assert config.store_dsn == f"sqlite:///{tmp_path}/tidegate.db"


def test_command_line_wins_over_environment_over_file(tmp_path: Path) -> None:
    (tmp_path / "tidegate.toml").write_text('http = "127.0.0.1:1"\nrtmp = "127.0.0.1:2"\ngrace_s = 3\n')
    config = load(
        tmp_path, {"TIDEGATE_RTMP": "127.0.0.1:20", "TIDEGATE_HTTP": "127.0.0.1:10"}, http="127.0.0.1:100"
    )
    assert (config.http.port, config.rtmp.port, config.grace_s) == (100, 20, 3.0)


def test_numbers_lists_and_flags_come_out_of_the_environment(tmp_path: Path) -> None:
    environ = {
        "TIDEGATE_WINDOW_S": "30",
        "TIDEGATE_ALLOWED_HOSTS": "a.example,b.example",
        "TIDEGATE_METRICS_PUBLIC": "true",
    }
    config = load(tmp_path, environ)
    assert (config.window_s, config.allowed_hosts, config.metrics_public) == (
        30.0,
        ("a.example", "b.example"),
        True,
    )


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        ({"http": "nonsense"}, "host:port"),
        ({"http": "127.0.0.1:99999"}, "host:port"),
        ({"http": "[::1:80"}, "host:port"),
        ({"http": "::1:80"}, "host:port"),
        ({"part_target_s": 9}, "0.1 to 2"),
        ({"window_s": 1}, "15 to 600"),
        ({"log_level": "loud"}, "debug, info"),
        ({"region": "Nor Way"}, "eu-west"),
        ({"rtmps": "127.0.0.1:1936"}, "tls_cert"),
        ({"grace": 3}, "Known:"),
        ({"grace_s": "soon"}, "grace_s"),
    ],
)
def test_a_bad_value_is_refused_with_what_it_may_be(
    tmp_path: Path, overrides: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        load(tmp_path, **overrides)


def test_a_broken_or_missing_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "tidegate.toml").write_text("http = [")
    with pytest.raises(ConfigError, match=r"tidegate\.toml is not TOML"):
        load(tmp_path)
    (tmp_path / "tidegate.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"tidegate\.toml is not UTF-8"):
        load(tmp_path)
    with pytest.raises(ConfigError, match="There is no file"):
        load_config({"data": tmp_path}, file=tmp_path / "none.toml", environ={})


def test_addresses_of_every_family() -> None:
    assert parse_address("http", ":80") == Address("127.0.0.1", 80)
    assert parse_address("http", "[::1]:80") == Address("::1", 80)
    assert str(Address("::1", 80)) == "[::1]:80"


def test_the_data_folder_follows_the_environment() -> None:
    assert default_data_folder({"TIDEGATE_DATA": "/d"}) == Path("/d")
    assert default_data_folder({"XDG_DATA_HOME": "/x"}) == Path("/x/tidegate")
