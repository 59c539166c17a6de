"""For a team with a Dagster project of its own: `dg scaffold defs javis_pipeline.components.JavisSync javis`."""

import dagster as dg


class JavisSync(dg.Component, dg.Resolvable, dg.Model):
    """Jira and Confluence in step with PostgreSQL, as assets, checks and jobs of this project.

    Which sites, projects and channels are settings in the environment (`javis doctor` checks them). The resources
    `settings` and `db` and the partitions come along; the executor is this project's.
    """

    schedules: bool = True
    """Whether the schedules and sensors come along. They are off until somebody switches them on in the UI."""

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:  # noqa: ARG002 - Dagster's signature
        """Our definitions, to be merged with this project's."""
        # Not at the top: `dg` reads this module to list components, without any settings.
        from javis_pipeline.definitions import defs

        return dg.Definitions(
            assets=defs.assets,
            asset_checks=defs.asset_checks,
            jobs=defs.jobs,
            schedules=defs.schedules if self.schedules else None,
            sensors=defs.sensors if self.schedules else None,
            resources=defs.resources,
        )
