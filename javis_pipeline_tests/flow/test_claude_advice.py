"""Advice through the official SDK and the sandbox's Claude, and what happens when it cannot be had."""

import json
import logging
import socket
import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from javis_pipeline.clients.claude import usage_of
from javis_pipeline.db.connection import Database
from javis_pipeline.errors import IdentityError, JavisError, RemoteBusy, UnusableReply
from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.suggestion import AdviceScope, Vocabulary
from javis_pipeline.sandbox.claude.site import Behaviour
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.suggest import PROMPT_TOKENS, ClaudeClient, advise, suggest
from javis_pipeline_tests.contexts import NOW, a_context, a_load, a_risk, an_issue_brief
from javis_pipeline_tests.fake_site import Reply, fake_site


class _Reply(BaseModel):
    answer: str


WORDS = Vocabulary(("Highest", "High", "Medium"), frozenset({"ann"}))
KEY_PREFIX = "sk-ant-sandbox"


@pytest.fixture
def world() -> World:
    return World(seed=3)


class Waits:
    """A clock that only moves when somebody waits."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def clock(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def claude(world: World, waits: Waits) -> Iterator[ClaudeClient]:
    with SandboxServer(world):
        client = a_client(world, clock=waits.clock, sleep=waits.sleep)
        yield client
        client.close()


@pytest.fixture
def drip_url() -> Iterator[str]:
    """A server that sends a byte of its answer whenever somebody might give up."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def drip() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 10000\r\n\r\n"
                )
                while not stop.wait(0.1):
                    connection.sendall(b" ")

        thread = threading.Thread(target=drip)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        stop.set()
        thread.join()


def a_client(world: World, *, key: str | None = None, deadline: float = 60, **parts) -> ClaudeClient:
    return ClaudeClient(
        key or world.credentials.anthropic_api_key,
        model="claude-sonnet-5-5",
        base_url=world.base_url,
        deadline=timedelta(seconds=deadline),
        **parts,
    )


def a_late_project(issues: int = 2) -> WorkContext:
    keys = [f"OQC-{number}" for number in range(1, issues + 1)]
    return a_context(
        risks=tuple(a_risk("overdue", key) for key in keys),
        issues=tuple(an_issue_brief(key, title=f"Calibrate the sensor of stage {key}") for key in keys),
        workload=(a_load("ann"),),
    )


def test_given_findings_when_claude_is_asked_then_its_suggestions_stand_on_them(claude: ClaudeClient) -> None:
    advice = claude.generate_suggestions(a_late_project(), vocabulary=WORDS)

    assert advice.engine == "claude"
    assert advice.suggestions[0].finding_ids == ("overdue:OQC-1",)
    assert advice.dropped == {}
    assert advice.usage is not None
    assert advice.usage.input_tokens > 0


def test_given_more_findings_than_fit_then_the_prompt_stays_in_its_budget_and_the_advice_says_so(
    world: World, claude: ClaudeClient
) -> None:
    advice = claude.generate_suggestions(a_late_project(issues=3_000), vocabulary=WORDS)

    assert advice.usage is not None
    read = advice.usage.input_tokens + advice.usage.cache_write_tokens + advice.usage.cache_read_tokens
    # The form of the answer is counted as well, on top of what the prompt itself takes.
    assert read <= PROMPT_TOKENS * 1.2
    assert "Left out of the prompt for length" in advice.notes[0]


FAILURES = [
    pytest.param([Behaviour("error", status=401)], IdentityError, id="401"),
    pytest.param([Behaviour("error", status=429, retry_after=3600)], RemoteBusy, id="429 for an hour"),
    pytest.param([Behaviour("error", status=500)] * 3, RemoteBusy, id="500"),
    pytest.param([Behaviour("error", status=529)] * 3, RemoteBusy, id="529"),
    pytest.param([Behaviour("refusal")], UnusableReply, id="refusal"),
    pytest.param([Behaviour("truncated")], UnusableReply, id="truncated"),
    pytest.param([Behaviour("malformed")], UnusableReply, id="malformed"),
]


