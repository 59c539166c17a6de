"""What a run has to know about a Jira site and a project before it reads or writes issues."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Final, NamedTuple, TypeVar

from javis_pipeline.errors import RemoteBusy, RemoteRefused, SyncHalted, UnreadableRecord
from javis_pipeline.records.jira import Board, FieldMap, Identity, Project, Sprint
from javis_pipeline.steps.side_by_side import side_by_side
from javis_pipeline.systems.jira import wire
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.fields import Ambiguity, discover_fields

T = TypeVar("T")

NO_CHOICE: Mapping[str, str] = {}
# Boards that are asked of side by side.
_AT_ONCE: Final = 8


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
    identity = jira.prove_identity()  # alone: refused credentials are not tried again and again
    notes = jira.remarks()
    with ThreadPoolExecutor(2, thread_name_prefix=f"site-{project_key}") as threads:
        defined = threads.submit(jira.fields)
        listed = threads.submit(_boards, jira, project_key, notes)
        project = _open_project(jira, project_key)
    boards = listed.result()
    found = discover_fields(
        defined.result(),
        project_id=project.project_id,
        chosen=chosen,
        estimation_fields=_estimation_fields(jira, boards or (), notes),
    )
    sprints = sprints_of(jira, boards or (), notes) if jira.tells_sprints_as_text else wire.NO_SPRINTS
    return JiraSite(identity, project, found.fields, found.ambiguities, boards, tuple(notes), found.names, sprints)


def _open_project(jira: JiraClient, key: str) -> Project:
    project = jira.project(key)
    if project.archived:
        raise SyncHalted(
            f"jira project {key} is archived, so Jira shows none of its issues; nothing was changed here. "
            "Restore it in Jira, or take it out of JIRA_PROJECTS"
        )
    return project


def sprints_of(jira: JiraClient, boards: Sequence[Board], notes: list[str]) -> Mapping[int, Sprint]:
    """The sprints of these boards, by id."""
    questions = [(f"sprints of board {board.name} were", partial(jira.sprints, board.board_id)) for board in boards]
    return {sprint.sprint_id: sprint for found in _answers(questions, notes) for sprint in found or ()}


def answer_of(what: str, ask: Callable[[], T]) -> tuple[T | None, list[str]]:
    """The answer to a question on the side, None where Jira does not give one; and what `noted` has to tell of it."""
    told: list[str] = []
    with noted(told, what):
        return ask(), told
    return None, told


def _answers(questions: Sequence[tuple[str, Callable[[], T]]], notes: list[str]) -> list[T | None]:
    """The answers to several, which are asked side by side."""
    answers = [*side_by_side(lambda question: answer_of(*question), questions, threads=_AT_ONCE)]
    notes += [note for _, told in answers for note in told]
    return [answer for answer, _ in answers]


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
    questions = [
        (f"the configuration of board {board.name} was", partial(jira.estimation_field, board.board_id))
        for board in boards
    ]
    return [field_id for field_id in _answers(questions, notes) if field_id]
