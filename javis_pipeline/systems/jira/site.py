"""What a run has to know about a Jira site and a project before it reads or writes issues."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

from javis_pipeline.errors import RemoteBusy, RemoteRefused, SyncHalted, UnreadableRecord
from javis_pipeline.records.jira import Board, FieldMap, Identity, Project, Sprint
from javis_pipeline.systems.jira import wire
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.fields import Ambiguity, discover_fields

NO_CHOICE: Mapping[str, str] = {}


class JiraSite(NamedTuple):
    """The account, the project, its boards, and which custom fields mean what there.

    `boards` is None where the account may not see boards, or the site has none: issues then tell of their sprints.
    `names` are what the site calls the fields, by role, `sprints` those that it tells of better elsewhere than in
    issues. `notes` say what could not be read.
    """

    identity: Identity
    project: Project
    fields: FieldMap
    ambiguities: tuple[Ambiguity, ...]
    boards: tuple[Board, ...] | None
    notes: tuple[str, ...] = ()
    names: Mapping[str, str] = NO_CHOICE
    sprints: Mapping[int, Sprint] = wire.NO_SPRINTS


def read_site(jira: JiraClient, project_key: str, *, chosen: Mapping[str, str] = NO_CHOICE) -> JiraSite:
    """Prove who we are and that the project is visible, and find its fields.

    Args:
        jira: Client of the site.
        project_key: Key of the project.
        chosen: A person's choice of fields, role to field id.

    Raises:
        IdentityError: The credentials are not accepted.
        SettingError: The project is not visible, or a chosen field does not fit.
        SyncHalted: The project is archived: every search would come back empty.
    """
    identity = jira.prove_identity()
    project = jira.project(project_key)
    if project.archived:
        raise SyncHalted(
            f"jira project {project_key} is archived, so Jira shows none of its issues; nothing was changed here. "
            "Restore it in Jira, or take it out of JIRA_PROJECTS"
        )
    notes = jira.remarks()
    with ThreadPoolExecutor(1, thread_name_prefix=f"site-{project_key}") as threads:
        defined = threads.submit(jira.fields)
        boards = _boards(jira, project_key, notes)
    found = discover_fields(
        defined.result(),
        project_id=project.project_id,
        chosen=chosen,
        estimation_fields=_estimation_fields(jira, boards or (), notes),
    )
    sprints = _told_elsewhere(jira, boards or (), notes)
    return JiraSite(identity, project, found.fields, found.ambiguities, boards, tuple(notes), found.names, sprints)


def _told_elsewhere(jira: JiraClient, boards: tuple[Board, ...], notes: list[str]) -> Mapping[int, Sprint]:
    found: dict[int, Sprint] = {}
    for board in boards if jira.tells_sprints_as_text else ():
        with noted(notes, f"sprints of board {board.name} were"):
            found |= {sprint.sprint_id: sprint for sprint in jira.sprints(board.board_id)}
    return found


@contextmanager
def noted(notes: list[str], what: str) -> Iterator[None]:
    """Something on the side that Jira does not give us, or not now, or not in a form that can be read: what it would
    have brought stays as it was, and a person is told."""
    try:
        yield
    except (RemoteRefused, RemoteBusy, UnreadableRecord) as error:
        notes.append(f"{what} not read: {error}")


def _boards(jira: JiraClient, project_key: str, notes: list[str]) -> tuple[Board, ...] | None:
    with noted(notes, "boards were"):
        return tuple(jira.boards(project_key))
    return None


def _estimation_fields(jira: JiraClient, boards: tuple[Board, ...], notes: list[str]) -> list[str]:
    """What the boards estimate with; one whose configuration the account may not see has no say."""
    found = []
    for board in boards:
        with noted(notes, f"the configuration of board {board.name} was"):
            found.append(jira.estimation_field(board.board_id))
    return [field_id for field_id in found if field_id]
