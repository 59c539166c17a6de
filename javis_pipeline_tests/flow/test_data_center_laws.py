"""The laws over random histories with a Jira that a company runs itself behind a socket, and PostgreSQL.

`make laws` plays hundreds of them; JAVIS_LAWS_DATA_CENTER_HISTORIES sets the number.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from javis_pipeline.clients.calls import Limits
from javis_pipeline.db.connection import Database
from javis_pipeline.records.jira import FieldMap
from javis_pipeline.records.values import Value
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.jira.data_center.traps import Trap
from javis_pipeline.sandbox.people import Person
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World as Sandbox
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.data_center import DataCenterClient
from javis_pipeline.systems.jira.data_center_system import DataCenterRecords
from javis_pipeline.systems.jira.records import JiraRecords
from javis_pipeline_tests.flow.test_laws_http import SandboxRemote, SiteHistory, die_anywhere, play_all
from javis_pipeline_tests.integration.test_laws_postgres import StoreUnderTest
from javis_pipeline_tests.property.sync_histories import how_many
from javis_pipeline_tests.property.sync_memory import World
from javis_pipeline_tests.property.wiki_histories import WikiHistory

HISTORIES = how_many("JAVIS_LAWS_DATA_CENTER_HISTORIES", usual=8, thorough=320)
CRASHES = how_many("JAVIS_LAWS_SITE_CRASHES", usual=4, thorough=1_000)
NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)
HABITS = (Trap.NO_MARKS, Trap.TRANSITION_500, Trap.TWO_NODES, Trap.LOW_CAP)

pytestmark = [pytest.mark.laws, pytest.mark.timeout(1800)]


class DataCenterRemote(SandboxRemote):
    """The adapter under test, with the people of the site at hand."""

    def make_records(self, client: JiraClient, fields: FieldMap) -> JiraRecords:
        return DataCenterRecords(client, fields)

    def for_people(self, values: Mapping[str, Value]) -> dict[str, Any]:
        """Values as a person types them: texts as they are, people as the site finds them."""
        text = {name: value for name, value in values.items() if name == "description"}
        typed = super().for_people({name: value for name, value in values.items() if name not in text})
        if typed.get("assignee") is not None:
            person = self.sandbox.jira.directory.with_key(str(typed["assignee"]))
            assert person is not None, "people of these histories have accounts"
            typed["assignee"] = person.account_id
        return {**typed, **text}


class DataCenterHistory(WikiHistory, SiteHistory):
    """A history of a project there, in which everything is real but the people."""

    def __init__(self, database: Database, sandbox: Sandbox, rng: Random, **options: Any) -> None:
        sandbox.jira.behaviour.traps = frozenset(trap for trap in HABITS if rng.random() < 0.4)
        super().__init__(database, sandbox, rng, **options)

    def make_client(self, sandbox: Sandbox) -> JiraClient:
        token, limits = sandbox.credentials.personal_token("javis"), Limits(tries=2)
        return DataCenterClient(f"{sandbox.base_url}/jira", None, token, limits=limits, sleep=lambda _: None)

    def id_of(self, person: Person) -> str:
        return self.sandbox.jira.directory.key(person.account_id)

    def make_store(self, world: World) -> StoreUnderTest:
        return SiteHistory.make_store(self, world)

    def make_remote(self, world: World) -> SandboxRemote:
        remote = DataCenterRemote(world, self.sandbox, self.client)
        self.parents = remote.epics
        return remote


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with SandboxServer(Sandbox(seed=3, clock=Clock(NOON), edition="data-center")) as server:
        server.world.jira.create_project("OPS", "Operations")
        yield server.world


@pytest.mark.parametrize("batch", range(4))
def test_no_edit_is_lost_on_a_site_of_a_companys_own(database, sandbox, batch):
    seeds = range(batch * HISTORIES // 4, (batch + 1) * HISTORIES // 4)
    play_all(DataCenterHistory, database, sandbox, seeds)


def test_a_run_killed_between_any_two_calls_loses_nothing_there_either(database, sandbox):
    die_anywhere(DataCenterHistory, database, sandbox, CRASHES)
