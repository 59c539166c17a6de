"""What is outside the graph: the remote sites, and people's edits in the database."""

from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg

from javis_pipeline.defs.metadata import markdown_table
from javis_pipeline.defs.partitions import projects

jira_site = dg.AssetSpec(
    "jira_site",
    group_name="sources",
    kinds={"jira"},
    description="Jira: where people plan. Read by `jira_issues`, written by `jira_writeback`.",
)

confluence_site = dg.AssetSpec(
    "confluence_site",
    group_name="sources",
    kinds={"confluence"},
    description="Confluence: where people write. Read by `confluence_pages`, written by `confluence_writeback`.",
)

SITES = (jira_site, confluence_site)

local_edits = dg.AssetSpec(
    "local_edits",
    group_name="sources",
    kinds={"postgres"},
    partitions_def=projects,
    description="Edits that people and programs make in PostgreSQL. A trigger marks them; the sync pushes them.",
)


def observe_site(
    context: dg.AssetExecutionContext, site: dg.AssetSpec, said: Mapping[str, str], url: str | None
) -> None:
    """Note what a site said when it was read: for each project or space, how what is here compares with its count."""
    metadata: dict[str, Any] = {**said, **({"site": dg.MetadataValue.url(url)} if url else {})}
    context.log_event(dg.AssetObservation(site.key, metadata=metadata))


def observe_edits(rows: Iterable[Mapping[str, Any]], project: str) -> dg.AssetObservation:
    """Who edited a project, as `editors` of the journal gives it."""
    table = ((row["application"] or "-", row["db_user"], row["edits"], row["records"], row["last_at"]) for row in rows)
    columns = ["application", "login", "fields", "records", "last edit"]
    edits = dg.MetadataValue.md(markdown_table(columns, table))
    return dg.AssetObservation(local_edits.key, partition=project, metadata={"edits": edits})
