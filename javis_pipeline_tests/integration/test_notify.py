"""What is told once stays told once, whatever happens between Slack and us."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from psycopg.types.json import Jsonb

from javis_pipeline.cli import main
from javis_pipeline.clients.slack.client import SlackClient
from javis_pipeline.db.connection import Database
from javis_pipeline.db.context import store_context
from javis_pipeline.db.locks import hold_scope
from javis_pipeline.errors import JavisError, RemoteBusy, RemoteRefused, ScopeBusy
from javis_pipeline.posts.blocks import Sites
from javis_pipeline.records.context import WorkContext, context_hash, to_json
from javis_pipeline.records.digest import FailedRun
from javis_pipeline.records.suggestion import AdviceScope
from javis_pipeline.sandbox.faults import Fault, FaultKind, Rule
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.notify import (
    Outlet,
    post_digest,
    post_risk_alert,
    post_run_failure,
    read_digest,
    read_status,
    status_post,
)
from javis_pipeline.steps.publish import publish
from javis_pipeline.steps.suggest import suggest
from javis_pipeline_tests.contexts import NOW, a_context, a_risk, a_sprint, an_issue_brief
from javis_pipeline_tests.digests import CHANNEL, a_slack_client, a_slack_world, channel, posts, replies, shown

LATER, TOMORROW = NOW + timedelta(hours=3), NOW + timedelta(days=1)
OUTLET = Outlet("OQC", f"#{CHANNEL}", sites=Sites("https://acme.atlassian.net"), with_pictures=False)
POST, HISTORY = "/api/chat.postMessage", "/api/conversations.history"


@pytest.fixture
def world() -> Iterator[World]:
    with a_slack_world() as world:
        yield world


@pytest.fixture
def slack(world: World) -> SlackClient:
    return a_slack_client(world)


def a_project(risks: int = 2, as_of: datetime = NOW, days: int = 3, prefix: str = "OQC") -> WorkContext:
    """A context with so many overdue issues."""
    keys = [f"{prefix}-{number}" for number in range(1, risks + 1)]
    return a_context(
        project_key=prefix,
        as_of=as_of,
        sprints=(a_sprint(*keys),),
        risks=tuple(a_risk("overdue", key, summary=f"{key} is overdue for {days} days") for key in keys),
        issues=tuple(an_issue_brief(key) for key in keys),
    )


def keep(db: Database, context: WorkContext) -> None:
    """The context becomes the newest one, with the suggestions of the rules."""
    with db.transaction() as conn:
        store_context(conn, to_json(context), context_hash=context_hash(context), keep_since=NOW - timedelta(days=90))
    suggest(db, None, context, AdviceScope(), now=context.as_of)


def a_stored_conflict(db: Database) -> str:
    """Id of a new conflict about the title of an issue."""
    conflict_id = uuid4()
    db.query(
        """INSERT INTO sync_conflicts (id, resource_type, resource_id, scope, field_name, kind, base_value, local_value,
                                       remote_value, created_at)
           VALUES (%(id)s, 'jira_issue', '10001', 'OQC', 'title', 'both_changed',
                   %(base)s, %(local)s, %(remote)s, %(at)s)""",
        {"id": conflict_id, "base": Jsonb("a"), "local": Jsonb("ours <b>"), "remote": Jsonb("theirs"), "at": NOW},
    )
    return str(conflict_id)


def writes(world: World) -> list[str]:
    """Names of the methods that changed something, oldest first."""
    reading = ("conversations.", "auth.", "chat.getPermalink")
    names = [exchange.path.removeprefix("/api/") for exchange in world.exchanges.matching(path="/api/")]
    return [name for name in names if not name.startswith(reading)]


def test_given_unchanged_data_when_run_twice_then_there_is_one_post(
    database: Database, world: World, slack: SlackClient
) -> None:
    keep(database, a_project())
    a_stored_conflict(database)

    first = post_digest(database, slack, OUTLET, now=NOW)
    second = post_digest(database, slack, OUTLET, now=LATER)
    third = post_digest(database, slack, OUTLET, now=TOMORROW)

    assert (first.outcome, second.outcome, third.outcome) == ("posted", "unchanged", "unchanged")
    assert first.sent == second.sent
    assert writes(world) == ["chat.postMessage"] * 4
    (post,) = posts(world)
    assert "by the rules, without a language model" in shown(post)
    assert [reply["text"] for reply in replies(world)] == [
        "What to do next",
        "Conflicts to decide",
        "All risks (2 high risks)",
    ]
    assert "Ours: ours &lt;b&gt;\nJira's: theirs" in shown(replies(world)[1])


def test_given_news_on_the_same_day_then_the_post_is_changed_and_on_another_day_there_is_a_new_one(
    database: Database, world: World, slack: SlackClient
) -> None:
    keep(database, a_project(risks=1))
    post_digest(database, slack, OUTLET, now=NOW)
    keep(database, a_project(risks=2, as_of=LATER))
    changed = post_digest(database, slack, OUTLET, now=LATER)
    keep(database, a_project(risks=3, as_of=TOMORROW))
    new = post_digest(database, slack, OUTLET, now=TOMORROW)

    assert (changed.outcome, new.outcome) == ("updated", "posted")
    first, second = posts(world)
    assert "OQC-2" in shown(first)
    assert "Since" not in shown(first)
    assert "*Since Mon 2 Mar, 09:00*\n• New: *high* <https://acme.atlassian.net/browse/OQC-3|OQC-3>" in shown(second)
    assert "OQC-2" not in shown(second)


def test_the_day_is_that_of_the_time_zone(database: Database, world: World, slack: SlackClient) -> None:
    tokyo = replace(OUTLET, zone=ZoneInfo("Asia/Tokyo"))
    evening, night = NOW.replace(hour=14, minute=59), NOW.replace(hour=15, minute=1)
    keep(database, a_project(risks=1))
    post_digest(database, slack, tokyo, now=evening)
    keep(database, a_project(risks=2, as_of=night))
    post_digest(database, slack, tokyo, now=night)

    assert len(posts(world)) == 2


def test_given_only_ages_grew_then_the_post_is_kept_current_without_a_new_one(
    database: Database, world: World, slack: SlackClient
) -> None:
    keep(database, a_project(days=3))
    post_digest(database, slack, OUTLET, now=NOW)
    keep(database, a_project(days=4, as_of=TOMORROW))
    published = post_digest(database, slack, OUTLET, now=TOMORROW)

    assert published.outcome == "updated"
    (post,) = posts(world)
    assert "overdue for 4 days" in shown(post)
    expected = read_digest(database, OUTLET)
    assert expected is not None
    buttons = str(replies(world)[0]["blocks"])
    assert str(expected.proposals[0].suggestion_id) in buttons  # the older ones have expired


HICCUPS = [FaultKind.LOST_REPLY, FaultKind.CUT_BODY, FaultKind.SERVER_ERROR]


@pytest.mark.parametrize("fault", HICCUPS)
def test_given_the_answer_is_lost_then_the_post_is_found_again(
    database: Database, world: World, slack: SlackClient, fault: FaultKind
) -> None:
    keep(database, a_project(risks=12))
    world.faults.add(Rule(Fault(fault), path=POST, last=2))

    first = post_digest(database, slack, OUTLET, now=NOW)
    second = post_digest(database, slack, OUTLET, now=LATER)

    assert (first.outcome, second.outcome) == ("posted", "unchanged")
    assert len(posts(world)) == 1
    assert [reply["text"] for reply in replies(world)] == ["What to do next", "All risks (12 high risks)"]


def test_given_the_answer_and_the_look_for_it_are_lost_then_the_next_run_finds_the_post(
    database: Database, world: World, slack: SlackClient
) -> None:
    keep(database, a_project())
    world.faults.add(Rule(Fault(FaultKind.LOST_REPLY), path=POST, last=1))
    world.faults.add(Rule(Fault(FaultKind.UNAVAILABLE), path=HISTORY, last=4))

    with pytest.raises(RemoteBusy):
        post_digest(database, slack, OUTLET, now=NOW)
    post_digest(database, slack, OUTLET, now=LATER)

    assert len(posts(world)) == 1


def test_given_slack_is_away_for_an_hour_then_status_says_so_and_the_post_comes_later_once(
    database: Database, world: World, slack: SlackClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url)
    keep(database, a_project())
    world.faults.add(Rule(Fault(FaultKind.RATE_LIMITED, retry_after=3600), path=POST))
    for minutes in (0, 20, 40, 60):
        with pytest.raises(RemoteBusy):
            post_digest(database, slack, OUTLET, now=NOW + timedelta(minutes=minutes))

    away = CliRunner().invoke(main, ["status"]).stdout
    world.faults.clear()
    for minutes in (80, 100):
        post_digest(database, a_slack_client(world), OUTLET, now=NOW + timedelta(minutes=minutes))
    back = CliRunner().invoke(main, ["status"]).stdout

    assert "slack OQC: Slack has not taken the digest, " in away
    assert "slack" not in back
    assert len(posts(world)) == 1


def test_given_the_request_is_lost_then_the_next_run_posts(
    database: Database, world: World, slack: SlackClient
) -> None:
    keep(database, a_project())
    world.faults.add(Rule(Fault(FaultKind.LOST_REQUEST), path=POST, last=1))

    with pytest.raises(RemoteBusy, match="the next run looks for it, and posts it if it is not there"):
        post_digest(database, slack, OUTLET, now=NOW)
    assert posts(world) == []
    assert post_digest(database, slack, OUTLET, now=LATER).outcome == "posted"

    assert len(posts(world)) == 1


_CHILD = """
import sys
from javis_pipeline_tests.integration.test_notify import NOW, OUTLET, Database, SlackClient, post_digest
url, base_url, token = sys.argv[1:]
with Database(url) as db:
    post_digest(db, SlackClient(token, base_url=base_url), OUTLET, now=NOW)
