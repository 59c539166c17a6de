"""The demo world: alive, up to today, and always the same."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.confluence.storage import plain_text
from javis_pipeline.sandbox.demo import build_demo
from javis_pipeline.sandbox.demo.markup import Markup
from javis_pipeline.sandbox.jira.issues import Issue
from javis_pipeline.sandbox.world import World

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> World:
    return a_demo(NOON)


def a_demo(now: datetime, seed: int = 1) -> World:
    world = World(seed=seed, clock=Clock(now))
    build_demo(world)
    return world


def issues_of(world: World, project: str) -> list[Issue]:
    return [issue for issue in world.jira.issues.values() if issue.state.project == project]


@pytest.mark.parametrize("project", ["OQC", "EUV"])
def test_given_the_demo_when_built_then_each_project_has_work_in_every_state_and_a_past(
    world: World, project: str
) -> None:
    issues = issues_of(world, project)
    sprints = Counter(sprint.state for sprint in world.jira.sprints if sprint.name.startswith(project))
    statuses = {world.jira.statuses[issue.state.status_id].name for issue in issues}

    assert 60 <= len(issues) <= 120
    assert sprints == {"closed": 8, "active": 1, "future": 1}
    assert statuses == {"To Do", "In Progress", "In Review", "Done"}
    assert any(issue.state.due and issue.state.due < NOON.date() for issue in issues)
    assert any(world.jira.comments(issue) for issue in issues)


def test_given_the_demo_when_built_then_people_talk_below_pages_after_these_were_written_and_some_are_answered(
    world: World,
) -> None:
    comments = [*world.confluence.comments.by_id.values()]

    assert {world.confluence.spaces[world.confluence.page(one.page_id).space_id].key for one in comments} >= {"OQC"}
    assert any(one.parent_id for one in comments)
    for one in comments:
        assert world.confluence.page(one.page_id).created_at < one.latest.created_at < NOON, one.latest.body


def test_given_the_demo_when_read_then_nothing_happened_before_its_cause_or_after_now(world: World) -> None:
    for issue in world.jira.issues.values():
        instants = [issue.state.created, *(change.created for change in issue.history)]

        assert instants == sorted(instants), issue.state.key
        assert instants[-1] <= NOON, issue.state.key


def test_given_the_demo_when_its_links_are_followed_then_they_cross_projects_and_go_in_a_circle(world: World) -> None:
    keys = {issue.id: issue.state.key for issue in world.jira.issues.values()}
    links = {(keys[link.source], keys[link.destination]) for i in world.jira.issues.values() for link in i.links}
    after = {source: {end for start, end in links if start == source} for source, _ in links}

    def reaches(start: str, goal: str, seen: frozenset[str] = frozenset()) -> bool:
        return any(
            end == goal or (end not in seen and reaches(end, goal, seen | {end})) for end in after.get(start, ())
        )

    assert any(source[:3] != end[:3] for source, end in links)
    assert any(reaches(key, key) for key in after)


def test_given_a_seed_and_a_day_when_built_twice_then_the_worlds_are_equal(world: World) -> None:
    again = a_demo(NOON)

    assert again.jira.state() == world.jira.state()
    assert again.confluence.state() == world.confluence.state()


@pytest.mark.parametrize("day", range(14))
def test_given_any_day_when_built_then_it_can_be_built(day: int) -> None:
    now = NOON - timedelta(days=day * 5, hours=day * 7)

    assert issues_of(a_demo(now, seed=day), "OQC")


def test_given_the_demo_when_its_pages_are_read_then_they_name_issues_that_exist(world: World) -> None:
    spaces = Counter(world.confluence.spaces[page.space_id].key for page in world.confluence.pages.values())
    text = " ".join(plain_text(page.body) for page in world.confluence.pages.values())

    assert set(spaces) == {"OQC", "OQCDOC", "ENG", "HB"}
    assert all(10 <= count <= 20 for count in spaces.values())
    assert "{" not in text.replace('{"t"', "")
    assert {"ac:structured-macro", "ac:task-list", "ri:user", "ri:page", "<table", "CDATA"} <= {
        mark
        for mark in ("ac:structured-macro", "ac:task-list", "ri:user", "ri:page", "<table", "CDATA")
        if any(mark in page.body for page in world.confluence.pages.values())
    }


def test_given_the_demo_when_slack_is_read_then_people_talk_in_threads(world: World) -> None:
    messages = world.slack.channel("oqc-team").messages

    assert any(message.get("reply_count") for message in messages)
    assert not any("{" in message["text"] for message in messages)


def test_given_marked_text_when_made_into_storage_then_each_mark_is_an_element() -> None:
    markup = Markup({"lamp": "OQC-7"}, {"Ada Brandt": "a1"})

    storage = markup.storage("## A & B\n- {lamp} by @{Ada Brandt}\n\n!note see [[C < D]]\n\n[x] **done** `a<b`")

    assert storage == (
        "<h2>A &amp; B</h2><ul><li><p>"
        '<ac:structured-macro ac:name="jira" ac:schema-version="1"><ac:parameter ac:name="key">OQC-7</ac:parameter>'
        '</ac:structured-macro> by <ac:link><ri:user ri:account-id="a1" /></ac:link></p></li></ul>'
        '<ac:structured-macro ac:name="note"><ac:rich-text-body><p>see <ac:link>'
        '<ri:page ri:content-title="C &lt; D" /></ac:link></p></ac:rich-text-body></ac:structured-macro>'
        "<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status>"
        "<ac:task-body><span><strong>done</strong> <code>a&lt;b</code></span></ac:task-body></ac:task></ac:task-list>"
    )
