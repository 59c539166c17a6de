"""Wishes in PostgreSQL: rows that were inserted here, and the book of what became of each."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, LiteralString
from uuid import UUID, uuid4

from psycopg import sql

from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.db.policies import why_held
from javis_pipeline.db.sync_rows import column_value
from javis_pipeline.db.table_queries import MOST_KEPT, for_table
from javis_pipeline.records.create import Creation, CreationPlan, Fence, Met, Wish
from javis_pipeline.records.sync import MADE
from javis_pipeline.records.tables import Table
from javis_pipeline.records.values import dump_json, from_json, load_json

_QUERIES = named_queries("creates")
_SYNC: Final = "sync"
_KEPT: Final = ("state", "attempt", "restored_at", "proof_at", "looks", "next_look_at", "remote_id", "remote_key")
_REFUSAL: Final = ("refused_seq", "refused_at", "refusals", "last_error")


class PostgresCreates:
    """The wishes of one scope.

    Args:
        database: The product's database; None for what is done in a transaction of the caller's.
        table: Where the records are kept.
        scope: Project or space key.
        run_id: Named in the book and in the audit.
        now: Dates what is written.
    """

    def __init__(
        self, database: Database | None, table: Table, scope: str, *, run_id: str, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._table = table
        self._run_id = run_id
        self._now = now
        self._scope = scope
        self._params = {"type": table.kind, "scope": scope, "system": table.system, "run_id": run_id}

    @property
    def name(self) -> str:
        """System and scope in words."""
        return f"{self._table.system} {self._scope}"

    def begin(self) -> Sequence[Wish]:
        """Take note of rows that were inserted since; all wishes that are open, in the order of their making."""
        if not self._table.given:
            return ()
        with self._transaction() as conn:
            if self._run(conn, "new_wishes")[0]["there_are"]:
                floor = self._highest(conn)
                self._run(conn, "note_wishes", {"floor": floor, "now": self._now()})
            return [self._wish(row) for row in self._run(conn, "open_wishes")]

    def something_waits(self) -> bool:
        """Whether `begin` would give any."""
        return bool(self._table.given) and bool(self._read("something_waits")[0]["waits"])

    def wanted(self) -> list[dict[str, Any]]:
        """What is wished for, without taking note of it: `record_id`, `key`, `title`, `state`, and `why` not yet."""
        return self._read("wanted") if self._table.given else []

    def change(self, record_id: UUID, decide: Callable[[Wish], CreationPlan | None]) -> CreationPlan | None:
        """Decide on the locked, fresh wish, and store the plan."""
        with self._transaction() as conn:
            return self.change_in(conn, record_id, decide)

    def change_in(
        self, conn: Connection, record_id: UUID, decide: Callable[[Wish], CreationPlan | None]
    ) -> CreationPlan | None:
        """The same in a transaction of the caller's; None also where there is no such wish."""
        self._run(conn, "lock_wish", {"record_id": record_id})
        for row in self._run(conn, "wish", {"record_id": record_id}):
            plan = decide(self._wish(row))
            if plan is not None:
                self._store(conn, plan)
            return plan
        return None

    def in_doubt_since(self, conn: Connection) -> datetime | None:
        """From when on what our account made may be what a wish is in doubt about; None where none is."""
        since: datetime | None = self._run(conn, "in_doubt_since")[0]["since"]
        return since

    def bound(self, remote_ids: Collection[str]) -> Mapping[str, UUID]:
        """Those of these records of the remote that were made from wishes, with the wishes' names."""
        rows = self._read("bound", {"ids": list(remote_ids)})
        return {row["remote_id"]: row["record_id"] for row in rows}

    def known(self, marks: Collection[UUID]) -> Collection[UUID]:
        """Those of these that name a row."""
        return {row["record_id"] for row in self._read("known", {"marks": list(marks)})}

    def stored(self, remote_ids: Collection[str]) -> Collection[str]:
        """Those of these records of the remote that have a row."""
        return {row["id"] for row in self._read("stored", {"ids": list(remote_ids)})}

    def shows_marks(self) -> bool:
        """Whether the remote has shown a mark of ours in this scope."""
        return bool(self._read("shows_marks")[0]["shown"])

    def highest(self) -> int:
        """The highest number that a record of the scope is known to have, or to have had."""
        assert self._database is not None, "made for a transaction of the caller's"
        with self._database.transaction() as conn:
            return self._highest(conn)

    def _highest(self, conn: Connection) -> int:
        """Where records have no numbers, they follow each other by the instants of their making."""
        place = self._table.place
        if place.hangs_on:
            return 0
        return int(self._run(conn, "highest_number" if place.numbered else "last_made")[0]["number"])

    def count_records(self) -> int:
        """How many records of the scope there are."""
        return int(self._read("count_records")[0]["records"])

    def why_held(self) -> str | None:
        """Why nothing may be sent from this scope now; None when it may."""
        assert self._database is not None, "made for a transaction of the caller's"
        with self._database.statement() as conn:
            return why_held(conn, self._table.system, self._scope)

    def end_twins(self, record_id: UUID, by: str) -> None:
        """A person has seen that there are two."""
        values = {"record_id": record_id, "kind": "made_twice", "state": "resolved", "resolution": "manual", "by": by}
        with self._transaction() as conn:
            self._run(conn, "end_question", {**values, "now": self._now()})

    def stop(self, at: datetime) -> None:
        """Make nothing any more."""
        with self._transaction() as conn:
            self._run(conn, "stop_creating", {"at": at})

    def stopped_until(self, horizon: timedelta) -> datetime | None:
        """Until when nothing is made; None where that may go on."""
        for row in self._read("creating_stopped"):
            until: datetime = row["at"] + horizon
            return until if row["is_whole"] else datetime.max.replace(tzinfo=UTC)
        return None

    def tell_twins(self, creation: Creation, twins: Sequence[Met]) -> None:
        """Tell that other records bear the mark of a wish that has one."""
        with self._transaction() as conn:
            self.tell_twins_in(conn, creation, twins)

    def tell_twins_in(self, conn: Connection, creation: Creation, twins: Sequence[Met]) -> None:
        """The same in a transaction of the caller's."""
        details = {"alike": [{"key": one.key, "title": one.title, "type": one.type_name} for one in twins]}
        self._ask(conn, creation, "made_twice", details, there=", ".join(one.key for one in twins))

    def note_marks(self, conn: Connection, met: Sequence[Met]) -> None:
        """Note which of the records that we made were seen with their marks."""
        marks = [one.mark for one in met if one.mark is not None]
        self._run(conn, "note_marks", {"ids": [one.remote_id for one in met], "marks": marks})

    def _transaction(self) -> AbstractContextManager[Connection]:
        assert self._database is not None, "made for a transaction of the caller's"
        return self._database.transaction(origin=_SYNC)

    # reading

    def _wish(self, row: Mapping[str, Any]) -> Wish:
        doc, book = load_json(row["doc"]), load_json(row["creation"])
        table, place, hanging = self._table, self._table.place, self._table.place.hangs_on
        names = (*(column.name for column in table.edited), *place.may_have, *place.derived, *place.by_key)
        asked = {**doc, **doc["local_modified_fields"]}
        return Wish(
            creation=_creation(book),
            type_name=doc.get("issue_type") or "",
            values={name: from_json(doc[name]) for name in names},
            asked={name: from_json(asked[name]) for name in names},
            place=doc[hanging.id] if hanging else None,
            place_key=doc[hanging.by] if hanging else None,
            local_seq=doc["local_seq"],
            parent=row["parent"],
            deleted=doc["local_deleted_at"] is not None,
            elements=tuple(sorted(doc["local_modified_fields"].keys() - set(table.fields))),
        )

    def _read(self, query: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        assert self._database is not None, "made for a transaction of the caller's"
        with self._database.statement() as conn:
            return self._run(conn, query, params)

    # writing

    def _store(self, conn: Connection, plan: CreationPlan) -> None:
        creation = plan.creation
        self._run(conn, "put_creation", _creation_params(creation) | {"now": self._now()})
        if plan.is_bound:
            self._bind(conn, creation)
        self._update(conn, plan)
        if creation.state == "asks":
            self._ask(conn, creation, "creation_unknown", plan.details)
        else:
            self._end_question(conn, creation, "creation_unknown")

    def _update(self, conn: Connection, plan: CreationPlan) -> None:
        raw = {self._table.raw[name]: value for name, value in plan.raw.items() if name in self._table.raw}
        columns = {**plan.columns, **raw}
        if plan.bases is not None:
            columns["local_modified_fields"] = plan.bases
        statement = _text(_QUERIES["update_wish"], self._table, tuple(sorted(columns)))
        doc = dump_json({name: column_value(value) for name, value in columns.items()})
        params = {"record_id": plan.creation.record_id, "doc": doc}
        conn.execute(statement, params)

    def _bind(self, conn: Connection, creation: Creation) -> None:
        """The row becomes the record's: what else stood for it goes into it, and the provisional key leads to it."""
        params = {
            "id": creation.remote_id,
            "key": creation.remote_key,
            "written_key": creation.key if self._table.place.made_as else creation.remote_key,
            "provisional": creation.key,
            "record_id": creation.record_id,
            "now": self._now(),
        }
        for rival in self._run(conn, "rival", params):
            if rival["is_edited"]:
                for both in self._run(conn, "edited_in_both", params):
                    self._run(conn, "offer_value", {**params, **both, "conflict_id": uuid4()})
                self._run(conn, "take_over_edits", params)
            for query in ("follow_conflicts", "follow_operations", "remove_rival"):
                self._run(conn, query, params)
        binding = ("free_key", "bind_wish", "keep_provisional_key") if self._table.keys_change else ("bind_wish",)
        for query in (*binding, *(["follow_key"] if self._table.place.by_key else [])):
            self._run(conn, query, params)
        self._audit(conn, creation)

    def _audit(self, conn: Connection, creation: Creation) -> None:
        by = creation.evidence.get("by")
        values = {
            "side": "remote",
            "resource_id": creation.remote_id,
            "record_id": creation.record_id,
            "old": dump_json(creation.key),
            "new": dump_json(creation.remote_key),
            "reason": MADE if by == "reply" else f"{MADE}, as the {by} says",
            "now": self._now(),
        }
        self._run(conn, "audit_creation", values)

    def _ask(
        self, conn: Connection, creation: Creation, kind: str, details: Mapping[str, Any], *, there: str | None = None
    ) -> None:
        values = {
            "conflict_id": uuid4(),
            "resource_id": creation.remote_id or str(creation.record_id),
            "record_id": creation.record_id,
            "kind": kind,
            "local": dump_json(creation.remote_key or creation.key),
            "remote": dump_json(there),
            "details": dump_json(details),
            "now": self._now(),
        }
        self._run(conn, "put_question", values)

    def _end_question(self, conn: Connection, creation: Creation, kind: str) -> None:
        by = creation.evidence.get("answered_by")
        values = {
            "record_id": creation.record_id,
            "kind": kind,
            "state": "resolved" if by else "closed",
            "resolution": "manual" if by else "superseded",
            "by": by or "javis",
            "now": self._now(),
        }
        self._run(conn, "end_question", values)

    def _run(self, conn: Connection, query: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        cursor = conn.execute(_text(_QUERIES[query], self._table), {**self._params, **(params or {})})
        return cursor.fetchall() if cursor.description else []


@lru_cache(MOST_KEPT)
def _text(query: LiteralString, table: Table, columns: tuple[str, ...] = ()) -> bytes:
    """A statement for the wishes of a kind, as it is sent."""
    hanging = table.place.hangs_on
    by = hanging.by if hanging else next(iter(table.place.by_key), table.key)
    named = dict.fromkeys((by, *table.place.by_key))
    return for_table(
        query,
        table,
        edited=_names(column.name for column in table.edited),
        columns=_names(columns),
        parent=sql.Identifier(by),
        named=sql.SQL(", ").join(sql.SQL("r.{}").format(sql.Identifier(name)) for name in named),
        above=sql.Identifier(hanging.table if hanging else table.name),
        above_key=sql.Identifier(hanging.key if hanging else table.key),
        above_id=sql.Identifier(hanging.id if hanging else table.id),
        written_key=sql.Identifier(table.written_key),
        title=sql.SQL("r.{}").format(sql.Identifier(table.place.title or table.key)),
    ).as_bytes()


def _names(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _creation(book: Mapping[str, Any]) -> Creation:
    fence = None
    if book["fence_at"] is not None:
        at = datetime.fromisoformat(book["fence_at"])
        fence = Fence(number=book["fence_number"], at=at, account_id=book["fence_account"])
    instants = {
        name: None if book[name] is None else datetime.fromisoformat(book[name])
        for name in ("restored_at", "proof_at", "next_look_at", "refused_at")
    }
    return Creation(
        **{name: book[name] for name in (*_KEPT, *_REFUSAL)} | instants,
        record_id=UUID(book["record_id"]),
        scope=book["scope"],
        key=book["key"],
        floor=book["floor"],
        fence=fence,
        evidence=book["evidence"],
    )


def _creation_params(creation: Creation) -> dict[str, Any]:
    fence = creation.fence
    return {
        **{name: getattr(creation, name) for name in ("record_id", *_KEPT, *_REFUSAL)},
        "fence_number": fence.number if fence else None,
        "fence_at": fence.at if fence else None,
        "fence_account": fence.account_id if fence else None,
        "evidence": dump_json(creation.evidence),
    }


def doubt_all(database: Database, now: datetime) -> None:
    """After a restore: what was open then may have gone out since, and nothing is made for a while."""
    with database.transaction(origin=_SYNC) as conn:
        conn.execute(_QUERIES["doubt_all"], {"now": now})
        conn.execute(_QUERIES["stop_all"], {"now": now})


def made_above(database: Database, table: Table, scope: str, above: int) -> dict[int, Met]:
    """What replies said was made in a scope with numbers above that one, by number. Each was made after it was asked
    for: that instant stands for the one of its making."""
    params = {"type": table.kind, "scope": scope, "above": above}
    return {
        row["number"]: Met(
            remote_id=row["remote_id"],
            key=row["remote_key"],
            number=row["number"],
            created_at=row["fence_at"],
            creator_id=row["fence_account"],
            mark=row["record_id"],
        )
        for row in database.query(_QUERIES["made_above"], params)
    }
