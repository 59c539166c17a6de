"""What a person should look at although every run succeeded: warnings, for each project by itself.

Our database answers them, so the step of an asset tells them as well, right after its materialization. As steps of
their own they would store three times as much in each run. They can still be asked for by themselves.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import dagster as dg

from javis_pipeline.context.wording import counted
from javis_pipeline.db.conflicts import list_conflicts, list_errors, outline_conflicts, outline_errors
from javis_pipeline.db.connection import Database
from javis_pipeline.db.status import last_pulls, last_runs, scope_status
from javis_pipeline.defs.metadata import markdown_table
from javis_pipeline.defs.plans import LINES, conflict_table
from javis_pipeline.defs.sides import JIRA, SIDES, Side
from javis_pipeline.records.systems import SYSTEMS
from javis_pipeline.records.values import ScopeRef, System
from javis_pipeline.settings import Settings

Judge = Callable[[str, Settings, Database], dg.AssetCheckResult]
"""Judges a project."""

_NAMED = 5
PULLED_LATELY: Final = "pulled_lately"
# The schedule pulls every 15 minutes.
_LATE: Final = timedelta(hours=1)
# A day without a pull means that nobody looks after it.
_FORGOTTEN: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A check of an asset that our database answers."""

    asset: str
    name: str
    description: str
    judge: Judge

    @property
    def key(self) -> dg.AssetCheckKey:
        """What Dagster calls the check."""
        return dg.AssetCheckKey(dg.AssetKey(self.asset), self.name)


def tell(context: dg.AssetExecutionContext, settings: Settings, db: Database) -> None:
    """Judge the asset that was just made, but for what the run evaluates in steps of their own."""
    evaluated = context.job_def.asset_layer
    for verdict in VERDICTS:
        # Dagster's annotation knows of assets only.
        is_a_step = evaluated.has(verdict.key)  # type: ignore[arg-type]
        if verdict.asset == context.asset_key.to_user_string() and not is_a_step:
            told = evaluation(verdict, context.partition_key, settings, db)
            report(context.instance, told, run_id=context.run.run_id, job_name=context.job_name)


def evaluation(verdict: Verdict, project: str, settings: Settings, db: Database) -> dg.AssetCheckEvaluation:
    """What the verdict is now."""
    result = verdict.judge(project, settings, db)
    return dg.AssetCheckEvaluation(
        asset_key=verdict.key.asset_key,
        check_name=verdict.name,
        passed=result.passed,
        severity=result.severity,
        description=result.description,
        metadata=result.metadata,
        partition=project,
    )


def report(instance: dg.DagsterInstance, told: dg.AssetCheckEvaluation, *, run_id: str, job_name: str) -> None:
    """Store what was found as the run's, in the same words as a step of the check would.

    Dagster's own way of telling it of no run can be gone only once for each check and partition.
    """
    kind = dg.DagsterEventType.ASSET_CHECK_EVALUATION
    event = dg.DagsterEvent(event_type_value=kind.value, job_name=job_name, event_specific_data=told)
    instance.report_dagster_event(event, run_id=run_id)


def no_open_conflicts(project: str, settings: Settings, db: Database) -> dg.AssetCheckResult:
    """Nothing waits for a choice."""
    scopes = settings.scopes_of([project])
    where = [f"{conflict['key']} {conflict['field']}" for conflict in outline_conflicts(db, scopes)]
    first = conflict_table(list_conflicts(db, scopes, limit=LINES), settings)
    return warning(where, "conflict", open=len(where), conflicts=first)


def _nothing_rejected(system: System, project: str, settings: Settings, db: Database) -> dg.AssetCheckResult:
    """No edit made here that the system does not take."""
    scopes = _scopes(project, settings, system)
    first = list_errors(db, scopes, limit=LINES)
    rows = [(error["title"], error["key"], error["field"], error["reason"]) for error in first]
    where = [f"{error['key']} {error['field']}" for error in outline_errors(db, scopes)]
    return warning(where, "edit", errors=len(where), edits=table(["title", "key", "field", "why"], rows))


