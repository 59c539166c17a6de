"""Custom fields of a Jira site: read by both ways of a pull, on both editions, whatever becomes of the fields."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from javis_pipeline.clients.calls import Limits
from javis_pipeline.db.connection import Database
from javis_pipeline.db.field_views import rebuild_view
from javis_pipeline.errors import SettingError, UsageError
from javis_pipeline.records.sync import PlanItem
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.ground import Edition
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.edit import edit_record
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.plan_scope import plan_scope
from javis_pipeline.steps.sync_scope import pull_scope, write_back_scope
from javis_pipeline.steps.tally import Tally
from javis_pipeline.steps.verify import verify_scope
from javis_pipeline.sync.policies import Policies
from javis_pipeline.systems.jira import client
from javis_pipeline.systems.jira.editions import connect, system_of
from javis_pipeline.wiring import TABLES
from javis_pipeline_tests.confluence_spaces import NOON
from javis_pipeline_tests.sites import issue_there, team_called

EDITIONS: tuple[Edition, ...] = ("cloud", "data-center")


class Site:
    """A site with the project OPS, and our side of it."""

    def __init__(self, database: Database, world: World) -> None:
        self.database, self.world, self.jira = database, world, world.jira
        self.runs = 0
        self.policies: Policies = {}
        self.options = {
            option.value: option.id for options in self.jira.fields.options.values() for option in options.values()
        }

    @property
    def is_cloud(self) -> bool:
        return self.world.edition == "cloud"

    def job(self, client: Any) -> Job:
        self.runs += 1
        system = system_of(client, ["OPS"], {}, policies=self.policies)
        run_id, now = f"run-{self.runs}", self.world.clock.now
        return Job(db=self.database, system=system, key="OPS", run_id=run_id, clock=now, threads=1)

    def client(self) -> Any:
        cloud = self.is_cloud
        credentials = self.world.credentials
        secret = credentials.api_token if cloud else credentials.personal_token("javis")
        url = self.world.base_url if cloud else f"{self.world.base_url}/jira"
        email = "us@example.com" if cloud else None
        return connect(url, email, secret, limits=Limits(tries=2), sleep=lambda _: None, rate=10_000)

    def sync(self, *, full: bool = False) -> Tally:
        self.world.clock.advance(timedelta(hours=1))
        with self.client() as client:
            return pull_scope(self.job(client), full=full).tally

    def write_back(self) -> None:
        with self.client() as client:
            write_back_scope(self.job(client))

    def plan(self) -> list[PlanItem]:
        with self.client() as client:
            return plan_scope(self.job(client))

    def differences(self) -> list[Any]:
        with self.client() as client:
            return verify_scope(self.job(client), choose=None, pause=lambda: None).differences

    def let_in(self, *roles: str) -> None:
        """Let these fields go both ways; by default those of which `everything` has a value."""
        self.policies = dict.fromkeys([self.id(role) for role in roles or self.everything()], "two_way")

    def set(self, key: str, **values: Any) -> None:
        """An application's edit, by what the sandbox calls the fields."""
        edited = json.dumps({self.id(role): value for role, value in values.items()})
        with self.database.transaction() as conn:
            conn.execute("SET LOCAL ROLE javis_app")
            conn.execute(
                "UPDATE jira_issues SET custom_fields = custom_fields || %s::jsonb WHERE key = %s", [edited, key]
            )

    def edit(self, key: str, assignments: str) -> None:
        """An application's edit of columns."""
        with self.database.transaction() as conn:
            conn.execute("SET LOCAL ROLE javis_app")
            conn.execute(f"UPDATE jira_issues SET {assignments} WHERE key = %s", [key])

    def client_edit(self, key: str, fields: dict[str, Any]) -> None:
        """Somebody else's edit there, as a request sends it."""
        with self.client() as client:
            client.edit_issue(key, fields=fields)

    def standard(self, key: str) -> tuple[Any, ...]:
        """Sprint, estimates and resolution here."""
        columns = "sprint_id, sprint, estimate_seconds, remaining_seconds, resolution"
        (row,) = self.database.query(f"SELECT {columns} FROM jira_issues WHERE key = %s", [key])
        return tuple(row.values())

    def team(self, key: str) -> tuple[Any, ...]:
        """Name and id of the team here, and what waits."""
        columns = "team, team_id, local_modified_fields"
        (row,) = self.database.query(f"SELECT {columns} FROM jira_issues WHERE key = %s", [key])
        return tuple(row.values())

    def edits(self, key: str) -> tuple[dict[str, Any], dict[str, str]]:
        """What waits of an issue, and what is wrong with it, by what the sandbox calls the fields."""
        query = "SELECT local_modified_fields, sync_errors FROM jira_issues WHERE key = %s"
        (row,) = self.database.query(query, [key])
        return self.by_role(row["local_modified_fields"]), self.by_role(row["sync_errors"])

    def there(self, key: str) -> dict[str, Any]:
        """The custom fields there, as an issue shows them."""
        with self.client() as client:
            fields = client.get_issue(key, fields=["*all"])["fields"]
        found = {role: fields.get(spec.id) for role, spec in self.jira.fields.by_role.items()}
        del found["development"]  # which differs at each look
        found["go_live"] = found["go_live"] and datetime.fromisoformat(found["go_live"])  # in whatever zone
        return {role: sorted(value, key=str) if isinstance(value, list) else value for role, value in found.items()}

    def ten_there(self, key: str) -> list[Any]:
        """What an issue there has in the fields that `TEN` is about, as people say it."""
        with self.client() as client:
            fields = client.get_issue(key, fields=["*all"])["fields"]
        ids = {"components": "components", "sprint_id": self.jira.fields.sprint.id}
        return [_said(fields.get(ids.get(role) or self.id(role))) for role in TEN]

    def row(self, key: str) -> dict[str, Any]:
        """An issue's custom fields, by what the sandbox calls them."""
        query = "SELECT custom_fields, custom_raw FROM jira_issues WHERE key = %s"
        (row,) = self.database.query(query, [key])
        return {column: self.by_role(values) for column, values in row.items()}

    def by_role(self, values: dict[str, Any]) -> dict[str, Any]:
        roles = {spec.id: role for role, spec in self.jira.fields.by_role.items()}
        return {roles.get(name, name): value for name, value in values.items()}

    def id(self, role: str) -> str:
        return self.jira.fields.by_role[role].id

    def person(self, name: str) -> dict[str, str]:
        """Somebody, as a request names them."""
        return self.jira.editors.person_sent(self.world.people.named(name).account_id)

    def known_as(self, name: str) -> str:
        account_id = self.world.people.named(name).account_id
        return account_id if self.is_cloud else self.jira.directory.key(account_id)

    def everything(self) -> dict[str, Any]:
        """A value of each type, as a request sends it."""
        text = {"type": "doc", "version": 1, "content": [{"type": "rule"}]}
        return {
            "severity": {"value": "S2"},
            "old_severity": {"value": "Low"},
            "browsers": [{"value": "Safari"}, {"value": "Chrome"}],
            "checks": [{"value": "Reviewed"}],
            "area": {"value": "Hardware", "child": {"value": "Laser"}},
            "reviewer": self.person("Mara"),
            "testers": [self.person("Noor"), self.person("Mara")],
            "support_group": {"name": "lab"},
            "approvers": [{"name": "office"}, {"name": "lab"}],
            "topics": ["optics", "cold"],
            "customer": "Acme",
            "specification": "https://example.com/x",
            "notes": text if self.is_cloud else "----",
            "risk": 2.5,
            "go_live": "2026-05-01T10:00:00.000+0200",
            "found_in": {"name": "1.0"},
            "fixed_for": [{"name": "1.1"}, {"name": "1.0"}],
        }

    def typed(self, role: str, value: Any) -> Any:
        """A value as an application would write it: sets in any order."""
        return value[::-1] if isinstance(value, list) else value

    def held(self) -> dict[str, Any]:
        """The same, as people see it here."""
        return {
            "severity": "S2",
            "old_severity": "Low",
            "browsers": ["Chrome", "Safari"],
            "checks": ["Reviewed"],
            "area": "Hardware / Laser",
            "reviewer": self.known_as("Mara"),
            "testers": sorted([self.known_as("Mara"), self.known_as("Noor")]),
            "support_group": "lab",
            "approvers": ["lab", "office"],
            "topics": ["cold", "optics"],
            "customer": "Acme",
            "specification": "https://example.com/x",
            "notes": "---" if self.is_cloud else "----",
            "risk": 2.5,
            "go_live": "2026-05-01T08:00:00+00:00",
            "found_in": "1.0",
            "fixed_for": ["1.0", "1.1"],
        }


