"""What people call a system and what is in it: for the UI, the terminal and posts. A new system has its line here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from javis_pipeline.records.values import System


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemWords:
    """Words of a system.

    Attributes:
        title: Its name, as people write it.
        record, scope: What one of its records, and a project or space they are in, is called.
        table: Our table of them, which is also the name of the asset that fills it.
        write_back: The asset that sends edits.
        is_keyed: People call a record by its key, not by its title.
    """

    title: str
    record: str
    scope: str
    table: str
    write_back: str
    is_keyed: bool

    def name_of(self, key: str, title: str | None) -> str:
        """How people name a record that has this key and this title."""
        return key if self.is_keyed else title or f"{self.record} {key}"


SYSTEMS: Final[Mapping[System, SystemWords]] = {
    "jira": SystemWords(
        title="Jira",
        record="issue",
        scope="project",
        table="jira_issues",
        write_back="jira_writeback",
        is_keyed=True,
    ),
    "confluence": SystemWords(
        title="Confluence",
        record="page",
        scope="space",
        table="confluence_pages",
        write_back="confluence_writeback",
        is_keyed=False,
    ),
}
