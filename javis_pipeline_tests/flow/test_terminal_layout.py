"""What people see of every command, on terminals of 60, 80 and 200 columns and without one, as it was looked at.

`make screens` records it anew, in data/screens; what changed there is to be read like code. Beside it, whatever is
recorded: nothing runs over or is cut without a sign, and without colours the words are the same.
"""

import itertools
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from operator import itemgetter
from pathlib import Path
from unittest.mock import Mock

import click
import pytest
import time_machine

from javis_pipeline.cli import main
from javis_pipeline.db.connection import Database
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.settings import load_settings
from javis_pipeline.steps.build_context import build_context
from javis_pipeline.wiring import context_scope
from javis_pipeline_tests.made_project import NOW, made_project, store_project
from javis_pipeline_tests.sites import settings_for
from javis_pipeline_tests.terminals import ESCAPE, layout_faults, seen

HOW = "if it is meant to look so: make screens, and read what changed in data/screens"
RECORDED = Path(__file__).parents[1] / "data" / "screens"
# None: no terminal, but a pipe, and nobody to answer.
WIDTHS = (60, 80, 200, None)
# {n} is another number on each screen: what changes something does it once.
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
    "archive OQC-7",
    "delete OQC-7",
    "db prune --dry-run",
    "doctor",
    "sync",
    "sync --dry-run",
    "run",
    "verify --project OQC --sample 5",
    "dev",
    "init",
    "new issue --project OQC --type Task --title Better",
    "new page --space OQC --title Better",
    "edit OQC-{n} --set priority=High",
    "tag add --issue OQC-{n} --tag urgent",
    "tag remove --issue OQC-{n} --tag urgent",
    "conflicts list --errors",
    "conflicts show c000000{n}",
    "conflicts resolve c000000{n} --local",
    "undo 7f3a9c1e",
    "roadmap add Faster-{n} --horizon 2026-06-30",
    "slack status --dry-run",
    "slack test",
    "db migrate",
    "db url",
    "sandbox env",
    # Mistakes as well.
    "context --project OQX",
    "suggest accept 7f3a",
    "edit OQC-1 --set prioritie=High",
    "conflicts show 7f3a",
    "undo 7f3a",
    "comment OQC-{n} Calibrated",
    "link OQC-{n} blocks OQC-9",
    "log OQC-{n} 1h30m",
    # It edits what the others show.
    "demo",
)