"""


def test_given_a_process_killed_between_slacks_answer_and_our_commit_then_there_is_one_post(
    database: Database, world: World, slack: SlackClient
) -> None:
    keep(database, a_project())
    arguments = [database.url, f"{world.base_url}/api/", world.credentials.slack_bot_token]
    child = subprocess.Popen([sys.executable, "-c", _CHILD, *arguments])
    # Slack has the request and executes it; who sent it is gone.
    world.faults.add(Rule(path=POST, last=1, action=lambda: os.kill(child.pid, signal.SIGKILL)))
    assert child.wait(timeout=60) == -signal.SIGKILL

    published = post_digest(database, slack, OUTLET, now=LATER)

    assert published.outcome in ("posted", "updated")
    assert len(posts(world)) == 1
    assert post_digest(database, slack, OUTLET, now=LATER).outcome == "unchanged"


REFUSALS = [
    pytest.param(lambda world: "#nowhere", "channel_not_found", id="channel_not_found"),
    pytest.param(lambda world: channel(world, "elsewhere").channel_id, "not_in_channel.*write /invite", id="not_in"),
]


@pytest.mark.parametrize(("where", "message"), REFUSALS)
def test_given_slack_refuses_then_the_remedy_is_named_and_the_post_follows_when_it_was_applied(
    database: Database, world: World, slack: SlackClient, where, message: str
) -> None:
    keep(database, a_project())

    with pytest.raises(RemoteRefused, match=message):
        post_digest(database, slack, replace(OUTLET, channel=where(world)), now=NOW)
    world.slack.join("elsewhere")
    post_digest(database, slack, replace(OUTLET, channel="elsewhere"), now=LATER)

    assert len(posts(world, "elsewhere")) == 1


def test_given_somebody_deleted_the_post_then_only_news_make_a_new_one(
    database: Database, world: World, slack: SlackClient
) -> None:
    keep(database, a_project(days=3))
    first = post_digest(database, slack, OUTLET, now=NOW).sent
    assert first is not None
    slack.delete_message(first)
    keep(database, a_project(days=4, as_of=LATER))
    same = post_digest(database, slack, OUTLET, now=LATER)
    keep(database, a_project(risks=1, as_of=LATER))
    news = post_digest(database, slack, OUTLET, now=LATER)

    assert (same.outcome, news.outcome) == ("unchanged", "posted")
    assert len(posts(world)) == 1


def test_given_fewer_details_then_the_thread_is_changed_not_added_to(
    database: Database, world: World, slack: SlackClient
) -> None:
    keep(database, a_project(risks=12))
    post_digest(database, slack, OUTLET, now=NOW)
    assert "OQC-12" in shown(replies(world)[1])
    keep(database, a_project(risks=8, as_of=LATER))
    post_digest(database, slack, OUTLET, now=LATER)
    _, risks = replies(world)
    assert "OQC-12" not in shown(risks)

    keep(database, a_project(risks=0, as_of=LATER + timedelta(hours=1)))
    post_digest(database, slack, OUTLET, now=LATER + timedelta(hours=1))

    assert replies(world) == []


def test_given_pictures_then_each_post_gets_them_once(database: Database, world: World, slack: SlackClient) -> None:
    outlet = replace(OUTLET, with_pictures=True)
    keep(database, a_project(risks=1))
    post_digest(database, slack, outlet, now=NOW)
    keep(database, a_project(risks=2, as_of=LATER))
    post_digest(database, slack, outlet, now=LATER)

    (reply,) = (reply for reply in replies(world) if reply.get("files"))
    assert [file["name"] for file in reply["files"]] == [
        "OQC-cumulative-flow.png",
        "OQC-cycle-times.png",
        "OQC-throughput.png",
        "OQC-forecast.png",
    ]


def test_given_two_at_once_then_they_take_turns(database: Database, world: World, slack: SlackClient) -> None:
    keep(database, a_project())
    with (
        hold_scope(database, "slack", f"digest OQC {channel(world).channel_id}"),
        pytest.raises(ScopeBusy, match="slack digest OQC"),
    ):
        post_digest(database, slack, OUTLET, now=NOW)

    assert posts(world) == []


def test_each_project_has_its_own_posts_and_may_have_its_own_channel(
    database: Database, world: World, slack: SlackClient
) -> None:
    world.slack.add_channel("euv")
    keep(database, a_project())
    keep(database, a_project(prefix="EUV"))

    post_digest(database, slack, OUTLET, now=NOW)
    post_digest(database, slack, replace(OUTLET, project="EUV"), now=NOW)
    post_digest(database, slack, replace(OUTLET, project="EUV", channel="euv"), now=NOW)

    assert [len(posts(world)), len(posts(world, "euv"))] == [2, 1]


def test_given_no_context_then_there_is_nothing_to_say(database: Database, slack: SlackClient) -> None:
    assert post_digest(database, slack, OUTLET, now=NOW).outcome == "nothing_to_say"


def test_given_an_empty_project_then_its_digest_is_news_only_to_those_who_were_told_something(
    database: Database, world: World, slack: SlackClient
) -> None:
    outcomes = []
    for day, context in enumerate((a_context(), a_project(1), a_context())):
        keep(database, replace(context, as_of=NOW + timedelta(days=day)))
        outcomes.append(post_digest(database, slack, OUTLET, now=NOW + timedelta(days=day)).outcome)

    assert outcomes == ["nothing_to_say", "posted", "posted"]


def test_an_alert_follows_the_set_of_risks(database: Database, world: World, slack: SlackClient) -> None:
    low = a_context(risks=(a_risk("overdue", "OQC-1", severity="low"),))
    states = [low, a_project(1), a_project(1, days=9), a_project(2), a_project(2), low, low]
    days = [0, 0, 0, 0, 1, 1, 2]

    outcomes = [
        post_risk_alert(database, slack, OUTLET, state, now=NOW + timedelta(days=day)).outcome
        for state, day in zip(states, days, strict=True)
    ]

    assert outcomes == ["nothing_to_say", "posted", "unchanged", "updated", "unchanged", "posted", "unchanged"]
    assert [shown(post).splitlines()[0] for post in posts(world)] == ["OQC: risks", "OQC: no risks any more"]
    assert "No longer: <https://acme.atlassian.net/browse/OQC-1|OQC-1> overdue" in shown(posts(world)[1])


def test_what_the_digest_told_is_no_alert(database: Database, world: World, slack: SlackClient) -> None:
    keep(database, a_project(risks=1))
    post_digest(database, slack, OUTLET, now=NOW)

    told = post_risk_alert(database, slack, OUTLET, a_project(risks=1), now=NOW + timedelta(minutes=1))
    news = post_risk_alert(database, slack, OUTLET, a_project(risks=2), now=LATER)

    assert (told.outcome, news.outcome) == ("unchanged", "posted")
    alert = shown(posts(world)[1])
    assert "• New: *high* <https://acme.atlassian.net/browse/OQC-2|OQC-2>" in alert
    assert "OQC-1" not in alert


def test_given_only_other_words_then_there_is_no_new_post(database: Database, world: World, slack: SlackClient) -> None:
    keep(database, a_project())
    post_digest(database, slack, OUTLET, now=NOW)
    database.query("UPDATE ai_suggestions SET title = 'Hurry: ' || title")

    published = post_digest(database, slack, OUTLET, now=TOMORROW)

    assert published.outcome == "updated"
    assert len(posts(world)) == 1


def test_the_status_is_one_post_a_day_that_is_kept_current(
    database: Database, world: World, slack: SlackClient
) -> None:
    def tell(at: datetime) -> str:
        post = status_post(read_status(database, OUTLET), OUTLET, now=at)
        return publish(database, slack, post, now=at, zone=OUTLET.zone).outcome

    outcomes = [tell(at) for at in (NOW, LATER, LATER, TOMORROW)]

    assert outcomes == ["posted", "updated", "unchanged", "posted"]
    assert "Nothing was synced yet. Next: `javis sync`" in shown(posts(world)[0])


def test_a_failure_is_told_once_for_each_job_and_cause(database: Database, world: World, slack: SlackClient) -> None:
    def fail(job: str, cause: str, hours: int) -> str:
        failed = FailedRun(job=job, run_id="r1", url="https://dagster.example/runs/1", cause=cause)
        return post_run_failure(database, slack, OUTLET, failed, now=NOW + timedelta(hours=hours)).outcome

    outcomes = [
        fail("sync", "Jira limits the rate; try in 37 s", 0),
        fail("sync", "Jira limits the rate; try in 12 s", 1),
        fail("sync", "Jira refuses the token", 2),
        fail("sync", "Jira limits the rate; try in 5 s", 3),
        fail("census", "Jira refuses the token", 4),
        fail("sync", "Jira refuses the token", 20),
        fail("sync", "Jira refuses the token", 40),  # still the same trouble
        fail("sync", "Jira refuses the token", 65),  # after a quiet day
    ]

    assert outcomes == ["posted", "unchanged", "posted", "unchanged", "posted", "unchanged", "unchanged", "posted"]
    assert len(posts(world)) == 4
    assert "<https://dagster.example/runs/1|Open the run>" in shown(posts(world)[0])


@pytest.mark.parametrize("fault", [*HICCUPS, FaultKind.LOST_REQUEST])
def test_given_the_answer_about_a_failure_is_lost_then_it_is_told_once(
    database: Database, world: World, slack: SlackClient, fault: FaultKind
) -> None:
    world.faults.add(Rule(Fault(fault), path=POST, last=1))
    world.faults.add(Rule(Fault(FaultKind.UNAVAILABLE), path=HISTORY, last=4))
    for hour in range(3):
        try:
            failed = FailedRun(job="sync", run_id="r1", url=None, cause="away")
            post_run_failure(database, slack, OUTLET, failed, now=NOW + timedelta(hours=hour))
        except JavisError:
            assert hour == 0

    assert len(posts(world)) == 1
