"""Advice through the official SDK and the sandbox's Claude, and what happens when it cannot be had."""

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from pydantic import BaseModel

from javis_pipeline.errors import IdentityError, JavisError, RemoteBusy, UnusableReply
from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.suggestion import AdviceScope, Vocabulary
from javis_pipeline.sandbox.claude.site import Behaviour
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.suggest import PROMPT_TOKENS, ClaudeClient, advise
from javis_pipeline_tests.contexts import a_context, a_load, a_risk, an_issue_brief


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
    assert advice.suggestions[0].finding_ids == ("overdue:OQC-1", "overdue:OQC-2")
    assert advice.notes[0].startswith("The rules answer in Claude's place: ")


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


def test_given_no_findings_then_claude_is_not_asked(world: World, claude: ClaudeClient) -> None:
    advice = advise(a_context(), AdviceScope(), WORDS, claude)

    assert advice.suggestions == ()
    assert world.exchanges.matching(path="/v1/messages") == []
