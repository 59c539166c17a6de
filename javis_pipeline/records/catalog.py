"""What a scope knows: the names, ids and choices of its site."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from javis_pipeline.records.jira import Sort


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """What a scope knows, for checking local values and for turning names into ids.

    Attributes:
        statuses: Name to the ids that carry it, of the scope's workflows.
        priorities: Name to id.
        resolutions: Name to id.
        teams: Id to name, of those that issues have named.
        sprints: Number to name, of those that are not over.
        closed_sprints: Numbers of those that are.
        users: Account id to display name, of everybody seen so far.
        closed: Ids of the statuses in which work is done.
        unwritable: Field to the reason why this site cannot take it, such as a field that was not found.
        field_ids: What was read last from which of the site's own fields, or in which form.
        elements: The site's fields that are read under their ids, and how each reads.
        written: Those of them that are edited here too.
        choices: Of the record that is decided, what can be chosen in which field, name to id; None where that was not
            told.
    """

    statuses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    priorities: Mapping[str, str] = field(default_factory=dict)
    resolutions: Mapping[str, str] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)
    sprints: Mapping[int, str] = field(default_factory=dict)
    closed_sprints: frozenset[int] = frozenset()
    users: Mapping[str, str] = field(default_factory=dict)
    closed: frozenset[str] = frozenset()
    unwritable: Mapping[str, str] = field(default_factory=dict)
    field_ids: Mapping[str, str] = field(default_factory=dict)
    elements: Mapping[str, Sort] = field(default_factory=dict)
    written: frozenset[str] = frozenset()
    choices: Mapping[str, Mapping[str, str]] | None = None
