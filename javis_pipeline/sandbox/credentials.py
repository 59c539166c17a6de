"""The secrets the sandbox accepts, derived from the seed so that `javis sandbox env` needs no running server."""

import base64
import binascii
import hashlib
import hmac
from typing import NamedTuple


class Credentials:
    """Tokens and keys of one sandbox; only somebody who knows the seed can know them."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.api_token = f"ATATT3xSandbox{_derived(seed, 'atlassian', 40)}"
        self.slack_bot_token = f"xoxb-sandbox-{_derived(seed, 'slack', 24)}"
        self.slack_app_token = f"xapp-sandbox-{_derived(seed, 'slack-app', 24)}"
        self.slack_signing_secret = _derived(seed, "slack-signing", 32)
        self.webhook_secret = _derived(seed, "webhooks", 32)
        self.anthropic_api_key = f"sk-ant-sandbox-{_derived(seed, 'anthropic', 40)}"

    def personal_token(self, name: str) -> str:
        """The personal access token of somebody on a Data Center site: a token of ours, which tells whose it is."""
        secret = f"{name}:{_derived(self._seed, f'personal-{name}', 24)}"
        return base64.b64encode(secret.encode()).decode()

    def owner_of(self, token: str) -> str | None:
        """Whose personal access token that is; None when it is nobody's."""
        try:
            name = base64.b64decode(token, validate=True).decode().rpartition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return None
        return name if name and token == self.personal_token(name) else None


class BasicLogin(NamedTuple):
    """The two halves of an HTTP Basic credential."""

    email: str
    token: str


def basic_login(header: str | None) -> BasicLogin | None:
    """The e-mail address and token in an Authorization header; None when it holds no readable Basic credential."""
    scheme, _, value = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        email, colon, token = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return BasicLogin(email, token) if colon else None


def _derived(seed: int, purpose: str, length: int) -> str:
    return hmac.new(f"javis-sandbox-{seed}".encode(), purpose.encode(), hashlib.sha256).hexdigest()[:length]
