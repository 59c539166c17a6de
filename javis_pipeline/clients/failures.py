"""What went wrong below HTTP, in our own words."""

import ssl
from collections.abc import Iterable

from requests.exceptions import InvalidProxyURL, InvalidSchema
from urllib3.exceptions import ConnectTimeoutError, IncompleteRead, NewConnectionError, ProxyError

from javis_pipeline.errors import JavisError, SettingError


class Failed(Exception):
    """One try failed in a way that may pass.

    Attributes:
        executed: False when the request certainly had no effect, True when it may have had one.
        retry_after: Seconds the remote asked us to wait; None when it did not say.
    """

    def __init__(self, reason: str, *, executed: bool, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.executed = executed
        self.retry_after = retry_after


def transport_failure(name: str, base_url: str, error: Exception, *, sent: bool) -> JavisError | Failed:
    """What an error of the libraries means; `sent` tells whether the request went out whole."""
    chain = tuple(_causes(error))
    if any(isinstance(cause, InvalidProxyURL | InvalidSchema) for cause in chain):
        return SettingError(f"{name}: the URL of the proxy in HTTP_PROXY, HTTPS_PROXY or ALL_PROXY is none")
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in chain):
        return SettingError(
            f"{name}: the certificate of {base_url} is not trusted. Behind a company proxy, name its "
            "certificate in REQUESTS_CA_BUNDLE"
        )
    if any(isinstance(cause, NewConnectionError | ConnectTimeoutError | ProxyError) for cause in chain) or not sent:
        return Failed(f"no connection to {base_url}: check the URL and the network", executed=False)
    if any(isinstance(cause, IncompleteRead) for cause in chain):
        return Failed("the answer was cut off", executed=True)
    return Failed(f"the connection broke: {type(error).__name__}", executed=True)


def _causes(error: BaseException) -> Iterable[BaseException]:
    """The error and what it was made from: libraries keep it in `args`, `reason` or `__context__`."""
    seen: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and cause not in seen:
            seen.append(cause)
            waiting += [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]
    return seen
