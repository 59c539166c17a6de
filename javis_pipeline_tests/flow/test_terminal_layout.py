"""What people type, on terminals of 60, 80 and 200 columns, and piped: nothing runs over or is cut without a sign."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from unittest.mock import Mock

import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.settings import load_settings
from javis_pipeline.steps.build_context import build_context
from javis_pipeline.wiring import context_scope
from javis_pipeline_tests.made_project import made_project, store_project
from javis_pipeline_tests.sites import settings_for
from javis_pipeline_tests.terminals import layout_faults, seen

WIDTHS = (60, 80, 200)
COMMANDS = (
    "status",
    "status --sizes",
    "status --requests",
    "conflicts",
    "audit --limit 20",
    "audit --issue OQC-1",
    "context",
    "context --project OQC",
    "context --project OQC --show-risks",
    "context --project OQC --show-blockers",
    "suggest",
    "suggest --epic OQC-4",
    "roadmap list",
    "tag list --project OQC",
    "fields",
    "attachment list OQC-1",
    "slack digest --dry-run",
    "slack risk --dry-run",
    "slack week --dry-run",
    "retry OQC-1",
    "db prune --dry-run",
    "doctor",
    "sync",
    "sync --dry-run",
    "run",
    "verify --project OQC --sample 5",
    "demo",
    "dev",
    "init",
    # Mistakes as well.
    "context --project OQX",
    "suggest accept 7f3a",
    "edit OQC-1 --set prioritie=High",
    "conflicts show 7f3a",
    "undo 7f3a",
    "--help",
    "sync --help",
    "conflicts resolve --help",
    "demo --help",
    "dev --help",
    "verify --help",
    "fields --help",
    "new issue --help",
    "comment --help",
    "attachment get --help",
    "webhook serve --help",
    "live --help",
)

_LONG = (
    "Everything that was ever measured on the second line, in one table that both sides of the house can read at once"
)
_CONFLICT_AND_RUN = f"""
    INSERT INTO sync_conflicts (id, resource_type, resource_id, scope, field_name, kind, base_value, local_value,
                                remote_value, created_at)
    SELECT gen_random_uuid(), 'jira_issue', jira_id, 'OQC', 'title', 'both_changed', to_jsonb(title),
           to_jsonb('{_LONG}, here'::text), to_jsonb('{_LONG}, there'::text), now()
      FROM jira_issues WHERE key = 'OQC-1';
    INSERT INTO sync_audit (run_id, side, resource_type, resource_id, field, old, new, reason, actor, at)
    SELECT '7f3a9c1e-0000-4000-8000-000000000000', 'local', 'jira_issue', jira_id, 'title', to_jsonb('{_LONG}'::text),
           to_jsonb(title), 'pull', 'somebody in Jira', now()
      FROM jira_issues WHERE key IN ('OQC-1', 'OQC-2')
"""


_PULLED = {
    **dict.fromkeys(("seen", "inserted", "updated", "to_merge", "quarantined"), 1_240),
    "completeness": "1240 known, 1240 seen, 0 missing, 0 quarantined; Jira counts about 1240: agrees",
    "notes": "the time zone of the account that reads is not known, so that nothing depends on it",
}
_PUSHED = dict.fromkeys(("confirmed", "held", "unknown", "postponed"), 128)
# What the assets of a run counted.
RUN: Mapping[str, Mapping[str, object]] = {
    "jira_issues": _PULLED,
    "jira_writeback": _PUSHED,
    "confluence_pages": _PULLED,
    "confluence_writeback": _PUSHED,
    "sync_conflicts": {"open": 1, "errors": 12},
    "work_context": {"open": 412},
    "ai_suggestions": {"suggestions": 8, "engine": "rules"},
    "slack_digest": {},
    "slack_risk_alert": {},
}


@pytest.fixture(scope="module")
def project(shared_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """OQC with sixty issues, a conflict and what a sync did; and a site that can be asked."""
    world, now = World(seed=3), datetime.now(UTC)
    world.jira.create_project("OQC", "Optical quality control")
    with shared_database.transaction(origin="sync") as conn:
        store_project(conn, made_project("OQC", issues=60, seed=5, now=now))
        conn.execute(_CONFLICT_AND_RUN)
    with SandboxServer(world), pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        values = settings_for(world, projects="OQC", database_url=shared_database.url, home=home)
        for name, value in {**values, "SLACK_DEFAULT_CHANNEL": "oqc-team"}.items():
            patch.setenv(name, value)
        patch.chdir(home)
        (home / ".env").touch()
        build_context(shared_database, context_scope(load_settings(), "OQC"), now=now)
        stand_ins(patch, world)
        yield


def stand_ins(patch: pytest.MonkeyPatch, world: World) -> None:
    """Commands that run the graph print what a run came to, and start nothing."""

    @contextmanager
    def running(parts: object) -> Iterator[Mock]:
        yield Mock(wait=Mock(side_effect=KeyboardInterrupt))

    patch.setattr("javis_pipeline.cli.runs.materialize", lambda assets, **_: {name: RUN[name] for name in assets})
    patch.setattr("javis_pipeline.cli.runs.progress_bar", lambda label: nullcontext(lambda done, total: None))
    patch.setattr("javis_pipeline.cli.instance.prepare_instance", lambda settings: None)
    patch.setattr("javis_pipeline.cli.demo_site.demo_site", lambda *_, **__: nullcontext(world.base_url))
    patch.setattr("javis_pipeline.cli.parts.running", running)
    patch.setattr("javis_pipeline.cli.parts.require_free_port", lambda port, option: None)
    patch.setattr("javis_pipeline.steps.verify._PAUSE_SECONDS", 0)
    patch.setattr("javis_pipeline.steps.verify.random.sample", lambda refs, most: refs[:most])
    patch.setattr("javis_pipeline.db.status.untouched_issues", lambda db, limit: ["OQC-1", "OQC-2", "OQC-3"][:limit])
    patch.setattr("javis_pipeline.cli.dev._stop_by_signal", lambda: None)
    patch.setattr("javis_pipeline.systems.jira.client.JiraClient.edit_issue", lambda *_, **__: None)


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_fits_each_terminal(command: str) -> None:
    piped = seen(command.split(), None)
    narrow = {width: seen(command.split(), width) for width in WIDTHS}

    assert [fault for width, shown in narrow.items() for fault in layout_faults(shown, width, piped)] == []
