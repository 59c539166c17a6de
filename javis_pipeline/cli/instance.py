"""The Dagster instance that commands run on."""

import os
import shutil
from pathlib import Path

from javis_pipeline.errors import SettingError
from javis_pipeline.settings import Settings, project_root


def use_dagster_home(settings: Settings) -> Path:
    """Point Dagster at its home: DAGSTER_HOME when it is set, else `dagster/` under JAVIS_HOME with our dagster.yaml.

    The home is not the checkout itself, because Dagster writes its logs there.
    """
    given = os.environ.get("DAGSTER_HOME")
    if given:
        return Path(given)
    config = project_root() / "dagster.yaml"
    if not config.is_file():
        raise SettingError(
            "DAGSTER_HOME is not set and there is no dagster.yaml here; run the command in the project's folder, "
            "or set DAGSTER_HOME=/path/to/folder to one that holds a dagster.yaml"
        )
    home = settings.javis_home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    copy = home / "dagster.yaml"
    if not copy.is_file() or copy.read_bytes() != config.read_bytes():
        shutil.copyfile(config, copy)
    os.environ["DAGSTER_HOME"] = str(home)
    return home


def prepare_instance(settings: Settings) -> None:
    """Make the instance ready for runs: home, product schema, and the pools that bound how many runs meet at an API."""
    from dagster import DagsterInstance

    from javis_pipeline.db.connection import Database
    from javis_pipeline.defs.pools import ensure_pools

    use_dagster_home(settings)
    Database.open(settings).close()
    with DagsterInstance.get() as instance:
        ensure_pools(instance)
