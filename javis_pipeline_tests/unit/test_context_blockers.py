"""The graph of what holds up what."""

import itertools

from javis_pipeline_tests.context_tables import a_context, an_issue, blocks


def _chain(*keys: str, **extra):
    issues = [an_issue(key) for key in keys if key.startswith("OQC-")]
    return a_context(issues=issues, links=[blocks(a, b) for a, b in itertools.pairwise(keys)], **extra)


def test_a_chain_has_one_root_and_its_length():
    blockers = _chain("OQC-1", "OQC-2", "OQC-3").blockers

    (root,) = blockers.roots
    assert (root.key, root.held_up, root.held_up_keys, root.depth) == ("OQC-1", 2, ("OQC-2", "OQC-3"), 2)
    assert (blockers.blocked, blockers.deepest, blockers.cycles) == (2, 2, ())


def test_given_the_same_link_from_both_ends_then_it_counts_once():
    links = [blocks("OQC-1", "OQC-2"), {"key": "OQC-2", "label": "is blocked by", "other_key": "OQC-1"}]

    blockers = a_context(issues=[an_issue("OQC-1"), an_issue("OQC-2")], links=links).blockers

    assert [(link.blocker_key, link.blocked_key) for link in blockers.links] == [("OQC-1", "OQC-2")]


def test_given_other_kinds_of_links_then_nothing_is_held_up():
    links = [{"key": "OQC-1", "label": "relates to", "other_key": "OQC-2"}]

    assert a_context(issues=[an_issue("OQC-1"), an_issue("OQC-2")], links=links).blockers.links == ()


def test_given_an_issue_that_links_to_itself_then_it_is_no_circle():
    blockers = a_context(issues=[an_issue("OQC-1")], links=[blocks("OQC-1", "OQC-1")]).blockers

    assert (blockers.blocked, blockers.cycles) == (0, ())


def test_given_a_circle_that_holds_up_more_then_the_circle_is_told_and_is_no_root():
    issues = [an_issue(f"OQC-{number}") for number in (1, 2, 3)]
    links = [blocks("OQC-1", "OQC-2"), blocks("OQC-2", "OQC-1"), blocks("OQC-2", "OQC-3")]

    blockers = a_context(issues=issues, links=links).blockers

    assert blockers.cycles == (("OQC-1", "OQC-2"),)
    assert blockers.roots == ()
    assert (blockers.blocked, blockers.deepest) == (3, 1)


def test_given_a_done_issue_in_the_middle_then_the_chain_is_cut_there():
    issues = [an_issue("OQC-1"), an_issue("OQC-2", "done"), an_issue("OQC-3")]

    blockers = a_context(issues=issues, links=[blocks("OQC-1", "OQC-2"), blocks("OQC-2", "OQC-3")]).blockers

    assert blockers.blocked == 0


def test_given_a_chain_through_another_project_then_the_root_is_found_there():
    outside = [{"key": "EUV-9", "status": "To Do", "status_category": "new", "story_points": 3.0, "title": "Beyond"}]

    context = _chain(
        "EUV-9", "OQC-1", "EUV-7", "OQC-2", outside_issues=[*outside, {"key": "EUV-7", "status_category": "new"}]
    )

    (root,) = context.blockers.roots
    assert (root.key, root.is_outside, root.state_known, root.held_up, root.depth) == ("EUV-9", True, True, 3, 3)
    assert root.projects == ("EUV", "OQC")
    assert all(link.crosses_projects for link in context.blockers.links)
    assert context.blockers.blocked == 2
    assert "Beyond" in {issue.title for issue in context.issues}


def test_given_an_issue_that_is_not_synced_then_it_may_hold_things_up_but_never_waits():
    blockers = _chain("ELSE-1", "OQC-1", "ELSE-2").blockers

    (root,) = blockers.roots
    assert (root.key, root.state_known, root.held_up_keys) == ("ELSE-1", False, ("OQC-1",))


def test_given_links_between_other_projects_only_then_they_are_not_ours():
    outside = [{"key": "EUV-1", "status_category": "new"}, {"key": "EUV-2", "status_category": "new"}]

    context = a_context(issues=[an_issue("OQC-1")], links=[blocks("EUV-1", "EUV-2")], outside_issues=outside)

    assert context.blockers.links == ()
    assert context.blockers.roots == ()


def test_work_that_is_held_up_is_told_in_points_where_they_are_known():
    issues = [an_issue("OQC-1"), an_issue("OQC-2", story_points=3.0), an_issue("OQC-3", story_points=None)]

    (root,) = a_context(issues=issues, links=[blocks("OQC-1", "OQC-2"), blocks("OQC-1", "OQC-3")]).blockers.roots

    assert root.held_up_points == 3.0


def test_given_a_long_chain_then_it_is_followed_to_its_end():
    keys = [f"OQC-{number}" for number in range(1, 1502)]

    blockers = _chain(*keys).blockers

    assert blockers.deepest == 1500
    assert blockers.roots[0].held_up == 1500