def _said(value: Any) -> Any:
    """A value of a document: the name of an object, the text of a document, the id of a sprint."""
    if isinstance(value, list):
        return sorted(_said(one) for one in value)
    if not isinstance(value, dict):
        return value
    if "content" in value or value.get("type") == "text":
        return value.get("text", "") + "".join(_said(one) for one in value.get("content", ()))
    if "boardId" in value:
        return value["id"]
    return (
        _said(value["child"]) if "child" in value else value.get("value") or value.get("displayName") or value["name"]
    )


@pytest.fixture
def edition() -> Edition:
    return "cloud"


@pytest.fixture
def site(database: Database, edition: Edition) -> Iterator[Site]:
    with SandboxServer(World(seed=3, clock=Clock(NOON), edition=edition)) as server:
        jira = server.world.jira
        project = jira.create_project("OPS", "Operations")
        project.versions.update({"1.0": "501", "1.1": "502"})
        for title in ("Fix login", "Calibrate"):
            jira.create("OPS", title, assignee="Mara", reporter="Noor")
        yield Site(database, server.world)


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_value_of_each_type_is_read_alike_by_both_ways_of_a_pull(site):
    site.jira.edit("OPS-1", **site.everything())
    site.sync()
    first = site.row("OPS-1")

    site.jira.edit("OPS-2", **site.everything())
    site.database.query("UPDATE jira_issues SET title = 'Mine' WHERE key = 'OPS-2'")  # so it is merged, field by field
    site.sync()

    assert first["custom_fields"] == site.held()
    assert first["custom_raw"].keys() - {"notes"} == {"severity", "old_severity", "area", "found_in"}
    assert site.row("OPS-2") == first
    assert site.differences() == []


def test_a_site_with_more_fields_than_an_address_holds_is_asked_for_all(site, monkeypatch):
    monkeypatch.setattr(client, "LONGEST_NAMED", 300)
    site.jira.edit("OPS-1", **site.everything())
    site.sync()

    site.database.query("UPDATE jira_issues SET title = 'Mine' WHERE key = 'OPS-1'")
    site.jira.edit("OPS-1", customer="Initech")
    site.sync()

    assert site.row("OPS-1")["custom_fields"] == {**site.held(), "customer": "Initech"}
    asked = [exchange.query for exchange in site.world.exchanges.matching(path="/rest/api/3/issue/10001")]
    assert any("fields=%2Aall" in query for query in asked), asked


def test_a_value_that_is_changed_or_cleared_there_arrives_with_the_next_sweep(site):
    site.jira.edit("OPS-1", severity={"value": "S1"}, topics=["cold"], customer="Acme")
    site.sync()

    site.jira.edit("OPS-1", severity={"value": "S3"}, topics=None)
    site.sync()

    assert site.row("OPS-1")["custom_fields"] == {"severity": "S3", "customer": "Acme"}
    assert site.row("OPS-1")["custom_raw"] == {"severity": site.options["S3"]}


def test_what_differs_at_each_look_is_not_read_and_a_second_run_changes_nothing(site):
    site.jira.edit("OPS-1", **site.everything())
    site.sync(full=True)

    again = site.sync(full=True)

    assert again.as_metadata()["updated"] == 2  # a full run writes all rows, and finds no other values
    assert site.database.query("SELECT * FROM sync_audit WHERE side = 'local'") == []
    assert site.database.query("SELECT policy FROM jira_fields WHERE name = 'Development'") == [{"policy": "none"}]
    assert "development" not in site.row("OPS-1")["custom_fields"]


@pytest.mark.parametrize("merged", [False, True], ids=["set-wise", "merged"])
def test_a_field_that_the_answers_do_not_hold_any_more_keeps_its_values(site, merged):
    site.jira.edit("OPS-1", severity={"value": "S1"}, customer="Acme")
    site.sync()

    site.jira.behaviour.left_out = frozenset({site.id("severity")})
    site.jira.edit("OPS-1", title="Another", customer="Initech")
    if merged:
        site.database.query("UPDATE jira_issues SET labels = '{here}' WHERE key = 'OPS-1'")
    site.sync()

    assert site.row("OPS-1")["custom_fields"] == {"severity": "S1", "customer": "Initech"}
    assert site.row("OPS-1")["custom_raw"] == {"severity": site.options["S1"]}


def test_the_fields_of_the_site_are_listed_followed_and_never_forgotten(site):
    site.jira.edit("OPS-1", severity={"value": "S1"})
    site.sync()
    fields = site.jira.fields
    gone, renamed = fields.by_role["severity"], fields.by_role["customer"]
    fields.listed = tuple(
        replace(spec, name="Client") if spec is renamed else spec for spec in fields.listed if spec is not gone
    )
    site.jira.edit("OPS-1", title="Another")

    notes = " ".join(site.sync().notes)

    assert f"{renamed.id}: Customer is called Client now" in notes
    assert f"does not list these fields any more, and their values stay: {gone.id} (Severity)" in notes
    query = "SELECT name, issues, projects, gone_at IS NULL AS there FROM jira_fields WHERE field_id = %s"
    assert site.database.query(query, [gone.id]) == [
        {"name": "Severity", "issues": 1, "projects": ["OPS"], "there": False}
    ]
    assert site.database.query(query, [renamed.id])[0]["name"] == "Client"
    assert site.row("OPS-1")["custom_fields"] == {"severity": "S1"}


