"""Nothing is written twice for two systems: what they have in common stands in one place."""

from pathlib import Path

from javis_pipeline_tests.twins import alike, code_lines, pairs

PACKAGE = Path(__file__).resolve().parents[2] / "javis_pipeline"
MOST = 0.15

PULL = """
def pull_issues(jira, project):
    # ask
    found = jira.issues(project)
    stored = store_issues(found)
    return stored
"""


def test_no_two_modules_are_alike_in_more_than_a_seventh_of_their_lines():
    """Of a record and its row both name the columns, which is no code."""
    twins = [pair for pair in pairs(PACKAGE) if pair.share > MOST and pair.one.parent.name != "db"]

    assert twins == []


def test_a_twin_with_other_names_is_seen():
    ours = code_lines(PULL)
    theirs = code_lines(PULL.replace("issue", "page").replace("jira", "confluence").replace("project", "space"))

    assert alike(ours, theirs) == len(ours) == 4


def test_what_only_looks_alike_is_none():
    assert alike(code_lines(PULL), code_lines("def push(op):\n    return op\n")) == 0
