"""What is said of many small projects, in posts and on the terminal, against the ledger of what is never said."""

from collections import Counter
from functools import cache
from uuid import UUID

import pytest

from javis_pipeline.cli.context_page import print_details, print_page
from javis_pipeline.posts.blocks import Sites, as_text
from javis_pipeline.posts.digest import LINES, digest_details, digest_message
from javis_pipeline.posts.notices import alert_message
from javis_pipeline.records.digest import Digest, Proposal
from javis_pipeline.suggestions.rules import rules_advice
from javis_pipeline_tests.sentences import LEDGER, Never, never_said
from javis_pipeline_tests.signed_contexts import WORDS
from javis_pipeline_tests.signed_shapes import ALL, signed_context
from javis_pipeline_tests.terminals import layout_faults, screen_of


@pytest.mark.parametrize("entry", LEDGER, ids=lambda entry: entry.wrong)
def test_an_entry_forbids_its_sentence_and_not_the_nearest_one(entry: Never):
    assert list(never_said(entry.wrong, to_people=True)) != []
    assert list(never_said(entry.right, to_people=True)) == []
    assert list(never_said(entry.wrong, to_people=False)) != [] or entry.to_people


def test_what_people_wrote_is_theirs():
    assert list(never_said("Ask what OQC-1 “Apply {} to None..” needs", to_people=True)) == []


@cache
def a_digest(name: str) -> Digest:
    context = signed_context(name)
    advice = rules_advice(context, WORDS)
    proposals = [
        Proposal(
            suggestion_id=UUID(int=number),
            title=each.title,
            rationale=each.rationale,
            issue_keys=each.issue_keys,
            actions=each.actions,
        )
        for number, each in enumerate(advice.suggestions)
    ]
    return Digest(context=context, engine="rules", proposals=tuple(proposals))


@pytest.mark.parametrize("name", ALL)
def test_no_post_says_what_is_never_said_and_none_says_a_line_twice(name: str):
    digest = a_digest(name)
    channel = as_text(digest_message(digest, None, Sites()))
    thread = [as_text(part) for part in digest_details(digest, Sites()).values()]
    alert = as_text(alert_message(digest.context, None, Sites()))

    assert [fault for text in (channel, *thread, alert) for fault in never_said(text, to_people=True)] == []
    assert len(channel.splitlines()) <= LINES
    assert [line for line, count in Counter(channel.splitlines()).items() if count > 1] == []


@pytest.mark.parametrize("name", ALL)
def test_no_page_says_what_is_never_said_and_each_fits_its_terminal(name: str):
    context = signed_context(name)

    def pages() -> None:
        print_page(context)
        print_details(context, risks=True, blockers=True)

    piped = screen_of(pages, None)

    assert list(never_said(" ".join(piped.split()), to_people=True)) == []
    assert [fault for width in (60, 80, 200) for fault in layout_faults(screen_of(pages, width), width, piped)] == []