def test_what_an_edit_would_lose_or_mix_up_is_refused(site):
    site.jira.edit("OPS-1", severity={"value": "S1"})
    site.sync()
    for statement, message in (
        ("UPDATE jira_issues SET custom_fields = '{}' WHERE key = 'OPS-1'", "set it to null to clear it"),
        ("UPDATE jira_issues SET custom_fields = NULL WHERE key = 'OPS-1'", "custom_fields cannot be NULL"),
        ("UPDATE jira_issues SET custom_fields = custom_fields || '{\"title\": 1}'", "title is a column"),
    ):
        with pytest.raises(psycopg.Error, match=message):
            site.database.query(statement)


def test_an_edit_is_of_the_elements_that_differ_and_stays_with_the_reason_when_they_go_one_way_by_now(site):
    site.jira.edit("OPS-1", severity={"value": "S1"}, customer="Acme")
    severity, customer = site.id("severity"), site.id("customer")
    site.let_in("severity", "customer")
    site.sync()
    site.set("OPS-1", severity="S2", customer=None)

    (row,) = site.database.query("SELECT * FROM jira_issues WHERE key = 'OPS-1'")
    site.jira.edit("OPS-1", title="Another")
    site.policies = {}
    site.sync()
    (after,) = site.database.query("SELECT * FROM jira_issues WHERE key = 'OPS-1'")

    assert (row["custom_fields"], row["local_modified_fields"]) == (
        {severity: "S2"},
        {severity: "S1", customer: "Acme"},
    )
    assert after["local_modified_fields"] == row["local_modified_fields"]
    assert after["sync_errors"].keys() == {severity, customer}
    assert "cannot be changed from here" in after["sync_errors"][severity]
    journal = "SELECT field, old, new FROM local_edits WHERE resource_id = %s ORDER BY field"
    assert sorted(map(tuple, (r.values() for r in site.database.query(journal, [after["jira_id"]])))) == sorted(
        [(severity, "S1", "S2"), (customer, "Acme", None)]
    )


def test_an_element_that_was_edited_here_and_changed_there_is_a_conflict_of_its_own(site):
    site.jira.edit("OPS-1", severity={"value": "S1"}, customer="Acme")
    site.let_in("severity", "customer")
    site.sync()
    severity = site.id("severity")
    site.set("OPS-1", severity="S2")

    site.jira.edit("OPS-1", severity={"value": "S3"}, customer="Initech")
    site.sync()

    (conflict,) = site.database.query("SELECT field_name, base_value, local_value, remote_value FROM sync_conflicts")
    assert tuple(conflict.values()) == (severity, "S1", "S2", "S3")
    assert site.row("OPS-1")["custom_fields"] == {"severity": "S2", "customer": "Initech"}


# --- edited here -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_value_of_each_type_that_is_set_here_is_there_as_if_it_had_been_set_there_and_comes_back(site):
    site.let_in()
    site.jira.edit("OPS-1", **site.everything())
    site.sync()
    here = {role: site.typed(role, value) for role, value in site.held().items()}

    site.set("OPS-2", **here)
    site.write_back()

    assert site.edits("OPS-2") == ({}, {})
    assert site.there("OPS-2") == site.there("OPS-1")
    assert site.row("OPS-2") == site.row("OPS-1")
    site.set("OPS-2", **dict.fromkeys(here))
    site.write_back()
    assert site.edits("OPS-2") == ({}, {})
    assert site.row("OPS-2") == {"custom_fields": {}, "custom_raw": {}}
    assert not any(site.there("OPS-2").values())
    site.sync()
    assert (site.differences(), site.edits("OPS-2")) == ([], ({}, {}))


def test_what_both_sides_changed_is_a_conflict_of_that_element_only_and_sets_are_merged(site):
    site.let_in()
    site.jira.edit("OPS-1", **site.everything())
    site.sync()

    site.set("OPS-1", severity="S1", browsers=["Chrome", "Firefox"], customer="Initech", topics=["optics", "warm"])
    site.jira.edit("OPS-1", severity={"value": "S3"}, topics=["cold"], risk=7, browsers=[{"value": "Safari"}])
    site.sync()
    site.write_back()

    conflicts = site.database.query("SELECT field_name, base_value, local_value, remote_value FROM sync_conflicts")
    assert [tuple(one.values()) for one in conflicts] == [(site.id("severity"), "S2", "S1", "S3")]
    held = site.row("OPS-1")["custom_fields"]
    assert (held["severity"], held["browsers"], held["customer"]) == ("S1", ["Firefox"], "Initech")
    assert (held["topics"], held["risk"]) == (["warm"], 7)
    there = site.there("OPS-1")
    assert [option["value"] for option in there["browsers"]] == ["Firefox"]
    assert (there["severity"]["value"], there["topics"], there["customer"]) == ("S3", ["warm"], "Initech")


WRONG: dict[str, tuple[Any, str]] = {
    "severity": ("S4 (old)", r"'S4 \(old\)' cannot be chosen; set one of: S1, S2, S3"),
    "old_severity": (["High"], "takes one choice"),
    "browsers": (["Chrome", "Lynx"], r"the choice 'Lynx' cannot be chosen; set one of: Chrome, Firefox, Safari"),
    "checks": ("Reviewed", "is not a list of names"),
    "area": ("Hardware / Control", "'Hardware / Control' cannot be chosen; set one of: Hardware"),
    "reviewer": ("Gone Person", "is not an account id"),
    "testers": ([1], "is not a list of names"),
    "topics": (["two words"], "the label 'two words' holds a blank"),
    "customer": ("one\ntwo", "must be one line"),
    "specification": ("example.com", "is not an address"),
    "notes": (5, "must be a text"),
    "risk": ("many", "many is not a number"),
    "due_at_customer": (20260501, "20260501 is not a date"),
    "go_live": ("2026-05-01", "is not an instant with an offset"),
    "found_in": ("9.9", "'9.9' cannot be chosen; set one of: 1.0, 1.1"),
    "fixed_for": (["1.0", "9.9"], "the choice '9.9' cannot be chosen"),
}


