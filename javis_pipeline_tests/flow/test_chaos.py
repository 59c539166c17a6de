"""The laws under what happens to machines: killed syncs, database servers and backends, cut networks, restarts of
the site, clocks that are off. People go on editing both sides; every edit that either side took is in a ledger.

In the end every edit of the ledger must be found: on both sides, or in what the sync kept of it, or replaced by a
person on the side where it was made. `make laws` plays dozens; JAVIS_LAWS_CHAOS sets the number.
"""

import contextlib
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from javis_pipeline.db.embedded import EmbeddedServer
from javis_pipeline.db.migrate import migrate
from javis_pipeline.errors import DatabaseError
from javis_pipeline.sandbox.jira.editing import InvalidEditError
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.wiring import TABLES
from javis_pipeline_tests.flaky_wire import FlakyWire
from javis_pipeline_tests.one_sync import RunningSync, start_sync
from javis_pipeline_tests.property.sync_histories import how_many
from javis_pipeline_tests.sites import EMAIL, clean_environment, free_port, settings_for

HISTORIES = how_many("JAVIS_LAWS_CHAOS", usual=2, thorough=31)
EVENTS = 12
ISSUES = 6
SKEWS = (0, -3600, 3600, -86400, 86400)
# Far ahead of every clock of the history, and each a quarter of an hour after the one before: nothing has to be waited
# for any more.
SETTLING = (90_000, 90_900, 91_800)
START_SECONDS = 60
# So that a sync is met in the middle.
LATENCY = timedelta(milliseconds=40)

pytestmark = [pytest.mark.laws, pytest.mark.timeout(3600)]


@dataclass(frozen=True)
class Edit:
    """An edit that its side took. Its token stands in nothing else."""

    side: str
    key: str
    field: str
    token: str


