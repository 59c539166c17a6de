"""What a run has to know about a Jira site and a project before it reads or writes issues."""

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from javis_pipeline.clients.jira.client import JiraClient
from javis_pipeline.clients.jira.fields import Ambiguity, discover_fields
from javis_pipeline.errors import RemoteRefused, SyncHalted
from javis_pipeline.records.jira import Board, FieldMap, Identity, Project

log = logging.getLogger(__name__)

NO_CHOICE: Mapping[str, str] = {}


class JiraSite(NamedTuple):
    """The account, the project, its boards, and which custom fields mean what there.

    `boards` is None where the account may not see boards, or the site has none: issues then tell of their sprints.
    """

    identity: Identity
    project: Project
    fields: FieldMap
    ambiguities: tuple[Ambiguity, ...]
    boards: tuple[Board, ...] | None


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
    with ThreadPoolExecutor(1, thread_name_prefix=f"site-{project_key}") as threads:
        defined = threads.submit(jira.fields)
        boards = _boards(jira, project_key)
    found = discover_fields(
        defined.result(),
        project_id=project.project_id,
        chosen=chosen,
        estimation_fields=_estimation_fields(jira, boards or ()),
    )
    return JiraSite(identity, project, found.fields, found.ambiguities, boards)


def _boards(jira: JiraClient, project_key: str) -> tuple[Board, ...] | None:
    try:
        return tuple(jira.boards(project_key))
    except RemoteRefused as error:
        log.info("boards are not visible system=jira partition=%s status=%d", project_key, error.status)
        return None


def _estimation_fields(jira: JiraClient, boards: tuple[Board, ...]) -> list[str]:
    """What the boards estimate with; one whose configuration the account may not see has no say."""
    found = []
    for board in boards:
        try:
            found.append(jira.estimation_field(board.board_id))
        except RemoteRefused as error:
            log.info("a board's configuration is not visible board=%d status=%d", board.board_id, error.status)
    return [field_id for field_id in found if field_id]