def test_what_cannot_be_sent_stays_with_the_reason_and_the_rest_goes(site):
    site.let_in(*WRONG, "support_group")
    site.sync()

    site.set("OPS-1", **{role: value for role, (value, _) in WRONG.items()}, support_group="lab")
    site.write_back()

    bases, errors = site.edits("OPS-1")
    assert errors.keys() == WRONG.keys() == bases.keys()
    for role, (_, why) in WRONG.items():
        assert re.search(why, errors[role]), (role, errors[role])
        assert "The edit stays here and is not sent" in errors[role]
    there = site.there("OPS-1")
    assert there["support_group"]["name"] == "lab"
    assert [option["value"] for option in there["browsers"]] == ["Chrome"]
    site.set("OPS-1", **dict.fromkeys(WRONG))
    site.write_back()
    assert site.edits("OPS-1") == ({}, {})


def test_what_jira_refuses_stays_with_its_words_and_the_rest_goes(site):
    site.let_in("reviewer", "customer")
    site.sync()
    mara = site.world.people.named("Mara")
    site.world.people.add(replace(mara, active=False))

    site.set("OPS-1", reviewer=mara.account_id, customer="Acme")
    site.write_back()
    site.write_back()

    bases, errors = site.edits("OPS-1")
    assert bases.keys() == errors.keys() == {"reviewer"}
    assert "cannot be assigned" in errors["reviewer"]
    assert site.there("OPS-1")["customer"] == "Acme"


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_reporter_goes_both_ways_by_choice_and_people_are_named(site):
    site.policies = {"reporter_id": "two_way"}
    site.sync()
    edit_record(site.database, TABLES, "OPS-1", ["reporter=mara", "assignee=Noor"], application="javis edit")
    with pytest.raises(UsageError, match="nobody is called 'Nobody' here"):
        edit_record(site.database, TABLES, "OPS-1", ["Reporter=Nobody"], application="javis edit")
    site.write_back()

    state = issue_there(site.world, "OPS-1").state
    assert (state.reporter, state.assignee) == tuple(
        site.world.people.named(name).account_id for name in ("Mara", "Noor")
    )
    assert site.edits("OPS-1") == ({}, {})
    with pytest.raises(
        psycopg.Error, match=r"sprint of OPS-1 cannot be changed here: it follows sprint_id\n.*Set sprint_id"
    ):
        site.edit("OPS-1", "sprint = 'Sprint 9'")
    with pytest.raises(psycopg.Error, match="epic_key of OPS-1 cannot be changed here: it follows parent_key"):
        site.database.query("UPDATE issues_ops SET epic_key = 'OPS-2' WHERE key = 'OPS-1'")


def test_a_field_that_no_screen_of_the_issue_shows_says_so(site):
    site.let_in("severity", "customer")
    site.sync()
    del site.jira.editors._editors[site.id("severity")]

    site.set("OPS-1", severity="S1", customer="Acme")
    site.write_back()

    bases, errors = site.edits("OPS-1")
    assert bases.keys() == errors.keys() == {"severity"}
    assert "no screen for editing shows it" in errors["severity"]


def test_an_edit_by_the_name_of_a_column_is_the_same_edit(site):
    site.let_in()
    site.sync()
    with site.database.transaction() as conn:
        conn.execute("SET LOCAL ROLE javis_app")
        conn.execute(
            "UPDATE issues_ops SET \"Severity\" = 'S1', \"Risk score\" = 2.50, title = 'By name',"
            " \"Browsers\" = '{Safari,Chrome,Safari}', \"Go-live\" = '2026-05-01 10:00+02' WHERE key = 'OPS-1'"
        )

    bases, _ = site.edits("OPS-1")
    site.write_back()

    assert bases.keys() == {"severity", "risk", "browsers", "go_live", "title"}
    assert site.edits("OPS-1") == ({}, {})
    custom = {"severity": "S1", "risk": 2.5, "browsers": ["Chrome", "Safari"], "go_live": "2026-05-01T08:00:00+00:00"}
    assert site.row("OPS-1")["custom_fields"] == custom
    assert site.there("OPS-1")["severity"]["value"] == "S1"
    site.database.query("UPDATE issues_ops SET \"Severity\" = NULL WHERE key = 'OPS-1'")
    site.write_back()
    assert site.there("OPS-1")["severity"] is None


@pytest.mark.parametrize(
    ("assignments", "message"),
    [
        (["Severty=S1"], "did you mean Severity?"),
        (["severity=S1"], "several custom fields are called severity; name one by its id"),
        (["Risk score=many"], "'many' is not a number"),
        (["Due at customer=soon"], "'soon' is not a date"),
        (["Asset=x"], "is changed in Jira only"),
        (["Reviewer=Nobody"], "Nobody"),
    ],
)
def test_an_assignment_by_name_that_makes_no_sense_is_told_with_what_would(site, assignments, message):
    site.let_in(*site.everything(), "due_at_customer")
    site.sync()

    with pytest.raises(UsageError, match=message):
        edit_record(site.database, TABLES, "OPS-1", assignments, application="javis edit")


def test_fields_are_edited_by_their_names_and_ids(site):
    site.let_in(*site.everything(), "due_at_customer")
    site.sync()
    number = site.id("severity").rpartition("_")[2]

    assignments = [
        f"Severity ({number})=S2",
        "browsers=Safari,Chrome",
        "Area=Hardware / Laser",
        "Reviewer=Mara",
        "Due at customer=2026-05-01",
        f"{site.id('risk')}=2.5",
        "Found in=1.0",
        "Release notes=**Now**",
        "title=Both",
    ]
    edited = edit_record(site.database, TABLES, "OPS-1", assignments, application="javis edit")
    site.write_back()

    assert len(edited.fields) == len(assignments)
    assert site.edits("OPS-1") == ({}, {})
    there = site.there("OPS-1")
    assert (there["severity"]["value"], there["risk"], there["due_at_customer"]) == ("S2", 2.5, "2026-05-01")
    assert there["area"]["child"]["value"] == "Laser"
    assert there["reviewer"]["accountId"] == site.known_as("Mara")
    edit_record(site.database, TABLES, "OPS-1", ["Browsers="], application="javis edit")
    site.write_back()
    assert site.there("OPS-1")["browsers"] in (None, [])
    site.let_in("severity")  # and not its namesake
    site.sync()
    edit_record(site.database, TABLES, "OPS-1", ["Severity=S1"], application="javis edit")
    assert site.row("OPS-1")["custom_fields"]["severity"] == "S1"


def a_text(text: str) -> dict[str, Any]:
    """A document of one paragraph."""
    return {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}],
    }


TEN: dict[str, tuple[Any, str, Any]] = {
    # What is edited, by SQL, by `javis edit`, and as a request of somebody else sends another value.
    "severity": ("S1", "S2", {"value": "S3"}),
    "browsers": (["Chrome"], "Firefox,Chrome", [{"value": "Safari"}]),
    "area": ("Hardware / Laser", "Software", {"value": "Software", "child": {"value": "Control"}}),
    "reviewer": ("Mara", "noor", "Mara"),
    "due_at_customer": ("2026-05-01", "2026-06-01", "2026-07-01"),
    "risk": (2.5, "7", 9),
    "found_in": ("1.0", "1.1", {"name": "1.0"}),
    "notes": ("One *more*.", "# Now\n\n- a list", a_text("Theirs")),
    "components": (["lab"], "web", [{"name": "lab"}]),
    "sprint_id": (2, "1", 2),
}


