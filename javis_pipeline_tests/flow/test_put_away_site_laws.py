"""Laws 31 and 32 over random histories with everything real, on both editions: PostgreSQL, and a site behind a socket
that loses replies and executes requests late, while processes die and people edit, put away and restore.

`make laws` plays hundreds of them; JAVIS_LAWS_WRITTEN sets the number.
"""

import contextlib
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.db.policies import store_policies
from javis_pipeline.errors import ChangedSinceSeen, IdentityError, RemoteBusy
from javis_pipeline.records.policy import Policy, Way
from javis_pipeline.records.sync import Away, Overrides
from javis_pipeline.steps.resolve import resolve
from javis_pipeline_tests.flow.bad_luck import BadLuck
from javis_pipeline_tests.flow.test_put_away import Both, both_sides
from javis_pipeline_tests.property.away_histories import AwayHistory, Row, play
from javis_pipeline_tests.property.sync_histories import how_many
from javis_pipeline_tests.property.wish_histories import Crash

HISTORIES = how_many("JAVIS_LAWS_WRITTEN", usual=1, thorough=300)
TOGETHER = 25
"""Histories on one database."""

pytestmark = [pytest.mark.laws, pytest.mark.timeout(1800)]


class AwayThere(AwayHistory):
    """What both systems have in common."""

    rounds = 4
    longest = 8

    def __init__(self, both: Both, rng: Random) -> None:
        self.both, self.world, self.rng = both, both.world, rng
        both.overrides = Overrides(writes=10_000, deletions=10_000)
        self.records = [self.make(f"Record {rng.random()}") for _ in range(2)]
        self.luck = BadLuck(both.world, both.client, rng, self.puts_away, sees=self.look_at, comes=self.go_on)
        self.set_way(None)
        both.sync(timedelta(minutes=1))

    def make(self, title: str) -> str:
        """The id of a new record there."""
        raise NotImplementedError

    def puts_away(self, method: str, path: str) -> bool:
        """Whether a request puts a record away."""
        return method == "DELETE" or path.endswith("/archive")

    def there(self, record: str) -> dict[str, Any] | None:
        """What of it people change, as a row holds it; None where it is gone for good."""
        raise NotImplementedError

    def ids(self) -> Sequence[str]:
        return self.records

    def set_way(self, way: Way | None) -> None:
        self.way = self.both.way = way
        policies = [Policy(self.both.system, self.both.key, "delete", way, "JAVIS_DELETE")] if way else []
        with self.both.database.transaction() as conn:
            store_policies(conn, policies)

    def delete_here(self, record: str) -> None:
        self.both.say(f"DELETE FROM {self.both.table} WHERE {self.both.id} = %(id)s", id=record)

    def change_here(self, record: str) -> None:
        statement = f"UPDATE {self.both.table} SET title = %(title)s WHERE {self.both.id} = %(id)s"
        self.both.say(statement, id=record, title=f"Here {self.rng.random()}")

    def choose(self) -> None:
        asked = self.both.database.query(
            "SELECT id FROM sync_conflicts WHERE state = 'open' AND resource_id = ANY (%(ids)s) ORDER BY id",
            {"ids": self.records},
        )
        for conflict in asked:
            job = self.both.job()
            seen, choice = job.store.conflict(conflict["id"]), self.rng.choice(("local", "remote"))
            with contextlib.suppress(ChangedSinceSeen):
                resolve(job.store, conflict["id"], choice, job.run(job.open()), by="ann", seen=seen)  # type: ignore[arg-type]

    def let_fail(self, fate: Callable[[], str]) -> None:
        self.luck.fate = fate

    def one_sync(self) -> None:
        self.luck.crash_rate = self.crash_rate
        with self.luck.striking(), contextlib.suppress(Crash, RemoteBusy, IdentityError):
            self.both.count()
            self.both.sync(timedelta(minutes=1))

    def execute_late(self) -> None:
        self.luck.pass_over()

    def pass_time(self, span: timedelta) -> None:
        self.world.clock.advance(span)

    def found(self, record: str) -> dict[str, Any]:
        (row,) = self.both.database.query(
            f"SELECT * FROM {self.both.table} WHERE {self.both.id} = %(id)s",
            {"id": record},
        )
        return row

    def standing(self, record: str) -> Row:
        row = self.found(record)
        return Row(row["local_deleted_at"] is not None, row["removal"], row["sync_errors"])

    # what happens at requests

    def go_on(self, method: str, path: str) -> None:
        """People go on before a record is read."""
        record = self._named(path, self.records)
        if method == "GET" and record and self.crash_rate and self.rng.random() < 0.2:
            self.change_there(record)

    def look_at(self, method: str, path: str, asked: Any) -> None:
        kept = self.both.database.query(f"SELECT {self.both.id} AS id FROM {self.both.table}")
        # One of a history before this one may have waited for the setting.
        record = self._named(f"{path} {asked.get('json')}", [row["id"] for row in kept])
        assert record is not None, f"{method} {path} is about no record of ours"
        there, row = self.there(record), self.found(record)
        seen = {name: row["local_modified_fields"].get(name, row[name]) for name in there or {}}
        chosen = self.both.database.query(
            "SELECT FROM sync_conflicts WHERE resource_id = %(id)s AND resolution = 'local'", {"id": record}
        )
        changed = [] if chosen else [name for name in seen if there and seen[name] != there[name]]
        self.check_sent(removes=method == "DELETE", removal=row["removal"], changed=changed)

    def _named(self, request: str, records: Sequence[str]) -> str | None:
        words = set(re.findall(r"[\w-]+", request))
        return next((one for one in records if words & {one, self.found(one)["key"]}), None)


