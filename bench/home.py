"""A sandbox in a process of its own, and a home with its own PostgreSQL and Dagster instance that is pointed at it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from javis_pipeline.db.embedded import DAGSTER_DATABASE, EmbeddedServer
from javis_pipeline.home import DAGSTER_CONFIG
from javis_pipeline.sandbox.command import environment
from javis_pipeline.settings import Settings

STOP_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Home:
    """Where measured commands live.

    Attributes:
        environment: The whole environment of such a command.
        product_url: URL of the product's database.
        dagster_url: URL of Dagster's.
    """

    environment: Mapping[str, str]
    product_url: str
    dagster_url: str


@contextmanager
def sandbox(*arguments: str | Path) -> Iterator[str]:
    """URL of a sandbox that is started with these arguments, on a free port."""
    command = [sys.executable, "-m", "javis_pipeline", "sandbox", "--port", "0", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own program
    try:
        assert process.stdout
        said = process.stdout.readline()
        if not said:
            raise SystemExit("bench: the sandbox did not start")
        yield said.rsplit(maxsplit=1)[-1]
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


@contextmanager
def home(folder: Path, site: str, **settings: str) -> Iterator[Home]:
    """A home in `folder` for the sandbox at `site`, with an embedded PostgreSQL and our dagster.yaml.

    Nothing is left of this process's settings; `settings` are added to those that a sandbox names, "" takes one away.
    """
    server = EmbeddedServer(folder)
    ours = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    port = urlsplit(site).port
    assert port
    server.start()
    try:
        dagster_home = folder / "dagster"
        dagster_home.mkdir()
        shutil.copyfile(DAGSTER_CONFIG, dagster_home / "dagster.yaml")
        yield Home(
            {
                **kept,
                **environment(port=port),
                "JAVIS_HOME": str(folder),
                "JAVIS_ENV_FILE": os.devnull,
                "DAGSTER_HOME": str(dagster_home),
                **settings,
            },
            server.url(),
            server.url(DAGSTER_DATABASE),
        )
    finally:
        server.stop()