def test_ten_edits_by_sql_and_by_command_are_there_after_one_sync_ten_there_are_here_and_both_conflict_one_by_one(site):
    columns = ("components", "sprint_id")
    site.policies = {(role if role in columns else site.id(role)): "two_way" for role in TEN}
    site.jira.projects["OPS"].components.update({"lab": "601", "web": "602"})
    for name in ("Sprint 1", "Sprint 2"):
        site.jira.create_sprint("OPS", name, state="future")
    site.sync()
    mara = site.known_as("Mara")

    site.edit("OPS-1", "components = '{lab}', sprint_id = 2")
    site.set("OPS-1", **{role: sql for role, (sql, *_) in TEN.items() if role not in columns} | {"reviewer": mara})
    commands = [f"{role if role in columns else site.id(role)}={text}" for role, (_, text, _) in TEN.items()]
    edit_record(site.database, TABLES, "OPS-2", commands, application="javis edit")
    site.write_back()

    assert (site.edits("OPS-1"), site.edits("OPS-2")) == (({}, {}), ({}, {}))
    one, two = site.ten_there("OPS-1"), site.ten_there("OPS-2")
    assert one == ["S1", ["Chrome"], "Laser", "Mara", "2026-05-01", 2.5, "1.0", "One more.", ["lab"], [2]]
    assert two == ["S2", ["Chrome", "Firefox"], "Software", "Noor", "2026-06-01", 7, "1.1", "Nowa list", ["web"], [1]]

    names = {"components": "components", "sprint_id": site.jira.fields.sprint.id}
    theirs = {names.get(role) or site.id(role): sent for role, (*_, sent) in TEN.items()}
    theirs[site.id("reviewer")] = site.person("Mara")
    site.edit("OPS-2", "components = '{lab,web}', sprint_id = NULL")
    site.set("OPS-2", **{role: None for role in TEN if role not in columns} | {"browsers": ["Chrome"]})
    for key in ("OPS-1", "OPS-2"):
        site.client_edit(key, theirs)
    site.sync()
    site.write_back()

    assert (
        site.ten_there("OPS-1")
        == site.ten_there("OPS-2")
        == [*("S3", ["Safari"], "Control", "Mara", "2026-07-01", 9, "1.0", "Theirs", ["lab"], [2])]
    )
    assert site.row("OPS-1")["custom_fields"] == {
        "severity": "S3",
        "browsers": ["Safari"],
        "area": "Software / Control",
        "reviewer": mara,
        "due_at_customer": "2026-07-01",
        "risk": 9,
        "found_in": "1.0",
        "notes": "Theirs",
    }
    conflicts = site.database.query(
        "SELECT key, field_name FROM sync_conflicts JOIN jira_issues ON resource_id = jira_id"
    )
    clashing = {site.id(role) for role in TEN if role not in (*columns, "browsers")} | {"sprint_id"}
    assert {tuple(one.values()) for one in conflicts} == {("OPS-2", name) for name in clashing}
    (row,) = site.database.query("SELECT components, custom_fields FROM jira_issues WHERE key = 'OPS-2'")
    assert (row["components"], site.by_role(row["custom_fields"])["browsers"]) == (["lab"], ["Safari"])


def test_components_and_versions_go_both_ways_by_choice_name_by_name(site):
    project = site.jira.projects["OPS"]
    project.components.update({"lab": "601", "web": "602"})
    project.versions["0.9"] = "500"
    site.jira.edit("OPS-1", components=["lab"])
    site.policies = dict.fromkeys(("components", "fix_versions", "affected_versions"), "two_way")
    site.sync()
    project.shelved.add("0.9")

    edit = "components = '{web,lab}', fix_versions = '{1.0,0.9}', affected_versions = '{9.9}'"
    site.database.query(f"UPDATE jira_issues SET {edit} WHERE key = 'OPS-1'")
    site.jira.edit("OPS-1", components=[])
    site.sync()
    site.write_back()

    bases, errors = site.edits("OPS-1")
    assert errors.keys() == {"fix_versions", "affected_versions"} == bases.keys()
    assert "the choice '0.9' cannot be chosen; set one of: 1.0, 1.1" in errors["fix_versions"]
    assert "the choice '9.9' cannot be chosen; set one of: 1.0, 1.1" in errors["affected_versions"]
    state = issue_there(site.world, "OPS-1").state
    assert (state.components, state.fix_versions, state.versions) == (("web",), ("1.0",), ())
    site.database.query("UPDATE jira_issues SET fix_versions = '{1.1}', affected_versions = '{}', components = '{}'")
    site.write_back()
    assert site.edits("OPS-1") == ({}, {})
    state = issue_there(site.world, "OPS-1").state
    assert (state.components, state.fix_versions, state.versions) == ((), ("1.1",), ())
    site.policies = {}
    site.jira.edit("OPS-1", components=["lab"])
    site.database.query("UPDATE jira_issues SET fix_versions = '{1.0}' WHERE key = 'OPS-1'")
    site.sync()
    bases, errors = site.edits("OPS-1")
    assert (bases, errors.keys()) == ({"fix_versions": ["1.1"]}, {"fix_versions"})
    assert "JIRA_FIELD_POLICY=fix_versions:two_way lets it go both ways" in errors["fix_versions"]
    assert site.database.query("SELECT components FROM jira_issues WHERE key = 'OPS-1'") == [{"components": ["lab"]}]


@pytest.mark.parametrize("edition", EDITIONS)
def test_what_is_called_otherwise_there_shows_its_new_name_here_without_being_fetched(site):
    jira, project = site.jira, site.jira.projects["OPS"]
    project.components.update({"lab": "601", "web": "602"})
    project.versions.update({"2.0": "503", "2.1": "504"})
    jira.edit("OPS-1", components=["lab", "web"], fix_versions=["1.0", "1.1"], affected_versions=["1.0"])
    jira.edit("OPS-2", fix_versions=["2.0"], found_in={"name": "1.1"}, fixed_for=[{"name": "1.0"}])
    jira.transition("OPS-1", "Done")
    site.sync()
    seen = site.database.query("SELECT last_synced_at FROM jira_issues WHERE key = 'OPS-1'")

    # One has the name of another by now: only a look at its issues tells what those mean.
    jira.rename_parts("OPS", {"lab": "zoo", "1.0": "1.0 LTS", "1.1": "0.9", "2.0": "2.1", "2.1": "2.0"})
    jira.types.add(replace(jira.types.named("Task"), name="Aufgabe"))
    jira.resolutions.add(replace(jira.resolutions.named("Done"), name="Fertig"))
    site.sync()

    rows = site.database.query(
        "SELECT issue_type, resolution, components, fix_versions, affected_versions, sync_status::text"
        "  FROM jira_issues ORDER BY key"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("Aufgabe", "Fertig", ["web", "zoo"], ["0.9", "1.0 LTS"], ["1.0 LTS"], "synced"),
        ("Aufgabe", None, [], ["2.1"], [], "synced"),
    ]
    held = site.row("OPS-2")["custom_fields"]
    assert (held["found_in"], held["fixed_for"]) == ("0.9", ["1.0 LTS"])
    assert site.database.query("SELECT last_synced_at FROM jira_issues WHERE key = 'OPS-1'") == seen
    hashes = "SELECT count(*) AS fit FROM jira_issues i WHERE content_hash = jira_issue_content_hash(i)"
    assert site.database.query(hashes) == [{"fit": 2}]
    assert site.differences() == []


