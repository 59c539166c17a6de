"""Comments, work and links over random histories with everything real: PostgreSQL, and a Jira behind a socket that
loses replies and executes requests late, while processes die. Each goes out once, none is lost, nobody else reads it.

`make laws` plays hundreds of them; JAVIS_LAWS_WRITTEN sets the number.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, LiteralString

import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.errors import RemoteBusy
from javis_pipeline.records.create import Made
from javis_pipeline.sandbox.faults import FaultKind
from javis_pipeline.steps.meet import answer_creation
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown
from javis_pipeline_tests.flow.test_comments import Talk, talking
from javis_pipeline_tests.property.sync_histories import how_many

HISTORIES = how_many("JAVIS_LAWS_WRITTEN", usual=3, thorough=300)
TOGETHER = 25
"""Histories on one database: each has issues of its own."""
FAULTS = (
    *(FaultKind.LOST_REPLY, FaultKind.LATE, FaultKind.LOST_REQUEST, FaultKind.SERVER_ERROR, FaultKind.CUT_BODY),
    FaultKind.RATE_LIMITED,
)
LABELS = {"blocks": "Blocks", "relates to": "Relates", "duplicates": "Duplicate"}

pytestmark = [pytest.mark.laws, pytest.mark.timeout(1800)]


class _KilledError(BaseException):
    """The process is gone."""


@dataclass
class Written:
    """What was wished for: the texts that it had, the last one last, and whether it was deleted when it was known."""

    name: str
    table: LiteralString
    texts: list[str]
    restriction: str | None = None
    deleted: bool = False
    withdrawn: bool = False


@dataclass
class History:
    """What people write on an issue in some days."""

    talk: Talk
    rng: Random
    seed: int
    written: list[Written] = field(default_factory=list)

    def __post_init__(self) -> None:
        jira = self.talk.world.jira
        self.issue, self.other = (jira.create("OPS", f"{name} {self.seed}") for name in ("One", "Other"))
        self.key, self.other_key = self.issue.state.key, self.other.state.key
        self.sync(1)

    def play(self) -> None:
        for _ in range(self.rng.randint(2, 4)):
            for _ in range(self.rng.randint(1, 3)):
                self.rng.choice((self.comment, self.comment, self.log, self.link, self.edit, self.edit, self.delete))()
            if self.rng.random() < 0.5:
                self.talk.world.jira.comment(self.key, "Theirs", by="Mara")
            self.bad_luck()
            self.sync(self.rng.choice((1, 4, 10)), dies_at=self.rng.choice((None, None, self.rng.randint(1, 15))))
        self.settle()
        self.check()

    # what people do

    def comment(self) -> None:
        text, restriction = f"Comment {len(self.written)}", self.rng.choice((None, None, "role:Developers"))
        name = self.talk.comment(text, self.key, restriction=restriction)
        self.written.append(Written(name, "comments", [text], restriction))

    def log(self) -> None:
        seconds = 60 + len(self.written)
        statement = "INSERT INTO worklogs (issue_key, started_at, seconds) VALUES (%(key)s, now(), %(seconds)s)"
        (row,) = self.talk.say(f"{statement} RETURNING record_id", key=self.key, seconds=seconds)
        self.written.append(Written(str(row["record_id"]), "worklogs", [str(seconds)]))

    def link(self) -> None:
        free = LABELS.keys() - {one.texts[0] for one in self.written if one.table == "issue_links"}
        if not free:
            return
        label = self.rng.choice(sorted(free))
        statement = "INSERT INTO issue_links (issue_key, label, other_key) VALUES (%(key)s, %(label)s, %(other)s)"
        given = {"key": self.key, "label": label, "other": self.other_key}
        (row,) = self.talk.say(f"{statement} RETURNING record_id", **given)
        self.written.append(Written(str(row["record_id"]), "issue_links", [label]))

    def edit(self) -> None:
        for one in self._some(lambda one: one.table != "issue_links"):
            if one.table == "comments":
                text = f"{one.texts[0]}, edited {len(one.texts)}"
                self.talk.say("UPDATE comments SET body = %(text)s WHERE record_id = %(id)s", text=text, id=one.name)
            else:
                text = str(int(one.texts[0]) + 1_000 * len(one.texts))
                statement = "UPDATE worklogs SET seconds = %(text)s::bigint WHERE record_id = %(id)s"
                self.talk.say(statement, text=text, id=one.name)
            one.texts.append(text)

    def delete(self) -> None:
        for one in self._some(lambda _: True):
            one.withdrawn = self.talk.row(one.name, one.table)["remote_state"] == "wanted"
            one.deleted = True
            self.talk.database.query(f"DELETE FROM {one.table} WHERE record_id = %(id)s", {"id": one.name})

    def _some(self, fits: Callable[[Written], bool]) -> list[Written]:
        possible = [one for one in self.written if fits(one) and not one.deleted]
        return [self.rng.choice(possible)] if possible else []

    # what goes wrong

    def bad_luck(self) -> None:
        for method, path in (
            ("POST", "/rest/api/3/issue/*"),
            ("PUT", "/rest/api/3/issue/*"),
            ("POST", "/rest/api/3/issueLink"),
        ):
            if self.rng.random() < 0.5:
                number = self.rng.randint(1, 2)
                self.talk.goes_wrong(self.rng.choice(FAULTS), method, path, first=number, last=number)

    def sync(self, minutes: int, *, dies_at: int | None = None) -> None:
        http, calls = self.talk.client._http, Counter[str]()
        ask, before = http.request, self.rng.random() < 0.5

        def request(*arguments: Any, **named: Any) -> Any:
            calls["all"] += 1
            if calls["all"] == dies_at and before:
                raise _KilledError
            answer = ask(*arguments, **named)
            if calls["all"] == dies_at:
                raise _KilledError
            return answer

        http.request = request  # type: ignore[method-assign]
        try:
            with suppress(_KilledError, RemoteBusy):
                self.talk.sync(timedelta(minutes=minutes))
        finally:
            http.request = ask  # type: ignore[method-assign]
            self.talk.world.faults.clear()
            self.talk.client.server_time()  # what was late is executed

    def settle(self) -> None:
        for _ in range(5):
            self.sync(21)
            self.answer()

    def answer(self) -> None:
        """A person looks into Jira, and says what is true."""
        asked = self.talk.database.query(
            "SELECT record_id, resource_type FROM sync_conflicts WHERE state = 'open' AND kind = 'creation_unknown'"
        )
        for question in asked:
            one = next(one for one in self.written if one.name == str(question["record_id"]))
            job = self.talk.job()
            kind = next(kind for kind in job.system.hanging("OPS") if kind.resource_type == question["resource_type"])
            there = self._there(one)
            made = Made(remote_id=there[0], key=f"{self.key}#{there[0]}") if there else None
            said = "is" if made else "again"
            now = self.talk.world.clock.now()
            answer_creation(job.books(kind).wishes, question["record_id"], said, made, by="ann", now=now)  # type: ignore[arg-type]

    # the laws

    def check(self) -> None:
        open_ = self.talk.database.query("SELECT kind, field_name FROM sync_conflicts WHERE state = 'open'")
        assert open_ == [], f"seed {self.seed}: nobody else did anything to ask about"
        for one in self.written:
            there = self._there(one)
            wanted = {0} if one.deleted and not one.withdrawn else {0, 1} if one.deleted else {1}
            assert len(there) in wanted, f"seed {self.seed}: {len(there)} of {one}"
            if not one.deleted:
                row = self.talk.row(one.name, one.table)
                assert (row["sync_status"], row["sync_errors"]) == ("synced", {}), f"seed {self.seed}: {one}"
                assert self._is_last(one), f"seed {self.seed}: not the last text of {one}"
        self._check_readers()

    def _there(self, one: Written) -> list[str]:
        """Ids of what is there of it."""
        match one.table:
            case "comments":
                said = self.talk.world.jira.comments(self.issue)
                return [str(each.id) for each in said if self._text(each.body) in one.texts]
            case "worklogs":
                return [str(each.id) for each in self.issue.worklogs if str(each.seconds) in one.texts]
            case _:
                wanted = self.talk.world.jira.link_types.found(LABELS[one.texts[0]])
                return [str(each.id) for each in self.issue.links if wanted and each.type_id == wanted.id]

    def _is_last(self, one: Written) -> bool:
        last = Written(one.name, one.table, one.texts[-1:])
        return len(self._there(last)) == 1

    def _check_readers(self) -> None:
        restricted = {text: one for one in self.written if one.table == "comments" for text in one.texts}
        for each in self.talk.world.jira.comments(self.issue):
            if (one := restricted.get(self._text(each.body))) is not None:
                assert (each.role is not None) == (one.restriction is not None), f"seed {self.seed}: {one}"

    def _text(self, body: Any) -> str:
        return str(adf_to_markdown(self.talk.world.jira.renderer.text(body))).strip()  # type: ignore[arg-type]


@pytest.fixture
def talk(database: Database) -> Iterator[Talk]:
    with talking(database) as sides:
        yield sides


@pytest.mark.parametrize("first", range(0, HISTORIES, TOGETHER))
def test_what_is_written_goes_out_once_none_is_lost_and_nobody_else_reads_it(talk: Talk, first: int) -> None:
    for seed in range(first, min(first + TOGETHER, HISTORIES)):
        History(talk, Random(seed), seed).play()
        talk.world.exchanges.clear()
