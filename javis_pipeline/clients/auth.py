"""Credentials, as a request carries them."""

from base64 import b64encode
from typing import Final

import requests
from requests.auth import AuthBase

# What API tokens of Atlassian Cloud begin with.
CLOUD_TOKENS: Final = ("ATATT", "ATCTT")


class BasicAuth(AuthBase):
    """Sends e-mail and token. A class of its own, so that the secret is neither in a session's headers nor in a repr,
    and so that a .netrc of the machine cannot replace it."""

    def __init__(self, email: str, token: str) -> None:
        self._header = "Basic " + b64encode(f"{email}:{token}".encode()).decode()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request

    def __repr__(self) -> str:
        return "BasicAuth(***)"


class BearerAuth(AuthBase):
    """Sends a token, as `BasicAuth` does."""

    def __init__(self, token: str) -> None:
        self._header = f"Bearer {token}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request

    def __repr__(self) -> str:
        return "BearerAuth(***)"


def credentials(user: str | None, secret: str) -> BasicAuth | BearerAuth:
    """What a request carries: a user or an address with a secret, or a token that is enough by itself."""
    return BearerAuth(secret) if user is None else BasicAuth(user, secret)


class Anonymous(AuthBase):
    """Sends nothing about us."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request
