"""Confluence as the sync sees a system: how a space is opened."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import ClassVar

from javis_pipeline.errors import IdentityError, SettingError
from javis_pipeline.records.confluence import PageStamp
from javis_pipeline.records.policy import Way
from javis_pipeline.records.values import System
from javis_pipeline.steps.create import HORIZON, CreateRules
from javis_pipeline.steps.site_facts import NOTHING_KEPT, Facts
from javis_pipeline.steps.system import Making, Opened, Part, nothing_before
from javis_pipeline.sync.fields import Kind
from javis_pipeline.sync.policies import Policies, checked_policies, left_alone, noted
from javis_pipeline.systems.confluence.client import ConfluenceClient
from javis_pipeline.systems.confluence.comment_records import CommentCreates, CommentRecords
from javis_pipeline.systems.confluence.create import PageCreates
from javis_pipeline.systems.confluence.following import follow_texts
from javis_pipeline.systems.confluence.kind import CONFLUENCE_COMMENT, CONFLUENCE_PAGE
from javis_pipeline.systems.confluence.mirror import PageMirror
from javis_pipeline.systems.confluence.reader import PageBatch
from javis_pipeline.systems.confluence.records import ConfluenceRecords
from javis_pipeline.systems.confluence.site import read_site
from javis_pipeline.systems.confluence.source import PageSource


@dataclass(frozen=True)
class ConfluenceSystem:
    """A Confluence site.

    Attributes:
        client: Client of the site.
        scopes: Keys of all synced spaces: a page that moves to one of them is followed.
        projects: Keys of the Jira projects whose issues a page may mention by key alone.
        facts: What the site told lately.
        policies: A person's choice of the way that fields go.
        creating: Keys of the spaces in which rows that are inserted here become pages.
        talking: Keys of the spaces below whose pages comments are written here too; "*" for all.
        horizon: The longest time that a request may still be executed after it was sent.
        ways_out: Scope to what becomes there of records whose rows are deleted here; none where they are hidden only.
    """

    name: ClassVar[System] = "confluence"
    kind: ClassVar[Kind] = CONFLUENCE_PAGE
    client: ConfluenceClient
    scopes: Collection[str] = ()
    projects: Collection[str] = ()
    facts: Facts = NOTHING_KEPT
    policies: Policies = field(default_factory=dict)
    creating: Collection[str] = ()
    talking: Collection[str] = ()
    horizon: timedelta = HORIZON
    ways_out: Mapping[str, Way] = field(default_factory=dict)

    def open(self, key: str) -> Opened[PageStamp, PageBatch]:
        """A space, after proving who we are and that it is visible."""
        left = left_alone(checked_policies(self.policies, self.kind, "CONFLUENCE_FIELD_POLICY"))
        try:
            identity, space = read_site(self.client, key)
        except (IdentityError, SettingError):
            self.facts.forget()  # another site may be there now: the next client asks
            raise
        archived = None if space.status == "current" else f"the space is {space.status}; restore it in Confluence"
        why = archived or self.client.why_read_only()
        return Opened(
            account_id=identity.account_id,
            remote_id=space.space_id,
            field_ids=noted(self.policies),
            policies=self.policies,
            records=ConfluenceRecords(self.client, {space.space_id: space.key}, read_only=why),
            source=lambda extent: PageSource(
                self.client,
                space,
                projects=self.projects,
                extent=extent,
                maker=identity.account_id if key in self.creating else None,
            ),
            mirror=PageMirror(key, left),
            unwritable={},
            # A page changes with its version, except for labels, which have a round of their own.
            changes_unseen=False,
            before=nothing_before,
            after=partial(follow_texts, space=key, projects=self.projects),
            way_out=self.ways_out.get(key),
            making=Making(
                lambda db, _: PageCreates(self.client, space, self.kind, identity.account_id, db),
                CreateRules(allowed=key in self.creating and why is None, horizon=self.horizon),
            ),
            parts=[self._comments(key, identity.account_id, why) for _ in self.hanging(key)],
        )

    def hanging(self, key: str) -> Sequence[Kind]:
        """What people say below pages, where it is written here too."""
        return [CONFLUENCE_COMMENT] if {key, "*"} & set(self.talking) else []

    def _comments(self, key: str, account_id: str, why_read_only: str | None) -> Part:
        return Part(
            CONFLUENCE_COMMENT,
            CommentRecords(self.client, account_id, read_only=why_read_only),
            Making(
                lambda db, _: CommentCreates(self.client, account_id, db, key),
                CreateRules(allowed=why_read_only is None, horizon=self.horizon),
            ),
        )
