"""From where on something is called a risk."""

from dataclasses import dataclass
from typing import Final

# What Jira, its planning apps and the people who administer it call such links; a line holds names that mean the same.
BLOCKS_LABELS: Final = (
    "blocks", "is blocking", "impedes", "holds up", "gates",
    "is depended on by", "is depended upon by", "is dependent of", "is a dependency of", "is a dependency for",
    "is required by", "is required for", "is needed by", "is needed for",
    "is a prerequisite of", "is a prerequisite for", "is prerequisite of", "is prerequisite for",
    "has to be done before", "must be done before", "has to be finished before", "must be finished before",
    "precedes", "is predecessor of", "is followed by", "enables", "is waited for by",
)  # fmt: skip
BLOCKED_BY_LABELS: Final = (
    "is blocked by", "blocked by", "is impeded by", "is held up by", "is gated by",
    "depends on", "depends upon", "is dependent on", "is dependent upon", "has a dependency on", "has dependency on",
    "requires", "needs",
    "has a prerequisite", "has prerequisite", "has as a prerequisite",
    "has to be done after", "must be done after", "has to be finished after", "must be finished after",
    "follows", "is successor of", "is preceded by", "is enabled by", "is waiting for", "is waiting on", "waits for",
)  # fmt: skip


@dataclass(frozen=True)
class Thresholds:
    """Limits of the findings, with defaults that suit a team of five to ten people in two-week sprints.

    Attributes:
        weeks: Whole weeks of history that throughput, cycle times and forecasts look back on.
        due_soon_days: An issue that is not started and due within so many days is a risk.
        blocks_many: An issue that holds up so many others is a risk.
        idle_days_min: No issue in progress is called idle sooner, however fast the project is.
        idle_days_max: Every issue in progress is called idle by then, however slow the project is.
        idle_days_default: Used instead of the project's own 85th percentile while fewer than `cycles_min` are known.
        cycles_min: Finished items with known cycle time from which on percentiles are trusted.
        untouched_days: An issue of high priority that is not started and not changed for so long is a risk.
        forgotten_days: What nobody changed for so long, outside a sprint, is a matter of tidying up: of low severity.
        max_in_progress: More issues in progress for one person are a risk.
        scope_creep_percent: Items added after the start of a sprint, in percent of those it started with.
        scope_creep_items: Fewer added items are no risk, whatever the percentage.
        reopened_days: Issues that were reopened in so many last days are a risk.
        page_behind_days: A page is stale when one of its issues changed status so long after the page was edited.
        forecast_weeks_min: Shorter histories give no forecast.
        forecast_items_min: With fewer finished items in the history there is no forecast.
        risks_per_kind: The context lists so many of each kind, the worst; all are counted.
        high_priorities: Names of the priorities that count as high, in lower case.
        blocks_labels: Link labels, in lower case, by which "A <label> B" means that B waits for A.
        blocked_by_labels: Link labels by which "A <label> B" means that A waits for B.
    """

    weeks: int = 26
    due_soon_days: int = 3
    blocks_many: int = 3
    idle_days_min: int = 3
    idle_days_max: int = 30
    idle_days_default: int = 10
    cycles_min: int = 10
    untouched_days: int = 7
    forgotten_days: int = 90
    max_in_progress: int = 5
    scope_creep_percent: int = 20
    scope_creep_items: int = 2
    reopened_days: int = 14
    page_behind_days: int = 14
    forecast_weeks_min: int = 6
    forecast_items_min: int = 10
    risks_per_kind: int = 50
    high_priorities: tuple[str, ...] = ("blocker", "critical", "highest", "high", "urgent", "p0", "p1")
    blocks_labels: tuple[str, ...] = BLOCKS_LABELS
    blocked_by_labels: tuple[str, ...] = BLOCKED_BY_LABELS
