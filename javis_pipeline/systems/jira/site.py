"""What a run has to know about a Jira site and a project before it reads or writes issues."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

from javis_pipeline.errors import IdentityError, RemoteBusy, RemoteRefused, SettingError, SyncHalted, UnreadableRecord
from javis_pipeline.records.jira import Board, CustomField, FieldMap, Identity, Project, Sprint
from javis_pipeline.steps.side_by_side import side_by_side
from javis_pipeline.steps.site_facts import NOTHING_KEPT, Facts
from javis_pipeline.sync.policies import NO_POLICIES, Policies, checked_policies
from javis_pipeline.systems.jira import wire
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.custom_fields import (
    can_be_written,
    custom_fields_of,
    ids_by_name,
    read_by_id,
    written_of,
)
from javis_pipeline.systems.jira.fields import Ambiguity, discover_fields
from javis_pipeline.systems.jira.kind import BY_CHOICE, JIRA_ISSUE

T = TypeVar("T")

NO_CHOICE: Mapping[str, str] = {}
# Boards that are asked of side by side.
_AT_ONCE: Final = 8


class JiraSite(NamedTuple):
    """The account, the project, its boards, and which custom fields mean what there.

    `boards` is None where the account may not see boards, or the site has none: issues then tell of their sprints.
    `names` are what the site calls the fields, by role, `sprints` those that it tells of better elsewhere than in
    issues. `notes` say what could not be read. `defined` are all custom fields of the site, `custom` those that are
    read under their ids. `policies` say which way fields go, where a person chose that.
    """

    identity: Identity
    project: Project
    fields: FieldMap
    ambiguities: tuple[Ambiguity, ...]
    boards: tuple[Board, ...] | None
    notes: tuple[str, ...] = ()
    names: Mapping[str, str] = NO_CHOICE
    sprints: Mapping[int, Sprint] = wire.NO_SPRINTS
    defined: tuple[CustomField, ...] = ()
    custom: wire.Custom = wire.NO_CUSTOM
    policies: Policies = NO_POLICIES

    @property
    def written(self) -> frozenset[str]:
        """What is edited here by choice: ids of custom fields, and fields of ours."""
        return written_of((*self.custom, *BY_CHOICE), self.policies)

    @property
    def called(self) -> Mapping[str, str]:
        """The names, in lower case, that only one field has, with its id."""
        return ids_by_name(self.defined)


def read_site(
    jira: JiraClient,
    project_key: str,
    *,
    chosen: Mapping[str, str] = NO_CHOICE,
    facts: Facts = NOTHING_KEPT,
    policies: Policies = NO_POLICIES,
) -> JiraSite:
    """Prove who we are and that the project is visible, and find its fields.

    Args:
        jira: Client of the site.
        project_key: Key of the project.
        chosen: A person's choice of fields, role to field id.
        facts: What the site told lately. Where something does not fit, all is asked again.
        policies: Which way fields go, where a person chose that.

    Raises:
        IdentityError: The credentials are not accepted.
        SettingError: The project is not visible, or a chosen field or way does not fit.
        SyncHalted: The project is archived: every search would come back empty.
    """
    try:
        return _read_site(jira, project_key, chosen, facts, policies)
    except (IdentityError, SettingError):
        if not facts.forget():
            raise
    return _read_site(jira, project_key, chosen, facts, policies)


def _read_site(
    jira: JiraClient, project_key: str, chosen: Mapping[str, str], facts: Facts, policies: Policies
) -> JiraSite:
    if jira.counts_refused_logins:
        jira.prove_identity()  # alone: refused credentials are not tried again and again
    notes: list[str] = []
    with ThreadPoolExecutor(5, thread_name_prefix=f"site-{project_key}") as threads:
        proved = threads.submit(jira.prove_identity)
        opened = threads.submit(_open_project, jira, project_key)
        once_proved = _OnceProved(facts, proved)
        remarks = threads.submit(once_proved.of, "remarks", jira.remarks)
        defined = threads.submit(once_proved.of, "fields", jira.fields)
        asked_boards = threads.submit(_ask_boards, jira, project_key, once_proved, notes)
    identity = proved.result()  # before anything that was asked beside it is believed
    project = opened.result()
    boards, estimated, by_board = asked_boards.result()
    found = discover_fields(defined.result(), project_id=project.project_id, chosen=chosen, estimation_fields=estimated)
    sprints = {sprint.sprint_id: sprint for sprints in by_board.values() for sprint in sprints}
    fields = custom_fields_of(defined.result())
    return JiraSite(
        identity,
        project,
        found.fields,
        found.ambiguities,
        boards,
        (*remarks.result(), *notes),
        found.names,
        sprints,
        fields,
        read_by_id(fields, found.fields, project.project_id, policies),
        checked_policies(policies, JIRA_ISSUE, "JIRA_FIELD_POLICY", can_be_written(fields), ids_by_name(fields)),
    )


class _OnceProved(NamedTuple):
    """Keeps what is told beside the proof of who we are only when that was given."""

    facts: Facts
    proved: Future[Identity]

    def of(self, name: str, ask: Callable[[], Any]) -> Any:
        """What the facts have, else what `ask` brings; IdentityError where it was not told to us."""

        def told_to_us() -> Any:
            told = ask()
            self.proved.result()
            return told

        return self.facts.of(name, told_to_us)


def _open_project(jira: JiraClient, key: str) -> Project:
    project = jira.project(key)
    if project.archived:
        raise SyncHalted(
            f"jira project {key} is archived, so Jira shows none of its issues; nothing was changed here. "
            "Restore it in Jira, or take it out of JIRA_PROJECTS"
        )
    return project


def sprints_of(
    jira: JiraClient, boards: Sequence[Board], notes: list[str], *, facts: Facts = NOTHING_KEPT
) -> Mapping[int, Sequence[Sprint]]:
    """The sprints of each of these boards, by its id, as far as Jira gives them.

    Past ones are left out where `note_sprints` has noted that they are known.
    """
    were_open = facts.recall([_open_sprints(board.board_id) for board in boards])
    questions = [
        (
            f"sprints of board {board.name} were",
            partial(_sprints_of_board, jira, board, were_open.get(_open_sprints(board.board_id))),
        )
        for board in boards
    ]
    found = zip(boards, _answers(questions, notes), strict=True)
    return {board.board_id: sprints for board, sprints in found if sprints is not None}


def _sprints_of_board(jira: JiraClient, board: Board, were_open: Collection[int] | None) -> list[Sprint]:
    if were_open is None:
        return jira.sprints(board.board_id)
    found = jira.sprints(board.board_id, past=False)
    # One that is not open any more is over, or on no board: only the whole list tells.
    return found if {sprint.sprint_id for sprint in found}.issuperset(were_open) else jira.sprints(board.board_id)


def note_sprints(by_board: Mapping[int, Sequence[Sprint]], facts: Facts) -> None:
    """Note that the past sprints of these boards are stored, and which are open."""
    facts.keep(
        {
            _open_sprints(board_id): [sprint.sprint_id for sprint in sprints if sprint.state != "closed"]
            for board_id, sprints in by_board.items()
        }
    )


def _open_sprints(board_id: int) -> str:
    return f"open sprints of board {board_id}"


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


class _OfBoards(NamedTuple):
    """The boards, None where they are not visible; the ids of the fields that they estimate with; their sprints, by the
    id of the board, where issues do not tell enough of them."""

    boards: tuple[Board, ...] | None
    estimated: list[str]
    sprints: Mapping[int, Sequence[Sprint]]


def _ask_boards(jira: JiraClient, project_key: str, facts: _OnceProved, notes: list[str]) -> _OfBoards:
    with noted(notes, "boards were"):
        told = facts.of(f"boards of {project_key}", lambda: [list(board) for board in jira.boards(project_key)])
        boards = tuple([Board(*one) for one in told])
        with ThreadPoolExecutor(1, thread_name_prefix=f"sprints-{project_key}") as threads:
            asked = threads.submit(sprints_of, jira, boards if jira.tells_sprints_as_text else (), notes)
            return _OfBoards(boards, _estimation_fields(jira, boards, facts, notes), asked.result())
    return _OfBoards(None, [], {})


def _estimation_fields(jira: JiraClient, boards: tuple[Board, ...], facts: _OnceProved, notes: list[str]) -> list[str]:
    """What the boards estimate with; one whose configuration the account may not see has no say."""

    def question(board: Board) -> Callable[[], list[str | None]]:
        ask = partial(jira.estimation_field, board.board_id)
        return lambda: facts.of(f"estimation of board {board.board_id}", lambda: [ask()])  # null says nothing

    questions = [(f"the configuration of board {board.name} was", question(board)) for board in boards]
    return [field_id for told in _answers(questions, notes) if told for field_id in told if field_id]