@pytest.mark.parametrize("edition", EDITIONS)
def test_sprint_estimates_and_resolution_go_both_ways_by_choice(site):
    jira = site.jira
    for number, state in enumerate(("closed", "active", "future"), 1):
        jira.create_sprint("OPS", f"Sprint {number}", state=state)
    jira.edit("OPS-2", sprint="Sprint 2")
    jira.transition("OPS-1", "In Progress")
    site.policies = dict.fromkeys(("sprint_id", "estimate_seconds", "remaining_seconds", "resolution"), "two_way")
    site.sync()

    # A resolution goes with its transition, what is left of the work stays as it was.
    site.edit("OPS-1", "sprint_id = 3, estimate_seconds = 7200, status = 'Done', resolution = 'Duplicate'")
    site.edit("OPS-2", "sprint_id = NULL, remaining_seconds = 3600")
    site.write_back()
    assert (site.edits("OPS-1"), site.edits("OPS-2")) == (({}, {}), ({}, {}))
    one, two = (issue_there(site.world, key).state for key in ("OPS-1", "OPS-2"))
    assert (one.sprint_ids, two.sprint_ids) == ((3,), ())
    assert jira.resolutions[one.resolution_id].name == "Duplicate"
    assert (one.time_tracking["originalEstimateSeconds"], two.time_tracking["remainingEstimateSeconds"]) == (7200, 3600)
    site.sync()
    assert site.standard("OPS-1") == (3, "Sprint 3", 7200, 7200, "Duplicate")
    assert site.standard("OPS-2") == (None, None, None, 3600, None)

    # The same there, and both at once: a conflict of that field only.
    jira.edit("OPS-2", sprint="Sprint 2")
    site.client_edit("OPS-1", {"timetracking": {"originalEstimate": "3h", "remainingEstimate": "1h"}})
    site.edit("OPS-1", "estimate_seconds = 60")
    site.sync()
    site.write_back()
    assert site.standard("OPS-2") == (2, "Sprint 2", None, 3600, None)
    assert site.standard("OPS-1") == (3, "Sprint 3", 60, 3600, "Duplicate")
    assert [one["field_name"] for one in site.database.query("SELECT field_name FROM sync_conflicts")] == [
        "estimate_seconds"
    ]


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_team_goes_both_ways_by_choice_by_name_where_jira_tells_it_else_by_id(site):
    # A company's own Jira tells only the id.
    platform, optics = ("Platform", "Optics") if site.is_cloud else (team_called("Platform"), team_called("Optics"))
    field_id, helping = site.jira.fields.team.id, site.id("helping_team")
    site.client_edit("OPS-1", {field_id: team_called("Platform"), helping: team_called("Optics")})
    site.policies = {"team": "two_way", helping: "two_way"}
    site.sync()
    assert site.team("OPS-1") == (platform, team_called("Platform"), {})

    site.edit("OPS-1", f"team = '{optics}'")
    site.edit("OPS-2", f"team = '{team_called('Field service')}'")  # which no issue has named
    site.set("OPS-2", helping_team=platform)
    site.write_back()

    service = "Field service" if site.is_cloud else team_called("Field service")
    assert (site.team("OPS-1"), site.team("OPS-2")) == (
        (optics, team_called("Optics"), {}),
        (service, team_called("Field service"), {}),
    )
    assert site.row("OPS-2")["custom_fields"] == {"helping_team": platform}
    with site.client() as client:
        there = client.get_issue("OPS-2", fields=["*all"])["fields"]
    assert (there[field_id], there[helping]) == (
        (site.jira.renderer.team(team_called("Field service"))),
        (site.jira.renderer.team(team_called("Platform"))),
    )

    site.edit("OPS-1", "team = NULL")
    site.edit("OPS-2", f"team = '{platform}'")
    site.client_edit("OPS-2", {field_id: team_called("Optics")})
    site.sync()
    site.write_back()

    assert site.team("OPS-1") == (None, None, {})
    assert site.database.query("SELECT field_name, local_value, remote_value FROM sync_conflicts") == [
        {"field_name": "team", "local_value": platform, "remote_value": optics}
    ]


def test_a_team_that_is_not_known_or_of_two_is_told_with_what_would_do_and_a_new_name_is_followed(site, monkeypatch):
    field_id, optics, platform = site.jira.fields.team.id, team_called("Optics"), team_called("Platform")
    site.policies = {"team": "two_way"}
    for key in ("OPS-1", "OPS-2"):
        site.client_edit(key, {field_id: optics})
    site.sync()
    site.edit("OPS-1", "team = 'Otpics', title = 'Mine'")
    site.write_back()
    waiting, why = site.edits("OPS-1")
    assert waiting == {"team": "Optics"}
    assert why["team"].startswith(
        "team: no issue here has a team 'Otpics'; set one of: Optics; or the id of one that no issue here has yet. "
    )

    site.edit("OPS-1", "team = 'Optics'")
    monkeypatch.setitem(site.jira.renderer.teams, optics, "Vision")
    site.jira.edit("OPS-2", title="Read again")
    site.sync()
    assert site.team("OPS-1") == ("Vision", optics, {}), "which was not fetched"

    site.client_edit("OPS-2", {field_id: platform})
    monkeypatch.setitem(site.jira.renderer.teams, platform, "Vision")
    site.sync()
    site.edit("OPS-2", "team = NULL")
    site.write_back()
    site.edit("OPS-2", "team = 'Vision'")
    site.write_back()
    several = f"team: several teams are called 'Vision'; set the id of one: {platform}, {optics}."
    assert site.edits("OPS-2")[1]["team"].startswith(several)


