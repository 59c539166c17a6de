"""SlackClient against the sandbox's Slack, over a real socket."""

import http.server
import json
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from javis_pipeline.clients.slack.client import Mark, Sent, SlackClient, Upload
from javis_pipeline.clients.slack.web import NotOk
from javis_pipeline.errors import (
    IdentityError,
    JavisError,
    OutcomeUnknown,
    RemoteBusy,
    RemoteMissing,
    RemoteRefused,
    SettingError,
    UnusableReply,
)
from javis_pipeline.sandbox.faults import Fault, FaultKind, Rule
from javis_pipeline.sandbox.people import Person
from javis_pipeline.sandbox.slack.methods import METHODS
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.doctor import check_people
from javis_pipeline.steps.people import called_people
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline_tests.digests import CHANNEL, a_slack_client, a_slack_world, channel, posts, replies

BLOCKS = [{"type": "section", "text": {"type": "mrkdwn", "text": "*hello*", "verbatim": True}}]
MARK = Mark(UUID(int=7), "main", "abc")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
POST = "/api/chat.postMessage"


@pytest.fixture
def world() -> Iterator[World]:
    with a_slack_world() as world:
        yield world


@pytest.fixture
def slack(world: World) -> SlackClient:
    return a_slack_client(world)


class Waits:
    """A clock that only moves when somebody waits."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.waits: list[float] = []

    def clock(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds


def test_a_message_is_posted_changed_found_again_and_deleted(world: World, slack: SlackClient) -> None:
    sent = slack.send_message(f"#{CHANNEL}", "hello", BLOCKS, mark=MARK)
    answer = slack.send_message(sent.channel, "details", thread_ts=sent.ts, mark=Mark(MARK.post_id, "risks", "def"))

    assert sent.channel == channel(world).channel_id
    assert slack.find_post(sent.channel, MARK.post_id, since=LONG_AGO) == sent
    assert slack.find_post(sent.channel, UUID(int=8), since=LONG_AGO) is None
    assert [(reply.ts, reply.mark and reply.mark.part) for reply in slack.replies(sent)] == [
        (sent.ts, "main"),
        (answer.ts, "risks"),
    ]
    assert slack.update_message(sent, "changed", mark=MARK)
    assert posts(world)[0]["text"] == "changed"
    assert slack.permalink(sent).startswith(world.base_url)
    assert slack.delete_message(answer)
    assert not slack.delete_message(answer)
    assert not slack.update_message(answer, "too late")


def test_pictures_go_into_a_thread_in_one_message(world: World, slack: SlackClient) -> None:
    sent = slack.send_message(CHANNEL, "hello")

    slack.upload(sent, [Upload("flow.png", "Flow", "A chart", PNG), Upload("forecast.png", "Forecast", "Dates", PNG)])

    assert [file["title"] for file in replies(world)[0]["files"]] == ["Flow", "Forecast"]
    assert slack.replies(sent)[1].file_names == ("flow.png", "forecast.png")


def test_a_channel_is_known_by_id_and_by_name(world: World, slack: SlackClient) -> None:
    channel_id = channel(world).channel_id

    assert {slack.channel_id(name) for name in (channel_id, CHANNEL, f"#{CHANNEL}")} == {channel_id}
    with pytest.raises(RemoteMissing, match="no channel #nowhere that the app sees"):
        slack.channel_id("#nowhere")


def test_given_more_members_than_fit_a_batch_then_all_are_known(world: World, slack: SlackClient) -> None:
    for number in range(450):
        world.slack.say(CHANNEL, f"Person {number}", "hi")

    assert len(slack.members(channel(world).channel_id)) == 451


def test_given_people_then_the_doctor_says_who_is_called_and_who_is_not(world: World, slack: SlackClient) -> None:
    world.slack.say(CHANNEL, "Ada Brandt", "hi")
    ada = world.slack.member("Ada Brandt").user_id
    world.people.add(Person("712020:ada", "Ada Brandt", "ada.brandt@example.com"))
    people = {"712020:ada": ada, "712020:bob": "U0NOBODY", "ada.brandt@example.com": ada, "eve@example.com": ada}

    with JiraClient(world.base_url, "ada@example.com", world.credentials.api_token, rate=10_000) as jira:
        checks = [
            (check.verdict, check.finding, check.remedy) for check in check_people(slack, jira.account_of, people)
        ]

    assert [verdict for verdict, _, _ in checks] == ["ok", "failed", "ok", "failed"]
    assert checks[0][1] == checks[2][1] == "called as Ada Brandt"
    assert "user_not_found" in checks[1][1]
    assert checks[3][1] == "Ada Brandt is not called: Jira shows nobody, or more than one, for this e-mail"
    assert checks[3][2] == f"write the person's account id instead: ACCOUNT:{ada} in SLACK_PEOPLE"


def test_given_e_mails_then_posts_know_the_accounts_and_go_on_without_those_that_jira_does_not_tell(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.people.add(Person("712020:ada", "Ada Brandt", "ada.brandt@example.com"))
    people = {"ada.brandt@example.com": "U0ADA", "eve@example.com": "U0EVE", "712020:bob": "U0BOB"}

    with JiraClient(world.base_url, "ada@example.com", world.credentials.api_token, rate=10_000) as jira:
        called = called_people(people, jira.account_of)
    with JiraClient(world.base_url, "ada@example.com", "wrong", rate=10_000) as jira:
        called_without_jira = called_people(people, jira.account_of)

    assert called == {"712020:ada": "U0ADA", "712020:bob": "U0BOB"}
    assert called_without_jira == {"712020:bob": "U0BOB"}
    assert "@example.com" not in caplog.text


REFUSALS = [
    pytest.param(
        "C0000000000", RemoteRefused, "channel_not_found.*check SLACK_DEFAULT_CHANNEL", id="channel_not_found"
    ),
    pytest.param("#elsewhere", RemoteRefused, "not_in_channel.*write /invite", id="not_in_channel"),
    pytest.param("#old", RemoteRefused, "is_archived.*name another", id="is_archived"),
]


@pytest.mark.parametrize(("name", "error", "message"), REFUSALS)
def test_given_slack_refuses_then_the_error_names_the_remedy(
    world: World, slack: SlackClient, name: str, error: type[JavisError], message: str
) -> None:
    world.slack.add_channel("old")
    world.slack.archive_channel("old")

    with pytest.raises(error, match=message):
        slack.send_message(name, "hello")


def test_given_a_wrong_token_then_the_error_names_the_setting_and_the_token_is_nowhere(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    slack = a_slack_client(world, "xoxb-secret")

    with pytest.raises(IdentityError, match=r"invalid_auth.*SLACK_BOT_TOKEN") as refused:
        slack.identity()

    seen = [caplog.text, repr(slack), repr(refused.value), repr(refused.value.__context__)]
    assert not any("xoxb-secret" in text for text in seen)
    assert refused.value.__context__ is None


FAILURES = [
    pytest.param(Fault(FaultKind.RATE_LIMITED, retry_after=2), 1, None, id="429"),
    pytest.param(Fault(FaultKind.RATE_LIMITED, retry_after=3_600), None, RemoteBusy, id="429 for an hour"),
    pytest.param(Fault(FaultKind.RATE_LIMITED), 3, None, id="429 without a time"),
    pytest.param(Fault(FaultKind.SERVER_ERROR), 1, OutcomeUnknown, id="500"),
    pytest.param(Fault(FaultKind.UNAVAILABLE), 1, OutcomeUnknown, id="503"),
    pytest.param(Fault(FaultKind.CUT_BODY), 1, OutcomeUnknown, id="cut body"),
    pytest.param(Fault(FaultKind.LOST_REPLY), 1, OutcomeUnknown, id="lost reply"),
    pytest.param(Fault(FaultKind.LOST_REQUEST), 1, OutcomeUnknown, id="lost request"),
    pytest.param(Fault(FaultKind.HTML), 1, OutcomeUnknown, id="a page of a proxy"),
]


@pytest.mark.parametrize(("fault", "times", "error"), FAILURES)
def test_given_a_message_fails_then_it_is_repeated_only_if_it_was_certainly_not_posted(
    world: World, fault: Fault, times: int | None, error: type[JavisError] | None
) -> None:
    waits = Waits()
    slack = a_slack_client(world, clock=waits.clock, sleep=waits.sleep)
    world.faults.add(Rule(fault, path=POST, last=times))

    if error is None:
        slack.send_message(CHANNEL, "hello")
    else:
        with pytest.raises(error):
            slack.send_message(CHANNEL, "hello")

    assert len(posts(world)) <= 1
    assert waits.seconds < 60
    assert error is not None or len(waits.waits) == times


WORDS = [
    pytest.param("chat.postMessage", "internal_error", OutcomeUnknown, id="what may be there twice"),
    pytest.param("chat.update", "internal_error", RemoteBusy, id="what may be repeated"),
    pytest.param("conversations.history", "fatal_error", RemoteBusy, id="a read"),
    pytest.param("chat.postMessage", "ratelimited", RemoteBusy, id="too many"),
    pytest.param("chat.postMessage", "token_revoked", IdentityError, id="the token"),
    pytest.param("chat.postMessage", "msg_too_long", NotOk, id="a word for ever"),
    pytest.param("chat.postMessage", "<b>no word</b>", UnusableReply, id="not a word"),
]


@pytest.mark.parametrize(("method", "word", "error"), WORDS)
def test_given_slack_says_not_ok_then_the_error_tells_what_to_do_next(
    method: str, word: str, error: type[JavisError]
) -> None:
    class Says(_Redirect):
        def do_POST(self) -> None:
            self.answer({"ok": False, "error": word})

    with http.server.HTTPServer(("127.0.0.1", 0), Says) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        slack = SlackClient("xoxb-1", base_url=f"http://127.0.0.1:{server.server_port}/api/")
        calls: dict[str, Callable[[], object]] = {
            "chat.postMessage": lambda: slack.send_message("C0000000000", "hello"),
            "chat.update": lambda: slack.update_message(Sent("C0000000000", "1.0"), "hello"),
            "conversations.history": lambda: slack.find_post("C0000000000", MARK.post_id, since=LONG_AGO),
        }

        with pytest.raises(error):
            calls[method]()
        server.shutdown()


def test_given_an_upload_address_elsewhere_without_tls_then_nothing_goes_there(
    slack: SlackClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = slack.send_message(CHANNEL, "hello")
    elsewhere = {"upload_url": "http://elsewhere.example/upload", "file_id": "F1"}
    monkeypatch.setitem(METHODS, "files.getUploadURLExternal", lambda call: elsewhere)

    with pytest.raises(UnusableReply, match="not https"):
        slack.upload(sent, [Upload("flow.png", "Flow", "A chart", PNG)])


@pytest.mark.parametrize("fault", [FaultKind.SERVER_ERROR, FaultKind.CUT_BODY, FaultKind.LOST_REPLY])
def test_given_a_hiccup_then_what_can_be_repeated_is_repeated(
    world: World, slack: SlackClient, fault: FaultKind
) -> None:
    sent = slack.send_message(CHANNEL, "hello", mark=MARK)
    world.faults.add(Rule(Fault(fault), path="/api/chat.update", last=2))
    world.faults.add(Rule(Fault(fault), path="/api/conversations.history", last=2))

    assert slack.update_message(sent, "changed", mark=MARK)
    assert slack.find_post(sent.channel, MARK.post_id, since=LONG_AGO) == sent


def test_given_slack_is_away_then_the_error_says_so_in_time(world: World) -> None:
    waits = Waits()
    slack = SlackClient("xoxb-1", base_url="http://127.0.0.1:9/api/", clock=waits.clock, sleep=waits.sleep)

    with pytest.raises(RemoteBusy, match=r"no connection to http://127\.0\.0\.1:9/api: check the URL"):
        slack.send_message(CHANNEL, "hello")

    assert 0 < waits.seconds < 60


def test_given_an_answer_slower_than_the_deadline_then_nobody_waits_for_it(world: World) -> None:
    slack = a_slack_client(world, deadline=timedelta(seconds=0.3))
    world.faults.add(Rule(Fault(FaultKind.SLOW, seconds=3), path=POST))

    with pytest.raises(OutcomeUnknown):
        slack.send_message(CHANNEL, "hello")


class _Redirect(http.server.BaseHTTPRequestHandler):
    seen: list[str | None]

    def do_POST(self) -> None:
        self.seen.append(self.headers.get("Authorization"))
        self.send_response(302)
        self.send_header("Location", f"http://localhost:{self.connection.getsockname()[1]}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.do_POST()

    def answer(self, document: dict[str, object]) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Nothing: tests are quiet."""


