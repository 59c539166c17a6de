"""Finding the fields that differ per site."""

import pytest

from javis_pipeline.errors import SettingError
from javis_pipeline.records.jira import FieldMap
from javis_pipeline.systems.jira.fields import Ambiguity, Candidate, discover_fields

SPRINT = "com.pyxis.greenhopper.jira:gh-sprint"
EPIC_LINK = "com.pyxis.greenhopper.jira:gh-epic-link"
TEAM = "com.atlassian.teams:rm-teams-custom-field-team"
POINTS = "com.pyxis.greenhopper.jira:jsw-story-points"
NUMBER = "com.atlassian.jira.plugin.system.customfieldtypes:float"
BOXES = "com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes"


def a_field(field_id, custom, name="Some field", project=None, type="any"):  # noqa: A002 - Jira's word
    definition = {"id": field_id, "name": name, "custom": True, "schema": {"custom": custom, "type": type}}
    if project:
        definition["scope"] = {"type": "PROJECT", "project": {"id": project}}
    return definition


def test_given_one_field_of_each_type_then_it_is_found_whatever_it_is_called():
    definitions = [
        {"id": "summary", "name": "Summary", "schema": {"type": "string", "system": "summary"}},
        {"id": "issuekey", "name": "Key"},
        a_field("customfield_1", SPRINT, "Tarea"),
        a_field("customfield_2", EPIC_LINK, "Épopée"),
        a_field("customfield_3", TEAM, "Mannschaft"),
        a_field("customfield_4", POINTS, "Punkte", type="number"),
        a_field("customfield_5", "com.acme:text", "Sprint"),
    ]

    found = discover_fields(definitions)

    assert found.fields == FieldMap("customfield_4", "customfield_1", "customfield_2", "customfield_3", None)
    assert found.ambiguities == ()


def test_given_an_ordinary_number_field_called_story_points_then_a_person_is_asked():
    definitions = [
        a_field("customfield_4", POINTS, "Story point estimate", type="number"),
        a_field("customfield_9", NUMBER, "Story Points", type="number"),
        a_field("customfield_8", NUMBER, "Budget", type="number"),
    ]

    found = discover_fields(definitions)

    assert found.fields.story_points is None
    assert found.ambiguities == (
        Ambiguity(
            "story_points",
            (
                Candidate("customfield_9", "Story Points", None),
                Candidate("customfield_4", "Story point estimate", None),
            ),
        ),
    )
    said = str(found.ambiguities[0])
    assert "JIRA_FIELDS=story_points:customfield_9 or JIRA_FIELDS=story_points:customfield_4" in said


# Jira's own: a number, and no points.
SECONDS = {"type": "number", "system": "timeoriginalestimate"}


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ({"chosen": {"story_points": "customfield_8"}}, "customfield_8"),
        ({"estimation_fields": ["customfield_9"]}, "customfield_9"),
        ({"chosen": {"story_points": "customfield_4"}, "estimation_fields": ["customfield_9"]}, "customfield_4"),
        ({"estimation_fields": ["customfield_9", "customfield_4"]}, None),
        ({"estimation_fields": ["customfield_9", "customfield_8"]}, None),
        ({"estimation_fields": ["timeoriginalestimate"]}, None),
    ],
    ids=[
        "a choice",
        "the boards agree",
        "a choice wins",
        "the boards differ",
        "the boards differ on others",
        "a board estimates time",
    ],
)
def test_a_choice_or_a_boards_estimation_settles_story_points(options, chosen):
    definitions = [
        a_field("customfield_4", POINTS, type="number"),
        a_field("customfield_9", NUMBER, "Story Points", type="number"),
        a_field("customfield_8", NUMBER, "Budget", type="number"),
        {"id": "timeoriginalestimate", "name": "Original estimate", "custom": False, "schema": SECONDS},
    ]

    assert discover_fields(definitions, **options).fields.story_points == chosen


def test_given_a_team_managed_project_then_its_own_field_counts_and_those_of_others_do_not():
    definitions = [
        a_field("customfield_1", SPRINT),
        a_field("customfield_2", SPRINT, project="10001"),
        a_field("customfield_3", SPRINT, project="10002"),
    ]

    assert discover_fields(definitions, project_id="10001").fields.sprint == "customfield_2"
    assert discover_fields(definitions, project_id="10009").fields.sprint == "customfield_1"
    assert discover_fields(definitions).fields.sprint is None


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"points": "customfield_1"}, "'points' is not one of story_points"),
        ({"sprint": "customfield_11"}, "no field 'customfield_11'.*customfield_1"),
        ({"story_points": "customfield_1"}, "cannot be story_points"),
    ],
)
def test_given_a_choice_that_cannot_be_then_the_setting_is_named(chosen, message):
    with pytest.raises(SettingError, match=f"JIRA_FIELDS: .*{message}"):
        discover_fields([a_field("customfield_1", SPRINT)], chosen=chosen)


CHECKBOXES = "com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes"


@pytest.mark.parametrize(
    ("definitions", "flagged"),
    [
        ([a_field("customfield_1", CHECKBOXES, "Platforms")], None),
        ([a_field("customfield_1", CHECKBOXES, "Flagged")], "customfield_1"),
        ([{**a_field("customfield_1", CHECKBOXES, "Markiert"), "untranslatedName": "Flagged"}], "customfield_1"),
        (
            [a_field("customfield_1", CHECKBOXES, "Platforms"), a_field("customfield_2", CHECKBOXES, "Flagged")],
            "customfield_2",
        ),
        ([a_field("customfield_1", CHECKBOXES, "Flagged"), a_field("customfield_2", CHECKBOXES, "Flagged")], None),
        ([a_field("customfield_1", "com.acme:text", "Flagged")], None),
    ],
    ids=["another", "by its name", "translated", "beside another", "two of the name", "of another type"],
)
def test_check_boxes_are_the_flag_only_when_jira_named_them_so(definitions, flagged):
    found = discover_fields(definitions)

    assert found.fields.flagged == flagged


@pytest.mark.parametrize(
    "definition",
    [
        {},
        {"id": 5},
        {"id": "a", "schema": 5},
        {"id": "a", "name": {}, "schema": {"custom": NUMBER}},
        {"id": "a", "scope": {"project": 5}, "schema": {"custom": []}},
        {"id": "a", "scope": {"project": {"id": [1]}}},
    ],
)
def test_given_a_definition_of_another_shape_then_the_others_are_read(definition):
    found = discover_fields([definition, a_field("customfield_1", SPRINT)], project_id="7")

    assert found.fields.sprint == "customfield_1"


@pytest.mark.parametrize(
    ("role", "custom", "own"), [("story_points", NUMBER, "Story Points"), ("flagged", BOXES, "Flagged")]
)
def test_the_field_that_jira_itself_calls_so_comes_first_in_whichever_language(role, custom, own):
    made = {**a_field("customfield_1", custom, own), "untranslatedName": f"Our {own}"}
    translated = {**a_field("customfield_2", custom, "Punkte"), "untranslatedName": own}

    found = discover_fields([made, translated])

    assert [one.role for one in found.ambiguities] == [role]
    assert [one.field_id for one in found.ambiguities[0].candidates] == ["customfield_2", "customfield_1"]