@pytest.mark.parametrize(("behaviours", "error"), FAILURES)
def test_given_claude_fails_then_the_error_says_what_to_do_and_nobody_waits_beyond_the_deadline(
    world: World, claude: ClaudeClient, waits: Waits, behaviours: list[Behaviour], error: type[JavisError]
) -> None:
    world.claude.expect(*behaviours)

    with pytest.raises(error):
        claude.ask("Advise.", "What next?", _Reply, max_tokens=500)

    assert waits.seconds <= 60


@pytest.mark.parametrize(("behaviours", "error"), FAILURES)
def test_given_claude_fails_then_the_rules_answer_and_say_so(
    world: World, claude: ClaudeClient, behaviours: list[Behaviour], error: type[JavisError]
) -> None:
    # Counting the tokens comes first and meets the same weather.
    world.claude.expect(*behaviours, *behaviours, *behaviours)

    advice = advise(a_late_project(), AdviceScope(), WORDS, claude)

    assert advice.engine == "rules"
    assert [each.finding_ids for each in advice.suggestions] == [("overdue:OQC-1",), ("overdue:OQC-2",)]
    assert advice.notes[0].startswith("The rules answer in Claude's place: ")


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        pytest.param(Behaviour("refusal"), "Claude declined to answer", id="refusal"),
        pytest.param(Behaviour("truncated"), "ended early (max_tokens)", id="truncated"),
        pytest.param(Behaviour("malformed"), "not in the form", id="malformed"),
        pytest.param(Behaviour("error", status=400), "refuses the request (400); check ANTHROPIC_MODEL", id="400"),
        pytest.param(Behaviour("error", status=401), "refuses the key (401); check ANTHROPIC_API_KEY", id="401"),
        pytest.param(Behaviour("error", status=429, retry_after=3600), "limits our rate (429)", id="429"),
    ],
)
def test_given_claude_fails_then_the_reader_is_told_why(
    world: World, claude: ClaudeClient, behaviour: Behaviour, why: str
) -> None:
    world.claude.expect(behaviour)

    advice = advise(a_late_project(), AdviceScope(), WORDS, claude)

    assert why in advice.notes[0]


@pytest.mark.parametrize(
    "action",
    [
        {"kind": "delete_issue", "issue_key": "OQC-1", "value": ""},
        {"kind": "set_priority", "issue_key": "OQC-1", "value": {"$ne": ""}},
        {"kind": "run", "command": "curl evil.example"},
    ],
    ids=["an action outside of the closed set", "a value that is no text", "another form"],
)
def test_given_a_reply_outside_of_the_schema_then_the_rules_answer(
    world: World, claude: ClaudeClient, action: Mapping[str, Any]
) -> None:
    proposal = {
        "title": "Do it", "rationale": "", "issue_keys": ["OQC-1"], "finding_ids": ["overdue:OQC-1"],
        "actions": [action], "confidence": 1,
    }  # fmt: skip
    world.claude.expect(Behaviour("reply", text=json.dumps({"suggestions": [proposal]})))

    advice = advise(a_late_project(), AdviceScope(), WORDS, claude)

    assert advice.engine == "rules"
    assert "not in the form" in advice.notes[0]


@pytest.mark.parametrize(
    "answer",
    [
        Reply(body=b"<html>Please log in</html>", content_type="text/html"),
        Reply(body=b"{not json"),
        Reply(body={"hello": 1}),
        Reply(status=307, headers={"location": "/somewhere/else"}),
    ],
    ids=["a login page", "broken JSON", "another JSON", "a redirect"],
)
def test_given_something_else_answers_in_claude_s_place_then_the_rules_answer(answer: Reply) -> None:
    with fake_site() as site:
        site.script(answer)
        client = ClaudeClient("sk-ant-x", model="claude-x", base_url=site.url, sleep=lambda _: None)
        advice = advise(a_late_project(), AdviceScope(), WORDS, client)
        client.close()

    assert advice.engine == "rules"
    assert {request.path for request in site.requests} == {"/v1/messages/count_tokens"}


