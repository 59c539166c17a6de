"""Buttons: the two ways in, who may press, what a press does here, and what the thread is told."""

import hashlib
import hmac
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus, urlencode
from uuid import uuid4

import orjson
import pytest
import requests
import uvicorn
from starlette.testclient import TestClient

from javis_pipeline.clients.slack.inbox import PATH, Press, interactive_app, listen, press_of, safely
from javis_pipeline.db.connection import Database
from javis_pipeline.db.locks import hold_scope
from javis_pipeline.errors import DatabaseError, IdentityError
from javis_pipeline.posts.conflicts import KEEP_LOCAL, KEEP_REMOTE, SHOW_DIFF
from javis_pipeline.posts.proposals import ACCEPT, REJECT
from javis_pipeline.records.suggestion import AdviceScope
from javis_pipeline.sandbox.slack.interaction import button_payload
from javis_pipeline.sandbox.slack.site import NotOk
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.notify import Outlet, post_digest
from javis_pipeline.steps.slack_answers import Desk, answer_press, is_new_request
from javis_pipeline.steps.suggest import suggest
from javis_pipeline.wiring import TABLES, local_run
from javis_pipeline_tests.contexts import NOW, a_context, a_risk, an_issue_brief
from javis_pipeline_tests.digests import CHANNEL, a_slack_client, a_slack_world, channel, replies, shown
from javis_pipeline_tests.integration.test_notify import keep

OUTLET = Outlet("OQC", CHANNEL, with_pictures=False)
SECRET = "shhh"
ACTIONS = '[{"kind": "set_priority", "issue_key": "OQC-1", "value": "High", "seen": {"priority": "Medium"}}]'


@dataclass
class Office:
    """A project with a suggestion and a conflict, told in a channel where Ada is, and a desk that answers presses."""

    world: World
    db: Database
    desk: Desk
    answered: threading.Event = field(default_factory=threading.Event)

    def handle(self, press: Press) -> None:
        try:
            answer_press(self.desk, press, now=NOW)
        finally:
            self.answered.set()

    def button(self, action_id: str) -> tuple[dict[str, Any], str]:
        """The first message with this button, and the id of the block that it is in."""
        for message in channel(self.world).messages:
            for block in message.get("blocks", ()):
                if any(element.get("action_id") == action_id for element in block.get("elements", ())):
                    return message, block["block_id"]
        raise AssertionError(f"there is no button {action_id}")

    def press(self, action_id: str, person: str = "Ada Brandt") -> None:
        """What Slack says when somebody presses the button, handed to the desk."""
        message, block_id = self.button(action_id)
        place = {"channel": CHANNEL, "ts": message["ts"], "block_id": block_id, "action_id": action_id}
        payload = button_payload(self.world.slack, **place, user=self.world.slack.member(person))
        press = press_of(payload)
        assert press is not None
        safely(self.handle, press)

    def press_on_page(self, action_id: str) -> str:
        """Ada presses the button on the sandbox's page; returns what the page says once it was answered."""
        message, block_id = self.button(action_id)
        place = {"channel": CHANNEL, "ts": message["ts"], "block_id": block_id, "action_id": action_id}
        form = {**place, "person": "Ada Brandt"}
        response = requests.post(f"{self.world.base_url}/slack/press", data=form, allow_redirects=False, timeout=10)
        assert self.answered.wait(20)
        return unquote_plus(response.headers["Location"])

    def thread(self) -> str:
        """All that the thread shows."""
        return "\n".join(map(shown, replies(self.world)))

    def last_answer(self) -> str:
        return shown(replies(self.world)[-1])


@pytest.fixture
def office(database: Database) -> Iterator[Office]:
    with a_slack_world() as world:
        world.slack.say(CHANNEL, "Ada Brandt", "morning")
        slack = a_slack_client(world)
        _store(database)
        keep(database, _context())
        database.query("UPDATE ai_suggestions SET actions = %s", [ACTIONS])
        post_digest(database, slack, OUTLET, now=NOW)
        desk = Desk(database, TABLES, slack, lambda project: replace(OUTLET, project=project), local_run)
        yield Office(world, database, desk)


def _context(risks: int = 1) -> Any:
    keys = [f"OQC-{number}" for number in range(1, risks + 1)]
    return a_context(
        risks=tuple(a_risk("overdue", key) for key in keys),
        issues=tuple(an_issue_brief(key, title="Said here", priority="Medium") for key in keys),
    )


