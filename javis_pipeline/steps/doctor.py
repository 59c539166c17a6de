"""Checks of a real configuration: what works, what does not, and what to do about it. Nothing is written anywhere."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Literal, Protocol

from javis_pipeline.clients.claude import MessagesClient
from javis_pipeline.clients.confluence.client import ConfluenceClient
from javis_pipeline.clients.jira.client import JiraClient
from javis_pipeline.clients.jira.fields import discover_fields
from javis_pipeline.clients.slack.client import SlackClient
from javis_pipeline.db.connection import Database
from javis_pipeline.db.policies import why_held
from javis_pipeline.db.status import left_waiting, scope_status
from javis_pipeline.errors import JavisError
from javis_pipeline.records.confluence import Space
from javis_pipeline.records.jira import FieldMap, Identity, Project
from javis_pipeline.records.values import ScopeRef

Verdict = Literal["ok", "warning", "failed", "skipped"]

# What a two-way sync needs in every project. Without the others some edits are kept here as errors.
NEEDED_PERMISSIONS = ("BROWSE_PROJECTS", "EDIT_ISSUES")
USEFUL_PERMISSIONS = ("TRANSITION_ISSUES", "ASSIGN_ISSUES", "SCHEDULE_ISSUES", "ASSIGNABLE_USER")
CLOCK_TOLERANCE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor's report; `remedy` is empty when there is nothing to do."""

    subject: str
    verdict: Verdict
    finding: str
    remedy: str = ""


class Origin(Protocol):
    """Where the settings come from; `settings_origin` says what each is."""

    @property
    def file(self) -> Path: ...
    @property
    def in_file(self) -> tuple[str, ...]: ...
    @property
    def in_environment(self) -> tuple[str, ...]: ...
    @property
    def strange(self) -> Mapping[str, str | None]: ...
    @property
    def unreadable(self) -> tuple[int, ...]: ...


def check_settings(origin: Origin) -> Iterator[Check]:
    """Which file was read and what came from where, without a value; keys and lines that mean nothing to us."""
    found = f"{origin.file}: {len(origin.in_file)} values" if origin.file.is_file() else f"no file {origin.file}"
    given = f"; from the environment: {', '.join(origin.in_environment)}" if origin.in_environment else ""
    yield Check("settings", "ok", f"{found}{given}")
    if origin.in_file and origin.file.stat().st_mode & 0o077:
        remedy = f"chmod 600 {origin.file}"
        yield Check("settings", "warning", "other users of this machine may read the file with your tokens", remedy)
    for number in origin.unreadable:
        yield Check("settings", "warning", f"line {number} is not NAME=value, so it is not read", f"see {origin.file}")
    for key, meant in origin.strange.items():
        remedy = f"did you mean {meant}?" if meant else "leave it out"
        yield Check("settings", "warning", f"{key} is no setting, so it does nothing", remedy)


def check_database(open_database: Callable[[], Database], where: str) -> Check:
    """Whether the database can be opened; `where` says in words which one it is."""

    def check() -> Check:
        with closing(open_database()) as db:
            version = db.query("SHOW server_version")[0]["server_version"]
        return Check("database", "ok", f"PostgreSQL {version}, {where}, schema up to date")

    return _attempt("database", check)


def check_sending(open_database: Callable[[], Database], scopes: Sequence[ScopeRef], *, read_only: bool) -> Check:
    """Whether edits go out, or somebody has switched that off; `read_only` is what the settings say."""

    def check() -> Check:
        with closing(open_database()) as db, db.transaction() as conn:
            held = [why_held(conn, *scope) for scope in scopes]
        reasons = list(dict.fromkeys(reason for reason in held if reason))
        if read_only and not reasons:
            reasons = ["sending is switched off by JAVIS_READ_ONLY"]
        if not reasons:
            return Check("sending", "ok", "edits made here go out")
        return Check("sending", "warning", "; ".join(reasons), "unset the setting, or delete the row, to send again")

    return _attempt("sending", check)


def check_left_waiting(open_database: Callable[[], Database], scopes: Sequence[ScopeRef]) -> Iterator[Check]:
    """Edits and conflicts of projects and spaces that left the settings: no sync looks at them."""
    try:
        with closing(open_database()) as db:
            found = left_waiting(scope_status(db), scopes)
    except JavisError:
        return  # the database has a line of its own
    for line in found:
        remedy = "name it in JIRA_PROJECTS or CONFLUENCE_SPACES again, or give the edits up there"
        yield Check("settings", "warning", line, remedy)


def check_jira(
    jira: JiraClient, projects: Sequence[str], chosen_fields: Mapping[str, str], *, now: datetime
) -> Iterator[Check]:
    """Identity, clock, and for each project: visible, permissions, and which custom field plays which role."""
    try:
        identity = jira.prove_identity()
    except JavisError as error:
        yield Check("jira", "failed", str(error))
        return
    yield Check("jira identity", "ok", f"{identity.display_name} ({identity.account_id})")
    yield _time_zone(identity)
    yield _attempt("jira clock", lambda: _clock(jira, now))
    for key in projects:
        yield from _project(jira, key, chosen_fields)


