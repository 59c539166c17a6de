"""What a refusal looks like in the words of each service."""

import orjson

from javis_pipeline.sandbox.faults import Fault

TEXTS = {
    404: "Issue does not exist or you do not have permission to see it.",
    409: "The issue is being updated by another request. Try again.",
    429: "Rate limit exceeded.",
    500: "Internal server error",
    503: "The service is temporarily unavailable.",
}


def refusal(path: str, status: int, fault: Fault) -> tuple[dict[str, str], bytes]:
    """Headers and body of a refused request: `path` tells the service, `fault` the details."""
    headers = {"content-type": "application/json;charset=UTF-8"}
    if fault.retry_after is not None:
        headers["retry-after"] = str(fault.retry_after)
    if status == 429 and path.startswith(("/rest/", "/wiki/")):
        headers["ratelimit-reason"] = fault.reason
    return headers, orjson.dumps(_body(path, status))


def _body(path: str, status: int) -> dict[str, object]:
    text = TEXTS[status]
    if path.startswith("/wiki/"):
        return {"errors": [{"status": status, "code": text.upper().strip(".").replace(" ", "_"), "title": text}]}
    if path.startswith("/api/"):
        return {"ok": False, "error": "ratelimited" if status == 429 else "internal_error"}
    if path.startswith("/v1/"):
        kind = {404: "not_found_error", 429: "rate_limit_error", 503: "overloaded_error"}.get(status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": text}}
    return {"errorMessages": [text], "errors": {}}