def _store(db: Database) -> None:
    """An issue whose title was edited on both sides."""
    with db.transaction(origin="sync") as conn:
        conn.execute("INSERT INTO priorities VALUES ('1', 'High', 1), ('2', 'Medium', 2)")
        conn.execute(
            """INSERT INTO jira_issues (jira_id, key, project_key, title, priority, status, local_modified_fields,
                                        sync_status, remote_updated_at, last_synced_at)
               VALUES ('10001', 'OQC-1', 'OQC', 'Said here', 'Medium', 'To Do', '{"title": "Said"}', 'conflict',
                       %(at)s, %(at)s)""",
            {"at": NOW},
        )
        conn.execute(
            """INSERT INTO sync_conflicts (id, resource_type, resource_id, scope, field_name, kind, base_value,
                                           local_value, remote_value, created_at)
               VALUES (%(id)s, 'jira_issue', '10001', 'OQC', 'title', 'both_changed', '"Said"', '"Said here"',
                       '"Said there"', %(at)s)""",
            {"id": uuid4(), "at": NOW},
        )


def title(db: Database) -> str:
    return str(db.query("SELECT title FROM jira_issues WHERE key = 'OQC-1'")[0]["title"])


def conflict(db: Database) -> dict[str, Any]:
    return db.query("SELECT state, resolution::text, resolved_by FROM sync_conflicts")[0]


def test_given_keep_remote_when_pressed_then_ours_is_replaced_and_the_thread_says_who(office: Office) -> None:
    office.press(KEEP_REMOTE)

    assert title(office.db) == "Said there"
    assert conflict(office.db)["resolution"] == "remote"
    assert conflict(office.db)["resolved_by"].startswith("ada.brandt (Slack U")
    assert office.last_answer() == "ada.brandt kept Jira's: OQC-1 title. It replaces ours."
    with pytest.raises(AssertionError, match="no button"):
        office.button(KEEP_REMOTE)


def test_given_keep_local_when_pressed_then_the_next_sync_sends_it(office: Office) -> None:
    office.press(KEEP_LOCAL)

    assert title(office.db) == "Said here"
    assert conflict(office.db)["resolution"] == "local"
    assert "kept ours: OQC-1 title. The next sync sends it to Jira." in office.last_answer()


def test_given_show_diff_when_pressed_then_the_thread_shows_both_sides(office: Office) -> None:
    office.press(SHOW_DIFF)

    assert "-Said there\n+Said here" in office.last_answer()
    assert conflict(office.db)["state"] == "open"


def test_given_accept_when_pressed_then_it_is_a_local_edit_and_the_button_gives_way_to_a_name(office: Office) -> None:
    office.press(ACCEPT)

    edit = office.db.query("SELECT local_modified_fields - 'title' AS edited, priority FROM jira_issues")[0]
    assert edit["priority"] == "High"
    assert list(edit["edited"]) == ["priority"]
    assert "ada.brandt accepted" in office.last_answer()
    assert "The next sync sends it." in office.last_answer()
    with pytest.raises(AssertionError, match="no button"):
        office.button(ACCEPT)
    assert "*Accepted* by ada.brandt" in office.thread()
    assert office.db.query("SELECT decided_by FROM ai_suggestions")[0]["decided_by"].startswith("ada.brandt (Slack U")


def test_given_reject_when_pressed_then_it_is_decided(office: Office) -> None:
    office.press(REJECT)

    assert office.db.query("SELECT state FROM ai_suggestions") == [{"state": "rejected"}]
    assert "ada.brandt rejected" in office.last_answer()


def test_given_a_conflict_that_changed_since_when_pressed_then_nothing_is_done_and_the_thread_says_so(
    office: Office,
) -> None:
    office.db.query("UPDATE sync_conflicts SET remote_value = '\"Said otherwise\"'")

    office.press(KEEP_REMOTE)

    assert conflict(office.db)["state"] == "open"
    assert title(office.db) == "Said here"
    assert "ada.brandt wanted to keep theirs, and nothing was done: OQC-1 title changed since" in (office.last_answer())
    assert "Jira's: Said otherwise" in office.thread()  # with buttons for the new values


def test_given_our_side_changed_since_when_pressed_then_nothing_is_done(office: Office) -> None:
    office.db.query("UPDATE jira_issues SET title = 'Said anew'")

    office.press(KEEP_REMOTE)

    assert title(office.db) == "Said anew"
    assert "nothing was done: OQC-1 title changed since you looked" in office.last_answer()


