"""The sandbox's Slack through Slack's own SDK."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs

import orjson
import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.slack.site import SlackSite
from javis_pipeline.sandbox.world import World

BUTTON = {
    "type": "actions",
    "block_id": "conflict",
    "elements": [
        {"type": "button", "action_id": "keep_local", "value": "7f3a", "text": {"type": "plain_text", "text": "Keep"}}
    ],
}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.fixture
def world() -> World:
    world = World(seed=3)
    world.slack.add_channel("oqc-team")
    world.slack.add_channel("elsewhere", bot_joins=False)
    return world


@pytest.fixture
def client(world: World) -> Iterator[WebClient]:
    with SandboxServer(world):
        yield WebClient(token=world.credentials.slack_bot_token, base_url=f"{world.base_url}/api/")


def press(world: World, ts: str) -> requests.Response:
    form = {"channel": "oqc-team", "ts": ts, "block_id": "conflict", "action_id": "keep_local", "person": "Ada"}
    return requests.post(f"{world.base_url}/slack/press", data=form, allow_redirects=False, timeout=10)


def test_given_the_sdk_when_it_posts_updates_and_looks_back_then_the_metadata_finds_the_message(
    client: WebClient,
) -> None:
    metadata = {"event_type": "javis_digest", "event_payload": {"state_hash": "abc"}}

    posted = client.chat_postMessage(channel="#oqc-team", text="one", blocks=[BUTTON], metadata=metadata)
    channel, ts = posted["channel"], posted["ts"]
    client.chat_postMessage(channel=channel, text="detail", thread_ts=ts)
    client.chat_update(channel=channel, ts=ts, text="two")
    history = client.conversations_history(channel=channel, include_all_metadata=True)
    bare = client.conversations_history(channel=channel)
    replies = client.conversations_replies(channel=channel, ts=ts)

    assert [(m["text"], m["metadata"]) for m in history["messages"]] == [("two", metadata)]
    assert "metadata" not in bare["messages"][0]
    assert [m["text"] for m in replies["messages"]] == ["two", "detail"]
    assert posted["message"]["blocks"][0]["block_id"] == "conflict"
    assert client.chat_getPermalink(channel=channel, message_ts=ts)["permalink"].startswith("http")


def test_given_the_sdk_when_it_asks_who_and_where_then_it_is_told(client: WebClient, world: World) -> None:
    world.slack.say("oqc-team", "Ada Brandt", "morning")
    me = client.auth_test()["user_id"]

    channels = client.conversations_list(limit=1)
    rest = client.conversations_list(limit=1, cursor=channels["response_metadata"]["next_cursor"])
    members = client.conversations_members(channel=channels["channels"][0]["id"])["members"]
    elsewhere = client.conversations_join(channel=rest["channels"][0]["id"])["channel"]

    assert [channels["channels"][0]["name"], rest["channels"][0]["name"]] == ["oqc-team", "elsewhere"]
    assert members[0] == me
    assert client.users_info(user=members[1])["user"]["real_name"] == "Ada Brandt"
    assert elsewhere["is_member"] is True


def test_given_another_name_of_the_host_then_a_file_goes_where_its_address_was_asked_for(
    client: WebClient, world: World
) -> None:
    by_name = world.base_url.replace("127.0.0.1", "localhost")
    client.base_url = f"{by_name}/api/"

    place = client.files_getUploadURLExternal(filename="chart.png", length=len(PNG))

    assert str(place["upload_url"]).startswith(f"{by_name}/")


def test_given_a_file_when_uploaded_then_it_is_shared_in_the_thread_and_can_be_fetched(
    client: WebClient, world: World
) -> None:
    ts = client.chat_postMessage(channel="oqc-team", text="digest")["ts"]
    channel = client.conversations_list()["channels"][0]["id"]

    file = client.files_upload_v2(
        content=PNG, filename="flow.png", title="Flow", alt_txt="A chart", channel=channel, thread_ts=ts
    )["file"]

    assert requests.get(file["url_private"], timeout=5).content == PNG
    replies = client.conversations_replies(channel=channel, ts=ts)["messages"]
    assert replies[1]["files"][0]["title"] == "Flow"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "#nowhere", "text": "x"}, "channel_not_found"),
        ({"channel": "#elsewhere", "text": "x"}, "not_in_channel"),
        ({"channel": "#old", "text": "x"}, "is_archived"),
        ({"channel": "#oqc-team"}, "no_text"),
        ({"channel": "#oqc-team", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "#oqc-team", "text": "x", "blocks": [{"type": "poster"}]}, "invalid_blocks"),
        ({"channel": "#oqc-team", "text": "x", "blocks": "nonsense"}, "invalid_blocks_format"),
        ({"channel": "#oqc-team", "text": "x", "metadata": {"event_type": 1}}, "invalid_metadata_format"),
        ({"channel": "#oqc-team", "text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
        ({"text": "x"}, "invalid_arguments"),
    ],
)
def test_given_a_message_slack_would_not_take_when_posted_then_it_says_why(
    client: WebClient, world: World, arguments: dict[str, Any], error: str
) -> None:
    world.slack.add_channel("old")
    world.slack.archive_channel("old")

    with pytest.raises(SlackApiError) as refused:
        client.api_call("chat.postMessage", json=arguments)

    assert refused.value.response["error"] == error
    if error == "invalid_blocks":
        assert refused.value.response["response_metadata"]["messages"] == [
            "[ERROR] unsupported type: poster [json-pointer:/blocks/0/type]"
        ]


@pytest.mark.parametrize(
    ("token", "method", "error"),
    [("", "auth.test", "not_authed"), ("xoxb-wrong", "auth.test", "invalid_auth")],
)
def test_given_a_wrong_token_when_calling_then_slack_says_so(
    client: WebClient, world: World, token: str, method: str, error: str
) -> None:
    with pytest.raises(SlackApiError) as refused:
        WebClient(token=token, base_url=f"{world.base_url}/api/").api_call(method)

    assert refused.value.response["error"] == error


def test_given_too_many_calls_when_limited_then_429_tells_how_long_to_wait(client: WebClient) -> None:
    for _ in range(20):
        client.conversations_list()

    with pytest.raises(SlackApiError) as refused:
        client.conversations_list()

    assert refused.value.response.status_code == 429
    assert 1 <= int(refused.value.response.headers["Retry-After"]) <= 60


class _App(BaseHTTPRequestHandler):
    got: ClassVar[list[tuple[bytes, dict[str, str]]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((body, dict(self.headers.items())))
        self.send_response(200)
        self.end_headers()

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Nothing: tests are quiet."""


