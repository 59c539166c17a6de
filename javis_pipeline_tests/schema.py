"""The schema that the migrations make, as SQL. `python -m javis_pipeline_tests.schema` writes it to `db/schema.sql`."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import javis_pipeline.db
from javis_pipeline.db.embedded import EmbeddedServer
from javis_pipeline.db.migrate import migrate
from javis_pipeline.db.server_place import find_binaries
from javis_pipeline.wiring import TABLES

SCHEMA_FILE = Path(javis_pipeline.db.__path__[0]) / "schema.sql"
_HEADER = "-- What the migrations make, written by `make schema`. Read it; to change it, add a migration.\n"


def dump_schema(url: str) -> str:
    """The schema of a migrated database, without what differs between two runs of pg_dump."""
    dumped = subprocess.run(
        [
            find_binaries(None) / "pg_dump",
            "--schema-only",
            "--no-owner",
            "--no-toast-compression",
            "--exclude-table=javis_schema_version",
            url,
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    noise = re.compile(r"(--|SET |SELECT pg_catalog\.set_config|\\(un)?restrict )")
    lines = [line for line in dumped.splitlines() if not noise.match(line)]
    return _HEADER + re.sub(r"\n{3,}", "\n\n", "\n" + "\n".join(lines).strip() + "\n")


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        server = EmbeddedServer(Path(home))
        server.start()
        try:
            migrate(server.url(), TABLES)
            SCHEMA_FILE.write_text(dump_schema(server.url()), encoding="utf-8")
        finally:
            server.stop()
    sys.stdout.write(f"wrote {SCHEMA_FILE}\n")


if __name__ == "__main__":
    main()