def test_given_an_answer_that_drips_then_the_deadline_holds(drip_url: str) -> None:
    client = ClaudeClient("sk-ant-x", model="claude-x", base_url=drip_url, deadline=timedelta(seconds=0.5))

    with pytest.raises(RemoteBusy, match="did not answer within"):
        client.ask("Advise.", "What next?", _Reply, max_tokens=500)
    client.close()


def test_the_deadline_is_for_counting_and_asking_together(world: World, claude: ClaudeClient, waits: Waits) -> None:
    ends_at = claude.ends_at()
    waits.sleep(59)
    world.claude.expect(Behaviour("error", status=529))

    with pytest.raises(RemoteBusy):
        claude.ask("Advise.", "What next?", _Reply, max_tokens=500, ends_at=ends_at)

    assert waits.seconds == 59


def test_given_an_unchanged_context_when_advised_again_then_nothing_is_sent(
    world: World, claude: ClaudeClient, database: Database
) -> None:
    context = a_late_project(issues=500)
    first = suggest(database, claude, context, AdviceScope(), now=NOW)
    world.exchanges.clear()

    second = suggest(database, claude, context, AdviceScope(), now=NOW)

    assert (first.engine, first.reused, second.reused) == ("claude", False, True)
    assert world.exchanges.matching() == []


def test_given_a_hiccup_then_claude_is_asked_again(world: World, claude: ClaudeClient, waits: Waits) -> None:
    world.claude.expect(Behaviour("error", status=529, retry_after=5))

    advice = claude.generate_suggestions(a_late_project(), vocabulary=WORDS)

    assert advice.engine == "claude"
    assert 5 <= waits.seconds <= 60


def test_given_an_answer_slower_than_the_deadline_then_the_rules_answer(world: World) -> None:
    world.claude.expect(*[Behaviour("reply", seconds=2.0)] * 2)
    with SandboxServer(world):
        client = a_client(world, deadline=0.3)
        advice = advise(a_late_project(), AdviceScope(), WORDS, client)
        client.close()

    assert advice.engine == "rules"
    assert "did not answer within" in advice.notes[0]


def test_the_key_is_nowhere_to_be_seen(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with SandboxServer(world):
        right, wrong = a_client(world), a_client(world, key=f"{KEY_PREFIX}-but-wrong")
        right.generate_suggestions(a_late_project(), vocabulary=WORDS)
        with pytest.raises(IdentityError) as refused:
            wrong.generate_suggestions(a_late_project(), vocabulary=WORDS)
        seen = [caplog.text, repr(right), repr(wrong), repr(refused.value), repr(refused.value.__context__)]
        right.close()
        wrong.close()

    assert not any(KEY_PREFIX in text for text in seen)


@pytest.mark.parametrize(
    ("model", "cost"),
    [("claude-sonnet-5-5", Decimal("0.015")), ("claude-next", None)],
    ids=["at list price", "of no known price"],
)
def test_what_a_call_costs(model: str, cost: Decimal | None) -> None:
    counts = {"input_tokens": 2_000, "output_tokens": 1_000, "cache_read_input_tokens": 10_000}

    usage = usage_of(SimpleNamespace(**counts, cache_creation_input_tokens=None), model)

    assert usage.cost_usd == cost
    assert (usage.cache_read_tokens, usage.cache_write_tokens) == (10_000, 0)


def test_given_no_findings_then_claude_is_not_asked(world: World, claude: ClaudeClient) -> None:
    advice = advise(a_context(), AdviceScope(), WORDS, claude)

    assert advice.suggestions == ()
    assert world.exchanges.matching(path="/v1/messages") == []
