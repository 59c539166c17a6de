"""What one bad answer costs: the record that it is about, and not the batch, nor the run."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

import orjson

from javis_pipeline.clients.reading import id_of
from javis_pipeline.errors import RemoteBusy, RemoteRefused

# So many failures in a row are not about single records: halving finds one of a hundred in eight.
MOST_FAILURES: Final = 12


class Unreadable(NamedTuple):
    """A document that could not be read, and why; `updated_at` is the change after which it is worth another try."""

    remote_id: str
    updated_at: datetime | None
    payload: object
    reason: str


def not_about_it(remote_id: str) -> Unreadable:
    """What is kept of a record when something else came for its id."""
    return Unreadable(remote_id, None, {"id": remote_id}, "the answer for its id is not about it")


def not_given(remote_id: str, error: Exception) -> Unreadable:
    """What is kept of a record that the remote would not give."""
    return Unreadable(remote_id, None, {"id": remote_id}, str(error))


def kept(document: object) -> object:
    """The document as the quarantine can keep it."""
    try:
        orjson.dumps(document)
    except TypeError:
        return {"id": id_of(document), "not kept": "nested too deep"}
    return document


def halves(ids: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """The ids in two parts, to find the one of them that spoils an answer about all."""
    middle = len(ids) // 2
    return ids[:middle], ids[middle:]


class Endurance:
    """Counts failures in a row that may be about single records. Safe to share between threads, give or take one."""

    def __init__(self) -> None:
        self._failures = 0

    def bear(self, error: RemoteRefused | RemoteBusy) -> None:
        """Go on after a failure that may be about one record; raises one that is about the site."""
        self._failures += 1
        if self._failures > MOST_FAILURES or (isinstance(error, RemoteBusy) and not error.about_one_record):
            raise error

    def answered(self) -> None:
        """The site is well."""
        self._failures = 0