class IssuesAway(AwayThere):
    """Issues of a Jira; what is deleted there is gone for good."""

    def make(self, title: str) -> str:
        return str(self.world.jira.create("OPS", title, priority="Medium").id)

    def there(self, record: str) -> dict[str, Any] | None:
        issue = self.world.jira.issues.get(int(record))
        return {"title": issue.state.summary, "labels": sorted(issue.state.labels)} if issue else None

    def change_there(self, record: str) -> None:
        issue = self.world.jira.issues.get(int(record))
        values = self.rng.choice(({"title": f"There {self.rng.random()}"}, {"labels": [f"l{self.rng.random()}"]}))
        if issue and not issue.archived:
            self.world.jira.edit(issue.state.key, by="Ann Other", **values)

    def put_there(self, record: str, away: Away) -> None:
        issue = self.world.jira.issues.get(int(record))
        if issue is None or issue.archived:
            return
        if away == "archived":
            self.world.jira.archive(issue.state.key)
        else:
            self.world.jira.delete(issue.state.key)

    def restore_there(self, record: str) -> None:
        issue = self.world.jira.issues.get(int(record))
        if issue:
            self.world.jira.archive(issue.state.key, archived=False)

    def is_away(self, record: str) -> bool:
        issue = self.world.jira.issues.get(int(record))
        return issue is None or issue.archived


class PagesAway(AwayThere):
    """Pages of a Confluence."""

    def __init__(self, both: Both, rng: Random) -> None:
        self.space = next(one for one in both.world.confluence.spaces.values() if one.key == "DOC")
        if both.world.edition != "cloud":
            self.ways = ("delete",)  # it has no archive for a page
        super().__init__(both, rng)

    def make(self, title: str) -> str:
        return self.world.confluence.create_page(self.space.space_id, title, "<p>Old.</p>").page_id

    def there(self, record: str) -> dict[str, Any] | None:
        page = self.world.confluence.pages[record]
        return {"title": page.title, "labels": sorted(label.name for label in page.labels)}

    def change_there(self, record: str) -> None:
        site = self.world.confluence
        if site.pages[record].status != "current":
            return
        if self.rng.random() < 0.5:
            site.edit_page(record, title=f"There {self.rng.random()}")
        else:
            site.add_label(record, f"l{self.rng.randrange(10_000)}")

    def put_there(self, record: str, away: Away) -> None:
        site = self.world.confluence
        if site.pages[record].status == "current":
            (site.archive_page if away == "archived" and "archive" in self.ways else site.trash_page)(record)

    def restore_there(self, record: str) -> None:
        if self.is_away(record):
            self.world.confluence.restore_page(record)

    def is_away(self, record: str) -> bool:
        return self.world.confluence.pages[record].status != "current"


@pytest.mark.parametrize("first", range(0, HISTORIES, TOGETHER))
@pytest.mark.parametrize("edition", ["cloud", "data-center"])
@pytest.mark.parametrize("system", ["jira", "confluence"])
def test_only_what_was_seen_is_put_away_there_and_only_while_that_is_wanted(
    database: Database, system: str, edition: str, first: int
) -> None:
    with both_sides(database, system, None, edition=edition) as both:  # type: ignore[arg-type]
        for seed in range(first, min(first + TOGETHER, HISTORIES)):
            play((IssuesAway if system == "jira" else PagesAway)(both, Random(seed)), seed)
            both.world.exchanges.clear()
