"""What the rules say about each kind of finding: why, as a title, and as a question to those who have the issue."""

from typing import Final

from javis_pipeline.records.risk import RiskKind

BECAUSE: Final[dict[RiskKind, str]] = {
    "overdue": "it is overdue",
    "due_soon_not_started": "it is due within days and not begun",
    "unassigned_in_sprint": "it is in the sprint and nobody has it",
    "high_priority_untouched": "it has a high priority and nobody has begun it",
    "blocks_many": "other work waits for it",
    "idle_in_progress": "it stands still",
    "reopened": "it came back",
    "blocked": "it is blocked",
}
ASK: Final[dict[RiskKind, str]] = {
    "overdue": "Ask which date {} can keep: it is overdue",
    "due_soon_not_started": "Ask whether {} makes its date",
    "blocked": "Ask what {} needs: it is flagged as impeded",
    "blocks_many": "Ask what {} needs: other work waits for it",
    "idle_in_progress": "Ask what stops {}",
    "unassigned_in_sprint": "Find somebody for {}, or take it out of the sprint",
    "high_priority_untouched": "Ask whether {} is as urgent as its priority says",
    "reopened": "Find out why {} came back",
    "epic_without_estimate": "Estimate {}",
    "epic_late": "Cut or re-plan {}: it will be late",
    "version_late": "Ask whether {} can leave its version",
}
QUESTIONS: Final[dict[RiskKind, str]] = {
    "overdue": "This is past its due date. What is left, and which date is realistic?",
    "blocked": "What does it take to remove this obstacle, and who can do it?",
    "blocks_many": "Other work waits for this. What is left, and who can help?",
    "idle_in_progress": "There was no movement here for a while. Is something in the way?",
    "high_priority_untouched": "This has a high priority and nobody started it. Is the priority still right?",
    "due_soon_not_started": "This is due soon and not started. Can it still make the date?",
    "unassigned_in_sprint": "This is in the sprint and nobody has it. Who takes it, or can it leave the sprint?",
    "overloaded_person": "There is a lot in progress at once. Can this wait, or go to somebody else?",
    "reopened": "This was finished and came back. What did the first attempt miss?",
    "scope_creep": "This came into the sprint after it began. Can it leave again?",
    "sprint_off_track": "The sprint holds more than its time allows. Can this wait for the next one?",
    "version_late": "The version that this is in is due before all of its work is done. Can this leave it?",
    "epic_late": "At the present pace this is done after its due date. What can be left out, or which date holds?",
    "epic_without_estimate": "The open issues of this have no estimate. Who can give one?",
}
SPRINT_IS_OVER: Final = "The sprint that this is in should have ended. Does it go into the next one?"
