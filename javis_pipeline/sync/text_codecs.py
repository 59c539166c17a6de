"""Codecs of rich texts: a Jira description (ADF, edited as Markdown; wiki markup on a company's own Jira) and a page's
body (storage XHTML).

All are edited by block: what a person did not touch goes out as it came in.
"""

# ruff: noqa: ARG002  codecs share one signature, and each uses of it what it needs

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from javis_pipeline.errors import UnreadableText
from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.losses import Loss
from javis_pipeline.records.values import Value
from javis_pipeline.sync.codecs import LossyEdit, MergedText, TextCodec, UnreadableValue
from javis_pipeline.sync.richtext.adf import canonical_document
from javis_pipeline.sync.richtext.blocks import Special
from javis_pipeline.sync.richtext.description import Lossy, Merged, apply_local_edit, merge_descriptions
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown
from javis_pipeline.sync.richtext.storage.canonical import canonical_storage
from javis_pipeline.sync.richtext.storage.page import Merged as MergedPage
from javis_pipeline.sync.richtext.storage.page import check_storage, merge_pages, special_content
from javis_pipeline.sync.richtext.wiki.lines import one_line_end, with_ends_of
from javis_pipeline.sync.richtext.wiki.merge import merge_wiki

# Jira's own limit is near this; a longer text is refused there with a message that names no limit.
LONGEST_DESCRIPTION = 32_767
LARGEST_BODY = 5 * 1024 * 1024


class MarkdownText(TextCodec):
    """A description: Markdown here, an ADF document there."""

    @property
    def longest(self) -> int | None:
        return LONGEST_DESCRIPTION

    def to_local(self, raw: Value) -> Value:
        if raw is not None and not isinstance(raw, Mapping):
            raise UnreadableValue("is not an ADF document")
        return adf_to_markdown(raw)

    def canonical(self, raw: Value) -> Value:
        try:
            return canonical_document(_document(raw))
        except (UnreadableText, UnreadableValue):
            return raw  # what we cannot read can still be compared as it stands

    def to_remote(self, wanted: Value, *, base: Value, base_raw: Value, catalog: Catalog, lossy: bool) -> Value:
        try:
            edited = apply_local_edit(_document(base_raw), _text(base), _text(wanted), accept_loss=lossy)
        except UnreadableText as error:
            if not lossy:
                raise LossyEdit([str(error)]) from error
            edited = apply_local_edit(None, None, _text(wanted), accept_loss=True)
        if isinstance(edited, Lossy):
            raise LossyEdit(edited.reasons, _losses(edited.goes))
        return edited.doc

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        return _too_long(wanted)

    def merge(self, base: Value, base_raw: Value, local: Value, remote_raw: Value) -> MergedText | None:
        merged = merge_descriptions(_document(base_raw), _text(local), _document(remote_raw))
        return MergedText(merged.markdown) if isinstance(merged, Merged) else None

    def loses(self, wanted: Value, raw: Value) -> Iterable[Loss]:
        try:
            doc = _document(raw)
            edited = apply_local_edit(doc, adf_to_markdown(doc), _text(wanted))
        except (UnreadableText, UnreadableValue):
            return ()  # said by other means: the value cannot be read at all
        return _losses(edited.goes if isinstance(edited, Lossy) else edited.removed)


class WikiText(TextCodec):
    """A description as wiki markup, the same text on both sides; only how its lines end says nothing."""

    @property
    def longest(self) -> int | None:
        return LONGEST_DESCRIPTION

    def to_local(self, raw: Value) -> Value:
        if raw is not None and not isinstance(raw, str):
            raise UnreadableValue("is not a text")
        return raw

    def canonical(self, raw: Value) -> Value:
        return (one_line_end(raw) or None) if isinstance(raw, str) else raw

    def to_remote(self, wanted: Value, *, base: Value, base_raw: Value, catalog: Catalog, lossy: bool) -> Value:
        return with_ends_of(_text(wanted) or "", _text(base_raw) or "") or None

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        return _too_long(wanted)

    def merge(self, base: Value, base_raw: Value, local: Value, remote_raw: Value) -> MergedText | None:
        merged = merge_wiki(_text(base) or "", _text(local) or "", _text(remote_raw) or "")
        return None if merged is None else MergedText(merged or None)


class StorageText(TextCodec):
    """A page's body: storage XHTML on both sides, which the server respells."""

    def to_local(self, raw: Value) -> Value:
        if raw is not None and not isinstance(raw, str):
            raise UnreadableValue("is not a text")
        return raw

    def canonical(self, raw: Value) -> Value:
        try:
            return canonical_storage(_text(raw))
        except UnreadableText:
            return raw  # what we cannot read can still be compared as it stands, and shown

    def to_remote(self, wanted: Value, *, base: Value, base_raw: Value, catalog: Catalog, lossy: bool) -> Value:
        # An editor may have respelled what nobody touched: such blocks go out as they came in.
        merged = merge_pages(_text(base), _text(wanted), _text(base_raw))
        if isinstance(merged, MergedPage):
            return merged.body
        if lossy:
            return wanted
        raise LossyEdit([merged.reason], self.loses(wanted, base_raw))

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        if not isinstance(wanted, str):
            return "must not be NULL; for a page without any text set ''"
        body = wanted
        if len(body.encode()) > LARGEST_BODY:
            return f"is larger than {LARGEST_BODY // 2**20} MB; shorten it"
        try:
            check_storage(body)
        except UnreadableText as error:
            return f"is not what Confluence can store: {error}"
        return None

    def merge(self, base: Value, base_raw: Value, local: Value, remote_raw: Value) -> MergedText | None:
        merged = merge_pages(_text(base), _text(local), _text(remote_raw))
        return MergedText(merged.body) if isinstance(merged, MergedPage) else None

    def loses(self, wanted: Value, raw: Value) -> Iterable[Loss]:
        try:
            return _losses(special_content(_text(raw)) - special_content(_text(wanted)))
        except UnreadableText:
            return ()  # said by other means: the text cannot be read at all


def _too_long(wanted: Value) -> str | None:
    if isinstance(wanted, str) and len(wanted) > LONGEST_DESCRIPTION:
        return f"is {len(wanted)} characters long; at most {LONGEST_DESCRIPTION} are possible: shorten it"
    return None


def _losses(goes: Counter[Special]) -> list[Loss]:
    return [Loss(what.kind, what.words or what.shown, count) for what, count in sorted(goes.items())]


def _document(raw: Value) -> dict[str, Any] | None:
    if raw is not None and not isinstance(raw, Mapping):
        raise UnreadableValue("is not an ADF document")
    return None if raw is None else dict(raw)


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None
