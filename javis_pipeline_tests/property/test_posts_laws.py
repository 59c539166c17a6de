"""Slack takes every message, whatever people wrote and however much there is, and none mentions or links anybody."""

import itertools
import re
import unicodedata
from dataclasses import replace
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from javis_pipeline.posts.blocks import MAX_IN_ALL, Message, Sites, as_text, text_in_all
from javis_pipeline.posts.conflicts import diff_message
from javis_pipeline.posts.digest import LINES, digest_details, digest_message
from javis_pipeline.posts.news import alert_facts, digest_facts
from javis_pipeline.posts.notices import ScopeLine, alert_message, answer_message, failure_message, status_message
from javis_pipeline.posts.text import escaped
from javis_pipeline.records.blockers import Blocker, Blockers
from javis_pipeline.records.context import IssueBrief, PageState
from javis_pipeline.records.digest import Digest, Earlier, FailedRun
from javis_pipeline.records.forecast import Forecast
from javis_pipeline.records.suggestion import Action
from javis_pipeline.sandbox.slack.blocks import block_problems
from javis_pipeline_tests.contexts import BOB, NOW, a_context, a_risk, a_sprint, an_issue_brief
from javis_pipeline_tests.digests import a_conflict, a_proposal, shown

SITES = Sites("https://a-company-with-a-long-name.atlassian.net", "https://a-company-with-a-long-name.atlassian.net")

# What could break out of a text, at lengths around every limit.
_PIECES = (
    *("<!channel>", "<!here|x>", "<@U123>", "<#C1|x>", "<https://evil.example|x>", "&lt;", "&", ">", "|", "`", "```"),
    *(
        "*",
        "_",
        "~",
        "\n",
        "\u202e",
        "\u2028",
        "\0",
        "🔥",
        "OQC-1",
        "EUV-77",
        "https://evil.example",
        "@here",
        "a",
        " ",
    ),
)
_TEXTS = st.builds(lambda piece, times, rest: piece * times + rest, st.sampled_from(_PIECES),
                   st.sampled_from([0, 1, 30, 700]), st.text(max_size=5))  # fmt: skip
_MANY = st.sampled_from([0, 1, 6, 120])


@st.composite
def digests(draw: st.DrawFn) -> Digest:
    """Digests whose texts are nasty."""
    pool = draw(st.lists(_TEXTS, min_size=1, max_size=3))
    texts = itertools.cycle(pool)
    keys = [f"OQC-{number}" for number in range(draw(_MANY))]
    risks = tuple(
        replace(a_risk("overdue", key, *keys[:7]), summary=f"{' '.join([key, *keys[:5]])} wait for {next(texts)}")
        if number < 8
        else a_risk("page_stale", key, page_ids=("77",))
        for number, key in enumerate(keys)
    )
    sprint = replace(a_sprint(*keys[:5], end_on=NOW.date()), name=next(texts), points=3.5, added_keys=tuple(keys[:9]))
    context = a_context(
        sprints=(sprint,),
        risks=risks,
        issues=tuple(_an_issue(key, next(texts)) for key in keys[:9]),
        people=(BOB,),
        pages=(PageState("77", "OQC", next(texts), None, (), 3),),
        blockers=Blockers(
            roots=tuple(
                Blocker(
                    key=key,
                    held_up=9,
                    held_up_keys=tuple(keys[:5]),
                    depth=2,
                    held_up_points=None,
                    projects=(),
                    is_outside=False,
                    state_known=True,
                )
                for key in keys
            ),
            cycles=(),
            links=(),
            blocked=0,
            deepest=0,
        ),
        forecasts=tuple(Forecast(f"epic:{key}", 4, None, None, None, None, None, next(texts), 0.1) for key in keys[:6]),
    )
    return Digest(
        context=context,
        engine=draw(st.sampled_from(["", "rules", "claude"])),
        model=next(texts),
        notes=(next(texts),),
        proposals=tuple(
            a_proposal(
                number, title=next(texts), rationale=next(texts), issue_keys=tuple(keys[:9]),
                actions=(Action("set_priority", "OQC-1", next(texts)),) * 4,
            )
            for number in range(draw(st.sampled_from([0, 1, 4, 30])))
        ),
        conflicts=tuple(
            a_conflict(number, name=next(texts), resource_id="77", local=next(texts), remote=next(texts),
                       system=draw(st.sampled_from(["jira", "confluence"])))
            for number in range(draw(st.sampled_from([0, 1, 4, 30])))
        ),
    )  # fmt: skip


