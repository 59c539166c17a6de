"""Checks of a real Confluence site: who we are there, and what the account may do. Nothing is written."""

from collections.abc import Iterator, Sequence
from functools import partial

from javis_pipeline.errors import JavisError
from javis_pipeline.records.confluence import Space
from javis_pipeline.steps.doctor import Check, attempt, proved
from javis_pipeline.systems.confluence.client import ConfluenceClient


def check_confluence(confluence: ConfluenceClient, spaces: Sequence[str]) -> Iterator[Check]:
    """Identity, and for each space whether it is visible."""
    identity, said = proved("confluence", confluence.prove_identity)
    yield said
    if identity is None:
        return
    for remark in [*confluence.remarks(), *filter(None, [confluence.why_read_only()])]:
        yield Check("confluence site", "warning", remark)
    for key in spaces:
        yield from _space(confluence, key)


def _space(confluence: ConfluenceClient, key: str) -> Iterator[Check]:
    try:
        space = confluence.spaces([key])[0]
    except JavisError as error:
        yield Check(f"confluence {key}", "failed", str(error), "correct CONFLUENCE_SPACES, or grant the account access")
        return
    if space.status != "current":
        yield Check(f"confluence {key}", "warning", f"{space.name}, {space.status}: its pages cannot be edited")
        return
    yield Check(f"confluence {key}", "ok", space.name)
    yield attempt(f"confluence {key} permissions", partial(_space_permissions, confluence, space))


def _space_permissions(confluence: ConfluenceClient, space: Space) -> Check:
    subject = f"confluence {space.key} permissions"
    if confluence.may_edit_pages(space.space_id):
        return Check(subject, "ok", "view, edit pages")
    return Check(
        subject,
        "failed",
        "the account may not add pages, which the right to edit them is a part of",
        "grant it in the space's permissions; edits of its pages stay here as errors until then",
    )
