"""An answer that comes in several parts, each with the token that asks for the next."""

from typing import Generic, NamedTuple, TypeVar

from javis_pipeline.clients.reading import as_object, as_text_or_none

T = TypeVar("T")


class AnswerBatch(NamedTuple, Generic[T]):
    """What one answer of several held, and the cursor that asks for the next; None after the last.

    Attributes:
        told: Ids of the records that it is about, where that is not plain from what it held.
    """

    found: T
    cursor: str | None
    told: frozenset[str] = frozenset()


def batch_of(answer: object, found: T) -> AnswerBatch[T]:
    """`found` with the cursor of its answer. A short or empty answer is no sign of the end; the cursor is."""
    document = as_object(answer, "answer")
    if document.get("isLast") is True:
        return AnswerBatch(found, None)
    return AnswerBatch(found, as_text_or_none(document.get("nextPageToken"), "nextPageToken"))
