"""Values of custom fields, one of each type in the shapes that sites give them."""

from typing import Any

import pytest

from javis_pipeline.records.jira import FieldMap, Sort
from javis_pipeline.systems.jira.custom_fields import custom_fields_of, read_by_id
from javis_pipeline.systems.jira.wire.custom import custom_values, read_value

BUILT_IN = "com.atlassian.jira.plugin.system.customfieldtypes:"
DOCUMENT = {"type": "doc", "version": 1, "content": [{"type": "rule"}]}
OPTION = {"self": "https://x/1", "value": "S1", "id": "101"}
PERSON = {"accountId": "acc:ann", "displayName": "Ann"}


@pytest.mark.parametrize(
    ("sort", "value", "shown", "raw"),
    [
        ("text", " as it is ", " as it is ", None),
        ("rich_text", DOCUMENT, "---", DOCUMENT),
        ("rich_text", "h1. wiki", "h1. wiki", None),
        ("number", 5.0, 5, None),
        ("number", 0.1, 0.1, None),
        ("number", 1e300, 1e300, None),
        ("date", "2026-11-30", "2026-11-30", None),
        ("datetime", "2021-09-16T22:47:19.066+0200", "2021-09-16T20:47:19.066000+00:00", None),
        ("option", OPTION, "S1", "101"),
        ("options", [{"value": "b", "id": "2"}, {"value": "a", "id": "1"}], ["a", "b"], None),
        ("cascade", OPTION, "S1", "101"),
        ("cascade", {**OPTION, "child": {"value": "b", "id": "7"}}, "S1 / b", "101/7"),
        ("user", PERSON, "acc:ann", None),
        ("user", {"key": "JIRAUSER1", "name": "ann"}, "JIRAUSER1", None),
        ("users", [PERSON, {"name": "aa"}], ["aa", "acc:ann"], None),
        ("group", {"name": "lab", "groupId": "g-1"}, "lab", None),
        ("groups", [{"name": "lab"}, {"name": "it"}], ["it", "lab"], None),
        ("labels", ["b", "a", "b"], ["a", "b"], None),
        ("version", {"id": "5", "name": "1.0"}, "1.0", "5"),
        ("versions", [{"id": "5", "name": "1.0"}], ["1.0"], None),
        ("team", {"id": "t-1", "name": "Lab", "title": "Lab"}, "Lab", "t-1"),
        ("team", "36885b3c", "36885b3c", None),
        ("request_type", {"requestType": {"name": "Help"}, "currentStatus": {"friendly": "Today"}}, "Help", None),
        ("other", {"any": ["thing", 1]}, {"any": ["thing", 1]}, None),
        ("other", ["b", "a"], ["b", "a"], None),
    ],
)
def test_a_value_reads_in_one_form(sort: Sort, value: Any, shown: Any, raw: Any):
    assert read_value(sort, value) == (shown, raw)


@pytest.mark.parametrize("sort", ["number", "datetime", "option", "options", "cascade", "user", "users", "version"])
@pytest.mark.parametrize("value", ["x", True, ["x", 1], {"id": 5, "value": None}, {"value": "a"}, -1e400])
def test_a_value_of_another_shape_stays_as_it_came(sort: Sort, value: Any):
    assert read_value(sort, value) == (value, None)


def test_what_is_empty_is_told_apart_from_what_is_not_there():
    found = custom_values(
        {"customfield_1": None, "customfield_2": [], "customfield_3": "", "customfield_4": 0, "summary": "x"},
        {f"customfield_{number}": "other" for number in range(1, 7)},
    )

    assert found == ({"customfield_4": 0}, {}, ("customfield_1", "customfield_2", "customfield_3"))


def definition(number: int, type_: str, custom: str, items: str | None = None, **more: Any) -> dict[str, Any]:
    schema = {"type": type_, "custom": custom if ":" in custom else BUILT_IN + custom}
    return {"id": f"customfield_{number}", "name": "F", "schema": schema | ({"items": items} if items else {}), **more}


@pytest.mark.parametrize(
    ("type_", "custom", "items", "sort"),
    [
        ("string", "textfield", None, "text"),
        ("string", "textarea", None, "rich_text"),
        ("string", "url", None, "url"),
        ("array", "labels", "string", "labels"),
        ("array", "com.example:strings", "string", "other"),
        ("array", "multicheckboxes", "option", "options"),
        ("option-with-child", "cascadingselect", None, "cascade"),
        ("any", "com.atlassian.teams:rm-teams-custom-field-team", None, "team"),
        ("any", "com.example:whatever", None, "other"),
    ],
)
def test_the_type_of_a_field_says_how_it_reads(type_: str, custom: str, items: str | None, sort: Sort):
    (field,) = custom_fields_of([definition(1, type_, custom, items)])

    assert (field.sort, field.differs) == (sort, False)


@pytest.mark.parametrize(
    "type_",
    [
        "com.pyxis.greenhopper.jira:gh-lexo-rank",
        "com.atlassian.jira.plugins.jira-development-integration-plugin:devsummary",
        "com.atlassian.servicedesk:sd-sla-field",
    ],
)
def test_what_differs_at_each_look_is_read_only_by_choice(type_: str):
    fields = custom_fields_of([definition(1, "any", type_)])

    assert read_by_id(fields, FieldMap(), "7") == {}
    assert read_by_id(fields, FieldMap(), "7", {"customfield_1": "remote_to_local"}) == {"customfield_1": "other"}


def test_a_field_with_a_column_of_its_own_or_of_another_project_is_not_read_by_its_id():
    of_another: dict[str, Any] = {"scope": {"type": "PROJECT", "project": {"id": "9"}}}
    fields = custom_fields_of(
        [
            definition(3, "string", "textfield", untranslatedName="Three"),
            definition(1, "number", "float"),
            definition(2, "string", "textfield", **of_another),
            {"id": "customfield_4", "schema": {"type": ["hostile"]}},
            {"id": "customfield_5,x"},
            {"id": "summary"},
        ]
    )

    assert [field.field_id for field in fields] == [f"customfield_{number}" for number in (1, 2, 3, 4)]
    assert (fields[2].untranslated_name, fields[1].project_id, fields[3].name) == ("Three", "9", "customfield_4")
    roles = FieldMap(story_points="customfield_1")
    assert read_by_id(fields, roles, "7") == {"customfield_3": "text", "customfield_4": "other"}
