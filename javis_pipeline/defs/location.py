"""The name of our code location: one, however Dagster is started.

Dagster keeps by this name what was switched on in the UI, so a schedule that runs under another name is off.
"""

from typing import Final

import dagster as dg
from dagster._core.remote_origin import RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import InstigatorState
from dagster_shared.record import copy

# What `-m javis_pipeline.definitions` gives by itself; workspace files, dg and the chart are told to use it.
LOCATION: Final = "javis_pipeline.definitions"
FORMER: Final = frozenset({"javis_pipeline", "javis-pipeline", "javis"})


def adopt_former_names(instance: dg.DagsterInstance) -> list[str]:
    """Switch on what was switched on under a former name, and is not known under today's; the names of what it was.

    Done again it changes nothing: then today's name is known.
    """
    states = instance.all_instigator_state()
    known = {state.name for state in states if state.repository_selector.location_name == LOCATION}
    former = {state.name: state for state in states if state.repository_selector.location_name in FORMER}
    adopted = [state for name, state in former.items() if name not in known]
    for state in adopted:
        instance.add_instigator_state(
            InstigatorState(_renamed(state.origin), state.instigator_type, state.status, state.instigator_data)
        )
    return sorted(state.name for state in adopted)


def _renamed(origin: RemoteInstigatorOrigin) -> RemoteInstigatorOrigin:
    repository = origin.repository_origin
    place = copy(repository.code_location_origin, location_name=LOCATION)
    return RemoteInstigatorOrigin(RemoteRepositoryOrigin(place, repository.repository_name), origin.instigator_name)
