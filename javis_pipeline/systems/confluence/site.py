"""What a run has to know about a Confluence site and a space before it reads or writes pages."""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from javis_pipeline.errors import SyncHalted
from javis_pipeline.records.confluence import Space
from javis_pipeline.records.jira import Identity
from javis_pipeline.systems.confluence.client import ConfluenceClient


class ConfluenceSite(NamedTuple):
    """The account, and the space as it sees it."""

    identity: Identity
    space: Space


def read_site(confluence: ConfluenceClient, space_key: str) -> ConfluenceSite:
    """Prove who we are and that the space is visible, in two requests, side by side where that does no harm.

    Raises:
        IdentityError: The credentials are not accepted.
        SettingError: The space is not visible.
        SyncHalted: The space is in the trash: its pages are about to be gone.
    """
    with ThreadPoolExecutor(2, thread_name_prefix=f"site-{space_key}") as threads:
        proved = threads.submit(confluence.prove_identity)
        if confluence.counts_refused_logins:
            proved.result()  # alone: refused credentials are not tried again
        spaces = threads.submit(confluence.spaces, [space_key])
    identity = proved.result()  # before what was asked beside it is believed
    space = spaces.result()[0]
    if space.status == "trashed":
        raise SyncHalted(
            f"confluence space {space_key} is in the trash; nothing was changed here. "
            "Restore it in Confluence, or take it out of CONFLUENCE_SPACES"
        )
    return ConfluenceSite(identity, space)
