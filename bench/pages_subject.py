"""One measured process: `python -m bench.pages_subject floor|ours CONFLUENCE_URL DATABASE_URL`, orders on stdin.

    reset     an empty database
    pull      everything, or what changed since the last one: prints {"seconds", "pages", "requests", "peak_mb"}

The floor is the least that a pull has to do: fetch the same documents with 8 threads, COPY a few columns and the raw
JSON. No labels, no comparing, no history, no mentions of issues.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Final, Protocol
from urllib.parse import parse_qs, urlsplit

import orjson
import psycopg
import urllib3

from bench.pages_server import SPACE, SPACE_ID
from javis_pipeline.db.connection import Database
from javis_pipeline.db.migrate import migrate
from javis_pipeline.steps.batches import as_they_come, in_batches
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.sync_scope import pull_scope
from javis_pipeline.systems.confluence.client import ConfluenceClient
from javis_pipeline.systems.confluence.system import ConfluenceSystem
from javis_pipeline.wiring import TABLES

# More than one machine can ask for: the rate limit is not what is measured.
_RATE: Final = 1000.0
_THREADS: Final = 8
_SWEEP: Final = 250
_BATCH: Final = 50


class Subject(Protocol):
    """What is measured."""

    def reset(self) -> None: ...
    def pull(self) -> int: ...


class FloorSubject:
    """A pull without any care, into a table of its own."""

    def __init__(self, url: str, database_url: str) -> None:
        self._url = f"{url}/wiki/api/v2/pages"
        self._pool = urllib3.PoolManager(maxsize=_THREADS, ca_certs=os.environ.get("REQUESTS_CA_BUNDLE"))
        self._database_url = database_url

    def reset(self) -> None:
        with psycopg.connect(self._database_url) as conn:
            conn.execute("DROP TABLE IF EXISTS bench_pages")
            conn.execute(
                "CREATE TABLE bench_pages (page_id text PRIMARY KEY, title text, status text, version integer,"
                " saved_at text, raw json)"
            )
            lz4 = conn.execute(
                "SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"
            ).fetchone() == (True,)
            conn.execute(
                "ALTER TABLE bench_pages ALTER raw SET COMPRESSION lz4"
                if lz4
                else "ALTER TABLE bench_pages ALTER raw SET STORAGE EXTERNAL"
            )

    def pull(self) -> int:
        stored = 0
        with psycopg.connect(self._database_url) as conn, ThreadPoolExecutor(_THREADS) as threads:
            known: dict[str, str] = dict(conn.execute("SELECT page_id, saved_at FROM bench_pages").fetchall())
            wanted = in_batches(self._changed_ids(known), _BATCH)
            for rows in as_they_come(threads, self._fetch, wanted, most=2 * _THREADS):
                with conn.cursor().copy("COPY bench_pages FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
                conn.commit()
                stored += len(rows)
        return stored

    def _changed_ids(self, known: dict[str, str]) -> Iterator[str]:
        fields: dict[str, Any] = {"space-id": SPACE_ID, "sort": "-modified-date", "limit": _SWEEP}
        while True:
            answer = self._get(fields)
            changed = [p["id"] for p in answer["results"] if known.get(p["id"]) != p["version"]["createdAt"]]
            yield from changed
            following = answer["_links"].get("next")
            if following is None or not changed:
                return
            fields["cursor"] = parse_qs(urlsplit(following).query)["cursor"][0]

    def _fetch(self, ids: list[str]) -> list[tuple[Any, ...]]:
        answer = self._get([("id", page_id) for page_id in ids] + [("body-format", "storage"), ("limit", "250")])
        return [
            (
                p["id"],
                p["title"],
                p["status"],
                p["version"]["number"],
                p["version"]["createdAt"],
                orjson.dumps(p).decode(),
            )
            for p in answer["results"]
        ]

    def _get(self, fields: Any) -> Any:
        return orjson.loads(self._pool.request("GET", self._url, fields=fields).data)


class OurSubject:
    """The product's step."""

    def __init__(self, url: str, database_url: str) -> None:
        self._database_url = database_url
        self._confluence = ConfluenceClient(url, "bench@example.com", "token", rate=_RATE)
        self._database: Database | None = None

    def reset(self) -> None:
        if self._database is not None:
            self._database.close()
        with psycopg.connect(self._database_url, autocommit=True) as conn:
            conn.execute("DROP SCHEMA public CASCADE")
            conn.execute("CREATE SCHEMA public")
        migrate(self._database_url, TABLES)
        self._database = Database(self._database_url)

    def pull(self) -> int:
        assert self._database is not None, "reset comes first"
        now = datetime.now(UTC)
        job = Job(
            db=self._database,
            system=ConfluenceSystem(self._confluence, projects=["BENCH"]),
            key=SPACE,
            run_id=f"bench-{now.timestamp()}",
            clock=lambda: now,
        )
        tally = pull_scope(job).tally
        return tally.inserted + tally.updated


def main() -> None:
    """Obey until stdin is closed."""
    kind, url, database_url = sys.argv[1:]
    subject: Subject = (FloorSubject if kind == "floor" else OurSubject)(url, database_url)
    counter = urllib3.PoolManager(ca_certs=os.environ.get("REQUESTS_CA_BUNDLE"))
    for line in sys.stdin:
        if line.strip() == "reset":
            subject.reset()
            print("{}", flush=True)
            continue
        counter.request("GET", f"{url}/bench/requests")
        started_at = time.perf_counter()
        pages = subject.pull()
        seconds = time.perf_counter() - started_at
        requests = orjson.loads(counter.request("GET", f"{url}/bench/requests").data)
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"seconds": seconds, "pages": pages, "requests": requests, "peak_mb": peak_mb}), flush=True)


if __name__ == "__main__":
    main()
