"""The webserver for those who may look: it shows everything, and starts and changes nothing."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline_tests.sites import free_port, wait_until_dagster_serves

pytestmark = pytest.mark.timeout(240)

CHECKOUT = Path(__file__).resolve().parents[2]
SELECTOR = {"repositoryLocationName": "javis_pipeline.definitions", "repositoryName": "__repository__"}

Ask = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def ask(database_url: str, tmp_path: Path) -> Iterator[Ask]:
    """Asks a read-only webserver on a fresh instance in GraphQL; gives the HTTP status and the answer."""
    shutil.copyfile(CHECKOUT / "dagster.yaml", tmp_path / "dagster.yaml")
    port = free_port()
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
        wait_until_dagster_serves(server, port, tmp_path / "webserver.log")
        yield lambda query, **variables: _ask(port, query, variables)
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


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
        assert db.query("SELECT 1 FROM runs") == []
        assert db.query("SELECT 1 FROM bulk_actions") == []
        assert db.query("SELECT 1 FROM concurrency_limits WHERE concurrency_key = 'jira_api' AND \"limit\" = 9") == []
        assert db.query("SELECT 1 FROM instigators WHERE status = 'RUNNING'") == []