@dataclass
class Chaos:
    """A project on both sides, with everything between them that can break."""

    rng: Random
    server: EmbeddedServer
    wire: FlakyWire
    sandbox: SandboxServer
    state: Path
    home: Path
    ledger: list[Edit] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)
    keys: list[str] = field(default_factory=list)

    # --- people ---

    def edit_here(self) -> None:
        """By SQL; an edit whose commit was not confirmed is nobody's promise."""
        edit = self._next("here")
        statements = {
            "title": "UPDATE jira_issues SET title = %(token)s WHERE key = %(key)s",
            "labels": "UPDATE jira_issues SET labels = labels || %(token)s::text WHERE key = %(key)s",
            "description": "UPDATE jira_issues SET description = concat_ws(E'\\n\\n', description, %(token)s::text)"
            " WHERE key = %(key)s",
        }
        with contextlib.suppress(psycopg.OperationalError), self.connect() as conn:
            changed = conn.execute(statements[edit.field], {"token": edit.token, "key": edit.key}).rowcount
            conn.commit()
            self._took(edit, bool(changed))

    def edit_there(self) -> None:
        """In the browser."""
        edit, site = self._next("there"), self.sandbox.world.jira
        match edit.field:
            case "labels":
                values: dict[str, Any] = {"add_labels": [edit.token]}
            case "description":
                values = {"description": "\n\n".join(filter(None, [self._text_there(edit.key), edit.token]))}
            case _:
                values = {"title": edit.token}
        with contextlib.suppress(InvalidEditError):
            site.edit(edit.key, by="Ann Other", **values)
            self._took(edit, taken=True)

    def _next(self, side: str) -> Edit:
        number = sum(self.happened.values())
        return Edit(
            side, self.rng.choice(self.keys), self.rng.choice(("title", "labels", "description")), f"z{number}q"
        )

    def _took(self, edit: Edit, taken: bool) -> None:
        if taken:
            self.ledger.append(edit)
        self.happened[f"edits {edit.side}"] += 1

    def _text_there(self, key: str) -> str:
        site = self.sandbox.world.jira
        document = site.issues[site.ids_by_key[key]].state.description or {}
        paragraphs = document.get("content", []) if isinstance(document, dict) else []
        return "\n\n".join("".join(node.get("text", "") for node in block.get("content", [])) for block in paragraphs)

    # --- the sync ---

    def start_sync(self, skew: float = 0.0) -> RunningSync:
        settings = settings_for(self.sandbox.world, projects="OPS", database_url=self.server.url(), home=self.home)
        return start_sync("OPS", clean_environment() | settings | {"JIRA_URL": self.wire.url}, offset=skew)

    def sync(self, skew: float) -> None:
        """A sync that nothing disturbs."""
        code, words = self.start_sync(skew).wait()
        assert code == 0, words

    # --- what breaks ---

    def kill_sync(self, run: RunningSync) -> None:
        run.kill()

    def kill_server(self, run: RunningSync) -> None:
        """As the kernel does when memory is short; what was committed is there after the restart."""
        with contextlib.suppress(psycopg.OperationalError), self.connect() as conn:
            row = conn.execute("SELECT pg_read_file('postmaster.pid') AS file").fetchone()
            assert row is not None
            os.kill(int(row["file"].splitlines()[0]), signal.SIGKILL)
        time.sleep(self.rng.uniform(0, 0.3))
        self.start_server()

    def start_server(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.server.start()
            except DatabaseError:  # orphaned backends hold its memory for a moment
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return

    def kill_backends(self, run: RunningSync) -> None:
        """All sessions of the database but this one: the lock's, too."""
        with contextlib.suppress(psycopg.OperationalError), self.connect() as conn:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    def cut_network(self, run: RunningSync) -> None:
        self.wire.cut()
        time.sleep(self.rng.uniform(0.05, 0.5))
        self.wire.mend()

    def restart_site(self, run: RunningSync) -> None:
        port = self.sandbox.world.base_url.rsplit(":", 1)[1]
        self.sandbox.__exit__(None, None, None)
        time.sleep(self.rng.uniform(0, 0.3))
        self.sandbox = SandboxServer(World(seed=3, state_dir=self.state, latency=LATENCY), port=int(port))
        self.sandbox.__enter__()

    # --- a history ---

    def begin(self) -> None:
        """Issues on both sides."""
        site = self.sandbox.world.jira
        site.create_project("OPS", "Operations")
        for number in range(ISSUES):
            issue = site.create("OPS", f"Issue {number}", description=f"Begun {number}")
            self.keys.append(issue.state.key)
        self.sync(0)

    def play(self) -> None:
        disasters: list[Callable[[RunningSync], None]] = [
            self.kill_sync,
            self.kill_server,
            self.kill_backends,
            self.cut_network,
            self.restart_site,
        ]
        played = [*disasters, *self.rng.choices(disasters, k=EVENTS - len(disasters))]
        for disaster in self.rng.sample(played, EVENTS):
            run = self.start_sync(self.rng.choice(SKEWS))
            until = time.monotonic() + self.rng.uniform(0.1, 1.5)
            while time.monotonic() < until and run.is_running:
                self.rng.choice((self.edit_here, self.edit_there))()
                time.sleep(self.rng.uniform(0, 0.2))
            while run.is_running and not self.wire.is_used:
                time.sleep(0.01)
            disaster(run)
            self.happened[disaster.__name__] += 1
            code, _ = run.wait()
            self.happened["syncs that ended well"] += code == 0

    def connect(self) -> "psycopg.Connection[dict[str, Any]]":
        return psycopg.connect(self.server.url(), row_factory=dict_row, application_name="person")

    def query(self, statement: str) -> list[dict[str, Any]]:
        with self.connect() as conn:
            return conn.execute(statement).fetchall()

    # --- the laws ---

    def check_nothing_is_lost(self) -> None:
        here, there = self._texts_here(), self._texts_there()
        kept = here | self._kept()
        lost = [edit for edit in self.ledger if not _in(edit.token, kept | there)]
        assert not lost, f"{lost} of {len(self.ledger)} edits are nowhere"
        halves = [
            edit
            for edit in self.ledger
            if edit.field == "labels" and not (_in(edit.token, here) and _in(edit.token, there))
        ]
        assert not halves, f"{halves}: labels that nobody removed are not on both sides"

    def check_both_sides_agree(self) -> None:
        site = self.sandbox.world.jira
        rows = self.query(
            "SELECT key, title, labels, sync_errors,"
            " array(SELECT field_name FROM sync_conflicts WHERE resource_id = jira_id AND state = 'open') AS open"
            " FROM jira_issues"
        )
        for row in rows:
            state = site.issues[site.ids_by_key[row["key"]]].state
            if not {"title", "(record)"} & {*row["open"], *row["sync_errors"]}:
                assert row["title"] == state.summary, row
            assert set(row["labels"]) == set(state.labels), row
        waiting = self.query(
            "SELECT state, count(*) AS n FROM sync_outbox WHERE state IN ('planned', 'sent') GROUP BY 1"
        )
        assert waiting == []

    def writes(self) -> tuple[int, int]:
        """How much was written on either side."""
        return self.query("SELECT count(*) AS n FROM sync_audit")[0]["n"], sum(
            len(issue.history) for issue in self.sandbox.world.jira.issues.values()
        )

    def check_it_was_worth_it(self) -> None:
        """Both sides were edited, and syncs ended in the middle."""
        assert self.happened["edits here"], self.happened
        assert self.happened["edits there"], self.happened
        assert self.happened["syncs that ended well"] < EVENTS, self.happened

    def _texts_here(self) -> frozenset[str]:
        rows = self.query("SELECT concat_ws(' ', title, labels::text, description) AS text FROM jira_issues")
        return frozenset(row["text"] for row in rows)

    def _texts_there(self) -> frozenset[str]:
        site = self.sandbox.world.jira
        return frozenset(str(site.issues[site.ids_by_key[key]].state) for key in self.keys)

    def _kept(self) -> frozenset[str]:
        """What the sync keeps of values that it did not leave in place, and what people replaced themselves."""
        rows = self.query(
            "SELECT value::text AS text FROM sync_conflict_values"
            " UNION ALL SELECT concat_ws(' ', old::text, new::text) FROM sync_audit"
            " UNION ALL SELECT old::text FROM local_edits"
        )
        world = self.sandbox.world
        us = world.people.signing_in(EMAIL).account_id
        by_people = {
            item.from_text
            for issue in world.jira.issues.values()
            for change in issue.history
            if change.author != us
            for item in change.items
            if item.from_text
        }
        return frozenset(row["text"] for row in rows if row["text"]) | by_people


def _in(token: str, texts: frozenset[str]) -> bool:
    return any(token in text for text in texts)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server of its own: the others' tests would not like to see it killed."""
    server = EmbeddedServer(tmp_path_factory.mktemp("chaos"), options={"fsync": "off"})
    server.start()
    migrate(server.url(), TABLES)
    yield server
    server.stop()


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_no_edit_is_lost_whatever_is_killed_or_cut(server, tmp_path, seed):
    wipe(server.url())
    sandbox = SandboxServer(World(seed=3, state_dir=tmp_path / "site", latency=LATENCY), port=free_port())
    sandbox.__enter__()
    with FlakyWire(int(sandbox.base_url.rsplit(":", 1)[1])) as wire:
        chaos = Chaos(Random(seed), server, wire, sandbox, tmp_path / "site", tmp_path / "home")
        try:
            chaos.begin()
            chaos.play()
            for skew in SETTLING:
                chaos.sync(skew)
            chaos.check_both_sides_agree()
            chaos.check_nothing_is_lost()
            before = chaos.writes()
            chaos.sync(SETTLING[-1] + 900)
            assert chaos.writes() == before, "one more run wrote something"
            chaos.check_it_was_worth_it()
        finally:
            chaos.sandbox.__exit__(None, None, None)


def wipe(url: str) -> None:
    """Start anew: tables that nobody may empty are emptied behind their triggers."""
    with psycopg.connect(url) as conn:
        conn.execute("SET LOCAL session_replication_role = replica")
        names = conn.execute(
            "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename NOT LIKE '%schema_version'"
        ).fetchone()
        assert names is not None
        conn.execute(f"TRUNCATE {names[0]}")