def _read_well(
    is_fine: Callable[[Mapping[str, Any]], bool], system: System, project: str, settings: Settings, db: Database
) -> dg.AssetCheckResult:
    """The project, or each of its spaces, by its last pull."""
    wanted = _scopes(project, settings, system)
    found = [row for row in scope_status(db) if (row["system"], row["scope"]) in wanted]
    rows = [(row["scope"], row["quarantined"], row["counts"].get("completeness", "")) for row in found]
    what = SYSTEMS[system].scope
    where = [row["scope"] for row in found if not is_fine(row)]
    return warning(where, what, **{f"{what}s": table([what, "quarantined", "last pull"], rows)})


def pulled_lately(
    system: System, project: str, settings: Settings, db: Database, now: datetime | None = None
) -> dg.AssetCheckResult:
    """Whether the project's side in a system was pulled lately; a side that it does not have is always in time."""
    scopes = [ScopeRef(system, scope) for scope in settings.scopes_in(system, project)]
    if not scopes:
        return dg.AssetCheckResult(passed=True, description=SIDES[system].none)
    pulled = last_pulls(db)
    never = [ref.scope for ref in scopes if ref not in pulled]
    if never:
        first = ScopeRef(system, never[0])
        return _late(f"never pulled: {', '.join(never)}", dg.AssetCheckSeverity.ERROR, last_runs(db).get(first))
    oldest = min(scopes, key=lambda ref: pulled[ref])
    age = (now or datetime.now(UTC)) - pulled[oldest]
    words = f"{oldest.scope} was pulled {_ago(age)} ago"
    if age < _LATE:
        return dg.AssetCheckResult(passed=True, metadata={"pulled_at": dg.MetadataValue.timestamp(pulled[oldest])})
    severity = dg.AssetCheckSeverity.ERROR if age >= _FORGOTTEN else dg.AssetCheckSeverity.WARN
    return _late(words, severity, last_runs(db).get(oldest))


def _late(words: str, severity: dg.AssetCheckSeverity, run_id: str | None) -> dg.AssetCheckResult:
    """What is late, with a link to the run that should have pulled it."""
    return dg.AssetCheckResult(
        passed=False,
        severity=severity,
        description=f"{words}. Look at its last run, or at Jira",
        metadata={} if run_id is None else {"last_run": dg.MetadataValue.dagster_run(run_id)},
    )


def _ago(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} days"


def _scopes(project: str, settings: Settings, system: System) -> list[ScopeRef]:
    return [ref for ref in settings.scopes_of([project]) if ref.system == system]


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> dg.MetadataValue[Any]:
    """Rows for the UI."""
    return dg.MetadataValue.md(markdown_table(columns, rows))


def warning(where: Sequence[str], noun: str, **metadata: Any) -> dg.AssetCheckResult:
    """Passed when there is nothing to look at, else a warning that names the first of what there is."""
    more = ", ..." if len(where) > _NAMED else ""
    words = f"{counted(len(where), noun)}: {', '.join(where[:_NAMED])}{more}" if where else None
    return dg.AssetCheckResult(
        passed=not where, severity=dg.AssetCheckSeverity.WARN, description=words, metadata=metadata
    )


def _is_counted_alike(scope: Mapping[str, Any]) -> bool:
    return bool(scope["counts"].get("agrees", True))


def _is_readable(scope: Mapping[str, Any]) -> bool:
    return not scope["quarantined"]


def _of(side: Side) -> Iterator[Verdict]:
    """The verdicts of a side's two assets."""
    system, words = side.system, side.words
    if side is JIRA:
        agrees = "Jira's own count of issues agrees with ours, as far as it is exact."
        yield Verdict(words.table, "counts_agree_with_jira", agrees, partial(_read_well, _is_counted_alike, system))
    readable = f"Every {words.record} could be read."
    yield Verdict(words.table, "nothing_quarantined", readable, partial(_read_well, _is_readable, system))
    lately = f"Each {words.scope} was read to the end within the last hour; a day is an error."
    yield Verdict(words.table, PULLED_LATELY, lately, partial(pulled_lately, system))
    taken = f"Edits made here that {words.title} does not take, with the reason."
    yield Verdict(words.write_back, "no_rejected_pushes", taken, partial(_nothing_rejected, system))


VERDICTS: Final = (
    *(verdict for side in SIDES.values() for verdict in _of(side)),
    Verdict(
        "sync_conflicts", "no_open_conflicts", "Fields that both sides changed wait for a person.", no_open_conflicts
    ),
)
"""In the order in which the UI shows them."""
