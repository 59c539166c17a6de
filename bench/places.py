"""Where measurements happen: a canned Jira, a measured process, a PostgreSQL and a database in it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from javis_pipeline.db.embedded import EmbeddedServer


@contextmanager
def canned_jira(
    issues: int, latency_ms: int, certificate: tuple[str, str], *, module: str = "bench.server"
) -> Iterator[str]:
    """URL of a canned Jira with that many issues; `certificate` is the files with its certificate and key.

    With another module, of a canned site of another sort.
    """
    command = [sys.executable, "-m", module, str(issues), str(latency_ms), *certificate]
    with _process(command) as process:
        assert process.stdout
        port = process.stdout.readline().strip()
        yield f"https://127.0.0.1:{port}"
        process.terminate()


@contextmanager
def subject(
    kind: str, site_url: str, database_url: str, ca_file: str, *, module: str = "bench.subject"
) -> Iterator[Callable[[str], Any]]:
    """A measured process; what it is asked to do and what it answers is in its module."""
    command = [sys.executable, "-m", module, kind, site_url, database_url]
    with _process(command, REQUESTS_CA_BUNDLE=ca_file) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin
        assert stdout

        def ask(order: str) -> Any:
            stdin.write(f"{order}\n")
            stdin.flush()
            answer = stdout.readline()
            if not answer:
                raise SystemExit(f"bench: {kind} died of {order}")
            return json.loads(answer)

        yield ask
        stdin.close()


def _process(command: list[str], **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own interpreter and modules
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | environment
    )


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """URL of a server where databases may be created: `DATABASE_URL`'s, else an embedded one in `folder`."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    server = EmbeddedServer(folder)
    server.start()
    try:
        yield server.url("postgres")
    finally:
        server.stop()


@contextmanager
def database(server_url: str) -> Iterator[str]:
    """URL of an empty database that lives as long as the block."""
    name = f"javis_bench_{os.getpid()}"
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        admin.execute("CHECKPOINT")  # so that one subject's dirty pages are not written during the next one's turn
