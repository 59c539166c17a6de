"""What Slack refuses about Block Kit, in Slack's words.

Each problem reads like `must be less than 3001 characters [json-pointer:/blocks/0/text/text]`.
"""

from collections.abc import Callable, Iterator
from typing import Any

MAX_BLOCKS = 50
# Not documented: beyond about this many characters of text in all blocks Slack answers msg_blocks_too_long.
MAX_TEXT_IN_ALL = 13_200

Problems = Iterator[str]
Json = dict[str, Any]

_BLOCK_FIELDS: dict[str, frozenset[str]] = {
    "section": frozenset({"text", "fields", "accessory", "expand"}),
    "header": frozenset({"text", "level"}),
    "divider": frozenset(),
    "context": frozenset({"elements"}),
    "actions": frozenset({"elements"}),
    "image": frozenset({"image_url", "slack_file", "alt_text", "title"}),
    "input": frozenset({"label", "element", "dispatch_action", "hint", "optional"}),
    "rich_text": frozenset({"elements"}),
    "markdown": frozenset({"text"}),
    "table": frozenset({"rows", "column_settings"}),
}
_SELECTS = frozenset({"static_select", "multi_static_select", "overflow", "radio_buttons", "checkboxes"})
_OTHER_ELEMENTS = frozenset(
    {"users_select", "conversations_select", "channels_select", "datepicker", "timepicker", "datetimepicker"}
    | {"plain_text_input", "number_input", "email_text_input", "url_text_input"}
)


def block_problems(blocks: list[Any], where: str = "/blocks") -> list[str]:
    """Everything wrong with the blocks of one message or view; empty when Slack takes them."""
    problems: list[str] = []
    if len(blocks) > MAX_BLOCKS:
        problems.append(_at(where, f"no more than {MAX_BLOCKS} items allowed"))
    for number, block in enumerate(blocks):
        problems.extend(_block(block, f"{where}/{number}"))
    ids = [block["block_id"] for block in blocks if isinstance(block, dict) and block.get("block_id")]
    problems += [_at(where, f"block_id {block_id} already exists") for block_id in {i for i in ids if ids.count(i) > 1}]
    return problems


def text_in_all(value: Any) -> int:
    """Characters of text in blocks, at any depth."""
    if isinstance(value, dict):
        own = len(value["text"]) if isinstance(value.get("text"), str) else 0
        return own + sum(text_in_all(inner) for inner in value.values())
    return sum(text_in_all(inner) for inner in value) if isinstance(value, list) else 0


def _at(where: str, problem: str) -> str:
    return f"{problem} [json-pointer:{where}]"


def _block(block: Any, where: str) -> Problems:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind not in _BLOCK_FIELDS:
        yield _at(f"{where}/type", f"unsupported type: {kind}")
        return
    for name in sorted(set(block) - _BLOCK_FIELDS[kind] - {"type", "block_id"}):
        yield _at(where, f"invalid additional property: {name}")
    yield from _length(block.get("block_id"), 255, f"{where}/block_id", required=False)
    check = _CHECKS.get(kind)
    if check is not None:
        yield from check(block, where)


def _section(block: Json, where: str) -> Problems:
    if "text" not in block and not block.get("fields"):
        yield _at(where, "missing required field: text")
    if "text" in block:
        yield from _text(block["text"], 3000, f"{where}/text")
    fields = block.get("fields", [])
    if len(fields) > 10:
        yield _at(f"{where}/fields", "no more than 10 items allowed")
    for number, field in enumerate(fields):
        yield from _text(field, 2000, f"{where}/fields/{number}")
    if "accessory" in block:
        yield from _element(block["accessory"], f"{where}/accessory")


def _header(block: Json, where: str) -> Problems:
    yield from _text(block.get("text"), 150, f"{where}/text", plain_only=True)


def _context(block: Json, where: str) -> Problems:
    yield from _count(block.get("elements"), 10, f"{where}/elements")
    for number, element in enumerate(block.get("elements") or []):
        place = f"{where}/elements/{number}"
        if isinstance(element, dict) and element.get("type") == "image":
            yield from _image(element, place)
        else:
            yield from _text(element, 3000, place)


def _actions(block: Json, where: str) -> Problems:
    elements = block.get("elements")
    yield from _count(elements, 25, f"{where}/elements")
    for number, element in enumerate(elements or []):
        yield from _element(element, f"{where}/elements/{number}")
    ids = [e["action_id"] for e in elements or [] if isinstance(e, dict) and e.get("action_id")]
    for action_id in sorted({i for i in ids if ids.count(i) > 1}):
        yield _at(f"{where}/elements", f"action_id {action_id} already exists")


