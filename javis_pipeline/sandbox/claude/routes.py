"""The HTTP face of the sandbox's Claude: messages, token counts and models."""

import asyncio
import math
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from javis_pipeline.sandbox.claude.answers import answer, document_in, prose
from javis_pipeline.sandbox.claude.site import Behaviour
from javis_pipeline.sandbox.world import World

Json = dict[str, Any]

BYTES_PER_TOKEN = 3.5
REFUSAL = "I can't help with that."
MODELS = {
    "claude-opus-5-5": "Claude Opus 5.5",
    "claude-sonnet-5-5": "Claude Sonnet 5.5",
    "claude-haiku-5-5": "Claude Haiku 5.5",
}
_ERRORS = {
    400: ("invalid_request_error", "The request is invalid."),
    401: ("authentication_error", "invalid x-api-key"),
    403: ("permission_error", "Your API key does not have permission to use the specified resource."),
    404: ("not_found_error", "Not found"),
    429: ("rate_limit_error", "This request would exceed your organization's rate limit."),
    500: ("api_error", "Internal server error"),
    529: ("overloaded_error", "Overloaded"),
}


class _Wrong(Exception):
    """The request is not answered: an HTTP status and, if there is something to add, words."""

    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def routes(world: World) -> list[BaseRoute]:
    """All routes of Claude, below `/v1`."""
    face = _Face(world)
    return [
        Route("/v1/messages", face.messages, methods=["POST"]),
        Route("/v1/messages/count_tokens", face.count_tokens, methods=["POST"]),
        Route("/v1/models", face.models),
        Route("/v1/models/{model}", face.model),
    ]


