"""A week in hindsight: what came of the advice, and whether the dates held. Pure."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from javis_pipeline.posts.blocks import ISSUE_KEY, Message, Sites, footnote, header, section
from javis_pipeline.posts.proposals import without_id
from javis_pipeline.posts.text import counted, day, escaped
from javis_pipeline.records.digest import Week
from javis_pipeline.records.forecast import ForecastOutcome
from javis_pipeline.records.suggestion import AdviceOutcome, Outcome

_NAMED: Final = 2
# Few dates say nothing about how often they hold.
_RECORD_LEAST: Final = 5
_WORDS: Final[Mapping[Outcome, str]] = {
    "accepted": "accepted",
    "done": "done without a button",
    "rejected": "rejected",
    "overtaken": "overtaken",
    "open": "still open",
}


def week_message(week: Week, sites: Sites) -> Message:
    """At most ten lines: how many suggestions came to what, whose were accepted, which dates came due."""
    advice = [_counts(week.advice), *_accepted(week.advice, sites)] if week.advice else ["No suggestion was made."]
    dates = [_date(outcome, week, sites) for outcome in week.forecasts[:_NAMED]] or [
        "No date of the forecast came due."
    ]
    left = len(week.forecasts) - _NAMED
    more = f" ({left} more dates came due)" if left > 0 else ""
    dates += [_record(week.record)] if len(week.record) >= _RECORD_LEAST else []
    last = week.until - timedelta(days=1)
    return Message(
        f"{escaped(week.project, 40)}: what came of last week's advice",
        (
            header(f"{week.project}: last week in hindsight"),
            section("\n".join(["*What came of the advice*", *advice])),
            section("\n".join([f"*How good the forecasts were*{more}", *dates])),
            footnote(f"{day(week.since)} to {day(last)} · advice is made of what the sync brought"),
        ),
    )


def _counts(advice: Sequence[AdviceOutcome]) -> str:
    counts = {name: sum(each.outcome == name for each in advice) for name in _WORDS}
    parts = [f"{count} {_WORDS[name]}" for name, count in counts.items() if count]
    return f"{counted(len(advice), 'suggestion')}: {', '.join(parts)}"


def _accepted(advice: Sequence[AdviceOutcome], sites: Sites) -> list[str]:
    lines = [f"• {_linked(each.title, sites)}{_by(each)}" for each in advice if each.outcome == "accepted"]
    return lines[:_NAMED]


def _by(outcome: AdviceOutcome) -> str:
    name = without_id(outcome.decided_by or "")
    return f" ({escaped(name, 60)})" if name else ""


def _date(outcome: ForecastOutcome, week: Week, sites: Sites) -> str:
    name = _linked(week.names.get(outcome.subject, outcome.subject), sites)
    said = f"on {day(outcome.said_on)} 85 of 100 cases were done by {day(outcome.due_on)}"
    came = (
        "it was"
        if not outcome.left
        else f"{counted(outcome.left, 'item')} {'was' if outcome.left == 1 else 'were'} left"
    )
    return f"• {name}: {said}; {came}"


def _record(record: Sequence[ForecastOutcome]) -> str:
    held = sum(not outcome.left for outcome in record)
    return f"Of {len(record)} such dates in three months {held} held; 85 of 100 should."


def _linked(text: str, sites: Sites) -> str:
    line = escaped(text, 160)
    return line if line.endswith("…") else ISSUE_KEY.sub(lambda found: sites.issue(found[0]), line, count=2)
