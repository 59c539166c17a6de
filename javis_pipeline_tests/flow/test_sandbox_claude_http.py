"""The sandbox's Claude through the official SDK."""

from collections.abc import Iterator
from typing import Literal

import anthropic
import orjson
import pytest
from anthropic.types import MessageParam
from pydantic import BaseModel

from javis_pipeline.sandbox.claude.answers import LABEL
from javis_pipeline.sandbox.claude.site import Behaviour
from javis_pipeline.sandbox.faults import parse_rules
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World

MODEL = "claude-sonnet-5-5"
DOCUMENT = {
    "today": "2026-03-02",
    "priorities": ["Highest", "High", "Low"],
    "figures": [{"week": 1, "finished": 4}],
    "findings": [
        {"finding_id": "overdue:OQC-7", "kind": "overdue", "summary": "5 days late.", "issue_keys": ["OQC-7"]},
        {"finding_id": "unassigned:OQC-3", "kind": "unassigned", "summary": "Nobody's.", "issue_keys": ["OQC-3"]},
    ],
    "people": [{"account_id": "busy", "in_progress": 6}, {"account_id": "free", "in_progress": 1}],
}


class Step(BaseModel):
    kind: Literal["set_due_date", "assign", "comment_draft"]
    issue_key: str
    value: str


class Proposal(BaseModel):
    title: str
    rationale: str
    issue_keys: list[str]
    finding_ids: list[str]
    actions: list[Step]
    confidence: float


class Proposals(BaseModel):
    proposals: list[Proposal]


@pytest.fixture
def world() -> World:
    return World(seed=3)


@pytest.fixture
def client(world: World) -> Iterator[anthropic.Anthropic]:
    with SandboxServer(world), a_client(world) as client:
        yield client


def a_client(world: World, key: str | None = None) -> anthropic.Anthropic:
    key = key or world.credentials.anthropic_api_key
    return anthropic.Anthropic(api_key=key, base_url=world.base_url, max_retries=0, timeout=5)


def question() -> list[MessageParam]:
    text = f"<work_context>\n{orjson.dumps(DOCUMENT).decode()}\n</work_context>\nWhat next?"
    return [{"role": "user", "content": text}]


def ask(client: anthropic.Anthropic, *, max_tokens: int = 2000) -> anthropic.types.ParsedMessage[Proposals]:
    return client.messages.parse(
        model=MODEL,
        max_tokens=max_tokens,
        system=[{"type": "text", "text": "Advise. " * 50, "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        messages=question(),
        output_format=Proposals,
    )


def test_given_a_schema_and_a_document_when_asked_then_the_answer_fits_both_and_says_whose_it_is(
    client: anthropic.Anthropic,
) -> None:
    message = ask(client)

    reply = message.parsed_output
    assert reply is not None
    first, second = reply.proposals
    assert (first.finding_ids, first.issue_keys) == (["overdue:OQC-7"], ["OQC-7"])
    assert [(step.kind, step.value) for step in first.actions] == [("set_due_date", "2026-03-09")]
    assert [(step.kind, step.value) for step in second.actions] == [("assign", "free")]
    assert LABEL in first.rationale
    assert message.model == f"{MODEL} (sandbox)"


def test_given_a_stable_prefix_when_asked_twice_then_the_second_reads_it_from_the_cache(
    client: anthropic.Anthropic,
) -> None:
    first, second = ask(client).usage, ask(client).usage

    assert (first.cache_read_input_tokens, second.cache_creation_input_tokens) == (0, 0)
    assert first.cache_creation_input_tokens == second.cache_read_input_tokens
    assert (second.cache_read_input_tokens or 0) > 50


def test_given_no_schema_when_asked_then_prose_and_tokens_and_models_are_there(client: anthropic.Anthropic) -> None:
    message = client.messages.create(model="any-name", max_tokens=500, messages=question())
    counted = client.messages.count_tokens(model=MODEL, messages=question())

    assert message.content[0].type == "text"
    assert "5 days late." in message.content[0].text
    assert counted.input_tokens > 50
    assert MODEL in [model.id for model in client.models.list()]
    assert client.models.retrieve(MODEL).id == MODEL


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, anthropic.AuthenticationError),
        (403, anthropic.PermissionDeniedError),
        (429, anthropic.RateLimitError),
        (500, anthropic.InternalServerError),
        (529, anthropic.InternalServerError),
    ],
)
def test_given_an_error_is_due_when_asked_then_the_sdk_raises_it_once(
    world: World, client: anthropic.Anthropic, status: int, error: type[anthropic.APIStatusError]
) -> None:
    world.claude.expect(Behaviour("error", status=status, retry_after=3600))

    with pytest.raises(error) as raised:
        ask(client)

    assert raised.value.status_code == status
    assert raised.value.response.headers["retry-after"] == "3600"
    assert ask(client).parsed_output is not None


def test_given_other_endings_when_asked_then_the_stop_reason_tells(world: World, client: anthropic.Anthropic) -> None:
    create = client.messages.create
    world.claude.expect(
        Behaviour("refusal"), Behaviour("truncated"), Behaviour("malformed"), Behaviour("reply", text="x")
    )

    messages = [create(model=MODEL, max_tokens=500, messages=question()) for _ in range(4)]
    short = create(model=MODEL, max_tokens=3, messages=question())

    assert [message.stop_reason for message in messages] == ["refusal", "max_tokens", "end_turn", "end_turn"]
    assert messages[3].content[0].type == "text"
    assert messages[3].content[0].text == "x"
    assert short.stop_reason == "max_tokens"


def test_given_a_slow_answer_when_the_client_has_less_time_then_it_gives_up(
    world: World, client: anthropic.Anthropic
) -> None:
    world.claude.expect(Behaviour("reply", seconds=1.0))

    with pytest.raises(anthropic.APITimeoutError):
        client.messages.create(model=MODEL, max_tokens=10, messages=question(), timeout=0.2)


def test_given_a_fault_of_the_sandbox_when_asked_then_it_speaks_claudes_words(
    world: World, client: anthropic.Anthropic
) -> None:
    world.faults.add(*parse_rules("429 POST /v1/messages #1 retry_after=7"))

    with pytest.raises(anthropic.RateLimitError) as raised:
        ask(client)

    assert raised.value.response.json()["error"]["type"] == "rate_limit_error"


def test_given_a_wrong_key_or_request_when_asked_then_it_is_refused(world: World, client: anthropic.Anthropic) -> None:
    with a_client(world, "sk-wrong") as stranger, pytest.raises(anthropic.AuthenticationError):
        ask(stranger)
    with pytest.raises(anthropic.BadRequestError):
        client.messages.create(model=MODEL, max_tokens=10, messages=[])
    with pytest.raises(anthropic.BadRequestError, match="additionalProperties"):
        client.messages.create(
            model=MODEL,
            max_tokens=10,
            messages=question(),
            output_config={"format": {"type": "json_schema", "schema": {"type": "object"}}},
        )
    with pytest.raises(anthropic.NotFoundError):
        client.models.retrieve("claude-none")