def check_confluence(confluence: ConfluenceClient, spaces: Sequence[str]) -> Iterator[Check]:
    """Identity, and for each space whether it is visible."""
    try:
        identity = confluence.prove_identity()
    except JavisError as error:
        yield Check("confluence", "failed", str(error))
        return
    yield Check("confluence identity", "ok", f"{identity.display_name} ({identity.account_id})")
    for key in spaces:
        yield from _space(confluence, key)


def check_claude(claude: MessagesClient, model: str) -> Check:
    """Whether the key and the model are accepted. Counting tokens costs nothing."""

    def check() -> Check:
        claude.count_tokens("Answer.", "Are you there?")
        return Check("claude", "ok", f"the key is accepted for {model}")

    return _attempt("claude", check)


def check_slack(slack: SlackClient, channels: Mapping[str, str | None]) -> Iterator[Check]:
    """Whether the token is accepted, and whether each project's channel can be found."""

    def identity() -> Check:
        found = slack.identity()
        return Check("slack", "ok", f"{found.team}, as {found.name}")

    first = _attempt("slack", identity)
    yield first
    if first.verdict == "ok":
        for project, channel in channels.items():
            yield _attempt(f"slack {project}", partial(_channel, slack, project, channel))


def check_people(slack: SlackClient, jira: JiraClient | None, people: Mapping[str, str]) -> Iterator[Check]:
    """Whether each of SLACK_PEOPLE can be called by name."""
    for person, member in people.items():
        yield _attempt(f"slack {person}", partial(_called, slack, jira, person, member))


def _called(slack: SlackClient, jira: JiraClient | None, person: str, member: str) -> Check:
    name = slack.member_name(member)
    account = jira.account_of(person) if jira is not None and "@" in person else person
    if "@" not in (account or "@"):
        return Check(f"slack {person}", "ok", f"called as {name}")
    reason = "Jira is not set up" if jira is None else "Jira shows nobody, or more than one, for this e-mail"
    remedy = f"write the person's account id instead: ACCOUNT:{member} in SLACK_PEOPLE"
    return Check(f"slack {person}", "failed", f"{name} is not called: {reason}", remedy)


def _space(confluence: ConfluenceClient, key: str) -> Iterator[Check]:
    try:
        space = confluence.spaces([key])[0]
    except JavisError as error:
        yield Check(f"confluence {key}", "failed", str(error), "correct CONFLUENCE_SPACES, or grant the account access")
        return
    if space.status != "current":
        yield Check(f"confluence {key}", "warning", f"{space.name}, {space.status}: its pages cannot be edited")
        return
    yield Check(f"confluence {key}", "ok", space.name)
    yield _attempt(f"confluence {key} permissions", partial(_space_permissions, confluence, space))


def _space_permissions(confluence: ConfluenceClient, space: Space) -> Check:
    subject = f"confluence {space.key} permissions"
    if confluence.may_edit_pages(space.space_id):
        return Check(subject, "ok", "view, edit pages")
    return Check(
        subject,
        "failed",
        "the account may not add pages, which the right to edit them is a part of",
        "grant it in the space's permissions; edits of its pages stay here as errors until then",
    )


def _channel(slack: SlackClient, project: str, channel: str | None) -> Check:
    subject = f"slack {project}"
    if channel is None:
        return Check(
            subject, "warning", "no channel, so nothing is posted", "set SLACK_DEFAULT_CHANNEL, or SLACK_CHANNELS"
        )
    slack.channel_id(channel)
    return Check(subject, "ok", f"posts to {channel}")


def _attempt(subject: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except JavisError as error:
        return Check(subject, "failed", str(error))


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
    yield Check(f"jira {key}", state, f"{project.name}{', archived: read-only' if project.archived else ''}")
    yield _attempt(f"jira {key} permissions", lambda: _permissions(jira, key))
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


def _fields(jira: JiraClient, project: Project, chosen: Mapping[str, str]) -> Iterator[Check]:
    subject = f"jira {project.key} fields"

    def check() -> Check:
        boards = [board.board_id for board in jira.boards(project.key) if board.type == "scrum"]
        estimating = [field for board in boards if (field := jira.estimation_field(board))]
        found = discover_fields(
            jira.fields(), project_id=project.project_id, chosen=chosen, estimation_fields=estimating
        )
        mapped = ", ".join(
            f"{role} {field_id or '-'}" for role, field_id in zip(FieldMap._fields, found.fields, strict=True)
        )
        if found.ambiguities:
            return Check(subject, "warning", mapped, "; ".join(map(str, found.ambiguities)))
        return Check(subject, "ok", mapped)

    yield _attempt(subject, check)
