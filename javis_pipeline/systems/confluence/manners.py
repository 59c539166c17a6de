"""How Confluence words refusals; v1 does it as everybody does."""

from collections.abc import Mapping
from typing import Any, Final

from javis_pipeline.clients.refusals import Manners, Said


def _said(body: Mapping[str, Any]) -> Said:
    errors = body.get("errors")
    found = errors if isinstance(errors, list) else []
    return Said([one.get("title") or one.get("message") for one in found if isinstance(one, dict)])


CONFLUENCE: Final = Manners(said=_said)
