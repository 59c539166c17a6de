"""Labels of a space's pages. A label is no new version of its page: a list of what changed lately does not show it.

Pages with other labels than here are read by id, one by one, in the merge: a list is no proof that a label is gone.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from typing import Final

from javis_pipeline.db.connection import Database
from javis_pipeline.db.pages import labels_of_space, pages_labelled_otherwise, relabelled_pages
from javis_pipeline.db.watermarks import note_labels, read_watermark
from javis_pipeline.errors import RemoteBusy, RemoteRefused, UnreadableRecord
from javis_pipeline.records.confluence import Space
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.rounds import labels_in_turn
from javis_pipeline.systems.confluence.client import ConfluenceClient

NOT_GIVEN: Final = (RemoteRefused, RemoteBusy, UnreadableRecord)
# Lists of pages asked for side by side.
THREADS: Final = 12


class LabelSweep:
    """The labels of all pages of a space, in one request for each label that there is, however many pages.

    Attributes:
        refused: What Confluence said when it would not give them; None as long as it does.
    """

    def __init__(self, confluence: ConfluenceClient, space: Space) -> None:
        # Threads of their own: the first pages cannot be stored before all labels are known.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="pull-labels")
        self._space = space
        self._found = self._threads.submit(self._sweep, confluence)
        self.refused: str | None = None

    def _sweep(self, confluence: ConfluenceClient) -> dict[str, Future[list[str]]]:
        space_id = self._space.space_id
        labels = confluence.space_labels(space_id)
        return {
            name: self._threads.submit(confluence.pages_with_label, label_id, space_id)
            for label_id, name in labels.items()
        }

    def close(self) -> None:
        """Ask for nothing more."""
        self._threads.shutdown(cancel_futures=True)

    @cached_property
    def by_page(self) -> Mapping[str, Sequence[str]] | None:
        """Page id to its sorted labels, pages without any left out; None where Confluence does not give them."""
        labels: dict[str, list[str]] = {}
        try:
            for name, page_ids in sorted(self._found.result().items()):
                for page_id in page_ids.result():
                    labels.setdefault(page_id, []).append(name)
        except NOT_GIVEN as error:
            self.refused = str(error)
            return None
        return labels

    def relabelled(self, db: Database) -> list[ResourceRef]:
        """The pages that have other labels here than there."""
        if self.by_page is None:
            return []
        with db.transaction() as conn:
            return relabelled_pages(conn, self._space.key, self.by_page)


def relabelled_in_turn(
    db: Database, confluence: ConfluenceClient, space: Space, labels: Mapping[str, str]
) -> list[ResourceRef]:
    """The same by the labels whose turn it is, in a request each, and by those that are on no page any more.

    Args:
        db: The product's database.
        confluence: Client of the site.
        space: The space.
        labels: Id to name, of all labels on its pages.

    Raises:
        RemoteRefused, RemoteBusy, UnreadableRecord: Confluence does not give them.
    """
    listed = {name: label_id for label_id, name in labels.items()}
    with db.transaction() as conn:
        here = labels_of_space(conn, space.key)
        last = read_watermark(conn, "confluence", space.key).labels_to
    turn = labels_in_turn(listed, here, last)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="labels-in-turn") as threads:
        pages = list(
            threads.map(lambda name: confluence.pages_with_label(listed[name], space.space_id), turn),
        )
    found = {**{name: [] for name in here - set(listed)}, **dict(zip(turn, pages, strict=True))}
    with db.transaction(origin="sync") as conn:
        relabelled = pages_labelled_otherwise(conn, space.key, found)
        if turn:
            note_labels(conn, space.key, up_to=turn[-1])
    return relabelled
