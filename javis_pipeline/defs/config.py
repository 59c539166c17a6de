"""Run configuration, as the launchpad shows it. The defaults are those of the schedules."""

import dagster as dg
from pydantic import Field

from javis_pipeline.records.sync import Force, Overrides
from javis_pipeline.sync.forcing import forcing_rules
from javis_pipeline.sync.run import Rules
from javis_pipeline.wiring import KINDS


class SyncConfig(dg.Config):
    """How both sides are brought into step in this run."""

    full_refresh: bool = Field(
        default=False,
        description="Read everything again, changed or not, and look for edits made behind the trigger's back.",
    )
    force: Force = Field(
        default="none",
        description="'local' or 'remote' resolves this run's conflicts that way at once; 'none' leaves them to people.",
    )
    force_fields: list[str] = Field(
        default=[], description="The fields that `force` is about, such as title; empty for all."
    )
    expect_account: str | None = Field(
        default=None, description="Account id that may take over the project from the one that synced it until now."
    )
    expect_place: str | None = Field(
        default=None, description="Id of the project or space that may take over the key from the one that had it."
    )

    def rules(self) -> Rules:
        """The rules of the run; UsageError explains a value that makes no sense."""
        return forcing_rules(self.force, self.force_fields, KINDS.values())

    def overrides(self) -> Overrides:
        """What a person allowed for this run."""
        return Overrides(account_id=self.expect_account, place_id=self.expect_place)


class WriteBackConfig(dg.Config):
    """How edits made here are sent in this run."""

    expect_writes: int | None = Field(
        default=None, description="Allow this many writes, where a guard stopped because they were suspiciously many."
    )
    expect_deletions: int | None = Field(
        default=None,
        description="Put so many records away there, where a guard stopped because many were deleted here.",
    )
    expect_account: str | None = Field(
        default=None, description="Account id that may take over the project from the one that synced it until now."
    )
    expect_place: str | None = Field(
        default=None, description="Id of the project or space that may take over the key from the one that had it."
    )

    def rules(self) -> Rules:
        """Conflicts are left to people."""
        return Rules()

    def overrides(self) -> Overrides:
        """What a person allowed for this run."""
        return Overrides(
            writes=self.expect_writes,
            deletions=self.expect_deletions,
            account_id=self.expect_account,
            place_id=self.expect_place,
        )


class CensusConfig(dg.Config):
    """How the count of what is still there runs."""

    expect_deletions: int | None = Field(
        default=None,
        description="Allow this many deletions, where a guard stopped because they were suspiciously many.",
    )
    expect_missing: int | None = Field(
        default=None,
        description="Believe a list that is this many records shorter than the last one, where a guard stopped.",
    )

    def rules(self) -> Rules:
        """Conflicts are left to people."""
        return Rules()

    def overrides(self) -> Overrides:
        """What a person allowed for this run."""
        return Overrides(deletions=self.expect_deletions, missing=self.expect_missing)
