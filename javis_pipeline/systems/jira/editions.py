"""The two editions of Jira, and which one is at an address."""

from collections.abc import Collection, Mapping
from typing import Unpack

from javis_pipeline.clients.site import Options
from javis_pipeline.steps.site_facts import NOTHING_KEPT, Facts
from javis_pipeline.sync.policies import NO_POLICIES, Policies
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.data_center import DataCenterClient
from javis_pipeline.systems.jira.data_center_system import DataCenterSystem
from javis_pipeline.systems.jira.edition import Edition, find_edition
from javis_pipeline.systems.jira.system import JiraSystem


def connect(
    url: str, email: str | None, token: str, *, facts: Facts = NOTHING_KEPT, **options: Unpack[Options]
) -> JiraClient:
    """A client for whatever Jira is at this address, or was lately; raises as `find_edition` does."""
    edition = Edition.of_facts(facts.of("edition", lambda: find_edition(url, email, token, **options).as_facts()))
    if edition.name == "cloud":
        return JiraClient(url, email, token, **options)
    return DataCenterClient(url, email, token, edition, **options)


def system_of(
    client: JiraClient,
    scopes: Collection[str],
    chosen_fields: Mapping[str, str],
    facts: Facts = NOTHING_KEPT,
    policies: Policies = NO_POLICIES,
) -> JiraSystem:
    """The site of a client for the sync."""
    make = DataCenterSystem if isinstance(client, DataCenterClient) else JiraSystem
    return make(client, scopes, chosen_fields, facts, policies)
