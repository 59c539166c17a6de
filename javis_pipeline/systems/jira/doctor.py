"""Checks of a real Jira site: who we are there, and what the account may do. Nothing is written."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from javis_pipeline.errors import JavisError, RemoteBusy
from javis_pipeline.records.jira import FieldMap, Identity, Project
from javis_pipeline.steps.doctor import Check, Verdict, attempt, proved
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.fields import discover_fields
from javis_pipeline.systems.jira.jql import in_project
from javis_pipeline.systems.jira.site import noted

# What a two-way sync needs in every project. Without the others some edits are kept here as errors.
NEEDED_PERMISSIONS = ("BROWSE_PROJECTS", "EDIT_ISSUES")
USEFUL_PERMISSIONS = ("TRANSITION_ISSUES", "ASSIGN_ISSUES", "SCHEDULE_ISSUES", "ASSIGNABLE_USER")
CLOCK_TOLERANCE = timedelta(minutes=2)


def check_jira(
    jira: JiraClient, projects: Sequence[str], chosen_fields: Mapping[str, str], *, now: datetime
) -> Iterator[Check]:
    """Identity, clock, and for each project: visible, permissions, and which custom field plays which role."""
    identity, said = proved("jira", jira.prove_identity)
    yield said
    if identity is None:
        return
    if about := jira.about():
        yield Check("jira site", "ok", about)
    for remark in jira.remarks():
        yield Check("jira access", "warning", remark)
    if why := jira.why_read_only():
        yield Check("jira site", "warning", why)
    yield _time_zone(identity)
    yield attempt("jira clock", lambda: _clock(jira, now))
    for key in projects:
        yield from _project(jira, key, chosen_fields)


def _time_zone(identity: Identity) -> Check:
    return Check(
        "jira time zone", "ok", f"{identity.time_zone}; queries do not depend on it: they use epoch milliseconds"
    )


def _clock(jira: JiraClient, now: datetime) -> Check:
    # Nothing is decided by comparing clocks; a wrong clock only makes "3 min ago" wrong, and TLS fail one day.
    apart = abs(jira.server_time() - now.astimezone(UTC))
    if apart > CLOCK_TOLERANCE:
        return Check(
            "jira clock", "warning", f"{apart.total_seconds():.0f} s apart from ours", "set this machine's clock"
        )
    return Check("jira clock", "ok", "agrees with ours")


def _project(jira: JiraClient, key: str, chosen: Mapping[str, str]) -> Iterator[Check]:
    try:
        project = jira.project(key)
    except JavisError as error:
        yield Check(f"jira {key}", "failed", str(error), "correct JIRA_PROJECTS, or grant the account Browse Projects")
        return
    state: Verdict = "warning" if project.archived else "ok"
    remedy = "restore it in Jira, or take it out of JIRA_PROJECTS: a sync of it stops" if project.archived else ""
    yield Check(f"jira {key}", state, f"{project.name}{', archived: read-only' if project.archived else ''}", remedy)
    yield attempt(f"jira {key} permissions", lambda: _permissions(jira, key))
    yield from _search(jira, key)
    yield from _fields(jira, project, chosen)


def _permissions(jira: JiraClient, key: str) -> Check:
    granted = jira.permissions(key, (*NEEDED_PERMISSIONS, *USEFUL_PERMISSIONS))
    lacking = [name for name, have in granted.items() if not have]
    subject = f"jira {key} permissions"
    if not lacking:
        return Check(subject, "ok", "browse, edit, transition, assign")
    verdict: Verdict = "failed" if set(lacking) & set(NEEDED_PERMISSIONS) else "warning"
    return Check(
        subject,
        verdict,
        f"the account lacks {', '.join(lacking)}",
        "grant them in the project's permission scheme; edits that need them stay here as errors until then",
    )


def _search(jira: JiraClient, key: str) -> Iterator[Check]:
    """That searches do not answer, where all else does; nothing where they do."""
    try:
        jira.count(in_project(key))
    except RemoteBusy as error:
        remedy = (
            "sync again when searches answer: a Jira whose index is built anew answers all but these; "
            "its administrator sees how far that is"
        )
        yield Check(f"jira {key} search", "failed", str(error), remedy)
    except JavisError as error:
        yield Check(f"jira {key} search", "failed", str(error))


def _fields(jira: JiraClient, project: Project, chosen: Mapping[str, str]) -> Iterator[Check]:
    subject = f"jira {project.key} fields"

    def check() -> Check:
        notes: list[str] = []
        estimating = _estimating(jira, project, notes)
        found = discover_fields(
            jira.fields(), project_id=project.project_id, chosen=chosen, estimation_fields=estimating
        )
        mapped = ", ".join(
            f"{role} {field_id or '-'}" for role, field_id in zip(FieldMap._fields, found.fields, strict=True)
        )
        if found.ambiguities or notes:
            return Check(subject, "warning", mapped, "; ".join([*notes, *map(str, found.ambiguities)]))
        return Check(subject, "ok", mapped)

    yield attempt(subject, check)


def _estimating(jira: JiraClient, project: Project, notes: list[str]) -> list[str]:
    """The fields that the boards estimate with, as far as the account may see them; a sync does without."""
    with noted(notes, "the account should see boards, where Jira Software is in use; they were"):
        boards = [board.board_id for board in jira.boards(project.key) if board.type == "scrum"]
        return [field for board in boards if (field := jira.estimation_field(board))]
    return []