def test_given_a_request_url_when_a_button_is_pressed_then_a_signed_request_comes_and_the_answer_is_shown(
    client: WebClient, world: World
) -> None:
    ts = client.chat_postMessage(channel="oqc-team", text="conflict", blocks=[BUTTON])["ts"]
    nobody = press(world, ts)
    with HTTPServer(("127.0.0.1", 0), _App) as app:
        threading.Thread(target=app.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{app.server_port}/slack/interactive"
        requests.post(f"{world.base_url}/slack/request-url", data={"url": url}, allow_redirects=False, timeout=5)

        pressed = press(world, ts)
        app.shutdown()

    body, headers = _App.got.pop()
    payload = orjson.loads(parse_qs(body.decode())["payload"][0])
    assert "No+app+listens" in nobody.headers["Location"]
    assert "answered+200" in pressed.headers["Location"]
    assert SignatureVerifier(world.credentials.slack_signing_secret).is_valid_request(body, headers)
    assert payload["actions"][0]["value"] == "7f3a"
    answer = {"replace_original": True, "text": "Ada kept local"}
    assert requests.post(payload["response_url"], json=answer, timeout=5).text == "ok"
    assert world.slack.message("oqc-team", ts)["text"] == "Ada kept local"


def test_given_a_socket_mode_client_when_a_button_is_pressed_then_it_gets_the_payload_and_acknowledges(
    client: WebClient, world: World
) -> None:
    ts = client.chat_postMessage(channel="oqc-team", text="conflict", blocks=[BUTTON])["ts"]
    got: list[SocketModeRequest] = []
    socket = SocketModeClient(app_token=world.credentials.slack_app_token, web_client=client)

    def listener(sender: BaseSocketModeClient, request: SocketModeRequest) -> None:
        got.append(request)
        sender.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    socket.socket_mode_request_listeners.append(listener)
    socket.connect()
    try:
        pressed = press(world, ts)
    finally:
        socket.close()

    assert "Socket+Mode" in pressed.headers["Location"]
    assert [request.type for request in got] == ["interactive"]
    assert got[0].payload["actions"][0]["action_id"] == "keep_local"


def test_given_a_bot_token_when_socket_mode_is_asked_for_then_it_is_the_wrong_kind(client: WebClient) -> None:
    with pytest.raises(SlackApiError) as refused:
        client.api_call("apps.connections.open")

    assert refused.value.response["error"] == "not_allowed_token_type"


def test_given_a_person_when_they_write_then_the_site_and_the_api_agree(client: WebClient, world: World) -> None:
    site: SlackSite = world.slack
    site.say("oqc-team", "Ada Brandt", "<b>hello</b> & bye")

    assert client.conversations_history(channel=site.channel("oqc-team").channel_id)["messages"][0]["text"] == (
        "<b>hello</b> & bye"
    )