def test_a_closed_sprint_a_resolution_alone_and_half_a_minute_stay_with_the_reason(site):
    site.jira.create_sprint("OPS", "Sprint 1", state="closed")
    site.jira.create_sprint("OPS", "Sprint 2", state="active")
    site.policies = dict.fromkeys(("sprint_id", "estimate_seconds", "remaining_seconds", "resolution"), "two_way")
    site.sync()

    edit = "title = 'Mine', sprint_id = 1, resolution = 'Done', estimate_seconds = 90, remaining_seconds = 120"
    site.edit("OPS-1", edit)
    site.edit("OPS-2", "sprint_id = 99, resolution = 'Dun'")
    site.write_back()

    _, errors = site.edits("OPS-1")
    assert errors.keys() == {"sprint_id", "resolution", "estimate_seconds"}
    assert "sprint 1 is closed; set one of: 2 (Sprint 2)" in errors["sprint_id"]
    assert "set status and resolution in one edit" in errors["resolution"]
    assert "no number of whole minutes; set 120" in errors["estimate_seconds"]
    _, errors = site.edits("OPS-2")
    assert errors.keys() == {"sprint_id", "resolution"}
    assert "Sprint with id '99' does not exist" in errors["sprint_id"]
    assert "'Dun' is not a resolution here; set one of: Done" in errors["resolution"]
    state = issue_there(site.world, "OPS-1").state
    assert (state.summary, state.time_tracking.get("remainingEstimateSeconds")) == ("Mine", 120)


# --- policies -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("merged", [False, True], ids=["set-wise", "merged"])
def test_a_field_that_is_not_synced_keeps_what_it_holds_and_one_that_is_chosen_is_read(site, merged):
    site.jira.edit("OPS-1", severity={"value": "S1"}, customer="Acme", labels=["old"], priority="High")
    site.sync()

    site.policies = {"labels": "none", "priority": "none", site.id("customer"): "none"}
    site.policies |= {site.id("development"): "remote_to_local"}
    site.jira.edit("OPS-1", severity={"value": "S2"}, customer="Initech", labels=["new"], priority="Low")
    if merged:
        site.database.query("UPDATE jira_issues SET title = 'Mine' WHERE key = 'OPS-1'")
    site.sync()

    custom = site.row("OPS-1")["custom_fields"]
    assert "stateCount" in custom.pop("development")
    assert custom == {"severity": "S2", "customer": "Acme"}
    (row,) = site.database.query("SELECT labels, priority, priority_id FROM jira_issues WHERE key = 'OPS-1'")
    assert row == {"labels": ["old"], "priority": "High", "priority_id": "2"}
    ways = "SELECT policy FROM jira_fields WHERE field_id = ANY (%s) ORDER BY name"
    assert site.database.query(ways, [[site.id("customer"), site.id("development")]]) == [
        {"policy": "none"},
        {"policy": "remote_to_local"},
    ]


@pytest.mark.parametrize("policy", ["remote_to_local", "none"])
def test_an_edit_that_waits_when_its_field_becomes_one_way_stays_with_the_reason_and_nothing_is_sent(site, policy):
    site.jira.edit("OPS-1", labels=["old"])
    site.sync()
    site.database.query("UPDATE jira_issues SET labels = '{mine}', title = 'Mine' WHERE key = 'OPS-1'")

    site.policies = {"labels": policy}
    site.write_back()

    (row,) = site.database.query(
        "SELECT labels, local_modified_fields, sync_errors FROM jira_issues WHERE key = 'OPS-1'"
    )
    assert (row["labels"], row["local_modified_fields"]) == (["mine"], {"labels": ["old"]})
    assert row["sync_errors"].keys() == {"labels"}
    there = issue_there(site.world, "OPS-1").state
    assert (there.labels, there.summary) == (("old",), "Mine")
    site.policies = {}
    site.write_back()
    assert issue_there(site.world, "OPS-1").state.labels == ("mine",)


def test_a_dry_run_says_what_comes_of_a_policy_that_was_changed(site):
    site.policies = {"labels": "none", site.id("severity"): "two_way"}
    site.sync()
    assert site.plan() == []
    site.set("OPS-1", severity="S1")

    site.policies = {"priority": "local_to_remote", "components": "two_way", site.id("risk"): "two_way"}
    said = {item.field: (item.old, item.new, item.reason) for item in site.plan() if item.side == "way"}

    assert said == {
        "components": ("remote_to_local", "two_way", said["components"][2]),
        "labels": ("none", "two_way", said["labels"][2]),
        "priority": ("two_way", "local_to_remote", said["priority"][2]),
        site.id("severity"): ("two_way", "remote_to_local", "edits that wait here stay, with the reason"),
        site.id("risk"): ("remote_to_local", "two_way", said["components"][2]),
    }
    assert "all records are read again" in said["labels"][2]
    site.sync()
    assert [item for item in site.plan() if item.side == "way"] == []


@pytest.mark.parametrize(
    ("policies", "message"),
    [
        ({"lables": "none"}, "no field lables; the nearest: labels"),
        ({"support_team": "none", "support_grop": "none"}, "no field support_team; .*"),
        ({"support_grop": "none"}, "no field support_grop; support group is the name of customfield_[0-9]+"),
        ({"issue_type": "local_to_remote"}, "issue_type is changed in Jira only"),
        ({"customfield_99999999": "none"}, "no field customfield_99999999; the nearest: customfield_"),
        ({"Support Group": "two_way"}, "support group is the name of customfield_[0-9]+"),
        ({"issue_type": "two_way"}, "issue_type is changed in Jira only"),
        ({"development": "two_way"}, "customfield_[0-9]+ is changed in Jira only"),
    ],
)
def test_a_policy_for_what_is_not_there_or_cannot_be_is_told_with_the_nearest(site, policies, message):
    roles = site.jira.fields.by_role
    site.policies = {site.id(name) if name in roles else name: policy for name, policy in policies.items()}

    with pytest.raises(SettingError, match=message):
        site.sync()