_LONG = (
    "Everything that was ever measured on the second line, in one table that both sides of the house can read at once"
)
# A conflict for each screen, on issues of their own, and what a sync did.
_CONFLICTS_AND_RUN = f"""
    INSERT INTO sync_conflicts (id, resource_type, resource_id, scope, field_name, kind, base_value, local_value,
                                remote_value, created_at)
    SELECT ('c000000' || n || '-0000-4000-8000-000000000000')::uuid, 'jira_issue', jira_id, 'OQC', 'title',
           'both_changed', to_jsonb(title), to_jsonb('{_LONG}, here'::text), to_jsonb('{_LONG}, there'::text),
           '{NOW}'::timestamptz - interval '2 days'
      FROM jira_issues, generate_series(1, 5) AS n WHERE key = 'OQC-' || n;
    INSERT INTO sync_audit (run_id, side, resource_type, resource_id, field, old, new, reason, actor, at)
    SELECT '7f3a9c1e-0000-4000-8000-000000000000', 'local', 'jira_issue', jira_id, 'title', to_jsonb('{_LONG}'::text),
           to_jsonb(title), 'pull', 'somebody in Jira', '{NOW}'::timestamptz - interval '3 hours'
      FROM jira_issues WHERE key IN ('OQC-1', 'OQC-2');
    INSERT INTO sync_watermarks (system, scope, watermark, last_full_at, last_census_at, last_census_count)
    SELECT 'jira', 'OQC', at, at, at, 60 FROM (SELECT timestamptz '{NOW}' - interval '2 hours' AS at) AS pulled;
    INSERT INTO jira_fields (field_id, name, type, sort, policy, first_seen_at, last_seen_at)
    SELECT 'customfield_10057', 'Cause of the defect', 'select', 'option', 'remote_to_local', '{NOW}', '{NOW}'
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
def project(shared_database: Database) -> Iterator[None]:
    """OQC with sixty issues, conflicts and what a sync did; and a site that can be asked."""
    with time_machine.travel(NOW, tick=False), home_folder() as home, pytest.MonkeyPatch.context() as patch:
        world = World(seed=3)
        world.jira.create_project("OQC", "Optical quality control")
        with shared_database.transaction(origin="sync") as conn:
            store_project(conn, made_project("OQC", issues=60, seed=5))
            conn.execute(_CONFLICTS_AND_RUN)
        with SandboxServer(world):
            values = settings_for(world, projects="OQC", database_url=shared_database.url, home=home)
            for name, value in {**values, "SLACK_DEFAULT_CHANNEL": "oqc-team", "JAVIS_CREATE": "OQC"}.items():
                patch.setenv(name, value)
            patch.chdir(home)
            (home / ".env").touch()
            build_context(shared_database, context_scope(load_settings(), "OQC"), now=NOW)
            stand_ins(patch, world)
            yield


@contextmanager
def home_folder() -> Iterator[Path]:
    """A folder whose name is always as long: it is printed, and lines are folded by what they hold."""
    folder = Path(tempfile.mkdtemp(prefix="javis-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


def stand_ins(patch: pytest.MonkeyPatch, world: World) -> None:
    """Commands that run the graph print what a run came to, and start nothing."""

    @contextmanager
    def running(parts: object) -> Iterator[Mock]:
        yield Mock(wait=Mock(side_effect=KeyboardInterrupt))

    for command in ("run", "demo"):
        patch.setattr(f"javis_pipeline.cli.{command}.time", Mock(monotonic=lambda: 0.0))
    sizes = [{"table": name, "rows_estimate": 22_371, "bytes": 61_000_000} for name in ("jira_issues", "sync_audit")]
    patch.setattr("javis_pipeline.db.status.table_sizes", lambda db: sizes)
    patch.setattr("javis_pipeline.db.connection.display_name", lambda url: "database javis on db.acme.com")
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


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("project")
def test_each_command_looks_as_it_did_and_fits_each_terminal() -> None:
    """One test of them all, in their order: some change what those after them show."""
    for command in COMMANDS:
        screens = [_steady(seen(command.format(n=place).split(), width)) for place, width in enumerate(WIDTHS, start=1)]

        # The words on two screens are compared where it is the same command.
        piped = "" if "{n}" in command else screens[-1]
        for width, shown in zip(WIDTHS, screens, strict=True):
            assert list(layout_faults(shown, width or 1000, piped)) == [], command
        assert together(screens) == recorded(command, together(screens)), f"{command}: {HOW}"


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("command", ["status", "conflicts show c0000005", "context --project OQC", "doctor"])
def test_colours_add_no_words(command: str) -> None:
    coloured = ESCAPE.sub("", seen(command.split(), 80, colours=True))

    assert [line.rstrip() for line in coloured.splitlines()] == seen(command.split(), 80).splitlines()


def test_the_help_of_every_command_looks_as_it_did_and_fits_each_terminal() -> None:
    for command in leaves(main):
        arguments = [*command, "--help"]
        screens = [seen(arguments, width) for width in WIDTHS]
        for width, shown in zip(WIDTHS, screens, strict=True):
            # It breaks words at hyphens, so that they are not looked for.
            assert list(layout_faults(shown, width or 1000, "")) == []
            assert "..." not in shown.partition("Commands:")[2]
        assert together(screens) == recorded(" ".join(arguments), together(screens)), HOW


def test_every_command_is_seen_or_named_as_not() -> None:
    """What waits for somebody else, or ends the server that the tests use, is not called here."""
    not_called = {
        "live", "db shell", "db stop", "db backup", "db restore", "slack serve", "webhook", "webhook serve",
        "webhook setup",
        "fields rebuild-view", "suggest reject", "roadmap link", "roadmap settle", "attachment get",
    }  # fmt: skip
    called = {command.split(" {")[0] for command in COMMANDS}
    missing = {
        name
        for path in leaves(main)
        if (name := " ".join(path)) and not any(f"{each} ".startswith(f"{name} ") for each in called)
    }

    assert missing == not_called, "COMMANDS lacks a line for it"


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of each command, and of each group that is one itself."""
    yield path
    if isinstance(command, click.Group):
        with click.Context(command) as context:
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None
                yield from leaves(found, (*path, name))


def together(screens: Sequence[str]) -> str:
    """One text of what was seen: alike screens once."""
    parts = []
    steady = [
        (_steady(shown), f"{width} columns" if width else "no terminal")
        for width, shown in zip(WIDTHS, screens, strict=True)
    ]
    for shown, alike in itertools.groupby(steady, key=itemgetter(0)):
        parts.append(f"== {', '.join(width for _, width in alike)}\n{shown}")
    return "\n".join(parts)


_UNSTEADY = {
    r"/tmp/javis-........": "/tmp/javis-HOMEHOME",
    r"-new-[a-z0-9]{8}": "-new-recordid",
    # Of a suggestion.
    r"(?m)^  [0-9a-f]{8}  ": "  0a1b2c3d  ",
    r"postgresql://\S+": "postgresql://...",
    r"revision \d{4}": "revision 0000",
    r"127\.0\.0\.1:\d{5}": "127.0.0.1:PORT0",
}


def _steady(shown: str) -> str:
    """What was seen, without what differs at each run; it stays as long as it was."""
    for pattern, instead in _UNSTEADY.items():
        shown = re.sub(pattern, instead, shown)
    return shown


def recorded(command: str, now_seen: str) -> str:
    """What was seen when somebody looked; with JAVIS_RECORD_SCREENS it is what is seen now."""
    file = RECORDED / f"{re.sub('[^a-z0-9]+', '-', command.casefold()).strip('-') or 'javis'}.txt"
    if os.environ.get("JAVIS_RECORD_SCREENS"):
        RECORDED.mkdir(exist_ok=True)
        file.write_text(now_seen, encoding="utf-8")
    return file.read_text(encoding="utf-8")
