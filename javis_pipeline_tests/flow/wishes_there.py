"""Histories of wishes with everything real: PostgreSQL, the product's steps, and a site behind a socket."""

import contextlib
import re
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from javis_pipeline.errors import IdentityError, RemoteBusy
from javis_pipeline.records.create import CreationAnswer, Made
from javis_pipeline.records.sync import Overrides
from javis_pipeline.sandbox.confluence.site import Page
from javis_pipeline.sandbox.jira.data_center.traps import Trap
from javis_pipeline.sandbox.jira.issues import Issue as IssueThere
from javis_pipeline.steps.meet import answer_creation
from javis_pipeline_tests.flow import kept_database
from javis_pipeline_tests.flow.bad_luck import BadLuck
from javis_pipeline_tests.flow.test_put_away import Both
from javis_pipeline_tests.property.wish_histories import (
    OTHER,
    OUR,
    Crash,
    Halt,
    Issue,
    PageWishes,
    Standing,
    WishHistory,
)

LATEST = timedelta(minutes=10)
"""The longest time until a late request is executed."""
_WISH = re.compile(r"wish (\d+)")
_STANDING = """
    SELECT coalesce(c.state, 'planned') AS state, c.remote_id, r.local_deleted_at IS NOT NULL AS is_deleted
      FROM {table} AS r LEFT JOIN sync_creates AS c USING (record_id) WHERE r.record_id = %(id)s
"""


class WishesThere(WishHistory):
    """What both systems have in common."""

    table = ""
    rounds = 5
    busiest = 5

    def __init__(self, both: Both, rng: Random, *, restores: bool = False) -> None:
        super().__init__(rng, restores=restores)
        self.both, self.world = both, both.world
        both.overrides = Overrides(writes=10_000, deletions=10_000)
        self.luck = BadLuck(both.world, both.client, rng, self.makes)
        self.titles: dict[UUID, str] = {}
        self.removed: list[Issue] = []
        self.others = 0
        self.before = set(self.ids())
        self.both.sync(timedelta(minutes=1))

    def makes(self, method: str, path: str) -> bool:
        """Whether a request makes a record."""
        raise NotImplementedError

    def ids(self) -> list[str]:
        """Of all records there, in the order of their making."""
        raise NotImplementedError

    def there(self, remote_id: str) -> Issue:
        """What a record is."""
        raise NotImplementedError

    # what is done

    def say(self, statement: str, **params: Any) -> None:
        self.both.say(statement.replace("{table}", self.table), **params)

    def withdraw(self, record_id: UUID) -> None:
        self.say("DELETE FROM {table} WHERE record_id = %(id)s", id=record_id)

    def edit(self, record_id: UUID) -> None:
        self.titles[record_id] = f"wish {record_id.int}, edited {self.rng.random()}"
        self.say(
            "UPDATE {table} SET title = %(title)s WHERE record_id = %(id)s", id=record_id, title=self.titles[record_id]
        )

    def back_up(self) -> None:
        self.kept_titles = dict(self.titles)
        kept_database.keep(self.both.database)

    def put_back(self) -> None:
        self.titles = dict(self.kept_titles)
        kept_database.put_back(self.both.database, self.world.clock.now())

    def let_fail(self, fate: Callable[[], str]) -> None:
        self.luck.fate = fate

    def sync(self) -> None:
        self.both.sync(timedelta(seconds=1), full=self.was_restored)

    def sync_once(self) -> None:
        self.luck.crash_rate = self.crash_rate
        with self.luck.striking(), contextlib.suppress(Crash, RemoteBusy, IdentityError):
            self.sync()

    def pass_time(self, span: timedelta) -> None:
        first = min(span, LATEST)
        self.world.clock.advance(first)
        self.luck.pass_over()
        self.world.clock.advance(span - first)

    def reply(self, record_id: UUID, answer: CreationAnswer, issue: Issue | None = None) -> None:
        made = Made(remote_id=issue.remote_id, key=self.key_of(issue)) if issue else None
        answer_creation(self.wishes(), record_id, answer, made, by="ann", now=self.world.clock.now())

    def key_of(self, issue: Issue) -> str:
        raise NotImplementedError

    # what is known

    def wishes(self) -> Any:
        job = self.both.job()
        return job.books(job.system.kind).wishes

    def query(self, statement: str, **params: Any) -> list[dict[str, Any]]:
        return self.both.database.query(statement.replace("{table}", self.table), params)

    def known(self) -> Collection[UUID]:
        return {row["record_id"] for row in self.query("SELECT record_id FROM {table}")}

    @property
    def issues(self) -> Sequence[Issue]:
        made = [self.there(one) for one in self.ids() if one not in self.before]
        return sorted([*made, *self.removed], key=lambda one: int(one.remote_id))

    def standing(self, record_id: UUID) -> Standing:
        (row,) = self.query(_STANDING, id=record_id)
        waits = {wish.creation.record_id for wish in self.wishes().begin() if wish.parent}
        return Standing(row["state"], row["remote_id"], is_deleted=row["is_deleted"], waits=record_id in waits)

    def is_a_row(self, issue: Issue) -> bool:
        return issue.remote_id in self.wishes().bound([issue.remote_id])

    def told(self) -> Collection[str]:
        told = self.query("SELECT remote_value FROM sync_conflicts WHERE kind = 'made_twice'")
        keys = {key for row in told for key in str(row["remote_value"]).split(", ")}
        return {one.remote_id for one in self.issues if self.key_of(one) in keys}

    def wish_in(self, title: str | None) -> UUID | None:
        """The wish that a record was made of, by what it was called."""
        found = _WISH.search(title or "")
        return UUID(int=int(found[1])) if found else None

    # the laws

    def check_ours(self, key: UUID, standing: Standing) -> None:
        """And it holds what was said last."""
        super().check_ours(key, standing)
        issue = self.bound(standing)
        if issue is None or not issue.is_seen or issue.moved or standing.is_deleted:
            return
        (row,) = self.query("SELECT title, sync_status, sync_errors FROM {table} WHERE record_id = %(id)s", id=key)
        if self.title_of(issue) != self.titles[key]:
            raise Halt(f"{self.titles[key]} is {self.title_of(issue)} there, and {row}")

    def title_of(self, issue: Issue) -> str:
        raise NotImplementedError