def test_given_a_conflict_that_was_resolved_before_when_pressed_then_the_thread_says_so(office: Office) -> None:
    office.db.query("UPDATE sync_conflicts SET state = 'resolved'")

    office.press(KEEP_LOCAL)

    assert "nothing was done: conflict" in office.last_answer()
    assert "is not open any more" in office.last_answer()


def test_given_a_suggestion_that_expired_when_accepted_then_the_thread_says_so(office: Office) -> None:
    suggest(office.db, None, _context(risks=2), AdviceScope(), now=NOW + timedelta(hours=1))

    office.press(ACCEPT)

    assert "wanted to accept a suggestion, and nothing was done" in office.last_answer()
    assert "has expired" in office.last_answer()


def test_given_somebody_from_outside_the_channel_when_pressing_then_nothing_is_done(office: Office) -> None:
    before = len(channel(office.world).messages)

    office.press(REJECT, person="Mallory")

    assert office.db.query("SELECT state FROM ai_suggestions") == [{"state": "proposed"}]
    assert len(channel(office.world).messages) == before  # nor can a message be whispered to somebody who is not there


def test_given_a_list_of_people_then_only_they_may_and_others_are_told_so(office: Office) -> None:
    office.world.slack.say(CHANNEL, "Bob", "hi")
    bob, ada = (office.world.slack.member(name).user_id for name in ("Bob", "Ada Brandt"))
    office.desk = replace(office.desk, allowed_users=frozenset({bob}))

    office.press(REJECT, person="Ada Brandt")
    whispered = channel(office.world).messages[-1]
    assert office.db.query("SELECT state FROM ai_suggestions") == [{"state": "proposed"}]
    office.press(REJECT, person="Bob")

    assert whispered["ephemeral_for"] == ada
    assert "Nothing was done: you are not among those who may" in whispered["text"]
    assert "bob rejected" in office.last_answer()


def test_given_a_run_that_is_posting_when_pressed_then_the_post_is_redrawn_after_it(office: Office) -> None:
    waits: list[float] = []
    run = hold_scope(office.db, "slack", f"digest OQC {channel(office.world).channel_id}")
    run.__enter__()

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            run.__exit__(None, None, None)

    office.desk = replace(office.desk, sleep=wait)
    office.press(REJECT)

    assert len(waits) == 2
    assert "*Rejected* by ada.brandt" in office.thread()


def test_given_presses_at_once_then_each_is_answered_and_the_post_shows_all(office: Office) -> None:
    presses = [threading.Thread(target=office.press, args=[action]) for action in (REJECT, KEEP_REMOTE)]
    for press in presses:
        press.start()
    for press in presses:
        press.join()

    assert office.thread().count("ada.brandt rejected") == office.thread().count("ada.brandt kept Jira's") == 1
    blocks = [block for reply in replies(office.world) for block in reply.get("blocks", ())]
    assert not any(block["type"] == "actions" for block in blocks)


def test_given_a_name_that_is_markup_then_the_thread_mentions_nobody(office: Office) -> None:
    ada = office.world.slack.member("Ada Brandt").user_id
    message, _ = office.button(REJECT)
    value = office.db.query("SELECT id::text FROM ai_suggestions")[0]["id"]
    place = (channel(office.world).channel_id, message["ts"], message["thread_ts"])

    answer_press(office.desk, Press(REJECT, value, ada, "<!channel>", *place), now=NOW)

    assert office.last_answer().startswith("&lt;!channel&gt; rejected")


@pytest.mark.parametrize("value", ["", "7f3a", "%", "not-a-uuid and more"])
@pytest.mark.parametrize("action", [ACCEPT, REJECT, KEEP_LOCAL, KEEP_REMOTE, SHOW_DIFF])
def test_given_a_value_that_is_not_ours_then_nothing_is_decided(office: Office, action: str, value: str) -> None:
    ada = office.world.slack.member("Ada Brandt").user_id
    message, _ = office.button(REJECT)

    answer_press(
        office.desk,
        Press(action, value, ada, "ada", channel(office.world).channel_id, message["ts"], message["thread_ts"]),
        now=NOW,
    )

    assert "nothing was done: the button names no" in office.last_answer()
    assert office.db.query("SELECT state FROM ai_suggestions") == [{"state": "proposed"}]


@pytest.mark.parametrize("ts", ["1.000001", "nonsense"])
def test_given_a_message_that_is_no_post_of_ours_then_it_is_ignored(office: Office, ts: str) -> None:
    before = len(channel(office.world).messages)

    answer_press(office.desk, Press(ACCEPT, "x", "U1", "x", channel(office.world).channel_id, ts, ts), now=NOW)

    assert len(channel(office.world).messages) == before


