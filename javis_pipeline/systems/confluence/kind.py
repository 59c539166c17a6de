"""What is synced of Confluence: pages, and what people say below them."""

from javis_pipeline.records.tables import Governed, Hanging, Place, written_on
from javis_pipeline.sync.codecs import Line
from javis_pipeline.sync.fields import Field, make_kind
from javis_pipeline.sync.page_codecs import PageLabels, ParentPage
from javis_pipeline.sync.text_codecs import StorageText

CONFLUENCE_PAGE = make_kind(
    "confluence_page",
    Field("title", Line(), "edit"),
    Field("body_storage", StorageText(), "edit"),
    Field("parent_id", ParentPage(), "edit"),
    Field("labels", PageLabels(), "labels", type="text[]"),
    system="confluence",
    place=Place(
        name="confluence_pages",
        id="page_id",
        key="key",
        scope="space_key",
        revision="version_created_at",
        instants=frozenset({"created_at", "version_created_at"}),
        restricted_by="restriction",
        restricted_with_it=("page_comments",),
        # Confluence takes pages of about five megabytes. What is a little longer is kept as an edit with an error; what
        # is much longer would slow everybody down.
        most_bytes=20 * 2**20,
        made_with=("title",),
        by_key=("parent_id",),
        making=Governed(verb="create", setting="JAVIS_CREATE"),
        putting_away=Governed(verb="delete", setting="JAVIS_DELETE"),
        has_trash=True,
        made_as="made_as",
        readers_apart=True,
        one_of_a_title=True,
        copied_into="pages_in",
    ),
    revision=frozenset({"version_created_at", "version_number"}),
)

CONFLUENCE_COMMENT = make_kind(
    "confluence_comment",
    Field("body_storage", StorageText(), "edit"),
    system="confluence",
    place=written_on(
        Hanging(
            table="confluence_pages", id="page_id", key="key", by="page_key", called="comment-", named_in="page_id"
        ),
        Governed(verb="comments", setting="JAVIS_COMMENTS", author="author_id"),
        name="page_comments",
        id="comment_id",
        scope="space_key",
        facts=("parent_id", "author_id", "version_number", "created_at", "updated_at"),
        made_with=("body_storage",),
    ),
    revision=frozenset({"updated_at", "version_number"}),
)
