"""What is outside the graph: the remote sites, and people's edits in the database."""

import dagster as dg

from javis_pipeline.defs.partitions import projects

jira_site = dg.AssetSpec(
    "jira_site",
    group_name="sources",
    kinds={"jira"},
    description="Jira Cloud: where people plan. Read by `jira_issues`, written by `jira_writeback`.",
)

confluence_site = dg.AssetSpec(
    "confluence_site",
    group_name="sources",
    kinds={"confluence"},
    description="Confluence Cloud: where people write. Read by `confluence_pages`, written by `confluence_writeback`.",
)

local_edits = dg.AssetSpec(
    "local_edits",
    group_name="sources",
    kinds={"postgres"},
    partitions_def=projects,
    description="Edits that people and programs make in PostgreSQL. A trigger marks them; the sync pushes them.",
)
