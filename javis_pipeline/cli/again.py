"""How this program is called again, as its user called it."""

import json
import shlex
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

# What uv's cache calls the folder of environments that last for one command, such as those of uvx.
_FOR_ONE_COMMAND = "archive-v0"


def called_again() -> str:
    """The words that call this program, for a shell: its path, or the uvx that has it in a cache."""
    return _again(sys.argv[0], sys.executable, _source())


def _again(program: str, python: str, source: str) -> str:
    if _FOR_ONE_COMMAND in Path(python).parts:
        return f"uvx --from {shlex.quote(source)} javis"
    return program if Path(program).name == "javis" else f"{python} -m javis_pipeline"


def _source() -> str:
    """Where this package came from: an address, or its name in a registry."""
    try:
        told = distribution("javis_pipeline").read_text("direct_url.json")
    except PackageNotFoundError:
        told = None
    url = json.loads(told).get("url") if told else None
    return url if isinstance(url, str) else "javis_pipeline"