class _Face:
    def __init__(self, world: World) -> None:
        self._world = world
        self._site = world.claude

    async def messages(self, request: Request) -> Response:
        """One message. What it does instead of answering was set with `world.claude.expect`."""
        try:
            sent = await self._sent(request, required=("model", "max_tokens", "messages"))
            with self._world.lock:
                behaviour = self._site.next_behaviour()
            if behaviour is not None and behaviour.seconds:
                await asyncio.sleep(behaviour.seconds)
            if behaviour is not None and behaviour.kind == "error":
                return self._error(behaviour.status, retry_after=behaviour.retry_after)
            return self._json(self._message(sent, behaviour))
        except _Wrong as wrong:
            return self._error(wrong.status, wrong.message)

    async def count_tokens(self, request: Request) -> Response:
        """How long a prompt is."""
        try:
            sent = await self._sent(request, required=("model", "messages"))
        except _Wrong as wrong:
            return self._error(wrong.status, wrong.message)
        return self._json({"input_tokens": _tokens(_prompt(sent))})

    async def models(self, request: Request) -> Response:
        """The models there are; any other name is accepted as well."""
        try:
            self._authenticate(request)
        except _Wrong as wrong:
            return self._error(wrong.status)
        data = [_model_json(name) for name in MODELS]
        return self._json({"data": data, "has_more": False, "first_id": data[0]["id"], "last_id": data[-1]["id"]})

    async def model(self, request: Request) -> Response:
        """One model."""
        try:
            self._authenticate(request)
        except _Wrong as wrong:
            return self._error(wrong.status)
        name = request.path_params["model"]
        return self._json(_model_json(name)) if name in MODELS else self._error(404, f"model: {name}")

    def _authenticate(self, request: Request) -> None:
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        key = request.headers.get("x-api-key") or (bearer if scheme.lower() == "bearer" else "")
        if key != self._world.credentials.anthropic_api_key:
            raise _Wrong(401)
        if "anthropic-version" not in request.headers:
            raise _Wrong(400, "anthropic-version: header is required")

    async def _sent(self, request: Request, *, required: tuple[str, ...]) -> Json:
        """The request's body, with what the API insists on. Raises `_Wrong`."""
        self._authenticate(request)
        try:
            sent = orjson.loads(await request.body())
        except orjson.JSONDecodeError as error:
            raise _Wrong(400, "The request body is not valid JSON") from error
        if not isinstance(sent, dict):
            raise _Wrong(400, "The request body must be an object")
        _check(sent, required)
        return sent

    def _message(self, sent: Json, behaviour: Behaviour | None) -> Json:
        text, stop_reason = _text(sent, behaviour)
        most = sent["max_tokens"]
        if _tokens(text) > most:
            text, stop_reason = text[: int(most * BYTES_PER_TOKEN)], "max_tokens"
        with self._world.lock:
            usage, message_id = self._usage(sent, text), self._site.new_id("msg")
        return {
            "id": message_id,
            "type": "message",
            "role": "assistant",
            "model": f"{sent['model']} (sandbox)",
            "content": [{"type": "text", "text": text}] if text else [],
            "stop_reason": stop_reason,
            "stop_sequence": None,
            "usage": usage,
        }

    def _usage(self, sent: Json, text: str) -> Json:
        """Tokens as the API counts them: what was cached before is read, what is cacheable and new is written."""
        prefix = _cacheable(sent)
        stable = _tokens(prefix) if prefix else 0
        known = bool(prefix) and self._site.is_cached(f"{sent['model']} {prefix}")
        return {
            "input_tokens": max(1, _tokens(_prompt(sent)) - stable),
            "cache_creation_input_tokens": 0 if known else stable,
            "cache_read_input_tokens": stable if known else 0,
            "output_tokens": _tokens(text),
            "service_tier": "standard",
        }

    def _error(self, status: int, message: str = "", *, retry_after: int | None = None) -> Response:
        kind, usual = _ERRORS.get(status, _ERRORS[500])
        body = {"type": "error", "error": {"type": kind, "message": message or usual}}
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}
        return self._json(body, status=status, headers=headers)

    def _json(self, value: Json, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        fields = {"request-id": self._site.new_id("req"), **(headers or {})}
        if "error" in value:
            value = {**value, "request_id": fields["request-id"]}
        return Response(orjson.dumps(value), status, fields, media_type="application/json")


def _text(sent: Json, behaviour: Behaviour | None) -> tuple[str, str]:
    """The text of the answer and why it ends."""
    kind = behaviour.kind if behaviour else None
    if kind == "refusal":
        return REFUSAL, "refusal"
    if kind == "malformed":
        return '{"suggestions": [ and so on', "end_turn"
    if behaviour is not None and kind == "reply":
        return behaviour.text, "end_turn"
    document = document_in(_prompt(sent))
    schema = (sent.get("output_config") or {}).get("format", {}).get("schema")
    text = prose(document) if schema is None else orjson.dumps(answer(schema, document)).decode()
    return (text[: len(text) // 2], "max_tokens") if kind == "truncated" else (text, "end_turn")


def _check(sent: Json, required: tuple[str, ...]) -> None:
    for name in required:
        if name not in sent:
            raise _Wrong(400, f"{name}: Field required")
    messages = sent["messages"]
    if not isinstance(messages, list) or not messages or messages[0].get("role") != "user":
        raise _Wrong(400, "messages: the first message must use the user role")
    if "max_tokens" in required and (not isinstance(sent["max_tokens"], int) or sent["max_tokens"] < 1):
        raise _Wrong(400, "max_tokens: must be a positive integer")
    if sent.get("stream"):
        raise _Wrong(400, "stream: this sandbox answers in one piece")
    form = (sent.get("output_config") or {}).get("format")
    if form is not None and form.get("type") != "json_schema":
        raise _Wrong(400, "output_config.format.type: must be json_schema")
    if form is not None and _open_objects(form.get("schema")):
        raise _Wrong(
            400,
            "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
        )


def _open_objects(schema: Any) -> bool:
    if isinstance(schema, list):
        return any(map(_open_objects, schema))
    if not isinstance(schema, dict):
        return False
    is_open = schema.get("type") == "object" and schema.get("additionalProperties") is not False
    return is_open or any(map(_open_objects, schema.values()))


def _prompt(sent: Json) -> str:
    """Everything the model reads, as one text."""
    contents = [sent.get("system"), *(message.get("content") for message in sent["messages"])]
    return "\n".join(filter(None, map(_words, contents)))


def _words(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(str(block.get("text", "")) for block in content if isinstance(block, dict))
    return str(content or "")


def _cacheable(sent: Json) -> str:
    """What stands before the last cache mark of the system prompt."""
    system = sent.get("system")
    blocks = system if isinstance(system, list) else []
    marked = [number for number, block in enumerate(blocks) if block.get("cache_control")]
    return _words(blocks[: marked[-1] + 1]) if marked else ""


def _tokens(text: str) -> int:
    return math.ceil(len(text.encode()) / BYTES_PER_TOKEN)


def _model_json(name: str) -> Json:
    return {"type": "model", "id": name, "display_name": MODELS[name], "created_at": "2026-09-01T00:00:00Z"}
