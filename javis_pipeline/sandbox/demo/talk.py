"""What the teams of the demo said below their pages, in the marks of `markup`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from javis_pipeline.sandbox.confluence.site import ConfluenceSite
from javis_pipeline.sandbox.demo.markup import Markup


@dataclass(frozen=True)
class Said:
    """A comment below a page, so many days ago, and an answer to it the day after."""

    page: str
    who: str
    days: int
    text: str
    answered_by: str | None = None
    answer: str = ""


TALK: Final = (
    Said("Goals of this quarter", "Jonas Weber", 8, "80 seconds hold on line 2 only as long as {shortcal} is in.",
         "Mara Lindqvist", "Then line 2 is what we promise, and no other."),
    Said("Acceptance of line 4", "Priya Raman", 3, "The boxes are there. 184 of 200 wafers have a list."),
    Said("Decision: messages, one per wafer", "Chen Wei", 60, "What becomes of a message that is never acknowledged?",
         "Daan Visser", "It is sent again every minute, and after an hour the shift lead is called."),
    Said("Post-mortem: false alarms after the lamp change", "Aiko Tanaka", 14,
         "The lamp's hours were **not** shown on the old screens: those of line 1 still have them."),
    Said("Start here", "Nina Kowalczyk", 20, "The link to the lab book is an old one.",
         "Sophie Laurent", "Mended, thank you."),
)  # fmt: skip


def talk_below_pages(site: ConfluenceSite, markup: Markup, people: Mapping[str, str], now: datetime) -> None:
    """Everything that was said, oldest first."""
    pages = {page.title: page.page_id for page in site.pages.values()}
    for said in sorted(TALK, key=lambda said: -said.days):
        page_id, at = pages[said.page], now - timedelta(days=said.days, hours=1)
        comment = site.comments.add(page_id, markup.storage(said.text), author_id=people[said.who], at=at)
        if said.answered_by is not None:
            site.comments.add(
                page_id,
                markup.storage(said.answer),
                author_id=people[said.answered_by],
                answers=comment.comment_id,
                at=at + timedelta(days=1),
            )
