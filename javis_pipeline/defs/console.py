"""What a run prints where it is: what steps say, also on an instance that knows nothing of our loggers."""

import logging
from typing import Final

import dagster as dg

from javis_pipeline.settings import load_settings

_OURS: Final = "javis_pipeline"

# Dagster's own way prints each of its events, a hundred a run, which bury what steps say. The instance has them all.
console = dg.LoggerDefinition(
    dg.colored_console_logger.logger_fn,
    description="What steps say, and what failed. LOG_LEVEL=DEBUG prints every event.",
    config_schema={
        "log_level": dg.Field(str, default_value=load_settings().log_level),
        "name": dg.Field(str, default_value="dagster"),
    },
)


def print_our_lines(instance: dg.DagsterInstance, level: str) -> None:
    """Set the level of our loggers, and have them print where dagster.yaml does not hand their lines to Dagster.

    On an instance that somebody else made, such as an empty one in CI, only Dagster's own events would be seen.
    """
    ours = logging.getLogger(_OURS)
    # By now Dagster has given our loggers the level that dagster.yaml names for everybody.
    ours.setLevel(level)
    if _OURS in instance.managed_python_loggers or ours.handlers:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", datefmt="%H:%M:%S"))
    ours.addHandler(handler)
