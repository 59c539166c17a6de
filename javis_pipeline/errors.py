"""Every error of the product, arranged by what the caller should do next.

A message says what happened, to which record, and what to do. It never holds a secret or the text of an issue.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from types import MappingProxyType


class JavisError(Exception):
    """Base of all errors that are printed to people as one line, without a traceback.

    Attributes:
        stopped: The step of a run that it stopped, where it was raised in one.
        done: What that step had done before it and stays, as counts.
    """

    stopped: str | None = None
    done: Mapping[str, int] = MappingProxyType({})

    def after(self, done: Mapping[str, int]) -> None:
        """Note that this was done before it."""
        self.done = Counter(self.done) + Counter(done)


class SettingError(JavisError):
    """Fix a setting: a variable is missing, malformed, or names something that is not there.

    Attributes:
        faults: Each of them, where several are told at once.
    """

    def __init__(self, *faults: str) -> None:
        super().__init__(". ".join(faults))
        self.faults = faults


class UsageError(JavisError):
    """Call again, corrected: the arguments name something unknown or contradict each other."""


class DatabaseError(JavisError):
    """Fix the database: not reachable, too old, read-only, full, or of a newer version than this program."""


class DatabaseBusy(DatabaseError):
    """Wait, or end the other session: it holds a row or a table that is to be written."""


class RemoteError(JavisError):
    """A remote system did not do what was asked."""


class RemoteBusy(RemoteError):
    """Retry later: rate limit, overload, or no connection. Nothing was executed, or the request was a read.

    Attributes:
        retry_after: How long the remote asked us to wait; None when it did not say.
        about_one_record: It answers, but not to this question (5xx, no whole answer in time): the next one may go well.
    """

    def __init__(self, message: str, *, retry_after: timedelta | None = None, about_one_record: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.about_one_record = about_one_record


class OutcomeUnknown(RemoteError):
    """Look before resending: a write may or may not have been executed (time limit, 5xx, cut reply)."""


class RemoteRefused(RemoteError):
    """Dead-letter it: the remote refused this request for good.

    Attributes:
        status: HTTP status of the refusal.
        field_errors: Field id to the remote's text, for a refusal that names fields.
    """

    def __init__(self, message: str, *, status: int, field_errors: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.field_errors = field_errors or {}


class RemoteMissing(RemoteRefused):
    """Not found or not permitted (the remote does not tell which): never a proof of deletion by itself."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status=404)


class UnreadableAnswer(RemoteRefused):
    """Take nothing from it: an answer as a whole is not what the remote documents. It proves nothing."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status=200)


class StaleRevision(RemoteError):
    """Pull and merge again: the remote record changed since it was read."""


class UnusableReply(RemoteError):
    """Fall back: the model refused, stopped early, or answered in another form than it was asked for."""


class IdentityError(RemoteError):
    """Fix the credentials: the remote does not know us, or knows us as somebody else than last time.

    Attributes:
        may_be_done: It was no refusal: what was asked for may have been done all the same.
    """

    def __init__(self, message: str, *, may_be_done: bool = False) -> None:
        super().__init__(message)
        self.may_be_done = may_be_done


class UnreadableRecord(JavisError):
    """Quarantine it: one record of a batch could not be read; the rest goes on.

    Attributes:
        remote_id: Id of the record, as far as it is known.
    """

    def __init__(self, message: str, *, remote_id: str) -> None:
        super().__init__(message)
        self.remote_id = remote_id


class UnreadableText(JavisError):
    """Leave the text as it is and show the error on its row: a rich text is malformed, too large or nested too deep.

    Attributes:
        line: Line of the fault, from 1, for a text written by a person.
        column: Column of the fault, from 1.
    """

    def __init__(self, message: str, *, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class SyncHalted(JavisError):
    """Stop and ask a person: a guard found the batch doubtful before anything was written.

    Attributes:
        finding: What was found, without how to allow it.
        allow: What a person may allow for one run, by the name it has in the launchpad; None when nothing can be.
    """

    def __init__(self, finding: str, *, allow: tuple[str, int | str] | None = None) -> None:
        super().__init__(f"{finding} If that is right: {_command(*allow)}" if allow else finding)
        self.finding = finding
        self.allow = allow


def _command(name: str, value: int | str) -> str:
    """How a person allows it on the command line; deletions are found by a full sync."""
    full = "--full " if name in ("expect_deletions", "expect_missing") else ""
    return f"javis sync {full}--{name.replace('_', '-')} {value}"


class ScopeBusy(JavisError):
    """Wait: another run holds the lock of this project or space."""


class ScopeWanted(ScopeBusy):
    """Give the lock up: another run waits for it, and we can go on after it."""


class ChangedSinceSeen(JavisError):
    """Look again: the values a person chose between are not the current ones any more. Nothing was changed."""


class WronglyDeclared(Exception):
    """Fix the program: a kind, a field or a system is declared in part, or twice. Raised at import."""


@contextmanager
def having_done(done: Mapping[str, int]) -> Iterator[None]:
    """An error of ours in the block is told to have come after this, as it is by then."""
    try:
        yield
    except JavisError as error:
        error.after(done)
        raise