@pytest.mark.parametrize("merged", [False, True], ids=["set-wise", "merged"])
def test_what_is_changed_here_only_is_not_taken_and_goes_out_over_what_is_there_when_it_is_edited(site, merged):
    was = {"severity": {"value": "S1"}, "customer": "Acme", "topics": ["cold"], "labels": ["old"], "priority": "High"}
    names = ("severity", "customer", "topics")
    site.jira.edit("OPS-1", **was)
    site.policies = dict.fromkeys((*map(site.id, names), "labels", "priority"), "local_to_remote")
    site.sync()
    first = site.database.query(
        "SELECT labels, priority, priority_id, custom_fields FROM jira_issues WHERE key = 'OPS-1'"
    )

    site.jira.edit("OPS-1", severity={"value": "S2"}, customer=None, topics=["warm"], labels=["new"], priority="Low")
    if merged:
        site.database.query("UPDATE jira_issues SET title = 'Mine' WHERE key = 'OPS-1'")
    site.sync()
    site.write_back()
    site.sync(full=True)

    now = "SELECT labels, priority, priority_id, custom_fields FROM jira_issues WHERE key = 'OPS-1'"
    assert site.database.query(now) == first
    there = site.there("OPS-1")
    assert (there["severity"]["value"], there["customer"], there["topics"]) == ("S2", None, ["warm"])
    assert site.differences() == []
    site.set("OPS-1", severity="S3", topics=["hot"])
    site.database.query("UPDATE jira_issues SET priority = 'Medium' WHERE key = 'OPS-1'")
    site.write_back()
    site.write_back()

    there = site.there("OPS-1")
    assert (there["severity"]["value"], there["customer"], there["topics"]) == ("S3", None, ["hot"])
    assert site.edits("OPS-1") == ({}, {})
    replaced = "SELECT field_name, kind, base_value, local_value, remote_value FROM sync_conflicts WHERE state = 'open'"
    assert sorted(map(str, (tuple(row.values()) for row in site.database.query(replaced)))) == sorted(
        map(
            str,
            [
                ("priority", "overwrote_remote", "High", "Medium", "Low"),
                (site.id("severity"), "overwrote_remote", "S1", "S3", "S2"),
                (site.id("topics"), "overwrote_remote", ["cold"], ["hot"], ["warm"]),
            ],
        )
    )


def test_a_policy_that_is_taken_back_has_all_read_again(site):
    site.jira.edit("OPS-1", labels=["old"], customer="Acme")
    site.policies = {"labels": "none", site.id("customer"): "local_to_remote", "due_date": "none"}
    site.sync()
    site.jira.edit("OPS-1", labels=["new"], customer="Initech", due_date="2026-05-01")
    site.sync()
    held = "SELECT labels, due_date, custom_fields ->> %s AS customer FROM jira_issues WHERE key = 'OPS-1'"
    assert site.database.query(held, [site.id("customer")]) == [{"labels": [], "due_date": None, "customer": "Acme"}]

    site.policies = {}
    site.sync()

    (row,) = site.database.query(held, [site.id("customer")])
    assert (row["labels"], str(row["due_date"]), row["customer"]) == (["new"], "2026-05-01", "Initech")


# --- by name ---------------------------------------------------------------------------------------------------------


def test_the_view_of_a_project_has_the_fields_by_name_with_their_types(site):
    site.jira.edit("OPS-1", **site.everything())
    site.sync()

    (row,) = site.database.query("SELECT * FROM issues_ops WHERE \"Severity\" = 'S2'")

    number = site.id("old_severity").rpartition("_")[2]
    assert (row["key"], row["title"], row["Severity"], row[f"Severity ({number})"]) == (
        "OPS-1",
        "Fix login",
        "S2",
        "Low",
    )
    assert (row["Risk score"], row["Browsers"], row["Area"]) == (
        Decimal("2.5"),
        ["Chrome", "Safari"],
        "Hardware / Laser",
    )
    assert "Story Points" not in row  # it has a column of its own
    assert "Development" not in row
    assert site.database.query("SELECT count(*) AS n FROM issues_ops")[0]["n"] == 2


def test_columns_of_the_view_are_only_appended_and_old_names_stay_until_it_is_made_anew(site):
    site.jira.edit("OPS-1", severity={"value": "S1"}, customer="Acme")
    site.sync()
    site.database.query('CREATE VIEW theirs AS SELECT "Customer", "Severity" FROM issues_ops WHERE key = \'OPS-1\'')
    fields = site.jira.fields
    gone, renamed = fields.by_role["severity"], fields.by_role["customer"]
    fields.listed = tuple(
        replace(spec, name="Client") if spec is renamed else spec for spec in fields.listed if spec is not gone
    )

    site.sync()

    assert site.database.query("SELECT * FROM theirs") == [{"Customer": "Acme", "Severity": None}]
    assert site.database.query("SELECT \"Client\" FROM issues_ops WHERE key = 'OPS-1'") == [{"Client": "Acme"}]
    with pytest.raises(UsageError, match="theirs"), site.database.transaction(origin="sync") as conn:
        rebuild_view(conn, "OPS")
    site.database.query("DROP VIEW theirs")
    with site.database.transaction(origin="sync") as conn:
        rebuild_view(conn, "OPS")
    (row,) = site.database.query("SELECT * FROM issues_ops WHERE key = 'OPS-1'")
    assert {"Customer", "Client"} & row.keys() == {"Client"}
    assert f"Severity ({fields.by_role['old_severity'].number})" not in row  # it is the first of its name now


def test_the_view_is_read_with_the_rights_of_whoever_reads_and_takes_no_rows(site):
    site.sync()
    site.database.query("UPDATE jira_issues SET title = 'x' WHERE false")
    with site.database.transaction(origin="sync") as conn:
        conn.execute("UPDATE jira_issues SET security_level = 'Board' WHERE key = 'OPS-2'")
    with site.database.transaction() as conn:
        conn.execute("SET LOCAL ROLE javis_read")
        assert conn.execute("SELECT key FROM issues_ops").fetchall() == [{"key": "OPS-1"}]
        # Whatever a filter asks, it is not asked of what its caller may not read.
        conn.execute(
            "CREATE FUNCTION pg_temp.met(title text) RETURNS boolean LANGUAGE plpgsql COST 0.001 AS"
            " 'BEGIN ASSERT title <> ''Calibrate''; RETURN true; END'"
        )
        assert conn.execute("SELECT key FROM issues_ops WHERE pg_temp.met(title)").fetchall() == [{"key": "OPS-1"}]
    with site.database.transaction() as conn:
        conn.execute("SET LOCAL ROLE javis_app")
        conn.execute("UPDATE issues_ops SET title = 'By name' WHERE key = 'OPS-1'")
    by_name = "UPDATE issues_ops SET \"Severity\" = 'S1', \"Customer\" = 'Acme', title = 'x'"
    with site.database.transaction() as conn:
        conn.execute("SET LOCAL ROLE javis_app")
        with pytest.raises(psycopg.Error, match=r"Customer, Severity cannot be changed here\n.*:two_way is taken over"):
            conn.execute(by_name)
    for statement in ("INSERT INTO issues_ops (key) VALUES ('OPS-9')", "DELETE FROM issues_ops"):
        with pytest.raises(psycopg.Error, match="can only be read and updated"):
            site.database.query(statement)
    (row,) = site.database.query("SELECT title, local_modified_fields FROM jira_issues WHERE key = 'OPS-1'")
    assert row == {"title": "By name", "local_modified_fields": {"title": "Fix login"}}


def test_a_view_that_cannot_be_made_costs_the_run_nothing_but_a_note(site):
    site.database.query("CREATE TABLE issues_ops (x int)")
    site.jira.edit("OPS-1", customer="Acme")

    notes = " ".join(site.sync().notes)

    assert "the view issues_ops was not brought up to date" in notes
    assert site.row("OPS-1")["custom_fields"] == {"customer": "Acme"}
