"""The sandbox's Slack without HTTP: what it refuses, how it limits, what a press tells an app."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from slack_sdk.signature import Clock as SignatureClock
from slack_sdk.signature import SignatureVerifier

from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.ground import Ground
from javis_pipeline.sandbox.slack.blocks import block_problems
from javis_pipeline.sandbox.slack.interaction import button_payload, signed_request
from javis_pipeline.sandbox.slack.limits import RateLimits
from javis_pipeline.sandbox.slack.site import NotOk, SlackSite

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def button(text: str = "Keep local", **more: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain(text), "action_id": "keep_local", "value": "7f3a", **more}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "block_id": "conflict", "elements": list(elements)}


@pytest.fixture
def slack() -> SlackSite:
    slack = SlackSite(Ground(clock=Clock(NOON)))
    slack.add_channel("oqc-team")
    return slack


@pytest.mark.parametrize(
    "blocks",
    [
        [section("x" * 3000), {"type": "divider"}, {"type": "header", "text": plain("h" * 150)}],
        [actions(*(button(action_id=f"a{number}") for number in range(25)))],
        [{"type": "context", "elements": [{"type": "mrkdwn", "text": "a"}]}] * 50,
        [{"type": "section", "fields": [plain("f")] * 10, "accessory": button(style="danger")}],
        [{"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a chart"}],
    ],
)
def test_given_blocks_within_the_limits_when_checked_then_slack_takes_them(blocks: list[Any]) -> None:
    assert block_problems(blocks) == []


@pytest.mark.parametrize(
    ("blocks", "problem"),
    [
        ([section("x" * 3001)], "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
        ([section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        ([{"type": "divider"}] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
        ([{"type": "header", "text": plain("h" * 151)}], "must be less than 151 characters"),
        ([{"type": "header", "text": {"type": "mrkdwn", "text": "h"}}], "must be plain_text"),
        ([{"type": "poster"}], "unsupported type: poster [json-pointer:/blocks/0/type]"),
        ([{"type": "divider", "text": "x"}], "invalid additional property: text"),
        ([{"type": "section"}], "missing required field: text"),
        ([{"type": "section", "fields": [plain("f")] * 11}], "no more than 10 items"),
        ([actions()], "no less than 1 items"),
        ([actions(*(button(action_id=f"a{number}") for number in range(26)))], "no more than 25 items"),
        ([actions(button(), button())], "action_id keep_local already exists"),
        ([actions(button("x" * 76))], "must be less than 76 characters"),
        ([actions(button(value="x" * 2001))], "must be less than 2001 characters"),
        ([actions(button(style="blue"))], "must be primary or danger"),
        ([actions(button(confirm={"text": plain("c" * 301)}))], "must be less than 301 characters"),
        ([actions({"type": "lever"})], "unsupported type: lever"),
        ([actions(button()), actions(button())], "block_id conflict already exists"),
        ([{"type": "image", "image_url": "https://example.com/a.png"}], "alt_text"),
        ([{"type": "context", "elements": [plain("c")] * 11}], "no more than 10 items"),
        (["text"], "unsupported type: None"),
    ],
)
def test_given_blocks_beyond_a_limit_when_checked_then_slacks_words_name_the_place(
    blocks: list[Any], problem: str
) -> None:
    assert any(problem in found for found in block_problems(blocks))


def test_given_a_message_when_updated_then_blocks_stay_unless_given(slack: SlackSite) -> None:
    message = slack.post("#oqc-team", text="one", blocks=[section("block")])

    slack.update("oqc-team", message["ts"], text="two")
    kept = slack.message("oqc-team", message["ts"])["blocks"]
    slack.update("oqc-team", message["ts"], text="two", blocks=[])

    assert kept[0]["text"]["text"] == "block"
    assert (message["text"], message["blocks"]) == ("two", [])


def test_given_a_standing_clock_when_messages_are_posted_then_their_timestamps_differ_and_grow(
    slack: SlackSite,
) -> None:
    stamps = [slack.post("oqc-team", text=str(number))["ts"] for number in range(3)]

    assert stamps == sorted(set(stamps))


def test_given_calls_beyond_a_tier_when_counted_then_the_wait_is_told_and_ends() -> None:
    now = 0.0
    limits = RateLimits(lambda: now)

    first = [limits.wait_for("conversations.list", "") for _ in range(21)]
    now = 60.0

    assert first == [None] * 20 + [60]
    assert limits.wait_for("conversations.list", "") is None


def test_given_a_button_when_pressed_then_the_app_is_told_under_a_signature_it_can_check(slack: SlackSite) -> None:
    message = slack.post("oqc-team", text="conflict", blocks=[actions(button())])
    ada = slack.member("Ada Brandt")

    payload = button_payload(
        slack,
        channel="oqc-team",
        ts=message["ts"],
        block_id="conflict",
        action_id="keep_local",
        user=ada,
    )
    body, headers = signed_request(payload, secret="shh", at=NOON)

    assert (payload["actions"][0]["value"], payload["user"]["id"]) == ("7f3a", ada.user_id)
    assert SignatureVerifier("shh", _StandingClock()).is_valid_request(body, headers)
    assert not SignatureVerifier("other", _StandingClock()).is_valid_request(body, headers)
    with pytest.raises(NotOk, match="action_not_found"):
        button_payload(slack, channel="oqc-team", ts=message["ts"], block_id="x", action_id="y", user=ada)


def test_given_a_response_url_when_used_then_it_replaces_or_replies_until_it_is_used_up(slack: SlackSite) -> None:
    message = slack.post("oqc-team", text="conflict", blocks=[actions(button())])
    token = slack.response_url("oqc-team", message["ts"]).rsplit("/", 1)[1]

    slack.respond(token, {"replace_original": True, "text": "Ada kept local"})
    for _ in range(4):
        slack.respond(token, {"text": "done", "thread_ts": message["ts"]})

    assert (message["text"], message["blocks"], message["reply_count"]) == ("Ada kept local", [], 4)
    with pytest.raises(NotOk, match="expired_url"):
        slack.respond(token, {"text": "again"})


def test_given_a_trigger_when_a_modal_is_opened_then_it_works_once(slack: SlackSite) -> None:
    trigger = slack.new_trigger()
    modal = {"type": "modal", "title": plain("Difference"), "blocks": [section("a -> b")]}

    view = slack.open_view(trigger, modal)

    assert view["id"].startswith("V")
    with pytest.raises(NotOk, match="expired_trigger_id"):
        slack.open_view(trigger, modal)


def test_given_a_workspace_when_its_state_goes_through_json_then_nothing_is_lost(slack: SlackSite) -> None:
    first = slack.say("oqc-team", "Ada Brandt", "morning", at=NOON - timedelta(days=1))
    slack.post("oqc-team", text="reply", thread_ts=first["ts"], metadata={"event_type": "t", "event_payload": {}})

    other = SlackSite(Ground(clock=Clock(NOON)))
    other.restore(orjson.loads(orjson.dumps(slack.state())))

    assert (other.channels, other.users) == (slack.channels, slack.users)


class _StandingClock(SignatureClock):
    def now(self) -> float:
        return NOON.timestamp()
