"""Ten projects due at once: does the queue keep within the limits of the API, does the web server answer meanwhile?

Everything is as `javis dev` starts it: web server, daemon with our dagster.yaml, embedded PostgreSQL; the sandbox's
rate limits hold. The job of the schedule is asked for, for all projects at once, as a tick does: first on an empty
database, then with nothing changed.
"""

import math
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
import urllib3

from bench.corpus import write_corpus
from bench.home import STOP_SECONDS, Home, home, sandbox
from javis_pipeline.home import project_root

PROJECTS: Final = tuple(f"DUE{letter}" for letter in "ABCDEFGHIJ")
JOB: Final = "sync"
LOCATION: Final = "javis_pipeline.definitions"
ANSWER_SECONDS: Final = 1.0

_START_SECONDS: Final = 120.0
_RUN_SECONDS: Final = 1800.0
_PROBE_SECONDS: Final = 0.5
_PATIENCE_SECONDS: Final = 60.0
_QUIET_SECONDS: Final = 10.0
# The sandbox's: so many requests a second to one endpoint, after a pause as many at once.
_LIMIT: Final = 100
_WINDOW_SECONDS: Final = 1.0

_RUNS: Final = """query Runs { runsOrError(limit: 25) { ... on Runs { results {
    runId jobName status startTime endTime tags { key value } } } } }"""
# From when its process is started. The columns are UTC without a time zone.
_TIMES: Final = """SELECT run.status, extract(epoch FROM min(event.timestamp))::float8, run.end_time
                     FROM runs AS run
                     LEFT JOIN event_logs AS event
                       ON event.run_id = run.run_id AND event.dagster_event_type = 'PIPELINE_STARTING'
                    WHERE run.id > %s GROUP BY run.id"""
_REPOSITORIES: Final = "query Repositories { repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"
_DUE: Final = """mutation Due($runs: [ExecutionParams!]!) { launchMultipleRuns(executionParamsList: $runs) {
    ... on LaunchMultipleRunsResult { launchMultipleRunsResult { __typename ... on PythonError { message } } }
    ... on PythonError { message } } }"""


Answers = Mapping[str, Sequence[float]]
"""What was asked of the web server, to the seconds of each answer."""


@dataclass(frozen=True)
class Load:
    """What came of asking for all projects at once.

    Attributes:
        seconds: Until the last run had ended.
        answers: How fast the web server answered meanwhile.
        requests: What the sandbox was asked.
        runs_at_once: The most runs at a time.
    """

    seconds: float
    answers: Answers
    requests: Sequence[Mapping[str, Any]]
    runs_at_once: int

    @property
    def refused(self) -> int:
        return sum(request["status"] == 429 for request in self.requests)


def measure(*, issues: int) -> int:
    """Print the table; 1 when a target was missed, else 0."""
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="javis-bench-", ignore_cleanup_errors=True))
        )
        _say(f"{len(PROJECTS)} projects of {issues} issues, all due at once")
        corpus = folder / "corpus.ndjson.gz"
        write_corpus(corpus, projects=PROJECTS, issues=issues)
        site = stack.enter_context(sandbox("--load", corpus))
        settings = {"JIRA_PROJECTS": ",".join(PROJECTS), "CONFLUENCE_SPACES": "", "SLACK_CHANNELS": ""}
        place = stack.enter_context(home(folder / "home", site, **settings))
        dagster = stack.enter_context(_dagster(place))
        prober = stack.enter_context(_prober(dagster))
        time.sleep(_QUIET_SECONDS)
        quiet = prober.taken()
        loads = {"first load": _all_at_once(place, dagster, prober)}
        _check_stored(place, issues)
        loads["nothing changed"] = _all_at_once(place, dagster, prober)
        _check_stored(place, issues)
    return _report(quiet, loads)


