"""The sandbox's page over HTTP: what people see and change there."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests

from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.confluence.site import Page
from javis_pipeline.sandbox.jira.issues import Issue
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EVIL = "<script>alert(1)</script>\"'&"


@pytest.fixture
def world() -> World:
    world = World(seed=3, clock=Clock(NOON))
    world.jira.create_project("OQC", "Optical")
    world.confluence.add_space("ENG", "Engineering")
    world.slack.add_channel("oqc-team")
    return world


@pytest.fixture
def http(world: World) -> Iterator[requests.Session]:
    with SandboxServer(world), requests.Session() as session:
        yield session


def an_issue(world: World, title: str = "Seams are visible") -> Issue:
    return world.jira.create("OQC", title, labels=["cameras"], priority="High")


def a_page(world: World, title: str = "Runbook", body: str = "<p>one</p>") -> Page:
    return world.confluence.create_page(world.confluence.space("ENG").space_id, title, body)


def test_given_an_empty_sandbox_when_opened_then_it_says_how_to_fill_it() -> None:
    with SandboxServer(World()) as server:
        answer = requests.get(f"{server.base_url}/", timeout=5)

    assert "This sandbox is empty" in answer.text
    assert "--demo" in answer.text


def test_given_an_issue_when_the_form_is_saved_then_jira_has_it_and_its_changelog(
    world: World, http: requests.Session
) -> None:
    issue = an_issue(world)
    url = f"{world.base_url}/browse/{issue.state.key}"
    form = {
        "title": "No more seams",
        "status": "In Progress",
        "labels": "cameras line-4",
        "priority": "Low",
        "due_date": "2026-03-09",
        "comment": "Done on bench 2.",
    }

    shown = http.post(url, data=form)

    state = issue.state
    assert (shown.status_code, "Saved." in shown.text) == (200, True)
    assert (state.summary, state.labels, str(state.due)) == ("No more seams", ("cameras", "line-4"), "2026-03-09")
    assert world.jira.statuses[state.status_id].name == "In Progress"
    assert {item.field for change in issue.history for item in change.items} >= {"summary", "status", "labels"}
    assert "Done on bench 2." in shown.text


def test_given_a_value_jira_refuses_when_saved_then_the_form_keeps_it_and_says_why(
    world: World, http: requests.Session
) -> None:
    issue = an_issue(world)

    shown = http.post(f"{world.base_url}/browse/{issue.state.key}", data={"title": "x" * 300})

    assert shown.status_code == 422
    assert "255 characters" in shown.text
    assert "x" * 300 in shown.text
    assert issue.state.summary == "Seams are visible"


def test_given_a_page_when_saved_then_there_is_one_new_version_and_nothing_when_nothing_differs(
    world: World, http: requests.Session
) -> None:
    page = a_page(world, body="<p>one</p>\n<p>line two</p>")
    url = f"{world.base_url}/wiki/spaces/ENG/pages/{page.page_id}/Runbook"
    same = {"title": page.title, "body": page.body.replace("\n", "\r\n"), "labels": ""}

    http.post(url, data=same)
    unchanged = page.number
    http.post(url, data=same | {"body": "<p>two</p>", "labels": "ops", "message": "shorter"})
    refused = http.post(url, data=same | {"body": "<p>"})

    assert (unchanged, page.number, page.latest.message) == (1, 2, "shorter")
    assert [label.name for label in page.labels] == ["ops"]
    assert (refused.status_code, "Error parsing xhtml" in refused.text) == (422, True)


def test_given_a_page_that_people_talk_below_then_it_shows_that_with_the_answers_and_takes_another_comment(
    world: World, http: requests.Session
) -> None:
    page = a_page(world)
    asked = world.confluence.comments.add(page.page_id, "<p>Who keeps <strong>this</strong>?</p>")
    world.confluence.comments.add(page.page_id, "<p>We do.</p>", answers=asked.comment_id)
    url = f"{world.base_url}/wiki/spaces/ENG/pages/{page.page_id}"
    http.post(url, data={"title": page.title, "body": page.body, "labels": "", "comment": "Thanks & <bye>"})
    shown = http.get(url).text

    assert "<strong>this</strong>" in shown
    assert shown.index("Who keeps") < shown.index("We do.") < shown.index("Thanks &amp; &lt;bye&gt;")
    assert page.number == 1


def test_given_a_message_when_written_on_the_page_then_it_is_escaped_as_slack_does(
    world: World, http: requests.Session
) -> None:
    channel = world.slack.channel("oqc-team")

    shown = http.post(f"{world.base_url}/slack/oqc-team", data={"person": "Ada Brandt", "text": "<!channel> & so"})

    assert channel.messages[0]["text"] == "&lt;!channel&gt; &amp; so"
    assert "&lt;!channel&gt; &amp; so" in shown.text


def test_given_blocks_when_shown_then_marks_are_rendered_and_buttons_are_forms(
    world: World, http: requests.Session
) -> None:
    button = {"type": "button", "text": {"type": "plain_text", "text": "Keep local"}, "action_id": "keep"}
    text = "*bold* <https://example.com|here> `code`\n> quoted\nrest <@U0SANDBOX1> <javascript:alert(1)|no>"
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": text}},
        {"type": "actions", "block_id": "b", "elements": [button]},
    ]
    world.slack.post("oqc-team", text="x", blocks=blocks)

    shown = http.get(f"{world.base_url}/slack/oqc-team").text

    assert "<strong>bold</strong>" in shown
    assert '<a href="https://example.com" rel="noreferrer">here</a>' in shown
    assert "<code>code</code>" in shown
    assert "<blockquote>quoted</blockquote>" in shown
    assert "@Javis" in shown
    assert 'href="javascript' not in shown
    assert 'action="/slack/press"' in shown


def test_given_hostile_text_everywhere_when_shown_then_no_script_of_it_is_an_element(
    world: World, http: requests.Session
) -> None:
    issue = an_issue(world, EVIL)
    world.jira.comment(issue.state.key, EVIL)
    world.jira.edit(issue.state.key, description=EVIL)
    page = a_page(world, EVIL, '<p onclick="x()">&lt;script&gt;</p><a href="javascript:x()">y</a><script>z()</script>')
    world.slack.say("oqc-team", EVIL, EVIL)
    paths = ["/", "/projects/OQC?q=%3Cscript%3E", f"/browse/{issue.state.key}?notice=%3Cscript%3E", "/wiki/spaces/ENG"]
    paths += [f"/wiki/spaces/ENG/pages/{page.page_id}", "/slack/oqc-team?as=%22%3E%3Cscript%3E"]

    for path in paths:
        answer = http.get(f"{world.base_url}{path}")

        assert answer.status_code == 200, path
        assert "<script" not in answer.text, path
        assert "onclick=" not in answer.text.split("<textarea")[0], path
        assert 'href="javascript' not in answer.text, path
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path", ["/projects/NONE", "/browse/OQC-99", "/wiki/spaces/NONE", "/wiki/spaces/ENG/pages/1", "/slack/nowhere"]
)
def test_given_nothing_at_an_address_when_opened_then_404_says_so(
    world: World, http: requests.Session, path: str
) -> None:
    answer = http.get(f"{world.base_url}{path}")

    assert answer.status_code == 404
    assert "nothing at this address" in answer.text


def test_given_a_form_of_another_site_when_sent_then_it_is_not_taken(world: World, http: requests.Session) -> None:
    issue = an_issue(world)

    answer = http.post(
        f"{world.base_url}/browse/{issue.state.key}", data={"title": "x"}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert answer.status_code == 403
    assert issue.state.summary == "Seams are visible"


def test_given_hidden_things_when_listed_then_they_are_not_there(world: World, http: requests.Session) -> None:
    issue, page = an_issue(world), a_page(world)
    world.jira.hide(issue.state.key)
    world.confluence.hide_page(page.page_id)

    assert "Seams" not in http.get(f"{world.base_url}/projects/OQC").text
    assert "Runbook" not in http.get(f"{world.base_url}/wiki/spaces/ENG").text
    assert "no issues yet" in http.get(f"{world.base_url}/projects/OQC").text