def test_given_a_wrong_app_token_then_the_error_names_the_setting(office: Office) -> None:
    with pytest.raises(IdentityError, match="SLACK_APP_TOKEN"):
        listen(office.desk.slack, "xapp-wrong", office.handle)


def test_given_socket_mode_when_a_button_is_pressed_then_it_is_done(office: Office) -> None:
    with closing(listen(office.desk.slack, office.world.credentials.slack_app_token, office.handle)):
        notice = office.press_on_page(KEEP_REMOTE)

    assert "The app took it over Socket Mode." in notice
    assert title(office.db) == "Said there"


def test_given_the_http_endpoint_when_a_button_is_pressed_then_it_is_done_once(office: Office) -> None:
    secret = office.world.credentials.slack_signing_secret
    requests_seen: list[str] = []

    def is_new(signature: str) -> bool:
        requests_seen.append(signature)
        return is_new_request(office.db, signature, now=datetime.now(UTC))

    app = interactive_app(secret, is_new=is_new, handle=office.handle, clock=lambda: datetime.now(UTC))
    with Served(app) as url:
        office.world.slack.request_url = f"{url}{PATH}"
        notice = office.press_on_page(KEEP_REMOTE)

    assert "The app answered 200." in notice
    assert len(requests_seen) == 1
    assert title(office.db) == "Said there"


class Served:
    """An application on a port of its own."""

    def __init__(self, app: Any) -> None:
        self._server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))

    def __enter__(self) -> str:
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listening]}, daemon=True)
        self._thread.start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()


# ---- signatures


@dataclass
class Inbox:
    """The endpoint with a clock of its own, and what reached the desk."""

    now: datetime = NOW
    pressed: list[Press] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    is_new: Callable[[str], bool] | None = None

    def client(self) -> TestClient:
        def is_new(signature: str) -> bool:
            known = signature in self.seen
            self.seen.add(signature)
            return not known

        app = interactive_app(SECRET, is_new=self.is_new or is_new, handle=self.pressed.append, clock=lambda: self.now)
        return TestClient(app, raise_server_exceptions=True)


def a_payload(**parts: Any) -> dict[str, Any]:
    usual = {
        "type": "block_actions",
        "user": {"id": "U1", "name": "ada"},
        "container": {"type": "message", "channel_id": "C1", "message_ts": "2.000001", "thread_ts": "1.000001"},
        "actions": [{"action_id": ACCEPT, "value": "7f3a"}],
    }
    return usual | parts


def a_body(payload: Any = None) -> bytes:
    return urlencode({"payload": orjson.dumps(a_payload() if payload is None else payload).decode()}).encode()


def signed(body: bytes, at: datetime = NOW, secret: str = SECRET) -> dict[str, str]:
    timestamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={digest}",
        "Content-Type": "application/x-www-form-urlencoded",
    }


def test_given_a_signed_press_then_it_reaches_the_desk() -> None:
    inbox, body = Inbox(), a_body()

    response = inbox.client().post(PATH, content=body, headers=signed(body))

    assert response.status_code == 200
    assert inbox.pressed == [Press(ACCEPT, "7f3a", "U1", "ada", "C1", "2.000001", "1.000001")]


TIMESTAMP, SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"
_MINUTES = timedelta(minutes=5)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="none"),
        pytest.param({TIMESTAMP: None}, id="no timestamp"),
        pytest.param({SIGNATURE: None}, id="no signature"),
        pytest.param({SIGNATURE: ""}, id="empty signature"),
        pytest.param({SIGNATURE: "v0="}, id="no digest"),
        pytest.param({SIGNATURE: f"v0={'0' * 64}"}, id="wrong"),
        pytest.param({SIGNATURE: b"v0=\xff\xfe\xc3\xa9"}, id="not ASCII"),
        pytest.param({SIGNATURE: "x" * 10_000}, id="long"),
        pytest.param({TIMESTAMP: "yesterday"}, id="no number"),
        pytest.param({TIMESTAMP: "-1"}, id="negative"),
        pytest.param({TIMESTAMP: "1e9"}, id="exponent"),
        pytest.param({TIMESTAMP: "nan"}, id="nan"),
        pytest.param({TIMESTAMP: "9" * 400}, id="huge"),
        pytest.param({TIMESTAMP: "\u0661\u0662".encode()}, id="digits of another script"),
        pytest.param({TIMESTAMP: b"\xff"}, id="a byte"),
        pytest.param(signed(a_body(), NOW - _MINUTES - timedelta(seconds=1)), id="too old"),
        pytest.param(signed(a_body(), NOW + _MINUTES + timedelta(seconds=1)), id="of the future"),
        pytest.param(signed(a_body(), secret="other"), id="another secret"),
        pytest.param(signed(a_body() + b"&x=1"), id="another body"),
    ],
)
def test_given_a_signature_that_is_not_slacks_then_401(headers: dict[str, Any]) -> None:
    inbox, body = Inbox(), a_body()
    sent: dict[str, Any] = (signed(body) | headers) if headers else {}

    response = inbox.client().post(
        PATH, content=body, headers={name: value for name, value in sent.items() if value is not None}
    )

    assert response.status_code == 401
    assert inbox.pressed == []
    assert inbox.seen == set()


