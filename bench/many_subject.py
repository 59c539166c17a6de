"""One measured process, as `bench.subject` is, that pulls all projects of `bench.many_server` side by side."""

import os
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from bench.floor import Floor
from bench.many_server import PROJECTS
from bench.subject import FloorSubject, OurSubject, Subject, obey
from javis_pipeline.clients.http import PACE
from javis_pipeline.db.site_facts import SiteFacts
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.sync_scope import pull_scope
from javis_pipeline.systems.jira.system import JiraSystem


class ManyFloors(FloorSubject):
    """The floor, with all projects in one query."""

    def make(self, jira_url: str, database_url: str) -> Floor:
        return Floor(jira_url, os.environ.get("REQUESTS_CA_BUNDLE"), database_url, ", ".join(PROJECTS))


class OurProjects(OurSubject):
    """The product's step, once for each project."""

    def pull(self) -> int:
        assert self.database is not None, "reset comes first"
        facts = SiteFacts(self.database, "jira", "bench", fresh=timedelta(hours=1))
        system = JiraSystem(self.jira, PROJECTS, facts=facts)
        now = datetime.now(UTC)
        clock: Callable[[], datetime] = lambda: now  # noqa: E731 - one instant for all
        jobs = [
            Job(db=self.database, system=system, key=key, run_id=f"bench-{now.timestamp()}", clock=clock)
            for key in PROJECTS
        ]
        with ThreadPoolExecutor(len(jobs)) as threads:
            tallies = [pulled.tally for pulled in threads.map(pull_scope, jobs)]
        return sum(tally.inserted + tally.updated for tally in tallies)


# Ours twice: with the pace lifted, and as it is shipped.
_SUBJECTS: Final[Mapping[str, Callable[[str, str], Subject]]] = {
    "floor": ManyFloors,
    "ours": OurProjects,
    "paced": partial(OurProjects, rate=PACE),
}

if __name__ == "__main__":
    obey(_SUBJECTS[sys.argv[1]])
