"""Comments below pages over random histories with everything real, on both editions: PostgreSQL, and a Confluence
behind a socket that loses replies and executes requests late, while processes die and pages are in the trash for a
while. Each goes out once, none is lost, and no save of somebody else is overwritten.

`make laws` plays hundreds of them; JAVIS_LAWS_WRITTEN sets the number.
"""

from dataclasses import dataclass, field
from random import Random

import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.records.create import Made
from javis_pipeline.sandbox.confluence.site import Comment
from javis_pipeline.steps.meet import answer_creation
from javis_pipeline_tests.flow.test_comments_below_pages import Below, said, talking
from javis_pipeline_tests.flow.test_page_comments import EDITIONS
from javis_pipeline_tests.flow.test_written_laws import FAULTS, HISTORIES, History

pytestmark = [pytest.mark.laws, pytest.mark.timeout(1800)]


@dataclass
class Said:
    """What was wished for: the texts that it had, the last one last, and whether it was deleted when it was known."""

    name: str
    texts: list[str]
    deleted: bool = False
    withdrawn: bool = False


@dataclass
class BelowHistory(History):
    """What people say below a page in some days."""

    talk: Below  # type: ignore[assignment]
    said: list[Said] = field(default_factory=list)

    def __post_init__(self) -> None:
        site, space_id = self.talk.world.confluence, self.talk.page.space_id
        self.page = site.create_page(space_id, f"Page {self.seed}", "<p>Plan.</p>")
        self.sync(1)

    def play(self) -> None:
        for _ in range(self.rng.randint(2, 4)):
            for _ in range(self.rng.randint(1, 3)):
                self.rng.choice((self.comment, self.comment, self.edit, self.edit, self.delete))()
            if self.rng.random() < 0.5:
                self.talk.said.add(self.page.page_id, "<p>Theirs</p>", author_id=self.talk.mara)
            self.bad_luck()
            with_trash = self.rng.random() < 0.2
            if with_trash:
                self.talk.world.confluence.trash_page(self.page.page_id)
            self.sync(self.rng.choice((1, 4, 10)), dies_at=self.rng.choice((None, None, self.rng.randint(1, 15))))
            if with_trash:
                self.talk.world.confluence.restore_page(self.page.page_id)
        self.settle()
        self.check()

    # what people do

    def comment(self) -> None:
        text = f"Comment {self.seed} {len(self.said)}"
        self.said.append(Said(self.talk.comment(text, self.page.page_id), [text]))

    def edit(self) -> None:
        for one in self._one_of_them():
            text = f"{one.texts[0]}, edited {len(one.texts)}"
            self.talk.edit(one.name, text)
            one.texts.append(text)

    def delete(self) -> None:
        for one in self._one_of_them():
            one.withdrawn = self.talk.row(one.name)["remote_state"] == "wanted"
            one.deleted = True
            self.talk.say("DELETE FROM page_comments WHERE record_id = %(id)s", id=one.name)

    def _one_of_them(self) -> list[Said]:
        possible = [one for one in self.said if not one.deleted]
        return [self.rng.choice(possible)] if possible else []

    # what goes wrong

    def bad_luck(self) -> None:
        for method in ("POST", "PUT"):
            if self.rng.random() < 0.5:
                number = self.rng.randint(1, 2)
                self.talk.goes_wrong(self.rng.choice(FAULTS), method, first=number, last=number)

    def settle(self) -> None:
        for _ in range(5):
            self.talk.hour_passes()
            self.sync(21)
            self.answer()

    def answer(self) -> None:
        """A person looks into Confluence, and says what is true."""
        for question in [one for one in self.talk.open_conflicts() if one["kind"] == "creation_unknown"]:
            one = next(one for one in self.said if one.name == str(question["record_id"]))
            there, page = self._all_of(one), self.page.page_id
            made = Made(remote_id=there[0].comment_id, key=f"{page}#comment-{there[0].comment_id}") if there else None
            answer_creation(
                self.talk.job().all_books[1].wishes,
                question["record_id"],
                "is" if made else "again",
                made,
                by="ann",
                now=self.talk.world.clock.now(),
            )

    # the laws

    def check(self) -> None:
        kinds = [one["kind"] for one in self.talk.open_conflicts()]
        assert kinds == [], f"seed {self.seed}: nobody else did anything to ask about"
        for one in self.said:
            there = self._all_of(one)
            wanted = {0} if one.deleted and not one.withdrawn else {0, 1} if one.deleted else {1}
            assert len(there) in wanted, f"seed {self.seed}: {len(there)} of {one}"
            if not one.deleted:
                row = self.talk.row(one.name)
                assert (row["sync_status"], row["sync_errors"]) == ("synced", {}), f"seed {self.seed}: {one}"
                assert said(there[0].latest.body) == one.texts[-1], f"seed {self.seed}: not the last text of {one}"

    def _all_of(self, one: Said) -> list[Comment]:
        return [each for each in self.talk.there(self.page) if said(each.latest.body) in one.texts]


@EDITIONS
def test_what_is_said_below_pages_goes_out_once_and_none_is_lost(database: Database, edition: str) -> None:
    with talking(database, edition) as below:
        for seed in range(HISTORIES):
            BelowHistory(below, Random(seed), seed).play()
            below.world.exchanges.clear()
