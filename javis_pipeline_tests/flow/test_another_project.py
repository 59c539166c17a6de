"""A team's own Dagster project adds ours by a few lines of YAML."""

import os
import subprocess
import sys
from pathlib import Path

from javis_pipeline_tests.sites import clean_environment

FILES = {
    "pyproject.toml": """
        [tool.dg]
        directory_type = "project"
        [tool.dg.project]
        root_module = "team"
    """,
    "team/__init__.py": "",
    "team/definitions.py": """
        from pathlib import Path
        import dagster as dg

        @dg.definitions
        def defs():
            return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
    """,
    "team/defs/__init__.py": "",
    "team/defs/mine.py": """
        import dagster as dg

        @dg.asset(deps=["work_context"])
        def mine(): ...
    """,
    "team/defs/javis/defs.yaml": """
        type: javis_pipeline.components.JavisSync
        attributes:
          schedules: {schedules}
    """,
}

SHOWN = """
import dagster as dg
from team.definitions import defs
loaded = defs.load_definitions() if hasattr(defs, "load_definitions") else defs()
dg.Definitions.validate_loadable(loaded)
graph = loaded.resolve_asset_graph()
print(sorted(key.to_user_string() for key in graph.get(dg.AssetKey("mine")).parent_keys))
print(len(graph.materializable_asset_keys), len(list(loaded.sensors or [])) > 0)
print(*sorted(schedule.name for schedule in loaded.schedules or []))
"""


def shown(folder: Path, *, schedules: bool) -> list[str]:
    for name, text in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = text.replace("{schedules}", str(schedules).lower()).splitlines()
        file.write_text("\n".join(line[8:] for line in lines) + "\n")
    done = subprocess.run(
        [sys.executable, "-c", SHOWN],
        cwd=folder,
        env=clean_environment() | {"JAVIS_ENV_FILE": os.devnull, "JIRA_PROJECTS": "OQC", "JAVIS_HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_given_our_component_when_loaded_then_our_assets_stand_beside_theirs(tmp_path: Path) -> None:
    with_schedules = shown(tmp_path / "a", schedules=True)
    without = shown(tmp_path / "b", schedules=False)

    ours = (
        "census_at_night everything_at_8 prune_monthly risk_alerts_every_6_hours sync_every_15_minutes verify_at_night"
    )
    assert with_schedules == ["['work_context']", "10 True", ours]
    assert without == ["['work_context']", "10 False", ""]
