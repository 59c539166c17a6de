"""What the login filter in front of Atlassian's products says of our credentials."""

from collections.abc import Mapping
from typing import Final

from javis_pipeline.errors import IdentityError

# Said where it does not accept the credentials, yet answers as to an anonymous caller. Not so AUTHORISATION_FAILED: it
# knows us, and we lack a permission.
REJECTED_LOGINS: Final = frozenset({"AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED"})


def refuse_rejected_login(system: str, headers: Mapping[str, str], advice: str) -> None:
    """Raise IdentityError for an answer that a failed login turned into one for anonymous callers."""
    reason = headers.get("X-Seraph-LoginReason", "")
    # Several filters may have said something, each in a header of its own.
    if any(word.strip().upper() in REJECTED_LOGINS for word in reason.split(",")):
        raise IdentityError(
            f"{system} did not accept the credentials ({reason}) and answered as to an anonymous caller. {advice}"
        )
