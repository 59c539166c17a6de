"""Jira as the sync sees a system: how a project is opened."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar, Final, NamedTuple, TypeAlias

from javis_pipeline.db.connection import Database
from javis_pipeline.db.dimensions import store_link_types
from javis_pipeline.db.issues import Elements, follow_epics
from javis_pipeline.records.jira import IssueStamp, LinkType
from javis_pipeline.records.policy import Way
from javis_pipeline.records.values import System
from javis_pipeline.steps.create import HORIZON, CreateRules
from javis_pipeline.steps.ports import RemoteCreates, RemoteRecords
from javis_pipeline.steps.site_facts import NOTHING_KEPT, Facts
from javis_pipeline.steps.system import Making, Opened, Part
from javis_pipeline.sync.elements import element_fields
from javis_pipeline.sync.fields import Field, Kind
from javis_pipeline.sync.policies import Policies, left_alone, noted
from javis_pipeline.systems.jira.carry_over import carry_over_descriptions
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.comments import CommentCreates, JiraComments
from javis_pipeline.systems.jira.create import JiraCreates
from javis_pipeline.systems.jira.kind import JIRA_COMMENT, JIRA_ISSUE, JIRA_LINK, JIRA_WORKLOG
from javis_pipeline.systems.jira.links import JiraLinks, LinkCreates
from javis_pipeline.systems.jira.made import Maker
from javis_pipeline.systems.jira.mirror import IssueMirror
from javis_pipeline.systems.jira.reader import Batch
from javis_pipeline.systems.jira.records import JiraRecords
from javis_pipeline.systems.jira.site import JiraSite, read_site
from javis_pipeline.systems.jira.source import IssueSource
from javis_pipeline.systems.jira.worklogs import JiraWorklogs, WorklogCreates

MakeRecords: TypeAlias = Callable[[JiraClient, Kind, JiraSite], RemoteRecords]
MakeCreates: TypeAlias = Callable[[JiraClient, Kind, JiraSite], RemoteCreates]


class Hangs(NamedTuple):
    """What hangs on issues and is written here too: its kind, and its two sides there.

    Attributes:
        repeatable: To ask for one that is there already makes no second one.
    """

    kind: Kind
    records: MakeRecords
    creates: MakeCreates
    repeatable: bool = False

    @property
    def verb(self) -> str:
        """Of the policy that switches it on."""
        making = self.kind.table.place.making
        assert making is not None, "people write it here"
        return making.verb


def by_author(writings: type[JiraComments] | type[JiraWorklogs]) -> MakeRecords:
    """What only its author changes."""
    return lambda client, kind, site: writings(client, kind, site.identity.account_id)


def for_readers(creates: type[CommentCreates] | type[WorklogCreates]) -> MakeCreates:
    """What is written for everybody or for some."""
    return lambda client, kind, site: creates(client, kind, is_service=site.project.is_service)


COMMENTS: Final = Hangs(JIRA_COMMENT, by_author(JiraComments), for_readers(CommentCreates))
WORKLOGS: Final = Hangs(JIRA_WORKLOG, by_author(JiraWorklogs), for_readers(WorklogCreates))
LINKS: Final = Hangs(
    JIRA_LINK,
    lambda client, _, __: JiraLinks(client),
    lambda client, _, site: LinkCreates(client, site.identity.account_id),
    repeatable=True,
)


@dataclass(frozen=True)
class JiraSystem:
    """A Jira site.

    Attributes:
        records: The edition's side of single issues.
        in_markup: Whether the edition keeps texts as wiki markup.
        hangs: What people write on issues.
        creates: The edition's way to make issues.
        client: Client of the site.
        scopes: Keys of all synced projects: an issue that moves to one of them is followed.
        chosen_fields: A person's choice of custom fields, role to field id.
        policies: A person's choice of the way that fields go.
        facts: What the site told lately.
        creating: Keys of the projects in which rows that are inserted here become issues.
        written: What people write on issues, by its policy's verb, to the keys of the projects in which it is written
            here too; "*" for all.
        horizon: The longest time that a request may still be executed after it was sent.
        ways_out: Scope to what becomes there of records whose rows are deleted here; none where they are hidden only.
    """

    name: ClassVar[System] = "jira"
    kind: ClassVar[Kind] = JIRA_ISSUE
    records: ClassVar[type[JiraRecords]] = JiraRecords
    in_markup: ClassVar[bool] = False
    hangs: ClassVar[Sequence[Hangs]] = (COMMENTS, WORKLOGS, LINKS)
    creates: ClassVar[type[JiraCreates]] = JiraCreates
    client: JiraClient
    scopes: Collection[str] = ()
    chosen_fields: Mapping[str, str] = field(default_factory=dict)
    facts: Facts = NOTHING_KEPT
    policies: Policies = field(default_factory=dict)
    creating: Collection[str] = ()
    written: Mapping[str, Collection[str]] = field(default_factory=dict)
    horizon: timedelta = HORIZON
    ways_out: Mapping[str, Way] = field(default_factory=dict)

    def hanging(self, key: str) -> Sequence[Kind]:
        """What people write on issues, where it is written here too."""
        return [hangs.kind for hangs in self._hanging(key)]

    def _hanging(self, key: str) -> list[Hangs]:
        return [hangs for hangs in self.hangs if {key, "*"} & set(self.written.get(hangs.verb, ()))]

    def open(self, key: str) -> Opened[IssueStamp, Batch]:
        """A project, after proving who we are and that it is visible, with its fields found."""
        site = read_site(self.client, key, chosen=self.chosen_fields, facts=self.facts, policies=self.policies)
        return Opened(
            account_id=site.identity.account_id,
            remote_id=site.project.project_id,
            field_ids=self._field_ids(site),
            records=self._records(site),
            source=lambda extent: IssueSource(
                self.client, site, extent=extent, facts=self.facts, maker=self._maker(site)
            ),
            mirror=IssueMirror(key, self._stored_elements(site)),
            unwritable=_unwritable(site),
            elements=self._elements(site),
            policies=site.policies,
            changes_unseen=True,
            before=self._before_all(key),
            after=lambda db, _: follow_epics(db, key),
            making=self._making(site),
            way_out=self.ways_out.get(key),
            parts=[self._part(hangs, site) for hangs in self._hanging(key)],
        )

    def _stored_elements(self, site: JiraSite) -> Elements:
        own = site.custom.keys()
        return Elements(site.written & own, left_alone(site.policies).kept & own)

    def _elements(self, site: JiraSite) -> list[Field]:
        return element_fields(site.custom, self.kind.table, site.written, in_markup=self.in_markup)

    def _part(self, hangs: Hangs, site: JiraSite) -> Part:
        records = hangs.records(self.client, hangs.kind, site)
        rules = CreateRules(allowed=True, horizon=self.horizon, repeatable=hangs.repeatable)

        def remote(db: Database, clock: Callable[[], datetime]) -> RemoteCreates:
            del db, clock
            return hangs.creates(self.client, hangs.kind, site)

        return Part(hangs.kind, records, Making(remote, rules))

    def _maker(self, site: JiraSite) -> Maker:
        """Our account, and whether rows become issues."""
        key = site.project.key
        synced = frozenset({key, *self.scopes})
        return Maker(site.identity.account_id, key, makes=key in self.creating, synced=synced)

    def _making(self, site: JiraSite) -> Making | None:
        rules = CreateRules(allowed=site.project.key in self.creating, horizon=self.horizon)
        return Making(partial(self.creates, self.client, site, self.kind), rules)

    def _field_ids(self, site: JiraSite) -> dict[str, str]:
        roles = {role: field_id for role, field_id in site.fields._asdict().items() if field_id}
        return {**roles, **noted(site.policies)}

    def _records(self, site: JiraSite) -> JiraRecords:
        return self.records(
            self.client,
            site.fields,
            names=site.names,
            sprints=site.sprints,
            custom=site.custom,
            written=site.written,
            called=site.called,
        )

    def _before_all(self, key: str) -> Callable[[Database], object]:
        carry_over = self._before(key)
        if LINKS not in self._hanging(key):
            return carry_over
        told = self.facts.of("link types", lambda: [list(one) for one in self.client.link_types()])

        def before(db: Database) -> None:
            carry_over(db)
            with db.transaction(origin="sync") as conn:
                store_link_types(conn, [LinkType(*one) for one in told])

        return before

    def _before(self, key: str) -> Callable[[Database], object]:
        return partial(carry_over_descriptions, scope=key)


def _unwritable(site: JiraSite) -> Mapping[str, str]:
    """What no field of the site was found for, or more than one."""
    return {name: _why_not(site, *of) for name, of in _FIELDS_FOR.items() if getattr(site.fields, of[0]) is None}


# Columns that are kept in fields of the site: the role of each, and what it is called.
_FIELDS_FOR: Final = {
    "story_points": ("story_points", "story points field"),
    "sprint_id": ("sprint", "field for sprints"),
    "team": ("team", "field for teams"),
}


def _why_not(site: JiraSite, role: str, called: str) -> str:
    unclear = next((str(one) for one in site.ambiguities if one.role == role), None)
    return f"{unclear or f'this site has no {called} that the account can see'}; javis doctor says more"
