"""What steps say, printed where the run is, also on an instance that knows nothing of our loggers."""

import logging
from typing import Final

import dagster as dg

_OURS: Final = "javis_pipeline"


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
