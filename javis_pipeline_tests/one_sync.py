"""One sync of a project in a process of its own, so that it can be killed: `python -m ... PROJECT CLOCK_OFFSET`.

It is what the assets do, without Dagster's start: pull, then write back, under the lock, with the settings of the
environment. The clock is as many seconds off as asked for. Prints the counts as JSON.
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from javis_pipeline.records.sync import Overrides
from javis_pipeline.settings import Settings
from javis_pipeline.steps.sync_scope import Job, pull_scope, write_back_scope
from javis_pipeline.wiring import jira_system, open_database


def main(project: str, offset: float) -> None:
    settings = Settings()
    with open_database(settings) as db, jira_system(settings) as system:
        job = Job(
            db=db,
            system=system,
            key=project,
            run_id=str(uuid4()),
            overrides=Overrides(writes=10_000, deletions=10_000),
            clock=lambda: datetime.now(UTC) + timedelta(seconds=offset),
        )
        pulled = pull_scope(job)
        written = write_back_scope(job)
    json.dump({"merged": pulled.merged.count(), **written.as_metadata()}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
