"""One name of the code location in every way of starting, and what was on under a former name stays on."""

import os
import tomllib
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster._core.remote_origin import (
    GrpcServerCodeLocationOrigin,
    ManagedGrpcPythonEnvCodeLocationOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    ScheduleInstigatorData,
)
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from javis_pipeline.defs.location import LOCATION, adopt_former_names

CHECKOUT = Path(__file__).resolve().parents[2]

MODULE = LoadableTargetOrigin(module_name="javis_pipeline.definitions")
PLACES = {
    "workspace": ManagedGrpcPythonEnvCodeLocationOrigin(MODULE, location_name="javis_pipeline"),
    "compose": GrpcServerCodeLocationOrigin("code", 4000, location_name="javis_pipeline"),
    "chart": GrpcServerCodeLocationOrigin("javis", 4000, location_name="javis"),
}


def test_every_file_that_names_the_location_gives_it_the_same_name():
    def load(path: str) -> Any:
        return yaml.safe_load((CHECKOUT / path).read_text())

    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]
    (server,) = load("deploy/helm/values.yaml")["dagsterWebserver"]["workspace"]["servers"]

    assert {
        load("workspace.yaml")["load_from"][0]["python_module"]["location_name"],
        load("deploy/workspace.yaml")["load_from"][0]["grpc_server"]["location_name"],
        project["dagster"]["code_location_name"],
        project["dg"]["project"]["code_location_name"],
        server["name"],
        ManagedGrpcPythonEnvCodeLocationOrigin(MODULE).location_name,  # -m, without a name
    } == {LOCATION}


def a_schedule(place, name, status) -> InstigatorState:
    origin = RemoteRepositoryOrigin(place, "__repository__").get_instigator_origin(name)
    return InstigatorState(origin, InstigatorType.SCHEDULE, status, ScheduleInstigatorData("30 2 * * *"))


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_given_a_schedule_that_is_on_under_a_former_name_when_adopted_then_it_is_on(place, tmp_path):
    elsewhere = ManagedGrpcPythonEnvCodeLocationOrigin(MODULE, location_name="another_team")
    with dg.DagsterInstance.local_temp(os.fspath(tmp_path)) as instance:
        instance.add_instigator_state(a_schedule(place, "census_at_night", InstigatorStatus.RUNNING))
        instance.add_instigator_state(a_schedule(elsewhere, "theirs", InstigatorStatus.RUNNING))

        first, again = adopt_former_names(instance), adopt_former_names(instance)

        assert (first, again) == (["census_at_night"], [])
        ours = [state for state in instance.all_instigator_state() if state.selector.location_name == LOCATION]
        assert [(state.name, state.status) for state in ours] == [("census_at_night", InstigatorStatus.RUNNING)]


def test_given_one_that_was_switched_off_since_when_adopted_then_it_stays_off(tmp_path):
    today = ManagedGrpcPythonEnvCodeLocationOrigin(MODULE)
    with dg.DagsterInstance.local_temp(os.fspath(tmp_path)) as instance:
        instance.add_instigator_state(a_schedule(PLACES["chart"], "census_at_night", InstigatorStatus.RUNNING))
        instance.add_instigator_state(a_schedule(today, "census_at_night", InstigatorStatus.STOPPED))

        assert adopt_former_names(instance) == []