class IssuesThere(WishesThere):
    """Issues of a Jira."""

    table = "jira_issues"

    def __init__(self, both: Both, rng: Random, *, restores: bool = False) -> None:
        directory = both.world.people if both.world.edition == "cloud" else both.world.jira.directory
        self.us = directory.signing_in("us@example.com" if both.world.edition == "cloud" else "us").account_id
        self.types: dict[UUID, str] = {}
        self.shows = both.world.edition == "cloud" or rng.random() < 0.8
        both.world.jira.behaviour.traps = frozenset() if self.shows else frozenset({Trap.NO_MARKS})
        super().__init__(both, rng, restores=restores)

    def makes(self, method: str, path: str) -> bool:
        return method == "POST" and path.endswith("/issue")

    def ids(self) -> list[str]:
        return [str(one.id) for one in self.world.jira.issues.values()]

    def found(self, remote_id: str) -> IssueThere:
        return self.world.jira.issues[int(remote_id)]

    def there(self, remote_id: str) -> Issue:
        issue = self.found(remote_id)
        state, ours = issue.state, issue.state.creator == self.us
        return Issue(
            remote_id,
            int(state.key.rpartition("-")[2]),
            state.created,
            OUR if ours else OTHER,
            mark=self.wish_in(state.summary),
            shows_at=state.created if self.shows else None,
            hidden=issue.hidden,
            moved=state.project != "OPS",
        )

    def insert(self, record_id: UUID, parent: UUID | None) -> None:
        above = self.types.get(parent) if parent else None
        self.types[record_id] = {"Epic": "Story", "Story": "Sub-task"}.get(above or "", "Epic")
        key = None
        if parent and self.types[record_id] != "Epic":
            (row,) = self.query("SELECT key FROM {table} WHERE record_id = %(id)s", id=parent)
            key = row["key"]
        self.titles[record_id] = f"wish {record_id.int}"
        self.say(
            "INSERT INTO {table} (project_key, issue_type, title, record_id, parent_key)"
            " VALUES ('OPS', %(type)s, %(title)s, %(id)s, %(parent)s)",
            type=self.types[record_id],
            title=self.titles[record_id],
            id=record_id,
            parent=key,
        )

    def others_make(self, copied: Issue | None = None) -> None:
        title = "Somebody else's"
        if copied is not None and not copied.deleted:
            title = self.title_of(copied)
        made = self.world.jira.create("OPS", title, by="Ann Other")
        if copied is not None and not copied.deleted:
            made.properties.update(self.found(copied.remote_id).properties)

    def spoil(self, issue: Issue, how: str) -> None:
        if not issue.is_seen or issue.moved:
            return
        key = self.key_of(issue)
        if how == "hidden":
            self.world.jira.hide(key)
        elif how == "moved":
            self.world.jira.move(key, "WEB", by="Ann Other")
        else:
            self._delete(key)

    def _delete(self, key: str) -> None:
        """And what lies below it."""
        before = {one.remote_id: one for one in self.issues if not one.deleted}
        self.world.jira.delete(key)
        for remote_id in before.keys() - set(self.ids()):
            before[remote_id].deleted = True
            self.removed.append(before[remote_id])

    def key_of(self, issue: Issue) -> str:
        return f"OPS-{issue.number}" if issue.deleted else self.found(issue.remote_id).state.key

    def title_of(self, issue: Issue) -> str:
        return str(self.found(issue.remote_id).state.summary)