def _a_blocker(key: str, *held_up: str) -> Blocker:
    return Blocker(
        key=key,
        held_up=9,
        held_up_keys=held_up,
        depth=2,
        held_up_points=None,
        projects=(),
        is_outside=False,
        state_known=True,
    )


def _an_issue(key: str, title: str) -> IssueBrief:
    return an_issue_brief(key, title=title)


def check(message: Message) -> None:
    """Slack's limits, ours, and that markup is only what we wrote."""
    assert block_problems(list(message.blocks)) == []
    assert text_in_all(message.blocks) <= MAX_IN_ALL
    assert 1 <= len(message.text) <= 3_000
    for block in message.blocks:
        for text in _mrkdwn(block):
            assert text["verbatim"] is True
            _check_markup(str(text["text"]))
    _check_markup(message.text)
    assert "\0" not in shown({"blocks": list(message.blocks)})


def _check_markup(text: str) -> None:
    bare = re.sub(
        r"<https://(?:a-company-with-a-long-name\.atlassian\.net|dagster\.example)/[^<>|\s]*\|[^<>]+>", "", text
    )
    assert "<" not in bare
    assert ">" not in bare
    assert re.fullmatch(r"(?:[^&]|&(?:amp|lt|gt);)*", bare)


def _mrkdwn(value: object) -> list[dict[str, object]]:
    if isinstance(value, dict):
        own = [value] if value.get("type") == "mrkdwn" else []
        return own + [text for inner in value.values() for text in _mrkdwn(inner)]
    return [text for inner in value for text in _mrkdwn(inner)] if isinstance(value, list) else []


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(digests(), digests())
def test_a_digest_its_thread_and_an_alert_are_within_the_limits(digest: Digest, before: Digest) -> None:
    earlier = Earlier(facts=digest_facts(before), posted_at=NOW - timedelta(days=1))
    check(digest_message(digest, earlier, SITES))
    check(digest_message(digest, None, SITES))
    assert len(as_text(digest_message(digest, earlier, SITES)).splitlines()) <= LINES
    for message in digest_details(digest, SITES).values():
        check(message)
    check(alert_message(digest.context, Earlier(facts=alert_facts(before.context), posted_at=NOW), SITES))


@given(_TEXTS, _TEXTS)
def test_every_other_message_is_within_the_limits(text: str, other: str) -> None:
    scope = ScopeLine("jira", text, NOW, "failed", NOW, 1, 2, 3, 4, 5, {text: 3, "pulled": 1}, other)
    check(status_message(text or "OQC", [scope] * 40, NOW, ZoneInfo("UTC")))
    check(
        failure_message(
            FailedRun(job=text or "sync", run_id="r1", url="https://dagster.example/runs/1", cause=other, remedy=text),
            "OQC",
        )
    )
    check(answer_message(f"{text} accepted: {other}"))
    check(diff_message(a_conflict(name=text or "?", local=text, remote=other, conflict_id=UUID(int=7)), SITES))


@given(_TEXTS, st.integers(2, 200))
def test_escaped_text_is_as_long_as_allowed_and_means_what_was_written(text: str, most: int) -> None:
    result = escaped(text, most)

    assert len(result.encode("utf-16-le")) // 2 <= most
    meant = result.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    if not result.endswith("…"):
        assert meant.replace("'", "`").split() == [word for word in _visible(text).replace("'", "`").split() if word]


def _visible(text: str) -> str:
    hidden = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F}
    return "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text if ord(c) not in hidden)


@pytest.mark.parametrize("field", ["(row)", "story_points"])
def test_a_conflict_about_anything_is_within_the_limits(field: str) -> None:
    digest = Digest(context=a_context(), conflicts=(a_conflict(field=field, kind="edit_vs_remote_delete", local=None),))

    check(digest_message(digest, None, SITES))
    check(digest_details(digest, SITES)["conflicts"])
