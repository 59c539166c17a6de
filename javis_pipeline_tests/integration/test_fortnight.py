"""Fourteen days of the demo, with edits on each: what a channel gets, and that nothing in it comes twice."""

import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.posts.blocks import Message, Sites, as_text
from javis_pipeline.posts.digest import LINES
from javis_pipeline.records.suggestion import AdviceScope
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.demo import build_demo
from javis_pipeline.sandbox.jira.editing import InvalidEditError
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.build_context import ContextScope, build_context
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.look_back import post_week
from javis_pipeline.steps.notify import Outlet, post_digest, post_risk_alert
from javis_pipeline.steps.suggest import suggest
from javis_pipeline.steps.sync_scope import pull_scope
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.system import JiraSystem
from javis_pipeline_tests.digests import a_slack_client, posts
from javis_pipeline_tests.sentences import never_said
from javis_pipeline_tests.sites import issue_there

DAYS = 14
MORNING = datetime(2026, 11, 16, 8, tzinfo=UTC)
CHANNEL = "oqc-team"
NEXT = {"To Do": "In Progress", "Open": "In Progress", "In Progress": "In Review", "In Review": "Done"}


@pytest.fixture
def world() -> Iterator[World]:
    world = World(seed=3, clock=Clock(MORNING))
    build_demo(world)
    world.slack.limits = None
    with SandboxServer(world):
        yield world


def a_day_of_work(world: World, rng: random.Random) -> None:
    """Some issues move on, one is new, and now and then a date is set or a link is made."""
    jira = world.jira
    keys = [issue.state.key for issue in jira.issues.values() if issue.state.key.startswith("OQC-")]
    for key in rng.sample(keys, 12):
        status = jira.statuses[issue_there(world, key).state.status_id].name
        if status in NEXT:
            with suppress(InvalidEditError):
                jira.transition(key, NEXT[status], by="Mara Lindqvist")
    new = jira.create("OQC", f"Look into finding {rng.randint(100, 999)}", by="Jonas Weber").state.key
    if rng.random() < 0.5:
        jira.edit(new, due_date=(world.clock.now() + timedelta(days=rng.randint(1, 9))).date(), assignee="Jonas Weber")
    if rng.random() < 0.3:
        jira.link(rng.choice(keys), "Blocks", new)


def test_a_fortnight_of_digests_is_one_post_a_day_of_at_most_ten_lines_and_no_line_comes_twice(
    world: World, database: Database
) -> None:
    rng, slack = random.Random(7), a_slack_client(world)
    outlet = Outlet("OQC", CHANNEL, sites=Sites(world.base_url), with_pictures=False)
    before, weeks = len(posts(world, CHANNEL)), list[str]()
    for day in range(DAYS):
        now = world.clock.now()
        with JiraClient(world.base_url, "ada@example.com", world.credentials.api_token, rate=10_000) as jira:
            pull_scope(Job(db=database, system=JiraSystem(jira), key="OQC", run_id=f"run-{day}", clock=world.clock.now))
        context = build_context(database, ContextScope("OQC"), now=now).context
        suggest(database, None, context, AdviceScope(), now=now)
        post_digest(database, slack, outlet, now=now)
        post_risk_alert(database, slack, outlet, context, now=now)
        weeks += [post_week(database, slack, outlet, now=now).outcome]
        a_day_of_work(world, rng)
        world.clock.advance(timedelta(days=1))

    every = [Message(post["text"], tuple(post["blocks"])) for post in posts(world, CHANNEL)[before:]]
    hindsight = [message for message in every if "in hindsight" in as_text(message)]
    told = [message for message in every if message not in hindsight]
    lines = [line for message in told for line in as_text(message).splitlines()[1:-1]]
    if folder := os.environ.get("JAVIS_FORTNIGHT"):
        Path(folder).write_text("\n\n".join(map(as_text, every)), encoding="utf-8")
    assert 7 <= len(told) <= DAYS
    # On the first Monday there is no week to look back on; from the second one on it is told once.
    assert weeks == ["nothing_to_say"] * 7 + ["posted"] + ["unchanged"] * 6
    assert "suggestions:" in as_text(hindsight[0])
    assert max(len(as_text(message).splitlines()) for message in told) <= LINES
    assert [line for line, count in Counter(lines).items() if count > 1] == []
    assert [fault for message in every for fault in never_said(as_text(message), to_people=True)] == []
