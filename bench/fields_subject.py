"""One measured process, as `bench.subject` is, for a site with fields of its own."""

import os
import sys

from bench.floor import Floor, FloorWithFields
from bench.subject import FloorSubject, OurSubject, obey


class FieldsFloorSubject(FloorSubject):
    """The floor for that."""

    def make(self, jira_url: str, database_url: str) -> Floor:
        return FloorWithFields(jira_url, os.environ.get("REQUESTS_CA_BUNDLE"), database_url)


if __name__ == "__main__":
    obey(FieldsFloorSubject if sys.argv[1] == "floor" else OurSubject)