def _all_at_once(place: Home, dagster: str, prober: "Prober") -> Load:
    asked = f"{place.environment['JIRA_URL']}/sandbox/requests"
    urllib3.request("DELETE", asked)
    prober.taken()
    with psycopg.connect(place.dagster_url, autocommit=True) as conn:
        (last_id,) = conn.execute("SELECT coalesce(max(id), 0) FROM runs").fetchone() or (0,)
        began_at = time.time()
        launched = _ask(dagster, _DUE, {"runs": [_run_of(project) for project in PROJECTS]})["launchMultipleRuns"]
        if any(one["__typename"] != "LaunchRunSuccess" for one in launched.get("launchMultipleRunsResult", [launched])):
            raise SystemExit(f"bench: Dagster says {launched}")
        while True:
            runs = conn.execute(_TIMES, [last_id]).fetchall()
            failed = [status for status, _, _ in runs if status in ("FAILURE", "CANCELED")]
            if failed or time.time() > began_at + _RUN_SECONDS:
                raise SystemExit(f"bench: {len(failed)} runs failed, {len(runs)} in all; see {dagster}")
            if len(runs) == len(PROJECTS) and all(status == "SUCCESS" for status, _, _ in runs):
                break
            time.sleep(1)
    answers = prober.taken()
    requests = urllib3.request("GET", asked).json()
    ends = [end for _, _, end in runs]
    return Load(max(ends) - began_at, answers, requests, _most_at_once([(start, end) for _, start, end in runs]))


def _run_of(project: str) -> dict[str, Any]:
    """GraphQL's ExecutionParams of the project's run."""
    return {
        "selector": {
            "repositoryName": "__repository__",
            "repositoryLocationName": LOCATION,
            "jobName": JOB,
        },
        "executionMetadata": {"tags": [{"key": "dagster/partition", "value": project}]},
    }


def _check_stored(place: Home, issues: int) -> None:
    with psycopg.connect(place.product_url) as conn:
        rows = conn.execute(
            "SELECT project_key, count(*) FROM jira_issues WHERE remote_state = 'present' GROUP BY project_key"
        ).fetchall()
    stored: dict[str, int] = dict(rows)
    if stored != dict.fromkeys(PROJECTS, issues):
        raise SystemExit(f"bench: stored {stored}, not {issues} of each; the measurement is worth nothing")


def _most_at_once(spans: Sequence[tuple[float, float]]) -> int:
    """The largest number of spans that overlap."""
    return max(sum(start <= at < end for start, end in spans) for at, _ in spans)


def _peak(requests: Sequence[Mapping[str, Any]]) -> int:
    """The most requests in any second."""
    times = sorted(request["at"] for request in requests)
    first = most = 0
    for last, at in enumerate(times):
        while times[first] <= at - _WINDOW_SECONDS:
            first += 1
        most = max(most, last - first + 1)
    return most


def _busiest(requests: Sequence[Mapping[str, Any]]) -> tuple[str, int]:
    """The endpoint with the most requests in any second, and how many these were."""
    by_endpoint: dict[str, list[Mapping[str, Any]]] = {}
    for request in requests:
        path = re.sub(r"(?<=/)\d+(?=/|$)", "{id}", request["url"].partition("?")[0])
        by_endpoint.setdefault(f"{request['method']} {path}", []).append(request)
    return max(((endpoint, _peak(some)) for endpoint, some in by_endpoint.items()), key=lambda pair: pair[1])


class Unanswered(Exception):
    """The web server did not answer what it was asked."""


