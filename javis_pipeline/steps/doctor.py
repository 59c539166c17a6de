"""Checks of a real configuration: what works, what does not, and what to do about it. Nothing is written anywhere."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, Protocol

from javis_pipeline.clients.claude import MessagesClient
from javis_pipeline.clients.slack.client import SlackClient
from javis_pipeline.db.connection import Database
from javis_pipeline.db.hints import last_hints
from javis_pipeline.db.live import known_workers
from javis_pipeline.db.policies import why_held
from javis_pipeline.db.status import left_waiting, scope_status
from javis_pipeline.errors import JavisError
from javis_pipeline.records.jira import Identity
from javis_pipeline.records.values import ScopeRef

Verdict = Literal["ok", "warning", "failed", "skipped"]


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
    def overridden(self) -> tuple[str, ...]: ...
    @property
    def strange(self) -> Mapping[str, str | None]: ...
    @property
    def unreadable(self) -> tuple[int, ...]: ...


def check_settings(origin: Origin) -> Iterator[Check]:
    """Which file was read and what came from where, without a value; keys and lines that mean nothing to us."""
    held = len(origin.in_file)
    found = f"{origin.file}: {held} value{'s' * (held != 1)}" if origin.file.is_file() else f"no file {origin.file}"
    given = f"; from the environment: {', '.join(origin.in_environment)}" if origin.in_environment else ""
    yield Check("settings", "ok", f"{found}{given}")
    if origin.overridden:
        names = " and ".join(origin.overridden)
        yield Check(
            "settings",
            "warning",
            f"{names}: the environment says otherwise than the file, and wins",
            f"unset {' '.join(origin.overridden)}",
        )
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

    return attempt("database", check)


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

    return attempt("sending", check)


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


def check_webhooks(open_database: Callable[[], Database]) -> Check:
    """When each site told of a change last."""

    def check() -> Check:
        with closing(open_database()) as db, db.transaction() as conn:
            last = last_hints(conn)
        if not last:
            return Check("webhooks", "warning", "none has come so far", "javis webhook setup says what to click")
        told = ", ".join(f"{system} {at:%Y-%m-%d %H:%M} UTC" for system, at in sorted(last.items()))
        return Check("webhooks", "ok", f"the last ones: {told}")

    return attempt("webhooks", check)


def check_live(open_database: Callable[[], Database]) -> Check:
    """Whether `javis live` runs, and what it says of itself."""

    def check() -> Check:
        with closing(open_database()) as db:
            workers = known_workers(db)
        running = [worker for worker in workers if worker.is_running]
        if not running:
            gone = [worker for worker in workers if not worker.is_running]
            if gone:
                seen = f"{gone[-1].seen_at:%Y-%m-%d %H:%M} UTC on {gone[-1].host}"
                return Check("live", "warning", f"javis live was last seen {seen}", "start it again: javis live")
            return Check("live", "skipped", "javis live does not run; changes wait for sensors and schedules")
        for worker in running:
            if worker.trouble:
                return Check("live", "warning", worker.trouble, "its log says since when")
            if not worker.is_notified:
                found = "notifications of the database do not arrive, so it asks every 2 s"
                return Check("live", "warning", found, "name the database itself, or session pooling, in DATABASE_URL")
        heard = max((worker.heard_at for worker in running if worker.heard_at), default=None)
        last = f"heard of something {heard:%Y-%m-%d %H:%M} UTC" if heard else "heard of nothing so far"
        return Check("live", "ok", f"javis live runs ({len(running)}), and {last}")

    return attempt("live", check)


def check_claude(claude: MessagesClient, model: str) -> Check:
    """Whether the key and the model are accepted. Counting tokens costs nothing."""

    def check() -> Check:
        claude.count_tokens("Answer.", "Are you there?")
        return Check("claude", "ok", f"the key is accepted for {model}")

    return attempt("claude", check)


def check_slack(slack: SlackClient, channels: Mapping[str, str | None]) -> Iterator[Check]:
    """Whether the token is accepted, and whether each project's channel can be found."""

    def identity() -> Check:
        found = slack.identity()
        return Check("slack", "ok", f"{found.team}, as {found.name}")

    first = attempt("slack", identity)
    yield first
    if first.verdict == "ok":
        for project, channel in channels.items():
            yield attempt(f"slack {project}", partial(_channel, slack, project, channel))


def check_people(
    slack: SlackClient, account_of: Callable[[str], str | None] | None, people: Mapping[str, str]
) -> Iterator[Check]:
    """Whether each of SLACK_PEOPLE can be called by name; `account_of` gives the account id of an e-mail."""
    for person, member in people.items():
        yield attempt(f"slack {person}", partial(_called, slack, account_of, person, member))


def _called(slack: SlackClient, account_of: Callable[[str], str | None] | None, person: str, member: str) -> Check:
    name = slack.member_name(member)
    account = account_of(person) if account_of is not None and "@" in person else person
    if "@" not in (account or "@"):
        return Check(f"slack {person}", "ok", f"called as {name}")
    reason = "Jira is not set up" if account_of is None else "Jira shows nobody, or more than one, for this e-mail"
    remedy = f"write the person's account id instead: ACCOUNT:{member} in SLACK_PEOPLE"
    return Check(f"slack {person}", "failed", f"{name} is not called: {reason}", remedy)


def _channel(slack: SlackClient, project: str, channel: str | None) -> Check:
    subject = f"slack {project}"
    if channel is None:
        return Check(
            subject, "warning", "no channel, so nothing is posted", "set SLACK_DEFAULT_CHANNEL, or SLACK_CHANNELS"
        )
    slack.channel_id(channel)
    return Check(subject, "ok", f"posts to {channel}")


def proved(system: str, prove: Callable[[], Identity]) -> tuple[Identity | None, Check]:
    """Who we are at a site; None when that cannot be proved, and what is said of it."""
    try:
        identity = prove()
    except JavisError as error:
        return None, Check(system, "failed", str(error))
    return identity, Check(f"{system} identity", "ok", f"{identity.display_name} ({identity.account_id})")


def attempt(subject: str, check: Callable[[], Check]) -> Check:
    """What a check finds; one that fails says why."""
    try:
        return check()
    except JavisError as error:
        return Check(subject, "failed", str(error))
