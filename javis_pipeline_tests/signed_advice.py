"""The advice of the rules on each of `signed_contexts`: the titles that a lead would sign, in their order."""

from typing import Final

ADVICE: Final[dict[str, tuple[str, ...]]] = {
    "one person does it all": ("Take work off Ann Smith: ask about OQC-1 “Title of OQC-1”",),
    "one of two has it all": ("Take work off Ann Smith: ask about OQC-1 “Title of OQC-1”",),
    "people have gone": (
        "Ask what stops OQC-1 “Title of OQC-1”",
        "Ask what stops OQC-2 “Title of OQC-2”",
        "Ask what stops OQC-3 “Title of OQC-3”",
    ),
    "blocked everywhere": ("Ask what OQC-1 “Title of OQC-1” needs: OQC-2 waits for it",),
    "a circle": ("Cut the circle of OQC-1, OQC-2 and OQC-3",),
    "all wait for somebody else's project": ("Find out whether ELSE-1 is done: OQC-1 “Title of OQC-1” waits for it",),
    "somebody raised a flag": ("Ask what OQC-1 “Title of OQC-1” needs: it is flagged as impeded",),
    "priorities came from another tracker": ("Ask whether OQC-1 “Title of OQC-1” is as urgent as its priority says",),
    "the sprint is too full": (
        "Take OQC-1 “Title of OQC-1”, OQC-2 “Title of OQC-2” and OQC-3 “Title of OQC-3” out of Sprint 1",
    ),
    "the sprint should have ended": (
        "Close Sprint 1, and plan OQC-1 “Title of OQC-1” and OQC-2 “Title of OQC-2” anew",
    ),
    "the sprint should have ended, and nobody has what is left": (
        "Close Sprint 1, and plan OQC-1 “Title of OQC-1” and OQC-2 “Title of OQC-2” anew",
    ),
    "the sprint ends tomorrow and has nobody": (
        "Take OQC-1 “Title of OQC-1” and OQC-2 “Title of OQC-2” out of Sprint 1",
    ),
    "the sprint doubled": ("Take OQC-3 “Title of OQC-3” and OQC-4 “Title of OQC-4” out of Sprint 1",),
    "the epic is late": ("Cut or re-plan OQC-1 “Title of OQC-1”: it will be late",),
    "work stands still, longer than is usual": ("Ask what stops OQC-1 “Title of OQC-1”",),
    "work stands still, and nobody knows what is usual": ("Ask what stops OQC-1 “Title of OQC-1”",),
    "late, and late from the start": (
        "Ask which date OQC-2 “Title of OQC-2” can keep: it is overdue",
        "Ask which date OQC-1 “Title of OQC-1” can keep: it is overdue",
    ),
    "due tomorrow and not begun": ("Ask whether OQC-1 “Title of OQC-1” makes its date",),
    "it came back twice": ("Find out why OQC-1 “Title of OQC-1” came back",),
    "a version is planned too full": ("Ask whether OQC-1 “Title of OQC-1” can leave its version",),
    "a version was not released, and the project has no pace": (
        "Ask whether OQC-1 “Title of OQC-1” can leave its version",
    ),
    "people of many languages": ("Take work off Łukasz Żółć: ask about OQC-1 “Title of OQC-1”",),
    "it sleeps with a sprint that nobody closed": (
        "Close Sprint 1, and plan OQC-1 “Title of OQC-1” and OQC-2 “Title of OQC-2” anew",
    ),
    "it sleeps with something overdue": (
        "Ask which date OQC-1 “Title of OQC-1” can keep: it is overdue",
        "Ask which date OQC-2 “Title of OQC-2” can keep: it is overdue",
    ),
    "one person has it all, and a sprint": ("Take work off Ann Smith: ask about OQC-1 “Title of OQC-1”",),
    "the only one left is away": (
        "Ask what stops OQC-1 “Title of OQC-1”",
        "Ask what stops OQC-2 “Title of OQC-2”",
        "Ask what stops OQC-3 “Title of OQC-3”",
        "Take work off Ann Smith: ask about OQC-4 “Title of OQC-4”",
    ),
    "three versions at once": (
        "Ask whether OQC-3 “Title of OQC-3” can leave its version",
        "Ask whether OQC-9 “Title of OQC-9” can leave its version",
    ),
    "a version that was released and that nobody told": ("Ask whether OQC-1 “Title of OQC-1” can leave its version",),
    "an item in two versions": ("Ask whether OQC-1 “Title of OQC-1” makes its date",),
    "blocked everywhere, in the sprint": ("Start OQC-1 “Title of OQC-1”: OQC-2, OQC-3 and OQC-4 wait for it",),
    "blocked by what nobody has": ("Start OQC-1 “Title of OQC-1”: OQC-2, OQC-3 and OQC-4 wait for it",),
    "two circles, and one that is done": ("Cut the circle of OQC-1 and OQC-2", "Cut the circle of OQC-3 and OQC-4"),
    "all of it has the highest priority": (
        "Ask whether OQC-1 “Title of OQC-1” is as urgent as its priority says",
        "Ask whether OQC-2 “Title of OQC-2” is as urgent as its priority says",
        "Ask whether OQC-3 “Title of OQC-3” is as urgent as its priority says",
    ),
    "priorities are written in capitals": ("Ask whether OQC-1 “Title of OQC-1” is as urgent as its priority says",),
}