class Prober:
    """Asks the web server twice a second, as a person's browser does, until it is stopped."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._answers: dict[str, list[float]] = {}
        self._stop = threading.Event()
        asking = {"/server_info": self._ask_info, "the runs": self._ask_runs}
        self._threads = [threading.Thread(target=self._ask_often, args=[*pair]) for pair in asking.items()]
        for thread in self._threads:
            thread.start()

    def taken(self) -> Answers:
        """Seconds that each answer took since this was last called; without end for one that did not come."""
        answers, self._answers = self._answers, {}
        return answers

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask_often(self, what: str, ask: Callable[[], object]) -> None:
        while not self._stop.wait(_PROBE_SECONDS):
            began_at = time.perf_counter()
            try:
                ask()
                seconds = time.perf_counter() - began_at
            except (urllib3.exceptions.HTTPError, Unanswered):
                seconds = math.inf
            self._answers.setdefault(what, []).append(seconds)

    def _ask_info(self) -> object:
        answer = urllib3.request("GET", f"{self._url}/server_info", timeout=_PATIENCE_SECONDS)
        if answer.status != 200:
            raise Unanswered(f"HTTP {answer.status}")
        return answer.json()

    def _ask_runs(self) -> object:
        return _ask(self._url, _RUNS)


@contextmanager
def _prober(url: str) -> Iterator[Prober]:
    prober = Prober(url)
    try:
        yield prober
    finally:
        prober.stop()


@contextmanager
def _dagster(place: Home) -> Iterator[str]:
    """URL of the web server that `javis dev` starts, once it has loaded our definitions."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    log = Path(place.environment["JAVIS_HOME"]) / "dev.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "javis_pipeline", "dev", "--port", str(port)],
            cwd=project_root(),
            env=dict(place.environment),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not _is_ready(url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"bench: javis dev did not start:\n{log.read_text(errors='replace')[-4000:]}")
            time.sleep(0.5)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_SECONDS)


def _is_ready(url: str) -> bool:
    try:
        return bool(_ask(url, _REPOSITORIES)["repositoriesOrError"].get("nodes"))
    except (urllib3.exceptions.HTTPError, Unanswered):
        return False


def _ask(url: str, query: str, variables: Mapping[str, Any] | None = None) -> Any:
    """The data of a GraphQL answer."""
    answer = urllib3.request(
        "POST",
        f"{url}/graphql",
        json={"query": query, "variables": variables or {}},
        retries=False,
        timeout=_PATIENCE_SECONDS,
    )
    if answer.status != 200:
        raise Unanswered(f"HTTP {answer.status}")
    body = answer.json()
    if "errors" in body:
        raise Unanswered(f"Dagster says {body['errors']}")
    return body["data"]


def _report(quiet: Answers, loads: Mapping[str, Load]) -> int:
    title = f"{len(PROJECTS)} projects due at once"
    print(f"{title:<40}" + "".join(f"{name:>18}" for name in loads) + "   target")
    missed = any(load.refused for load in loads.values())
    _line("until all are in step", [f"{load.seconds:.0f} s" for load in loads.values()])
    _line("runs at a time, at most", [load.runs_at_once for load in loads.values()])
    _line("requests", [len(load.requests) for load in loads.values()])
    _line("requests in any second, at most", [_peak(load.requests) for load in loads.values()])
    busiest = [_busiest(load.requests) for load in loads.values()]
    _line("of these to one endpoint", [most for _, most in busiest], f"<= {_LIMIT}, the limit")
    _line("refused (429)", [load.refused for load in loads.values()], "0", missed=missed)
    print(f"{'seconds of an answer: p50, p95, most':<40}")
    for what, seconds in quiet.items():
        late = any(_p95(load.answers[what]) > ANSWER_SECONDS for load in loads.values())
        missed |= late
        spreads = [_spread(load.answers[what]) for load in loads.values()]
        _line(f"web server, {what}", spreads, f"p95 <= {ANSWER_SECONDS:g} s; idle {_spread(seconds)}", missed=late)
    return int(missed)


def _line(name: str, values: Sequence[object], target: str = "", *, missed: bool = False) -> None:
    cells = "".join(f"{value!s:>18}" for value in values)
    print(f"  {name:<38}{cells}   {target}{'  MISSED' * missed}".rstrip())


def _p95(seconds: Sequence[float]) -> float:
    """The value that 95 % do not exceed; without interpolation, because an answer that never came took for ever."""
    ranked = sorted(seconds)
    return ranked[math.ceil(0.95 * len(ranked)) - 1]


def _spread(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds):.2f} {_p95(seconds):.2f} {max(seconds):.2f}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
