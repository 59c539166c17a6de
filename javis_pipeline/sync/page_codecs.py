"""Codecs of the fields that pages have otherwise than issues."""

# ruff: noqa: ARG002  codecs share one signature, and each uses of it what it needs

import re

from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.values import Value
from javis_pipeline.sync.codecs import Labels, Plain

# What Confluence does not take in a label.
_FORBIDDEN = frozenset(" ,:;.?&[]()#^*@!\"'")


class ParentPage(Plain):
    """The page that a page stands under, by its id."""

    def canonical(self, raw: Value) -> Value:
        return raw or None

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        if wanted is None:
            return "a page cannot be moved to the top of its space from here; set the page_id of another page"
        if re.fullmatch(r"new-[a-z2-7]{8}", str(wanted)):
            return f"page {wanted} is not made in Confluence; this one goes there once it is"
        if not re.fullmatch(r"[1-9][0-9]*", str(wanted)):
            return f"'{wanted}' is not the id of a page; set the page_id of another page of the space"
        return None


class PageLabels(Labels):
    """Labels of a page: fewer characters than in Jira, and lower case, which Confluence makes of what it is sent.

    It compares without case too: to add `Urgent` where `urgent` is changes nothing, and to remove `Urgent` removes it.
    So a label that changes only in case is the same one, and reads as it does there.
    """

    def identity(self, element: str) -> str:
        return element.lower()

    def element_problem(self, element: str) -> str | None:
        if problem := super().element_problem(element):
            return problem
        bad = "".join(sorted(_FORBIDDEN & set(element)))
        return f"holds {bad}, which Confluence does not take in labels; leave it out" if bad else None
