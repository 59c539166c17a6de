"""One measured process, as `bench.subject` is, for a Jira that a company runs itself."""

import os
import sys

from bench.floor import DataCenterFloor, Floor
from bench.subject import FloorSubject, OurSubject, obey


class DataCenterFloorSubject(FloorSubject):
    """The floor for that."""

    def make(self, jira_url: str, database_url: str) -> Floor:
        return DataCenterFloor(jira_url, os.environ.get("REQUESTS_CA_BUNDLE"), database_url)


if __name__ == "__main__":
    obey(DataCenterFloorSubject if sys.argv[1] == "floor" else OurSubject)
