"""Names of the columns that custom fields get in the view of a project."""

from javis_pipeline.db.field_views import MOST_BYTES, FieldColumn, Wanted, new_columns

STANDARD = ["key", "title"]


def columns(had: list[FieldColumn], *fields: Wanted) -> list[tuple[str, str | None]]:
    return [(column.name, column.field_id) for column in new_columns(had, STANDARD, fields)]


def test_columns_of_the_table_win_and_of_two_with_one_name_the_first():
    fields = [
        Wanted("customfield_10001", "Severity", "option"),
        Wanted("customfield_10057", "Severity", "text"),
        Wanted("customfield_10058", "title", "text"),
        Wanted("customfield_10059", " ", "text"),
    ]

    assert columns([], *fields) == [
        ("key", None),
        ("title", None),
        ("Severity", "customfield_10001"),
        ("Severity (10057)", "customfield_10057"),
        ("title (10058)", "customfield_10058"),
        ("field", "customfield_10059"),
    ]


def test_a_name_is_cut_between_letters_to_what_postgresql_takes():
    fields = [Wanted("customfield_1", "ß" * 40, "text"), Wanted("customfield_2", "ß" * 40, "text")]

    first, second = columns([], *fields)[2:]

    assert first[0] == "ß" * 31
    assert second[0] == "ß" * 29 + " (2)"
    assert len(second[0].encode()) <= MOST_BYTES


def test_nothing_is_appended_twice_and_a_renamed_or_retyped_field_gets_one_more():
    had = new_columns([], STANDARD, [Wanted("customfield_1", "Customer", "text"), Wanted("customfield_2", "A", "text")])

    assert columns(had, Wanted("customfield_1", "Customer", "text"), Wanted("customfield_2", "A", "text")) == []
    assert columns(had, Wanted("customfield_1", "Client", "text")) == [("Client", "customfield_1")]
    assert columns(had, Wanted("customfield_2", "A", "number")) == [("A (2)", "customfield_2")]
    assert (
        columns([*had, FieldColumn("Client", "customfield_1", "text")], Wanted("customfield_1", "Customer", "text"))
        == []
    )
