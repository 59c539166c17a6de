"""The decision for one field, row by row of the table, and its laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from javis_pipeline.records import MISSING
from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.sync import FieldPolicy
from javis_pipeline.sync.codecs import Day, Labels, Line, Plain
from javis_pipeline.sync.decide import (
    Agree,
    Clash,
    Keep,
    NotPushable,
    Pull,
    Push,
    SetMerge,
    Sides,
    Wait,
    decide_labels,
    decide_scalar,
    decide_set,
)
from javis_pipeline.sync.known_codecs import Named
from javis_pipeline.sync.page_codecs import PageLabels
from javis_pipeline.sync.run import Rules
from javis_pipeline.systems.jira.kind import JIRA_ISSUE

LINE = Line()


def decide(b, l, r, **flags):  # noqa: E741  the names of the decision table
    return decide_scalar(LINE, Sides(b, b, l, r), **flags)


@pytest.mark.parametrize(
    ("sides", "flags", "expected"),
    [
        pytest.param(("b", "l", MISSING), {}, Keep, id="row 0: absent from the answer is not null"),
        pytest.param(("b", "l", 7), {}, Keep, id="row 0: of another type"),
        pytest.param(("b", "x", "x"), {}, Agree, id="row 1: equal, whatever the base says"),
        pytest.param(("b", "x", "x"), {"op_in_flight": True}, Agree, id="row 1 comes before row 2"),
        pytest.param(("b", "l", "b"), {"op_in_flight": True}, Wait, id="row 2: our write is on its way"),
        pytest.param(("b", "b", "r"), {"op_in_flight": True}, Wait, id="row 2 comes before row 4"),
        pytest.param(("b", "b", "r"), {"reassert": True}, Push, id="row 3: a late echo of our own write"),
        pytest.param(("b", "b", "r"), {}, Pull, id="row 4: changed there"),
        pytest.param(("b", "l", "b"), {}, Push, id="row 5: changed here"),
        pytest.param(("b", "l", " b "), {}, Push, id="row 5: as canonical as before"),
        pytest.param(("b", "l", "b"), {"writable": False}, NotPushable, id="row 6: not writable"),
        pytest.param(("b", "l", "r"), {}, Clash, id="row 9: changed on both sides"),
        pytest.param(("b", "b", None), {}, Pull, id="row 4: an explicit null empties"),
        pytest.param(("b", None, "b"), {}, Push, id="row 5: emptied here"),
    ],
)
def test_each_row_of_the_table(sides, flags, expected):
    assert isinstance(decide(*sides, **flags), expected)


VALUES = st.sampled_from(["a", "b", "c", None])


@given(VALUES, VALUES, VALUES)
def test_the_decision_is_symmetric(b, l, r):  # noqa: E741
    mirror = {Agree: Agree, Pull: Push, Push: Pull, Clash: Clash}

    assert mirror[type(decide(b, l, r))] is type(decide(b, r, l))


@given(VALUES, VALUES)
def test_equal_edits_never_clash(b, value):
    assert decide(b, value, value) == Agree(value)


@given(VALUES, VALUES)
def test_what_one_side_left_alone_never_clashes(b, value):
    assert not isinstance(decide(b, value, b), Clash)
    assert not isinstance(decide(b, b, value), Clash)


ELEMENTS = st.frozensets(st.sampled_from("abcd"))


@given(ELEMENTS, ELEMENTS, ELEMENTS)
def test_each_element_of_a_set_is_its_own_case(b, l, r):  # noqa: E741
    merged, base, add, remove = decide_set(b, l, r)

    for e in "abcd":
        added = e not in b and (e in l or e in r)
        removed = e in b and (e not in l or e not in r)
        assert (e in merged) is (added or (e in b and not removed))
        if (e in merged) == (e in r):
            assert (e in base) is (e in merged)
    assert (r | add) - remove == merged
    assert not add & remove


@given(ELEMENTS, ELEMENTS, ELEMENTS)
def test_sets_merge_alike_whichever_side_is_local(b, l, r):  # noqa: E741
    assert decide_set(b, l, r)[0] == decide_set(b, r, l)[0]


def test_a_set_waits_while_our_write_is_on_its_way_unless_both_sides_hold_the_same() -> None:
    there, here = ("auth",), ("auth", "urgent")

    assert isinstance(decide_labels(Labels(), Sides(there, None, here, there), op_in_flight=True), Wait)
    assert isinstance(decide_labels(Labels(), Sides(there, None, here, here), op_in_flight=True), Agree)


@pytest.mark.parametrize("policy", ["two_way", "local_to_remote", "remote_to_local", "none"])
def test_a_field_that_nothing_here_can_write_only_follows(policy: FieldPolicy) -> None:
    rules = Rules(policies={"issue_type": policy, "title": policy})

    assert rules.policy(JIRA_ISSUE.fields["title"]) == policy
    assert rules.policy(JIRA_ISSUE.fields["issue_type"]) == ("none" if policy == "none" else "remote_to_local")


def test_a_late_echo_of_an_added_label_is_not_somebodys_label():
    sides = Sides((), (), (), ("urgent",))

    decision = decide_labels(Labels(), sides, late_add=frozenset({"urgent"}))

    assert isinstance(decision, SetMerge)
    assert (decision.merged, decision.remove) == (frozenset(), frozenset({"urgent"}))


def test_a_label_of_a_page_that_changes_only_in_case_is_the_same_one_as_it_is_spelled_there():
    sides = Sides(("urgent",), ("urgent",), ("Late", "Urgent"), ("urgent",))

    decision = decide_labels(PageLabels(), sides)

    assert isinstance(decision, SetMerge)
    assert (decision.merged, decision.base) == (frozenset({"Late", "urgent"}), frozenset({"urgent"}))
    assert (decision.add, decision.remove) == (frozenset({"Late"}), frozenset())


def test_a_label_of_an_issue_that_changes_only_in_case_is_another_one():
    decision = decide_labels(Labels(), Sides(("urgent",), ("urgent",), ("Urgent",), ("urgent",)))

    assert isinstance(decision, SetMerge)
    assert decision.merged == decision.add == {"Urgent"}
    assert decision.remove == {"urgent"}


@given(*[st.frozensets(st.sampled_from(["a", "A", "b", "B"]))] * 3)
def test_sets_whose_elements_have_no_case_merge_as_their_identities_do(b, l, r):  # noqa: E741
    def lower(words):
        return frozenset(word.lower() for word in words)

    decision = decide_labels(PageLabels(), Sides(tuple(b), None, tuple(sorted(l)), tuple(sorted(r))))

    if isinstance(decision, Agree):
        assert l == r
        return
    assert isinstance(decision, SetMerge)
    expected = decide_set(lower(b), lower(l), lower(r))
    assert tuple(map(lower, (decision.merged, decision.base, decision.add, decision.remove))) == expected
    assert decision.remove <= r
    assert {word for word in decision.merged if word.lower() in lower(r)} <= r


def test_a_choice_is_compared_by_id_and_shown_by_name():
    codec = Named("priority")
    renamed = {"id": "2", "name": "Hoch"}

    assert isinstance(decide_scalar(codec, Sides("High", "2", "High", renamed)), Pull)
    assert isinstance(decide_scalar(codec, Sides("High", "2", "Low", renamed)), Push)


@pytest.mark.parametrize("value", ["infinity", "0044-03-15 BC", "1066-10-14"])
def test_dates_that_jira_cannot_hold_are_named_with_the_remedy(value):
    problem = Day().problem(value, Catalog())

    assert problem == f"{value} is not a date from 1970-01-01 to 9999-12-31; set one of these, or NULL for none"


def test_a_plain_field_takes_anything():
    assert decide_scalar(Plain(), Sides(1, 1, 1, 2)) == Pull(2)
