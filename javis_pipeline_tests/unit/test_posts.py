"""What messages look like."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from javis_pipeline.posts.blocks import Message, Sites, as_text
from javis_pipeline.posts.conflicts import diff_message
from javis_pipeline.posts.digest import digest_details, digest_message
from javis_pipeline.posts.news import alert_facts, carried, digest_facts, facts_hash, sprint_of, steps_key
from javis_pipeline.posts.notices import ScopeLine, alert_message, failure_message, status_message
from javis_pipeline.posts.text import escaped, fitted, plain
from javis_pipeline.records.context import Counts, PageState
from javis_pipeline.records.digest import Digest, Earlier, Facts, FailedRun, OpenConflict
from javis_pipeline.records.suggestion import Action
from javis_pipeline_tests.contexts import BOB, NOW, a_context, a_load, a_risk, a_sprint, an_issue_brief
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


def lines_of(message: Message) -> list[str]:
    """What a reader sees as lines, headline and small print included."""
    return [line for line in as_text(message).splitlines() if line]


def a_later_digest(now: Digest, before: Digest) -> list[str]:
    return lines_of(digest_message(now, Earlier(facts=digest_facts(before), posted_at=YESTERDAY), SITES))


def test_the_first_digest_tells_what_presses_the_sprint_what_to_do_and_what_waits_for_a_choice() -> None:
    message = digest_message(a_digest(), None, SITES)

    assert lines_of(message) == [
        "== OQC: at risk ==",
        "Most pressing",
        "• high OQC-1 Title of OQC-1: overdue for 3 days",
        "• high OQC-2 Title of OQC-2: overdue for 3 days",
        "Sprint 31: 0 of 2 done",
        "1. Raise the priority of OQC-1",
        "2. Raise the priority of OQC-2",
        "1 conflict waits for a choice: OQC-1 title",
        "As of Mon 2 Mar, 09:00 (UTC) · 2 suggestions by the rules, without a language model · 1 conflict · "
        "more in the thread · board",
    ]
    assert message.text == "OQC at risk: 0 of 2 done in Sprint 31, 2 high risks, 2 suggestions, 1 conflict"


def test_what_changed_comes_first_and_what_was_told_before_is_left_to_the_thread() -> None:
    before, now = a_digest(risks=1, proposals=1, conflicts=0), a_digest(risks=2, proposals=2, conflicts=1)

    assert a_later_digest(now, before)[1:6] == [
        "Since Sun 1 Mar, 09:00",
        "• New: high OQC-2 Title of OQC-2: overdue for 3 days",
        "Sprint 31: 0 of 2 done",
        "2. Raise the priority of OQC-2",
        "1 conflict waits for a choice: OQC-1 title",
    ]
    assert a_later_digest(now, now)[1:3] == ["Since Sun 1 Mar, 09:00: nothing of weight", "Sprint 31: 0 of 2 done"]


def test_a_suggestion_that_went_and_comes_again_is_not_told_again() -> None:
    first, second = digest_facts(a_digest(proposals=1)), digest_facts(a_digest(proposals=0))

    told = Earlier(facts=carried(second, first), posted_at=YESTERDAY)

    assert "1. Raise" not in as_text(digest_message(a_digest(proposals=1), told, SITES))


def test_a_risk_of_low_severity_is_no_news() -> None:
    before, now = (
        a_digest(context=a_context()),
        a_digest(context=a_context(risks=(a_risk("overdue", "OQC-9", severity="low"),))),
    )

    assert facts_hash(digest_facts(now)) == facts_hash(digest_facts(before))
    assert "OQC-9" not in "".join(a_later_digest(now, before))


def test_the_same_suggestion_in_other_words_is_no_news() -> None:
    before = replace(a_digest(), proposals=(a_proposal(1),))
    now = replace(a_digest(), engine="claude", proposals=(a_proposal(1, suggestion_id=UUID(int=9), title="Hurry"),))

    assert facts_hash(digest_facts(now)) == facts_hash(digest_facts(before))
    assert "Hurry" not in "".join(a_later_digest(now, before))


def test_what_is_asked_about_a_sprint_is_one_suggestion_whichever_issues_are_left_of_it() -> None:
    def asked(*keys: str, question: str = "The sprint is over: what becomes of it?") -> str:
        actions = tuple(Action("comment_draft", key, question) for key in keys)
        return steps_key(a_proposal(issue_keys=keys, actions=actions, sprint=sprint_of(["overdue:OQC-1", finding])))

    finding = "sprint_off_track:sprint-39"
    once = asked("OQC-1", "OQC-2")
    assert asked("OQC-2", "OQC-3") == once
    assert asked("OQC-2", "OQC-3", question="Can it leave the sprint?") != once
    finding = "scope_creep:sprint-40"
    assert asked("OQC-1", "OQC-2") != once
    finding = "overdue:OQC-2"
    assert asked("OQC-1", "OQC-2") != asked("OQC-2", "OQC-3")


@pytest.mark.parametrize(
    ("days_left", "assignee", "told"),
    [(3, None, True), (-1, None, False), (-1, "mara", True)],
    ids=["the sprint goes on", "the sprint is over", "somebody took it"],
)
def test_what_only_went_with_its_sprint_is_not_told(days_left: int, assignee: str | None, told: bool) -> None:
    risk = a_risk("unassigned_in_sprint", "OQC-9")
    before = a_digest(context=a_context(risks=(risk,), sprints=(a_sprint(days_left=5),)))
    issue = an_issue_brief("OQC-9", assignee_id=assignee)
    now = a_digest(context=a_context(issues=(issue,), sprints=(a_sprint(days_left=days_left),)))

    assert ("No longer: OQC-9" in "".join(a_later_digest(now, before))) is told


def test_what_went_away_and_what_was_finished_is_told() -> None:
    before = a_digest(context=a_context(risks=(a_risk("overdue", "OQC-9"), a_risk("blocked", "OQC-8"))))
    now = a_digest(context=a_context(counts=Counts(9, 3, 3, 3, 0, {})), conflicts=0)

    assert a_later_digest(now, before)[1:5] == [
        "Since Sun 1 Mar, 09:00",
        "• No longer: OQC-9 overdue, OQC-8 blocked",
        "• 3 issues finished, 3 in all",
        "• 1 conflict settled",
    ]


@pytest.mark.parametrize(
    "earlier", [None, Earlier(facts=Facts(done=3, sprint="Sprint 30"), posted_at=YESTERDAY)], ids=["first", "later"]
)
def test_given_many_of_everything_then_the_channel_gets_ten_lines_and_the_thread_the_rest(
    earlier: Earlier | None,
) -> None:
    digest = a_digest(risks=300, proposals=20, conflicts=20)

    main, details = digest_message(digest, earlier, SITES), digest_details(digest, SITES)

    assert len(lines_of(main)) == 10
    assert not [block for block in main.blocks if block["type"] == "actions"]
    assert list(details) == ["suggestions", "conflicts", "risks"]
    assert "more: `javis context --project OQC --show-risks`" in text_of(details["risks"])
    assert "more: `javis suggest`" in text_of(details["suggestions"])
    assert "and 8 more: `javis conflicts list`" in text_of(details["conflicts"])


def test_every_step_is_shown_whole_before_its_button() -> None:
    text = "What is left? " + "Tell us. " * 60
    actions = (
        Action("comment_draft", "OQC-1", text),
        Action("comment_draft", "OQC-2", text),
        Action("assign", "OQC-1", "bob"),
        Action("set_due_date", "OQC-1", "2026-03-09"),
    )
    digest = a_digest(proposals=0, context=a_context(people=(BOB,)))
    digest = replace(digest, proposals=(a_proposal(actions=actions),))

    message = digest_details(digest, Sites())["suggestions"]

    seen = text_of(message)
    assert f"→ comment on OQC-1, OQC-2: “{text.strip()}”" in seen
    assert "→ assign OQC-1 to Bob Miller" in seen
    assert "→ set the due date of OQC-1 to 2026-03-09" in seen
    assert message.blocks[-1]["type"] == "actions"


def test_given_several_findings_about_an_issue_then_it_has_one_line_with_title_and_owner() -> None:
    risks = (
        a_risk("overdue", "OQC-1", summary="OQC-1 is overdue for 4 days"),
        a_risk("blocked", "OQC-1", "OQC-2", since=date(2026, 2, 13), summary="OQC-1 is blocked by OQC-2, for 16 days"),
    )
    issue = an_issue_brief("OQC-1", title="Fix the lamp", assignee_id="bob")
    digest = a_digest(context=a_context(risks=risks, issues=(issue,), people=(BOB,)))

    assert (
        "• *high* OQC-1 Fix the lamp (Bob Miller): overdue for 4 days; blocked by OQC-2 since 13 February"
        in text_of(digest_message(digest, None, Sites()))
    )


def test_given_people_that_slack_knows_then_they_are_called_for_what_is_theirs_to_do_and_nowhere_else() -> None:
    risks = (a_risk("overdue", "OQC-1", summary="OQC-1 is overdue for 4 days"),)
    issue = an_issue_brief("OQC-1", assignee_id="bob")
    digest = a_digest(proposals=1, conflicts=0, context=a_context(risks=risks, issues=(issue,), people=(BOB,)))
    sites = Sites(people={"bob": "U0BOB"})

    main, details = digest_message(digest, None, sites), digest_details(digest, sites)

    assert "1. Raise the priority of OQC-1 (<@U0BOB>)" in text_of(main)
    assert text_of(main).count("<@") == 1
    assert not [message for message in details.values() if "<@" in text_of(message)]
    told = Earlier(facts=digest_facts(digest), posted_at=YESTERDAY)
    assert "<@" not in text_of(digest_message(digest, told, sites))


def test_given_claude_then_the_digest_names_the_model_and_the_thread_what_the_reader_should_know() -> None:
    digest = a_digest(engine="claude", model="claude-sonnet-5-5 (sandbox)", notes=("The prompt was cut.",))

    assert "by Claude, claude-sonnet-5-5 (sandbox)" in text_of(digest_message(digest, None, SITES))
    assert "The prompt was cut." in text_of(digest_details(digest, SITES)["suggestions"])


def test_given_a_decided_suggestion_then_it_has_no_buttons_but_a_name() -> None:
    digest = a_digest(proposals=0, conflicts=0, risks=0)
    digest = replace(digest, proposals=(a_proposal(state="accepted", decided_by="ada <@U1>"),))

    message = digest_details(digest, SITES)["suggestions"]

    assert "*Accepted* by ada &lt;@U1&gt;" in text_of(message)
    assert not any(block["type"] == "actions" for block in message.blocks)


def test_given_an_empty_project_then_the_digest_says_so() -> None:
    message = digest_message(a_digest(risks=0, proposals=0, conflicts=0, context=a_context()), None, Sites())

    assert lines_of(message) == [
        "== OQC: on track ==",
        "No risks were found.",
        "No sprint is running: 0 open, 0 in progress, 0 finished in seven days",
        "As of Mon 2 Mar, 09:00 (UTC) · more in the thread",
    ]


def test_links_lead_to_the_board_the_issue_and_the_run() -> None:
    sites = Sites("https://acme.atlassian.net", None, "https://dagster.example")

    seen = text_of(digest_message(a_digest(), None, sites))

    assert "<https://acme.atlassian.net/browse/OQC|board>" in seen
    assert "<https://acme.atlassian.net/browse/OQC-1|OQC-1> Title of OQC-1" in seen
    assert "<https://dagster.example/assets/slack_digest?partition=OQC|run>" in seen


def test_given_a_risk_of_a_person_then_it_has_a_name() -> None:
    risk = a_risk("overloaded_person", account_id="bob", summary="one person has 9 issues in progress")
    context = a_context(risks=(risk,), people=(BOB,), workload=(a_load("bob"),))

    assert "*high* Bob Miller: has 9 issues in progress" in text_of(alert_message(context, None, SITES))


def test_given_a_risk_of_a_page_then_it_has_its_title() -> None:
    risk = a_risk("page_stale", "OQC-1", page_ids=("77",), summary="page 77 names 1 issue and was edited 9 days before")
    context = a_context(risks=(risk,), pages=(PageState("77", "ENG", "Plan & <b>", None, (), 9),))

    seen = text_of(digest_message(a_digest(context=context), None, SITES))

    assert "pageId=77|Plan &amp; &lt;b&gt;>: names 1 issue and was edited 9 days before" in seen
    assert "page 77" not in seen


def test_an_alert_tells_what_is_new_worse_and_gone() -> None:
    before = a_context(risks=(a_risk("overdue", "OQC-1", severity="medium"), a_risk("blocked", "OQC-2")))
    now = a_context(
        risks=(
            a_risk("overdue", "OQC-1", summary="OQC-1 is overdue for 9 days"),
            a_risk("reopened", "OQC-3", summary="OQC-3 was reopened today"),
            a_risk("overdue", "X-9", severity="low"),
        )
    )

    seen = text_of(alert_message(now, Earlier(facts=alert_facts(before), posted_at=YESTERDAY), Sites()))

    assert (
        "• New: *high* OQC-3: was reopened today\n• Worse: *high* OQC-1: overdue for 9 days\n• No longer: OQC-2 blocked"
    ) in seen
    assert "X-9" not in seen


def test_given_no_risk_is_left_then_the_alert_says_so() -> None:
    before = alert_facts(a_context(risks=(a_risk("overdue", "OQC-1"),)))

    message = alert_message(a_context(), Earlier(facts=before, posted_at=YESTERDAY), Sites())

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
    message = failure_message(
        FailedRun(job="sync", run_id="r1", url="https://dagster.example/runs/1?a=1&b=2", cause="jira refused: a|b>"),
        "OQC",
    )

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


@pytest.mark.parametrize("line", ["word ", "line\n"], ids=["one line", "many lines"])
def test_a_diff_of_long_texts_shows_where_they_differ_at_once(line: str) -> None:
    long = line * 1_000_000
    began = time.process_time()

    text = text_of(diff_message(a_conflict(local=f"{long}ours {long}", remote=f"{long}theirs {long}"), SITES))

    assert time.process_time() - began < 5  # a fraction of a second on a machine that does nothing else
    assert "ours" in text
    assert "theirs" in text
    assert len(text) < 4_000


def test_a_message_can_be_read_on_a_terminal() -> None:
    text = as_text(digest_details(a_digest(proposals=1), SITES)["suggestions"])

    assert text.startswith("What to do next (by the rules, without a language model)\n1. Raise the priority of OQC-1\n")
    assert text.endswith("→ set the priority of OQC-1 to High\n[Accept]  [Reject]")


def test_a_conflict_has_both_values_and_buttons_in_the_same_words() -> None:
    text = as_text(digest_details(a_digest(), SITES)["conflicts"])

    assert text == (
        "1 conflict to decide\nOQC-1 title was changed on both sides\nOurs: Calibrate the lamp\n"
        "Jira's: Calibrate the camera\n[Keep ours]  [Keep Jira's]  [Show both]"
    )


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param({"loses": ("a macro: roadmap", "a mention: Ann")}, "Ours loses: a macro: roadmap; a mention: Ann"),
        pytest.param(
            {"doubts": ("line 1: 'by Friday' has a colour",)}, "Why it waits: line 1: 'by Friday' has a colour"
        ),
        pytest.param(
            {"loses": ("a macro: roadmap",), "doubts": ("line 1: 'by Friday' has a colour",)},
            "Ours loses: a macro: roadmap\nWhy it waits: line 1: 'by Friday' has a colour",
            id="both",
        ),
        pytest.param({"loses": ("a macro",) * 9}, f"Ours loses: {'; '.join(['a macro'] * 5)} and 4 more"),
    ],
)
def test_what_keeping_ours_would_cost_is_told_before_a_person_chooses(told: dict[str, Any], expected: str) -> None:
    digest = a_digest(conflicts=0)
    digest = replace(digest, conflicts=(a_conflict(kind="lossy_edit", **told),))

    assert expected in text_of(digest_details(digest, SITES)["conflicts"])


def test_a_page_in_conflict_is_named_and_linked() -> None:
    page = a_conflict(system="confluence", name="Plan & <b>", resource_id="77", field="body_storage")

    seen = text_of(digest_details(replace(a_digest(), conflicts=(page,)), SITES)["conflicts"])

    assert "pageId=77|Plan &amp; &lt;b&gt;> body storage was changed on both sides" in seen
    assert "Keep Confluence's" in seen


def test_the_time_of_a_message_is_in_the_projects_zone() -> None:
    context = a_context(as_of=datetime(2026, 3, 2, 23, 30, tzinfo=UTC), time_zone="Asia/Tokyo")

    seen = text_of(digest_message(a_digest(context=context), None, SITES))

    assert "As of Tue 3 Mar, 08:30 (Asia/Tokyo)" in seen


def test_a_title_with_markup_stays_in_its_line() -> None:
    digest = a_digest(context=a_context(
        risks=(a_risk("overdue", "OQC-1", summary="OQC-1 is overdue"),),
        issues=(an_issue_brief("OQC-1", title="<!channel> & *bold*\n> quote"),),
    ))  # fmt: skip

    assert "OQC-1> &lt;!channel&gt; &amp; *bold* &gt; quote: overdue" in text_of(digest_message(digest, None, SITES))