def _image(block: Json, where: str) -> Problems:
    yield from _length(block.get("alt_text"), 2000, f"{where}/alt_text", required=True)
    if "slack_file" not in block:
        yield from _length(block.get("image_url"), 3000, f"{where}/image_url", required=True)
    if "title" in block:
        yield from _text(block["title"], 2000, f"{where}/title", plain_only=True)


def _input(block: Json, where: str) -> Problems:
    yield from _text(block.get("label"), 2000, f"{where}/label", plain_only=True)
    yield from _element(block.get("element"), f"{where}/element")


def _rich_text(block: Json, where: str) -> Problems:
    if not isinstance(block.get("elements"), list):
        yield _at(where, "missing required field: elements")


def _markdown(block: Json, where: str) -> Problems:
    yield from _length(block.get("text"), 12_000, f"{where}/text", required=True)


def _table(block: Json, where: str) -> Problems:
    yield from _count(block.get("rows"), 100, f"{where}/rows")


_CHECKS: dict[str, Callable[[Json, str], Problems]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "image": _image,
    "input": _input,
    "rich_text": _rich_text,
    "markdown": _markdown,
    "table": _table,
}


def _element(element: Any, where: str) -> Problems:
    kind = element.get("type") if isinstance(element, dict) else None
    if kind == "image":
        yield from _image(element, where)
        return
    if kind != "button" and kind not in _SELECTS | _OTHER_ELEMENTS:
        yield _at(f"{where}/type", f"unsupported type: {kind}")
        return
    yield from _length(element.get("action_id"), 255, f"{where}/action_id", required=False)
    if "confirm" in element:
        yield from _confirm(element["confirm"], f"{where}/confirm")
    if kind == "button":
        yield from _button(element, where)
    if kind in _SELECTS:
        yield from _options(element, where)


def _button(button: Json, where: str) -> Problems:
    yield from _text(button.get("text"), 75, f"{where}/text", plain_only=True)
    yield from _length(button.get("value"), 2000, f"{where}/value", required=False)
    yield from _length(button.get("url"), 3000, f"{where}/url", required=False)
    if button.get("style", "primary") not in {"primary", "danger"}:
        yield _at(f"{where}/style", "must be primary or danger")


def _confirm(confirm: Any, where: str) -> Problems:
    if not isinstance(confirm, dict):
        yield _at(where, "must be an object")
        return
    for name, most, plain_only in (
        ("title", 100, True),
        ("text", 300, False),
        ("confirm", 30, True),
        ("deny", 30, True),
    ):
        if name in confirm or name == "text":
            yield from _text(confirm.get(name), most, f"{where}/{name}", plain_only=plain_only)


def _options(element: Json, where: str) -> Problems:
    if "option_groups" in element:
        return
    most = {"overflow": 5, "radio_buttons": 10, "checkboxes": 10}.get(element["type"], 100)
    yield from _count(element.get("options"), most, f"{where}/options")
    for number, option in enumerate(element.get("options") or []):
        place = f"{where}/options/{number}"
        yield from _text(option.get("text"), 75, f"{place}/text")
        yield from _length(option.get("value"), 150, f"{place}/value", required=True)


def _text(text: Any, most: int, where: str, *, plain_only: bool = False) -> Problems:
    if not isinstance(text, dict) or text.get("type") not in {"plain_text", "mrkdwn"}:
        yield _at(where, "must be a text object: plain_text or mrkdwn")
        return
    if plain_only and text["type"] != "plain_text":
        yield _at(f"{where}/type", "must be plain_text")
    yield from _length(text.get("text"), most, f"{where}/text", required=True)


def _length(text: Any, most: int, where: str, *, required: bool) -> Problems:
    if text is None and not required:
        return
    if not isinstance(text, str):
        yield _at(where, "must be a string")
    elif required and not text:
        yield _at(where, "must be more than 0 characters")
    elif len(text) > most:
        yield _at(where, f"must be less than {most + 1} characters")


def _count(items: Any, most: int, where: str) -> Problems:
    if not isinstance(items, list) or not items:
        yield _at(where, "no less than 1 items allowed")
    elif len(items) > most:
        yield _at(where, f"no more than {most} items allowed")
