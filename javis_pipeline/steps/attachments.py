"""Files that hang on issues: which there are, and one of them fetched. Nothing is uploaded."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, Protocol

from javis_pipeline.db import attachments as rows
from javis_pipeline.db.connection import Database
from javis_pipeline.errors import UsageError
from javis_pipeline.steps.edit import known_key

# What a name may not hold on one system or another, and what a terminal or a shell would obey.
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]')
_LONGEST_NAME: Final = 150


class Files(Protocol):
    """A client of the site that keeps them."""

    def attachment(self, attachment_id: str, name: str, write: Callable[[bytes], object], *, most_bytes: int) -> int:
        """Hand the file to `write`, in pieces; how many bytes it has."""
        ...


class Fetched(NamedTuple):
    """A file that was fetched; `told_size` is what the site says it has."""

    path: Path
    size: int
    told_size: int


def list_attachments(db: Database, key: str) -> list[dict[str, Any]]:
    """The files of an issue, oldest first; UsageError when the issue is not here."""
    with db.transaction() as conn:
        return rows.attachments_of(conn, known_key(conn, key))


def fetch_attachment(db: Database, files: Files, attachment_id: str, *, to: Path | None, most_bytes: int) -> Fetched:
    """Fetch a file.

    Args:
        db: The product's database.
        files: The site.
        attachment_id: Id of the file.
        to: File or folder that it goes to; None for the current folder. In a folder it gets a name made from its own.
        most_bytes: More is not taken.

    Raises:
        UsageError: It is not known here, or there is a file of that name already.
        RemoteMissing, RemoteRefused, RemoteBusy, IdentityError, SettingError: The site does not give it.
    """
    with db.transaction() as conn:
        known = rows.attachment_by_id(conn, attachment_id)
    if known is None:
        raise UsageError(
            f"there is no attachment {attachment_id} here; javis attachment list KEY shows those of an issue"
        )
    target = _target(to, safe_name(known["name"], attachment_id))
    with _new_file(target) as file:

        def write(part: bytes) -> None:
            try:
                file.write(part)
            except OSError as error:  # not one of the site
                raise UsageError(f"{target} cannot be written: {error.strerror}") from None

        size = files.attachment(attachment_id, known["name"], write, most_bytes=most_bytes)
    return Fetched(target, size, known["size"])


def _target(to: Path | None, name: str) -> Path:
    if to is None or to.is_dir():
        return (to or Path()) / name
    return to


@contextmanager
def _new_file(path: Path) -> Iterator[IO[bytes]]:
    """A file that was not there, and is there only once all is written."""
    try:
        path.touch(exist_ok=False)
    except FileExistsError:
        raise UsageError(f"{path} is there already; --out names another file or folder") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be made: {error.strerror}") from None
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        path.unlink()
        raise


def safe_name(name: str, attachment_id: str) -> str:
    """A name for a file in one folder, whatever somebody called it: no path, nothing hidden, not too long."""
    plain = _UNSAFE.sub("_", name).strip(" .") or f"attachment-{attachment_id}"
    stem, suffix = os.path.splitext(plain)
    while len(f"{stem}{suffix}".encode()) > _LONGEST_NAME:
        stem, suffix = (stem[:-1], suffix) if stem else ("a", suffix[:20].strip())
    return stem + suffix
