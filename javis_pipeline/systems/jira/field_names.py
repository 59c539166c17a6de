"""What a Jira site calls the fields of ours: their ids there, and the names by which histories tell of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Self

from javis_pipeline.records.jira import ChangeItem, FieldMap
from javis_pipeline.systems.jira import wire
from javis_pipeline.systems.jira.issue_fields import FIELDS

NO_NAMES: Final[Mapping[str, str]] = {}

# A changed parent goes by several names in changelogs, by age of the project.
_PARENT_ITEMS: Final = frozenset({"parent", "issueparentassociation", "epic link"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldNames:
    """The names of one site.

    Attributes:
        ids: Field of ours to Jira's id of it.
        ours: Jira's id of a field to the field of ours.
        points: What story points are called in histories, in lower case.
        sprints: The same of sprints.
        called: Names that only one custom field has, to the field of ours: histories often lack the ids.
    """

    ids: Mapping[str, str]
    ours: Mapping[str, str]
    points: frozenset[str]
    sprints: frozenset[str]
    called: Mapping[str, str]

    @classmethod
    def of(
        cls,
        fields: FieldMap,
        *,
        names: Mapping[str, str] = NO_NAMES,
        custom: wire.Custom = wire.NO_CUSTOM,
        written: Collection[str] = (),
        called: Mapping[str, str] = NO_NAMES,
    ) -> Self:
        """The names of a site; the arguments are those of `JiraRecords`."""
        of_site = {"story_points": fields.story_points, "sprint_id": fields.sprint, "team": fields.team}
        ids = {name: field.jira_id for name, field in FIELDS.items() if field.jira_id}
        ids |= {name: field_id for name, field_id in of_site.items() if field_id}
        ids |= {field_id: field_id for field_id in written if field_id in custom}
        ours = {jira_id: name for name, jira_id in ids.items()}
        if fields.epic_link:
            ours[fields.epic_link] = "parent_key"
        return cls(
            ids=ids,
            ours=ours,
            points=frozenset({"story points", "story point estimate", names.get("story_points", "").lower()}),
            sprints=frozenset({"sprint", names.get("sprint", "").lower()}),
            called={name: ours[field_id] for name, field_id in called.items() if field_id in ours},
        )

    def field_of(self, item: ChangeItem) -> str | None:
        """The field of ours that an item of a history tells of; None where it is none."""
        if item.field.lower() in _PARENT_ITEMS:
            return "parent_key"
        if item.field_id is not None:
            return self.ours.get(item.field_id)
        name = item.field.casefold()
        if "sprint_id" in self.ids and name in self.sprints:
            return "sprint_id"
        return self.ours.get(name) or ("story_points" if self._is_story_points(item) else self.called.get(name))

    def _is_story_points(self, item: ChangeItem) -> bool:
        """Without an id only the name tells. Another field of that name is not taken for ours: its values differ."""
        return "story_points" in self.ids and item.field.lower() in self.points