def test_given_two_signatures_then_401() -> None:
    body = a_body()
    headers = [*signed(body).items(), (SIGNATURE, "v0=00")]

    assert Inbox().client().post(PATH, content=body, headers=headers).status_code == 401


@pytest.mark.parametrize("seconds", [0, 299, -299])
def test_given_a_request_within_the_window_then_it_is_taken_once(seconds: int) -> None:
    inbox, body = Inbox(), a_body()
    headers = signed(body, NOW + timedelta(seconds=seconds))
    client = inbox.client()

    codes = [client.post(PATH, content=body, headers=headers).status_code for _ in range(3)]

    assert codes == [200, 401, 401]
    assert len(inbox.pressed) == 1


def test_given_a_replay_then_the_database_knows_it_even_after_a_restart(database: Database) -> None:
    body = a_body()
    codes = []
    for minutes in (0, 4):  # a new process each
        inbox = Inbox(now=NOW + timedelta(minutes=minutes))
        inbox.is_new = lambda seen, at=inbox.now: is_new_request(database, seen, now=at)
        codes.append(inbox.client().post(PATH, content=body, headers=signed(body)).status_code)

    assert codes == [200, 401]
    assert is_new_request(database, "another", now=NOW + timedelta(hours=1))
    assert database.query("SELECT signature FROM slack_requests") == [{"signature": "another"}]


def test_given_the_database_is_away_then_slack_is_asked_to_try_again() -> None:
    def is_new(signature: str) -> bool:
        raise DatabaseError("away")

    inbox, body = Inbox(is_new=is_new), a_body()

    assert inbox.client().post(PATH, content=body, headers=signed(body)).status_code == 503
    assert inbox.pressed == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"", 400, id="empty"),
        pytest.param(b"payload", 400, id="no value"),
        pytest.param(b"payload=%7B", 400, id="half of a document"),
        pytest.param(b"\xff\xfe", 400, id="no text"),
        pytest.param(b"&".join(b"a=1" for _ in range(1_000)), 400, id="many fields"),
        pytest.param(a_body([]), 200, id="a list"),
        pytest.param(a_body({"type": "view_submission"}), 200, id="another interaction"),
        pytest.param(a_body(a_payload(actions=[])), 200, id="no action"),
        pytest.param(a_body(a_payload(user=None)), 200, id="nobody"),
        pytest.param(a_body(a_payload(actions=[{"action_id": 7}])), 200, id="a number for an action"),
        pytest.param(b"x" * (1024 * 1024 + 1), 413, id="too long"),
    ],
)
def test_given_a_signed_body_that_is_no_press_then_nothing_is_done(body: bytes, status: int) -> None:
    inbox = Inbox()

    response = inbox.client().post(PATH, content=body, headers=signed(body))

    assert response.status_code == status
    assert inbox.pressed == []


def test_given_a_press_that_fails_then_the_next_is_still_heard(caplog: pytest.LogCaptureFixture) -> None:
    def fail(press: Press) -> None:
        raise NotOk("unheard of")

    app = interactive_app(SECRET, is_new=lambda signature: True, handle=fail, clock=lambda: NOW)
    body = a_body()

    codes = [TestClient(app).post(PATH, content=body, headers=signed(body)).status_code for _ in range(2)]

    assert codes == [200, 200]
    assert caplog.text.count("slack_press_failed") == 2


def test_only_the_one_address_is_served() -> None:
    client = Inbox().client()

    assert client.get(PATH).status_code == 405
    assert client.post("/", content=b"").status_code == 404
