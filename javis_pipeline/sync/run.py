"""What the decisions of one run depend on besides the records: its rules, its clock and its source of ids."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.policy import Way
from javis_pipeline.records.sync import FieldPolicy, Force
from javis_pipeline.sync.fields import Field, Kind


@dataclass(frozen=True, slots=True)
class Rules:
    """How the sync is configured for a scope.

    Attributes:
        policies: Field to its policy, for the fields that do not have their default one.
        scopes: Projects or spaces that are synced; a record that moved elsewhere is no longer followed.
        merge_texts: Texts that both sides changed in different blocks are merged.
        remote_wins_first_contact: Without a base, the remote's value is taken instead of opening a conflict.
        force: How the conflicts of this plan are resolved at once; "none" leaves them to people.
        force_fields: The fields that `force` is about; empty for all.
        stale_write_grace: For how long after a write of the sync a column that returns to its value from before is
            taken for a stale copy of the row instead of an edit.
        request_limit: After this time a request that was sent is not executed any more, as a rule.
        way_out: What becomes there of records whose rows are deleted here; None: nothing.
        missing_proof: The two proofs that a record is gone lie at least this far apart.
    """

    policies: Mapping[str, FieldPolicy] = field(default_factory=dict)
    scopes: frozenset[str] = frozenset()
    merge_texts: bool = True
    remote_wins_first_contact: bool = False
    force: Force = "none"
    force_fields: frozenset[str] = frozenset()
    stale_write_grace: timedelta = timedelta(minutes=2)
    request_limit: timedelta = timedelta(seconds=180)
    way_out: Way | None = None
    missing_proof: timedelta = timedelta(minutes=10)

    def policy(self, spec: Field) -> FieldPolicy:
        """Of a field; one that only the remote may change cannot be configured to be written."""
        policy = self.policies.get(spec.name, spec.default_policy)
        if spec.written_by is None and policy in ("two_way", "local_to_remote"):
            return "remote_to_local"
        return policy

    def forces(self, name: str) -> bool:
        """Whether a conflict of this field is resolved at once."""
        return self.force != "none" and (not self.force_fields or name in self.force_fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of the sync for one scope.

    Attributes:
        run_id: Named in the outbox and in the audit.
        now: The clock, which only dates things for people and measures how long a request has been out.
        new_id: Makes ids of operations and conflicts.
        account_id: As whom we write; an entry of the remote's history by somebody else is not ours.
        kind: Sort of the scope's records.
        catalog: What the scope knows.
        rules: How the sync is configured.
    """

    run_id: str
    now: Callable[[], datetime]
    new_id: Callable[[], UUID]
    account_id: str
    kind: Kind
    catalog: Catalog = field(default_factory=Catalog)
    rules: Rules = field(default_factory=Rules)
