"""The webserver for those who may look: it shows everything, and starts and changes nothing."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from javis_pipeline.db.connection import Database

pytestmark = pytest.mark.timeout(240)

CHECKOUT = Path(__file__).resolve().parents[2]
START_SECONDS = 180
SELECTOR = {"repositoryLocationName": "javis_pipeline.definitions", "repositoryName": "__repository__"}

Ask = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def ask(database_url: str, tmp_path: Path) -> Iterator[Ask]:
    """Asks a read-only webserver on a fresh instance in GraphQL; gives the HTTP status and the answer."""
    shutil.copyfile(CHECKOUT / "dagster.yaml", tmp_path / "dagster.yaml")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    where = ["-h", "127.0.0.1", "-p", str(port), "-m", "javis_pipeline.definitions"]
    settings = {
        "DAGSTER_HOME": str(tmp_path),
        "DATABASE_URL": database_url,
        "DAGSTER_POSTGRES_URL": database_url,
        "JIRA_PROJECTS": "OQC",
    }
    with (tmp_path / "webserver.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "dagster_webserver", "--read-only", *where],
            env={**os.environ, **settings},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_it_serves(server, port, tmp_path / "webserver.log")
        yield lambda query, **variables: _ask(port, query, variables)
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_until_it_serves(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urlopen(f"http://127.0.0.1:{port}/server_info", timeout=5).close()
        except (URLError, OSError):
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"the webserver did not start: {log.read_text()[-2000:]}")


def _ask(port: int, query: str, variables: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = Request(f"http://127.0.0.1:{port}/graphql", body, {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_given_a_read_only_webserver_then_it_shows_the_graph_and_refuses_to_start_or_change_anything(
    ask: Ask, database_url: str
) -> None:
    _, shown = ask("{ assetNodes { opName } }")
    _, launched = ask(
        "mutation($params: ExecutionParams!) { launchRun(executionParams: $params) { __typename } }",
        params={"selector": {**SELECTOR, "jobName": "sync"}, "mode": "default", "runConfigData": {}},
    )
    _, backfilled = ask(
        "mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) { __typename } }",
        params={"assetSelection": [{"path": ["jira_issues"]}], "partitionNames": ["OQC"]},
    )
    _, scheduled = ask(
        "mutation($schedule: ScheduleSelector!) { startSchedule(scheduleSelector: $schedule) { __typename } }",
        schedule={**SELECTOR, "scheduleName": "sync_every_15_minutes"},
    )
    _, sensed = ask(
        "mutation($sensor: SensorSelector!) { startSensor(sensorSelector: $sensor) { __typename } }",
        sensor={**SELECTOR, "sensorName": "local_changes"},
    )
    # This mutation has no type for a refusal, so Dagster answers with an error of the server.
    status, limited = ask('mutation { setConcurrencyLimit(concurrencyKey: "jira_api", limit: 9) }')

    assert "jira_issues" in {node["opName"] for node in shown["data"]["assetNodes"]}
    answers = [launched, backfilled, scheduled, sensed]
    refusals = [next(iter(answer["data"].values()))["__typename"] for answer in answers]
    assert refusals == ["UnauthorizedError"] * len(answers)
    assert status == 500
    assert "Unauthorized" in json.dumps(limited)
    with Database(database_url) as db:
        assert db.query("SELECT FROM runs") == []
        assert db.query("SELECT FROM bulk_actions") == []
        assert db.query("SELECT FROM concurrency_limits WHERE concurrency_key = 'jira_api' AND \"limit\" = 9") == []
        assert db.query("SELECT FROM instigators WHERE status = 'RUNNING'") == []
