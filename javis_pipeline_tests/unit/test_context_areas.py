"""What a context says of people's components, of the age of links, and of which priorities are high."""

from javis_pipeline_tests.context_tables import a_context, an_issue, blocks, with_thresholds


def test_given_issues_with_components_then_a_person_has_those_of_most_of_their_issues() -> None:
    issues = [
        an_issue("OQC-1", components=["Vision", "Docs"]),
        an_issue("OQC-2", "done", components=["Vision"]),
        an_issue("OQC-3", components=None),
        an_issue("OQC-4", assignee_id="bob"),
    ]

    context = a_context(issues=issues)

    assert {load.account_id: load.components for load in context.workload} == {"ann": ("Vision", "Docs"), "bob": ()}


def test_given_a_named_issue_then_its_components_are_told() -> None:
    issues = [an_issue("OQC-1", components=["Vision"]), an_issue("OQC-2")]

    context = a_context(issues=issues, links=[blocks("OQC-1", "OQC-2")])

    assert [(issue.key, issue.components) for issue in context.issues] == [("OQC-1", ("Vision",)), ("OQC-2", ())]


def test_given_two_links_that_say_the_same_then_the_later_number_counts() -> None:
    links = [blocks("OQC-1", "OQC-2", 7), blocks("OQC-1", "OQC-2", 30), blocks("OQC-2", "OQC-3")]

    context = a_context(issues=[an_issue(f"OQC-{number}") for number in (1, 2, 3)], links=links)

    assert [(link.blocked_key, link.number) for link in context.blockers.links] == [("OQC-2", 30), ("OQC-3", None)]


def test_a_context_tells_which_priorities_are_high() -> None:
    context = a_context(thresholds=with_thresholds(high_priorities=("p0",)))

    assert context.high_priorities == ("p0",)
