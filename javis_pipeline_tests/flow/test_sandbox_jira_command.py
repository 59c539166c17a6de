"""The command `javis sandbox`: a process that can be filled, reached, ended and started again."""

import gzip
import subprocess
import sys
from contextlib import contextmanager

import orjson
import pytest
import requests
from click.testing import CliRunner

from javis_pipeline.cli import main
from javis_pipeline.sandbox.command import environment

TOKEN = environment()["JIRA_TOKEN"]


@contextmanager
def running(*options):
    process = subprocess.Popen(
        [sys.executable, "-m", "javis_pipeline", "sandbox", "--port", "0", *options], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip().removeprefix("Sandbox at ")
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


@pytest.fixture
def corpus_file(tmp_path):
    times = {"created": "2020-01-01T10:00:00.000+0000", "updated": "2020-01-02T10:00:00.000+0000"}
    row = {"key": "X-1", "id": "50", "summary": "one", "type": "Bug", "status": "Open", "status_category": "new"}
    file = tmp_path / "x.ndjson.gz"
    file.write_bytes(gzip.compress(orjson.dumps(row | times)))
    return file


def test_given_a_state_directory_when_it_is_terminated_then_nothing_is_lost(tmp_path, corpus_file):
    options = ["--load", str(corpus_file), "--state", str(tmp_path / "state")]
    login = ("a@example.com", TOKEN)

    with running(*options) as base_url:
        issue = f"{base_url}/rest/api/3/issue/X-1"
        assert requests.put(issue, json={"fields": {"summary": "two"}}, auth=login, timeout=10).status_code == 204
    with running(*options) as base_url:
        again = requests.get(f"{base_url}/rest/api/3/issue/X-1", auth=login, timeout=10).json()

    assert again["fields"]["summary"] == "two"


def test_env_prints_settings_as_lines():
    lines = CliRunner().invoke(main, ["sandbox", "env", "--port", "4711"]).output.splitlines()

    assert "JIRA_URL=http://127.0.0.1:4711" in lines
    assert dict(line.split("=", 1) for line in lines) == environment(port=4711)


@pytest.mark.parametrize("faults", ["explode", "503 perhaps"])
def test_faults_that_are_not_understood_are_an_error_of_usage(faults):
    result = CliRunner().invoke(main, ["sandbox", "--faults", faults, "--port", "0"])

    assert result.exit_code == 2
    assert faults.split()[-1] in result.stderr
