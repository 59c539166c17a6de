"""Claude through the official SDK, bounded by our own deadline and retries."""

import random
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from javis_pipeline.clients.deadline import within
from javis_pipeline.clients.pacing import asked_wait, backoff
from javis_pipeline.errors import IdentityError, RemoteBusy, RemoteError, RemoteRefused, UnusableReply
from javis_pipeline.records.suggestion import Usage

# The SDK takes a second to import. Only who asks something needs it: an unchanged context is answered without.
if TYPE_CHECKING:
    import anthropic

Reply = TypeVar("Reply", bound=BaseModel)

MODEL = "claude-sonnet-5-5"
BASE_URL = "https://api.anthropic.com"
DEADLINE = timedelta(seconds=120)
MAX_TRIES = 3
FIRST_WAIT_SECONDS = 2.0


class Price(NamedTuple):
    """US dollars per million tokens."""

    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write: Decimal


# Anthropic's list prices of November 2026, for prompts as short as ours; cache writes are those of the one-hour cache.
# A model that is not here has no known cost.
PRICES = {
    "claude-haiku-5-5": Price(Decimal("0.10"), Decimal("0.50"), Decimal("0.01"), Decimal("0.20")),
    "claude-sonnet-5": Price(Decimal(2), Decimal(10), Decimal("0.20"), Decimal(4)),
    "claude-sonnet-5-5": Price(Decimal(2), Decimal(10), Decimal("0.10"), Decimal(4)),
    "claude-opus-5-5": Price(Decimal(4), Decimal(20), Decimal("0.20"), Decimal(8)),
}


class Answer(NamedTuple, Generic[Reply]):
    """What Claude said, in the form asked for. `model` is the one that answered."""

    reply: Reply
    model: str
    usage: Usage


