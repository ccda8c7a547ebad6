"""The command line: help for every word, sentences and exit codes for what goes wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from live import TIDEGATE, free_port
from tidegate import __version__
from tidegate.cli.commands import channel, cli, edge, indicator, observability, setting, webhook


def run(*words: str, data: Path | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "NO_COLOR": "1", **environ}
    if data is not None:
        environment["TIDEGATE_DATA"] = str(data)
    return subprocess.run(
        [TIDEGATE, *words], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_every_command_has_help_in_one_short_sentence() -> None:
    for group in (cli, channel, edge, indicator, observability, setting, webhook):
        for command in group.registered_commands:
            assert command.callback
            sentence = (command.callback.__doc__ or "").split(".")[0]
            assert 10 < len(sentence) <= 50, command.callback.__name__


def test_help_imports_no_server() -> None:
    code = "import sys; from tidegate.cli.commands import cli; print([m for m in sys.modules if m in {'litestar', 'sqlalchemy', 'numpy', 'httpx', 'rich'}])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_version() -> None:
    assert run("version").stdout == f"tidegate {__version__}\n"
    assert json.loads(run("version", "--json").stdout) == {"version": __version__}


def test_no_server_is_a_sentence_and_exit_code_3(tmp_path: Path) -> None:
    done = run("status", data=tmp_path, TIDEGATE_URL=f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 3
    assert "tidegate up" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("up", "--http", "nonsense"), "host:port"),
        (("up", "--rtmps", "127.0.0.1:1936"), "tls_cert"),
        (("up", "--config", "/nonexistent.toml"), "There is no file"),
        (("watch", "Not A Name"), "is not a channel name"),
        (("edge", "config", "nginx", "--server-name", "a;b"), "server_name"),
        (("edge", "run", "--origin", "nowhere"), "origin"),
        (("publish", "/etc/hostname"), "--to CHANNEL"),
    ],
)
def test_wrong_words_are_a_sentence_and_exit_code_2(
    tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    done = run(*words, data=tmp_path)
    assert done.returncode == 2, done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_names_the_next_step_where_nothing_runs(tmp_path: Path) -> None:
    done = run("doctor", "--json", data=tmp_path, TIDEGATE_URL=f"http://127.0.0.1:{free_port()}")
    findings = {finding["check"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert findings["server"]["next"].endswith("tidegate up")
    assert findings["data folder"]["passed"]
    assert all(finding["passed"] or finding["next"] for finding in findings.values())


def test_a_token_that_others_can_read_is_found(tmp_path: Path) -> None:
    token = tmp_path / "admin-token"
    token.write_text("secret")
    token.chmod(0o644)
    done = run("doctor", data=tmp_path, TIDEGATE_URL=f"http://127.0.0.1:{free_port()}")
    assert f"chmod 600 {token}" in done.stdout
    assert done.returncode == 1


def test_edge_config_prints_a_whole_configuration() -> None:
    done = run("edge", "config", "nginx", "--server-name", "live.example.org")
    assert done.returncode == 0
    assert "server_name live.example.org;" in done.stdout
    assert done.stdout.rstrip().endswith("}")