def test_given_a_redirect_then_the_token_does_not_follow_it() -> None:
    _Redirect.seen = []
    with http.server.HTTPServer(("127.0.0.1", 0), _Redirect) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        slack = SlackClient("xoxb-1", base_url=f"http://127.0.0.1:{server.server_port}/api/")

        with pytest.raises(SettingError, match=r"redirects elsewhere \(HTTP 302\)"):
            slack.identity()
        server.shutdown()

    assert _Redirect.seen == ["Bearer xoxb-1"]


class _Missing(_Redirect):
    def do_GET(self) -> None:
        self.answer({"ok": False, "error": "missing_scope", "needed": "channels:history", "provided": "x"})


class _PublicOnly(_Redirect):
    def do_GET(self) -> None:
        answer: dict[str, object] = {"ok": False, "error": "missing_scope", "needed": "groups:read"}
        if "private" not in self.path:
            answer = {"ok": True, "channels": [{"id": "C0000000001", "name": "team"}]}
        self.answer(answer)


def test_given_an_app_that_may_not_see_private_channels_then_public_ones_are_found_by_name() -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), _PublicOnly) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        slack = SlackClient("xoxb-1", base_url=f"http://127.0.0.1:{server.server_port}/api/")

        assert slack.channel_id("#team") == "C0000000001"
        server.shutdown()


def test_given_a_permission_is_missing_then_the_error_names_it() -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), _Missing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        slack = SlackClient("xoxb-1", base_url=f"http://127.0.0.1:{server.server_port}/api/")

        with pytest.raises(RemoteRefused, match=r"missing_scope \(channels:history\); the app lacks a permission"):
            slack.replies(Sent("C0000000000", "1.0"))
        server.shutdown()