class MessagesClient:
    """The Messages API: one question, one answer in a given form.

    The key and the URL are always given: the SDK would otherwise look for credentials of its own and could send a
    demo's data to the real service.
    """

    def __init__(
        self,
        api_key: str,
        *,
        model: str = MODEL,
        base_url: str = BASE_URL,
        deadline: timedelta = DEADLINE,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api_key = api_key
        self._base_url = base_url
        self._model = model
        self._deadline = deadline.total_seconds()
        self._sleep = sleep
        self._clock = clock
        self._jitter = random.Random()  # noqa: S311 - between repeats, no secret

    def __repr__(self) -> str:
        return f"MessagesClient(model={self._model!r})"

    @cached_property
    def _client(self) -> "anthropic.Anthropic":
        import anthropic

        # A redirect would take the key, which is in a header of its own, to another host.
        transport = anthropic.DefaultHttpxClient(follow_redirects=False)
        return anthropic.Anthropic(api_key=self._api_key, base_url=self._base_url, max_retries=0, http_client=transport)

    def close(self) -> None:
        """Close the connections, if there are any."""
        if "_client" in vars(self):
            self._client.close()

    def ends_at(self) -> float:
        """When calls that begin now are given up, by this client's clock. Several calls may share one such end."""
        return self._clock() + self._deadline

    def count_tokens(self, instructions: str, question: str, *, ends_at: float | None = None) -> int:
        """Exact number of input tokens of a prompt, as the service counts them. Raises like `ask`."""
        counted = self._tried(
            lambda timeout: self._client.messages.count_tokens(
                model=self._model,
                system=instructions,
                messages=[{"role": "user", "content": question}],
                timeout=timeout,
            ),
            ends_at,
        )
        # The SDK hands on whatever answers in the service's place, a login page or another document.
        tokens = getattr(counted, "input_tokens", None)
        if not isinstance(tokens, int):
            raise self._misshapen()
        return tokens

    def ask(
        self,
        instructions: str,
        question: str,
        reply_type: type[Reply],
        *,
        max_tokens: int,
        ends_at: float | None = None,
    ) -> Answer[Reply]:
        """Claude's answer as a `reply_type`.

        Args:
            instructions: Stable first part, kept in the service's cache for an hour.
            question: What changes from call to call.
            reply_type: The form of the answer; the service is bound to its JSON schema.
            max_tokens: Longest answer, thinking included.
            ends_at: As `ends_at()` gave it; None for the whole deadline from now on.

        Raises:
            IdentityError: The key is refused.
            RemoteBusy: Overloaded or rate-limited for longer than the deadline allows.
            RemoteRefused: The request itself is refused.
            UnusableReply: The model refused, was cut off, or answered in another form.
        """
        import anthropic

        schema = anthropic.transform_schema(reply_type)
        message = self._tried(
            lambda timeout: self._client.messages.create(
                model=self._model,
                max_tokens=max_tokens,
                system=[{"type": "text", "text": instructions, "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
                messages=[{"role": "user", "content": question}],
                output_config={"format": {"type": "json_schema", "schema": schema}},
                timeout=timeout,
            ),
            ends_at,
        )
        return self._read(message, reply_type, max_tokens)

    def _read(self, message: Any, reply_type: type[Reply], max_tokens: int) -> Answer[Reply]:
        """The answer in a message, which may be whatever answered in the service's place."""
        import anthropic

        if not isinstance(message, anthropic.types.Message) or not isinstance(message.usage, anthropic.types.Usage):
            raise self._misshapen()
        # The SDK's own parsing fails on an answer that was refused or cut off, and hides which.
        if message.stop_reason == "refusal":
            raise UnusableReply("Claude declined to answer")
        if message.stop_reason != "end_turn":
            raise UnusableReply(
                f"Claude's answer ended early ({message.stop_reason}); it may be {max_tokens} tokens long"
            )
        text = "".join(block.text for block in message.content if block.type == "text")
        try:
            reply = reply_type.model_validate_json(text)
        except ValidationError:
            raise self._misshapen() from None  # the text of that error quotes the answer
        return Answer(reply, message.model, usage_of(message.usage, message.model))

    def _tried(self, call: Callable[[float], Any], ends_at: float | None) -> Any:
        """The result of `call(seconds left)`, tried again while the service is busy and the deadline allows."""
        import anthropic

        if ends_at is None:
            ends_at = self.ends_at()
        for attempt in range(1, MAX_TRIES + 1):
            try:
                return self._within(max(ends_at - self._clock(), 0.1), call)
            except ValueError:
                raise self._misshapen() from None
            except anthropic.APIError as error:
                busy = self._explained(error)
            asked = busy.retry_after.total_seconds() if busy.retry_after else 0.0
            pause = max(asked, backoff(attempt, self._jitter, first=FIRST_WAIT_SECONDS))
            if attempt == MAX_TRIES or self._clock() + pause >= ends_at:
                raise busy
            self._sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _within(self, seconds: float, call: Callable[[float], Any]) -> Any:
        """The result of `call(seconds)`, or RemoteBusy after that time.

        The SDK's time limit is for each piece that arrives, and does not hold for looking up the host's name: a
        service that drips could keep us for ever. So the call runs in a thread, which is left behind when it is late.
        """
        try:
            return within(seconds, lambda: call(seconds))
        except TimeoutError:
            raise self._late() from None

    def _late(self) -> RemoteBusy:
        return RemoteBusy(f"Claude did not answer within {self._deadline:.0f} s")

    def _misshapen(self) -> UnusableReply:
        return UnusableReply("Claude's answer is not in the form that was asked for; check ANTHROPIC_BASE_URL")

    def _explained(self, error: Any) -> RemoteBusy:
        """The busy error to try again after; raises what trying again cannot mend. Bodies are not quoted."""
        import anthropic

        if isinstance(error, anthropic.APITimeoutError):
            raise self._late() from None
        if isinstance(error, anthropic.APIConnectionError):
            return RemoteBusy("Claude cannot be reached; check the network and ANTHROPIC_BASE_URL")
        if isinstance(error, anthropic.APIResponseValidationError):
            raise self._misshapen() from None
        if not isinstance(error, anthropic.APIStatusError):
            raise RemoteError(f"the call to Claude failed ({type(error).__name__})") from None
        status = error.status_code
        if status in (401, 403):
            raise IdentityError(f"Claude refuses the key ({status}); check ANTHROPIC_API_KEY") from None
        if status == 429 or status >= 500:
            what = "limits our rate" if status == 429 else "is overloaded or failing"
            return RemoteBusy(f"Claude {what} ({status})", retry_after=_asked(error.response.headers))
        raise RemoteRefused(
            f"Claude refuses the request ({status}); check ANTHROPIC_MODEL and the account's limits", status=status
        ) from None


def usage_of(usage: Any, model: str) -> Usage:
    """The SDK's usage with its cost at list prices."""
    read, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
    price = PRICES.get(model)
    cost = None
    if price is not None:
        total = (
            usage.input_tokens * price.input
            + usage.output_tokens * price.output
            + read * price.cache_read
            + written * price.cache_write
        )
        cost = total / 1_000_000
    return Usage(usage.input_tokens, usage.output_tokens, read, written, cost)


def _asked(headers: Any) -> timedelta | None:
    seconds = asked_wait(headers)
    return None if seconds is None else timedelta(seconds=seconds)
