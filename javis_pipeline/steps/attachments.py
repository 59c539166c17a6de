"""Files that hang on issues: which there are, and one of them fetched. Nothing is uploaded."""

import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

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
    folder = to if to is None or to.is_dir() else to.parent
    target = to if to is not None and not to.is_dir() else (folder or Path()) / safe_name(known["name"], attachment_id)
    if target.exists():
        raise UsageError(f"{target} is there already; --out names another file or folder")
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {target.parent}")
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".javis-", suffix=".part", delete=False) as part:
        try:
            size = files.attachment(attachment_id, known["name"], part.write, most_bytes=most_bytes)
            part.close()
            # Not over a file that somebody has just made.
            os.link(part.name, target)
        except FileExistsError:
            raise UsageError(f"{target} is there already; --out names another file or folder") from None
        finally:
            Path(part.name).unlink()
    return Fetched(target, size, known["size"])


def safe_name(name: str, attachment_id: str) -> str:
    """A name for a file in one folder, whatever somebody called it: no path, nothing hidden, not too long."""
    plain = _UNSAFE.sub("_", name).strip(" .") or f"attachment-{attachment_id}"
    stem, suffix = os.path.splitext(plain)
    while len(f"{stem}{suffix}".encode()) > _LONGEST_NAME:
        stem, suffix = (stem[:-1], suffix) if stem else ("a", suffix[:20].strip())
    return stem + suffix
