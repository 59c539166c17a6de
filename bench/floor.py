"""The floor: the least that a pull has to do. Fetch everything with 8 threads, COPY a few columns and the raw JSON.

No merging, no history, no safety: what any tool needs at least for the same issues over the same wire. Raw payloads are
stored as the server stores them quickest: as `json`, compressed by lz4 where the server has that, else not at all.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, ClassVar, Final

import orjson
import psycopg
import urllib3
from psycopg.sql import SQL, Identifier

from bench.issues import PROJECT

THREADS: Final = 8
_SWEEP: Final = 5000
_BATCH: Final = 100
_HEADERS: Final = {"Content-Type": "application/json"}
_COLUMNS: Final = "jira_id, key, title, status, priority, assignee, created_at, updated, raw"


class Floor:
    """A pull without any care, into a table of its own.

    Args:
        jira_url: Base URL of the canned server.
        certificates: File with the certificate to trust; None for plain HTTP.
        database_url: PostgreSQL.
        projects: Keys, with commas.

    Attributes:
        more: Columns of jsonb beside the others, and how each is made of an issue.
    """

    more: ClassVar[Mapping[str, Callable[[dict[str, Any]], object]]] = {}

    def __init__(self, jira_url: str, certificates: str | None, database_url: str, projects: str = PROJECT) -> None:
        self._url = jira_url
        self._projects = projects
        self._pool = urllib3.PoolManager(maxsize=THREADS, ca_certs=certificates)
        self._database_url = database_url

    def reset(self) -> None:
        """An empty table."""
        with psycopg.connect(self._database_url) as conn:
            lz4 = conn.execute(
                "SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"
            ).fetchone() == (True,)
            conn.execute("DROP TABLE IF EXISTS bench_floor")
            conn.execute(
                "CREATE TABLE bench_floor (jira_id text PRIMARY KEY, key text, title text, status text, priority text,"
                " assignee text, created_at timestamptz, updated text, raw json)"
            )
            for name in self.more:
                conn.execute(SQL("ALTER TABLE bench_floor ADD COLUMN {} jsonb").format(Identifier(name)))
            conn.execute(
                "ALTER TABLE bench_floor ALTER raw SET COMPRESSION lz4"
                if lz4
                else "ALTER TABLE bench_floor ALTER raw SET STORAGE EXTERNAL"
            )

    def pull(self, since_ms: int | None = None) -> int:
        """Fetch and store what was updated since then, everything by default; how many issues it was."""
        with psycopg.connect(self._database_url) as conn, ThreadPoolExecutor(THREADS) as threads:
            stored = 0
            for rows in _as_they_come(threads, self._rows, self._wanted(conn, since_ms)):
                _store(conn, rows, [*self.more])
                conn.commit()
                stored += len(rows)
            return stored

    def _rows(self, wanted: Any) -> list[tuple[Any, ...]]:
        return [(*_row(issue), *(make(issue) for make in self.more.values())) for issue in self._fetch(wanted)]

    def _wanted(self, conn: psycopg.Connection, since_ms: int | None) -> Iterator[Any]:
        """What to fetch, a batch at a time: the ids of those whose `updated` is not the stored one."""
        bound = f" AND updated >= {since_ms}" if since_ms is not None else ""
        query = {
            "jql": f"project in ({self._projects}){bound} ORDER BY updated",
            "maxResults": _SWEEP,
            "fields": ["updated"],
        }
        known = self._known(conn, since_ms)
        while True:
            answer = self._post("/rest/api/3/search/jql", query)
            yield from _changed(answer["issues"], known)
            if answer["isLast"]:
                return
            query["nextPageToken"] = answer["nextPageToken"]

    def _known(self, conn: psycopg.Connection, since_ms: int | None) -> dict[str, str]:
        stored: dict[str, str] = {}
        if since_ms is not None:
            stored.update(conn.execute("SELECT jira_id, updated FROM bench_floor").fetchall())
        return stored

    def _fetch(self, wanted: Any) -> list[dict[str, Any]]:
        """The documents of a batch."""
        body = {"issueIdsOrKeys": wanted, "fields": ["*all"]}
        found: list[dict[str, Any]] = self._post("/rest/api/3/issue/bulkfetch", body)["issues"]
        return found

    def _post(self, path: str, body: object) -> Any:
        answer = self._pool.request("POST", self._url + path, body=orjson.dumps(body), headers=_HEADERS)
        return orjson.loads(answer.data)


class FloorWithFields(Floor):
    """The same with one more column: the fields that only some sites have, as they came."""

    more: ClassVar[Mapping[str, Callable[[dict[str, Any]], object]]] = {
        "custom": lambda issue: orjson.dumps(
            {name: value for name, value in issue["fields"].items() if value and name.startswith("customfield_")}
        ).decode()
    }


class DataCenterFloor(Floor):
    """The same for a Jira that a company runs itself: the range of ids is cut into slices, fetched as they are.

    Histories come along, as they come in no other way there.
    """

    def _wanted(self, conn: psycopg.Connection, since_ms: int | None) -> Iterator[str]:
        where = f"project = {PROJECT}"
        if since_ms is None:
            first, last = (self._search(f"{where} ORDER BY id {way}", ["key"], 1)[0]["id"] for way in ("ASC", "DESC"))
            for after in range(int(first) - 1, int(last), _BATCH):
                yield f"{where} AND id > {after} AND id <= {after + _BATCH} ORDER BY id ASC"
        else:
            hits = self._search(f"{where} AND updated >= {since_ms} ORDER BY id ASC", ["updated"], _SWEEP)
            for ids in _changed(hits, self._known(conn, since_ms)):
                yield f"id in ({', '.join(ids)})"

    def _fetch(self, wanted: str) -> list[dict[str, Any]]:
        return self._search(wanted, ["*all"], _BATCH, expand=["changelog"])

    def _search(self, jql: str, fields: Sequence[str], most: int, **more: object) -> list[dict[str, Any]]:
        query = {"jql": jql, "maxResults": most, "fields": fields, **more}
        found: list[dict[str, Any]] = self._post("/rest/api/2/search", query)["issues"]
        return found


def _changed(hits: Sequence[dict[str, Any]], known: Mapping[str, str]) -> Iterator[list[str]]:
    """Ids of those that are not stored as they are, a batch at a time."""
    ids = [hit["id"] for hit in hits if known.get(hit["id"]) != hit["fields"]["updated"]]
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]


def _row(issue: dict[str, Any]) -> tuple[Any, ...]:
    fields = issue["fields"]
    person = fields["assignee"]
    return (
        issue["id"],
        issue["key"],
        fields["summary"],
        fields["status"]["name"],
        fields["priority"] and fields["priority"]["name"],
        person and person.get("accountId", person.get("key")),
        fields["created"],
        fields["updated"],
        orjson.dumps(issue).decode(),
    )


def _store(conn: psycopg.Connection, rows: list[tuple[Any, ...]], more: Sequence[str]) -> None:
    conn.execute("DELETE FROM bench_floor WHERE jira_id = ANY (%s)", [[row[0] for row in rows]])
    with conn.cursor().copy(f"COPY bench_floor ({', '.join([_COLUMNS, *more])}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _as_they_come(
    threads: ThreadPoolExecutor, fetch: Callable[[Any], list[tuple[Any, ...]]], batches: Iterator[Any]
) -> Iterator[list[tuple[Any, ...]]]:
    """Results in the order in which they are ready; at most twice as many under way as there are threads."""
    under_way: set[Future[list[tuple[Any, ...]]]] = set()
    for batch in batches:
        under_way.add(threads.submit(fetch, batch))
        if len(under_way) >= 2 * THREADS:
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)
    yield from (future.result() for future in under_way)
