"""What messages look like."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from javis_pipeline.posts.blocks import Message, Sites, as_text
from javis_pipeline.posts.messages import (
    ScopeLine,
    alert_message,
    diff_message,
    digest_details,
    digest_message,
    failure_message,
    status_message,
)
from javis_pipeline.posts.news import alert_facts, digest_facts
from javis_pipeline.posts.text import escaped, fitted, plain
from javis_pipeline.records.digest import Earlier, OpenConflict
from javis_pipeline_tests.contexts import BOB, NOW, a_context, a_load, a_risk, an_issue_brief
from javis_pipeline_tests.digests import a_conflict, a_digest, a_proposal, shown

SITES = Sites("https://acme.atlassian.net", "https://acme.atlassian.net")
YESTERDAY = NOW - timedelta(days=1)


def text_of(message: Message) -> str:
    return shown({"blocks": list(message.blocks)})


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("a < b & c > d", "a &lt; b &amp; c &gt; d", id="entities"),
        pytest.param("<!channel> <@U123> <#C123>", "&lt;!channel&gt; &lt;@U123&gt; &lt;#C123&gt;", id="mentions"),
        pytest.param("<https://evil.example|click>", "&lt;https://evil.example|click&gt;", id="link"),
        pytest.param("&lt;!here&gt;", "&amp;lt;!here&amp;gt;", id="escaped before"),
        pytest.param("one\n> two\t three\r", "one &gt; two three", id="lines"),
        pytest.param("```code", "'''code", id="backticks"),
        pytest.param("abc\u202edef\u2066", "abcdef", id="direction"),
        pytest.param("nul\0 and \x1b[31m", "nul and [31m", id="control characters"),
        pytest.param("x" * 200, "x" * 119 + "…", id="long"),
        pytest.param("&" * 200, "&amp;" * 23 + "…", id="long when escaped"),
    ],
)
def test_text_that_people_wrote_can_only_be_read(written: str, expected: str) -> None:
    assert escaped(written) == expected


def test_an_emoji_counts_as_two_characters_since_slack_may_count_so() -> None:
    assert plain("🔥" * 100, 150) == "🔥" * 74 + "…"


def test_given_more_lines_than_fit_then_the_others_are_counted() -> None:
    lines = [f"line {number}" for number in range(17)]

    assert fitted(lines, shown=5).splitlines()[-1] == "_and 12 more_"
    assert fitted(lines, most=120, where="in the thread").splitlines()[-1] == "_and 11 more, in the thread_"
    assert "more" not in fitted(lines)


def test_the_digest_tells_sprint_risks_suggestions_conflicts_and_who_suggests() -> None:
    message = digest_message(a_digest(), None, SITES)

    seen = text_of(message)
    assert "Sprint 31" in seen
    assert "<https://acme.atlassian.net/browse/OQC-1|OQC-1> is overdue for 3 days (Title of OQC-1)" in seen
    assert "by the rules, without a language model" in seen
    assert "Raise the priority of OQC-1" in seen
    assert "Here: Calibrate the lamp\nJira: Calibrate the camera" in seen
    assert message.text == "OQC at risk: 0 of 2 done in Sprint 31, 2 high risks, 2 suggestions, 1 conflict"
    assert "Since" not in seen


def test_given_claude_then_the_digest_names_the_model_and_what_the_reader_should_know() -> None:
    digest = a_digest(engine="claude", model="claude-sonnet-5-5 (sandbox)", notes=("The prompt was cut.",))

    seen = text_of(digest_message(digest, None, SITES))

    assert "by Claude, claude-sonnet-5-5 (sandbox)" in seen
    assert "The prompt was cut." in seen


def test_given_an_earlier_digest_then_this_one_tells_what_changed() -> None:
    before, now = a_digest(risks=1, conflicts=0), a_digest(risks=2, conflicts=1)

    seen = text_of(digest_message(now, Earlier(digest_facts(before), YESTERDAY), SITES))

    assert "*Since Sun 1 Mar, 09:00*" in seen
    assert "New: <https://acme.atlassian.net/browse/OQC-2|OQC-2> overdue\nConflicts: 0 before, now 1" in seen


def test_given_many_of_everything_then_the_digest_shows_the_first_and_the_thread_the_rest() -> None:
    digest = a_digest(risks=300, proposals=20, conflicts=20)

    main, details = digest_message(digest, None, SITES), digest_details(digest, SITES)

    assert "_and 295 more, in the thread_" in text_of(main)
    assert text_of(main).count("Keep local") == 2 * 3  # on the button, and in its question
    assert list(details) == ["risks", "suggestions", "conflicts"]
    assert "more: `javis context --project OQC --show-risks`" in text_of(details["risks"])
    assert "and 9 more, `javis suggest`" in text_of(details["suggestions"])
    assert "and 8 more, `javis conflicts list`" in text_of(details["conflicts"])


def test_given_a_decided_suggestion_then_it_has_no_buttons_but_a_name() -> None:
    digest = a_digest(proposals=0, conflicts=0, risks=0)
    digest = replace(digest, proposals=(a_proposal(state="accepted", decided_by="ada <@U1>"),))

    message = digest_message(digest, None, SITES)

    assert "*Accepted* by ada &lt;@U1&gt;" in text_of(message)
    assert not any(block["type"] == "actions" for block in message.blocks)


def test_given_an_empty_project_then_the_digest_says_so() -> None:
    message = digest_message(a_digest(risks=0, proposals=0, conflicts=0, context=a_context()), None, Sites())

    seen = text_of(message)
    assert "OQC: on track" in seen
    assert "*No sprint is running.*" in seen
    assert "*No risks* were found." in seen
    assert "Nothing is suggested." in seen


def test_given_a_risk_of_a_person_then_it_has_a_name() -> None:
    risk = a_risk("overloaded_person", account_id="bob", summary="one person has 9 issues in progress")
    context = a_context(risks=(risk,), people=(BOB,), workload=(a_load("bob"),))

    assert "*high* Bob Miller: one person has 9 issues in progress" in text_of(alert_message(context, None, SITES))


def test_an_alert_tells_what_is_new_worse_and_gone() -> None:
    before = a_context(risks=(a_risk("overdue", "OQC-1", severity="medium"), a_risk("blocked", "OQC-2")))
    now = a_context(
        risks=(a_risk("overdue", "OQC-1"), a_risk("reopened", "OQC-3"), a_risk("overdue", "X-9", severity="low"))
    )

    seen = text_of(alert_message(now, Earlier(alert_facts(before), YESTERDAY), Sites()))

    assert "New: OQC-3 reopened\nWorse: OQC-1 overdue\nNo longer: OQC-2 blocked" in seen
    assert "X-9" not in seen


def test_given_no_risk_is_left_then_the_alert_says_so() -> None:
    before = alert_facts(a_context(risks=(a_risk("overdue", "OQC-1"),)))

    message = alert_message(a_context(), Earlier(before, YESTERDAY), Sites())

    assert "OQC: no risks any more" in text_of(message)
    assert message.text == "OQC: no risks"


def a_scope(**parts: object) -> ScopeLine:
    usual = {
        "system": "jira", "scope": "OQC", "started_at": NOW, "outcome": "done", "watermark": NOW - timedelta(hours=3),
        "records": 129, "unpushed": 2, "conflicts": 1, "errors": 0, "quarantined": 0,
        "counts": {"pulled": 12, "pushed": 0, "whole": True, "note": "x"}, "error": None,
    }  # fmt: skip
    return ScopeLine(**(usual | parts))  # type: ignore[arg-type]  # the parts are of the fields' types


def test_the_status_tells_when_counts_conflicts_errors_and_how_old_the_watermark_is() -> None:
    scopes = [a_scope(), a_scope(system="confluence", scope="DOC", outcome="failed", error="<Confluence> is away")]

    message = status_message("OQC", scopes, NOW, ZoneInfo("Europe/Berlin"))

    seen = text_of(message)
    assert message.text == "OQC: sync failed"
    assert "*Jira OQC*: done, started Mon 2 Mar, 10:00" in seen
    assert "129 records, 2 not sent yet, 1 conflict, 0 errors, 0 unreadable" in seen
    assert "Last pull: pulled 12\n" in seen
    assert "Everything before Mon 2 Mar, 07:00 is here (3 hours ago)" in seen
    assert "Error: &lt;Confluence&gt; is away" in seen


def test_given_nothing_was_synced_then_the_status_says_what_to_do() -> None:
    assert "Next: `javis sync`" in text_of(status_message("OQC", [], NOW, ZoneInfo("UTC")))


def test_a_failure_links_to_its_run() -> None:
    message = failure_message("sync", "jira refused: a|b>", "https://dagster.example/runs/1?a=1&b=2", "OQC")

    assert "<https://dagster.example/runs/1?a=1&amp;b=2|Open the run>" in text_of(message)
    assert message.text == "sync failed for OQC: jira refused: a|b&gt;"


@pytest.mark.parametrize(
    ("conflict", "expected"),
    [
        pytest.param(a_conflict(local="one\ntwo\n", remote="one\n2\n"), "-2\n+two", id="text"),
        pytest.param(a_conflict(field="story_points", local=Decimal(3), remote=None), "-nothing\n+3", id="number"),
        pytest.param(a_conflict(field="labels", local=("a", "b"), remote=("a",)), "-a\n+a, b", id="labels"),
        pytest.param(a_conflict(local="```", remote="<x>"), "-&lt;x&gt;\n+'''", id="markup"),
    ],
)
def test_a_diff_shows_both_sides(conflict: OpenConflict, expected: str) -> None:
    assert expected in text_of(diff_message(conflict, SITES))


def test_a_message_can_be_read_on_a_terminal() -> None:
    text = as_text(digest_message(a_digest(proposals=1), None, SITES))

    assert text.startswith("== OQC: at risk ==\nSprint 31")
    assert "• high OQC-1 is overdue for 3 days (Title of OQC-1)" in text
    assert "[Accept]  [Reject]" in text


def test_a_page_is_named_and_linked() -> None:
    page = a_conflict(system="confluence", name="Plan & <b>", resource_id="77", field="body_storage")

    seen = text_of(digest_message(a_digest(conflicts=0, proposals=0), None, SITES))
    assert "pageId" not in seen
    seen = text_of(digest_message(replace(a_digest(), conflicts=(page,)), None, SITES))
    assert "pageId=77|Plan &amp; &lt;b&gt;> body storage was changed on both sides" in seen


def test_the_time_of_a_message_is_in_the_projects_zone() -> None:
    context = a_context(as_of=datetime(2026, 3, 2, 23, 30, tzinfo=UTC), time_zone="Asia/Tokyo")

    seen = text_of(digest_message(a_digest(context=context), None, SITES))

    assert "As of Tue 3 Mar, 08:30 (Asia/Tokyo)" in seen


def test_a_title_with_markup_stays_in_its_line() -> None:
    digest = a_digest(context=a_context(
        risks=(a_risk("overdue", "OQC-1", summary="OQC-1 is overdue"),),
        issues=(an_issue_brief("OQC-1", title="<!channel> & *bold*\n> quote"),),
    ))  # fmt: skip

    assert "(&lt;!channel&gt; &amp; *bold* &gt; quote)" in text_of(digest_message(digest, None, SITES))