class PagesThere(PageWishes, WishesThere):
    """Pages of a Confluence."""

    table = "confluence_pages"

    def __init__(self, both: Both, rng: Random, *, restores: bool = False) -> None:
        people = both.world.people if both.world.edition == "cloud" else both.world.jira.directory
        self.us = people.signing_in("us@example.com" if both.world.edition == "cloud" else "us").account_id
        self.mara = both.world.people.named("Mara").account_id
        self.space = next(one for one in both.world.confluence.spaces.values() if one.key == "DOC")
        super().__init__(both, rng, restores=restores)

    def makes(self, method: str, path: str) -> bool:
        return method == "POST" and path.endswith(("/pages", "/rest/api/content"))

    def ids(self) -> list[str]:
        return list(self.world.confluence.pages)

    def found(self, remote_id: str) -> Page:
        return self.world.confluence.pages[remote_id]

    def there(self, remote_id: str) -> Issue:
        page = self.found(remote_id)
        return Issue(
            remote_id,
            int(remote_id),
            page.created_at,
            OUR if page.author_id == self.us else OTHER,
            mark=self.wish_in(page.versions[0].title),
            shows_at=page.created_at if page.properties else None,
            hidden=page.hidden,
            moved=any(version.author_id != self.us for version in page.versions),
        )

    def insert(self, record_id: UUID, parent: UUID | None) -> None:
        key = None
        if parent is not None:
            (row,) = self.query("SELECT key FROM {table} WHERE record_id = %(id)s", id=parent)
            key = row["key"]
        self.titles[record_id] = f"wish {record_id.int}"
        self.say(
            "INSERT INTO {table} (space_key, title, body_storage, record_id, parent_id)"
            " VALUES ('DOC', %(title)s, '<p>Text.</p>', %(id)s, %(parent)s)",
            title=self.titles[record_id],
            id=record_id,
            parent=key,
        )

    def others_make(self, copied: Issue | None = None) -> None:
        del copied  # a copy has a title of its own
        self.others += 1
        title = f"Theirs {len(self.world.confluence.pages)} {self.others}"
        self.world.confluence.create_page(self.space.space_id, title, "<p>Theirs.</p>", author_id=self.mara)

    def spoil(self, issue: Issue, how: str) -> None:
        if not issue.is_seen:
            return
        site, page = self.world.confluence, issue.remote_id
        if how == "hidden":
            site.hide_page(page)
        elif how == "moved":
            title = self.rng.choice((f"Another {page}", None))
            site.edit_page(page, author_id=self.mara, title=title, body="<p>Other.</p>")
        else:
            site.trash_page(page)
            site.purge_page(page)
            issue.deleted = True
            self.removed.append(issue)

    def key_of(self, issue: Issue) -> str:
        return issue.remote_id

    def title_of(self, issue: Issue) -> str:
        return self.found(issue.remote_id).title
