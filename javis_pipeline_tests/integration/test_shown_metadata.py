"""What tables in the metadata show."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.defs.columns import columns_of
from javis_pipeline.defs.lineage import CONFLICTS, CONTEXT, SUGGESTIONS, Lineage
from javis_pipeline.defs.metadata import issue_links, markdown_table, page_link

TABLES = {
    "jira_issues": "jira_issues",
    "confluence_pages": "confluence_pages",
    "sync_conflicts": "sync_conflicts",
    "work_context": "work_contexts",
    "ai_suggestions": "ai_suggestions",
}


def test_instants_are_in_utc_to_the_minute_and_dates_never_break_into_lines() -> None:
    at = datetime(2026, 3, 2, 13, 5, 59, 123456, tzinfo=timezone(timedelta(hours=1)))

    table = markdown_table(["at", "on"], [(at, date(2026, 3, 2))])

    cells = table.splitlines()[-1].replace("\N{NON-BREAKING HYPHEN}", "-").replace("\N{NO-BREAK SPACE}", " ")
    assert cells == "| 2026-03-02 12:05 UTC | 2026-03-02 |"
    assert " " not in table.splitlines()[-1].split(" | ")[0].removeprefix("| ")
    assert at.astimezone(UTC).strftime("%Y-%m") not in table


def test_records_lead_to_where_they_are() -> None:
    assert issue_links(["OQC-1", "EUV-2"], "https://a.example") == (
        "[OQC-1](https://a.example/browse/OQC-1), [EUV-2](https://a.example/browse/EUV-2)"
    )
    assert page_link("a [b] | c", "https://a.example/wiki", "7") == (
        r"[a \[b\] \| c](https://a.example/wiki/pages/viewpage.action?pageId=7)"
    )


def test_given_no_site_then_records_are_only_named() -> None:
    assert issue_links(["OQC-1", "EUV-2"], None) == "OQC-1, EUV-2"
    assert page_link("Hand*book*", None, "7") == r"Hand\*book\*"


@pytest.mark.parametrize(
    ("asset", "lineage"), [("sync_conflicts", CONFLICTS), ("work_context", CONTEXT), ("ai_suggestions", SUGGESTIONS)]
)
def test_the_lineage_names_columns_that_are_there(asset: str, lineage: Lineage) -> None:
    assert set(lineage) <= columns(asset)
    for made_of in lineage.values():
        for source, names in made_of.items():
            assert set(names) <= columns(source)


def columns(asset: str) -> set[str]:
    return {column.name for column in columns_of(TABLES[asset]).columns}


@pytest.mark.parametrize("table", TABLES.values())
def test_the_columns_that_definitions_show_are_those_of_the_database(database: Database, table: str) -> None:
    found = database.query(
        """SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attnotnull AS required
             FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum""",
        [table],
    )

    shown = columns_of(table).columns

    assert [(each.name, each.type, not each.constraints.nullable) for each in shown] == [
        (row["name"], row["type"], row["required"]) for row in found
    ]
    assert all(each.description for each in shown)


def test_a_column_says_whether_a_person_may_edit_it() -> None:
    said = {column.name: column.description for column in columns_of("jira_issues").columns}

    assert str(said["title"]).startswith("editable, sent to Jira. ")
    assert str(said["description"]).startswith("editable, sent to Jira. ")
    assert said["creator_id"] == "read only: as it is in Jira. account of whoever made it"
    assert str(said["reporter_id"]).startswith("editable, sent to Jira, where a policy lets it go both ways. ")
    assert str(said["sprint"]).startswith("read only: it follows sprint_id. ")
    assert str(said["sync_status"]).startswith("read only: kept by the sync. ")
    assert {name for name, words in said.items() if ". " not in str(words)} == set(), "say what it is"
