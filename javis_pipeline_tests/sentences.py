"""The ledger of what no sentence of ours may say, in findings, advice, posts and on the terminal.

Each entry has a sentence that it forbids, and the nearest that may be said: a test holds both against it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Never:
    """What must not be said.

    Attributes:
        why: What is wrong with it, or what is said instead.
        wrong: A sentence that says it.
        right: The nearest one that does not.
        to_people: Said of the context itself it is right: there nobody has a name yet.
    """

    pattern: str
    why: str
    wrong: str
    right: str
    to_people: bool = False


LEDGER: Final = (
    Never(
        r"\b(None|NaN|nan|NaT|inf|NA)\b",
        "what is not known is left out",
        "OQC-1 is due on None",
        "nothing waits for another issue",
    ),
    Never(
        r"\{\w*\}|\(\)",
        "a place that nobody filled",
        "Ask what stops {}",
        "Ask what stops OQC-1 (Ann Smith)",
    ),
    Never(
        r"\d{4}-\d{2}-\d{2}T",
        "a day is enough",
        "since 2026-03-02T09:00:00+00:00",
        "since 2026-03-02",
    ),
    Never(
        r"(?<![\d.,-])1 (days|issues|items|weeks|fields|circles|suggestions|conflicts|cases)\b",
        "one is no plural",
        "1 issues wait for it",
        "21 issues wait for it",
    ),
    Never(
        r"(?<![\w-])-\d+ (day|issue|item|week)s?\b",
        "what is below nothing is over, or gone",
        "the sprint ends in -3 days",
        "the sprint should have ended 3 days ago",
    ),
    Never(
        r"(?<![\d.,])0 (days|weeks)\b|\b0 more\b",
        "that is today, or nothing",
        "nobody has it, 0 days before its end",
        "nobody has it, 10 days before its end",
    ),
    Never(
        r"(?<![\d.])(0|100) of 100\b|on time (in )?(0|100) %",
        "no forecast is certain",
        "that works out in 0 of 100 cases",
        "that works out in less than 1 of 100 cases",
    ),
    Never(
        r"(?i)\b(certainly|definitely|guaranteed|for sure|simulated futures)\b",
        "no forecast is certain, and none is drawn at random",
        "it will definitely be late",
        "not sure: so far no sprint tells how sprints end here",
    ),
    Never(
        r"for the \d+\. time",
        "how often, as a number",
        "reopened for the 2. time",
        "was reopened 2 days ago, 2 times by now",
    ),
    Never(
        r"days? at most",
        "a day in the calendar says it",
        "blocked for 16 days at most",
        "blocked since 13 November",
    ),
    Never(
        r"(?i)usual is up to|usual[^.]* up to 0\b",
        "usual is what took from start to finish, and only where that is known",
        "idle for 12 days; usual is up to 10",
        "not touched for 12 days; usual from start to finish is up to 10",
    ),
    Never(
        r"of them not synced",
        "an issue that is not synced is said once, by itself",
        "blocked by 3 issues, 2 of them not synced",
        "ELSE-1 is not synced and may be done",
    ),
    Never(
        r"about (\d+) of the \1 fit",
        "then nothing has to leave",
        "about 3 of the 3 fit",
        "about 3 of the 4 fit",
    ),
    Never(
        r"(?<!\.)\.\.(?!\.)",
        "two full stops",
        "It is late.. Ask.",
        "OQC-1, OQC-2, OQC-3, ...",
    ),
    Never(
        r"(?i)\b(too slow|lazy|to blame|(his|her|their) fault|underperform\w*)\b",
        "of people only facts are told",
        "Ann Smith is too slow",
        "Ann Smith has 7 issues in progress and finished 14 in four weeks",
    ),
    Never(
        r"(?i)sandbox answer",
        "what stands in for Claude is not told as advice",
        "(sandbox answer) Finish OQC-1",
        "Finish OQC-1",
    ),
    Never(
        r"\bone person\b",
        "people have names",
        "one person has 7 issues in progress",
        "Ann Smith has 7 issues in progress",
        to_people=True,
    ),
    Never(
        r"\bpage \d+\b",
        "pages have titles",
        "page 7 names 1 issue",
        "page “Plan” names 1 issue",
        to_people=True,
    ),
    Never(
        r"\b\d{6}:[0-9a-f]{8}|\bthe version (is|should)",
        "people and versions have names",
        "Give OQC-1 to 712020:0a1b2c3d",
        "Give OQC-1 to Ann Smith",
        to_people=True,
    ),
)  # fmt: skip

# What people wrote themselves, as advice quotes it.
_QUOTED: Final = re.compile("“[^”]*”")


def never_said(text: str, *, to_people: bool) -> Iterator[str]:
    """Each entry of the ledger that the text breaks, in words."""
    ours = _QUOTED.sub("“”", text)
    for entry in LEDGER:
        found = re.search(entry.pattern, ours) if to_people or not entry.to_people else None
        if found:
            yield f"{found[0]!r} ({entry.why}) in {text!r}"
