"""Whom posts may call by name: account ids out of the e-mails that a person would rather write."""

import logging
from collections.abc import Callable, Mapping

from javis_pipeline.errors import JavisError

log = logging.getLogger(__name__)


def called_people(people: Mapping[str, str], account_of: Callable[[str], str | None]) -> dict[str, str]:
    """Slack's member ids by account id.

    An e-mail that Jira cannot be asked for, or that is nobody's, is left out: the post then names that person without
    calling them.

    Args:
        people: Member ids by account id or e-mail, as `SLACK_PEOPLE` says.
        account_of: The account id of an e-mail; None when it is not exactly one person's.
    """
    called, unknown = {}, 0
    for person, member in people.items():
        account = _account(person, account_of) if "@" in person else person
        if account is None:
            unknown += 1
        else:
            called[account] = member
    if unknown:
        log.warning("slack_people_not_known people=%d remedy='javis doctor names them'", unknown)
    return called


def _account(email: str, account_of: Callable[[str], str | None]) -> str | None:
    try:
        return account_of(email)
    except JavisError as error:
        log.warning("slack_people_not_asked reason=%s", type(error).__name__)
        return None
