"""A few marks that become Confluence's storage format, so that the demo's pages stay readable as text.

## heading        - item         1. step       [ ] task   [x] task done      | cell | cell |
!info text        ```lang ... ```      [toc]      [jira: JQL]
{handle} issue    [[Page title]]       @{Name} mention    **bold**    `code`    (status: GREEN Done)
"""

import html
import re
from collections.abc import Mapping

_INLINE = re.compile(
    r"\{(?P<issue>[\w:-]+)\}|\[\[(?P<page>[^\]]+)\]\]|@\{(?P<person>[^}]+)\}|\*\*(?P<bold>[^*]+)\*\*"
    r"|`(?P<code>[^`]+)`|\(status: (?P<colour>[A-Z][a-z]+) (?P<status>[^)]+)\)"
)
_TASK = re.compile(r"\[([ x])\] (.*)")
_STEP = re.compile(r"\d+\. (.*)")
_PANEL = re.compile(r"!(info|note|warning|tip) (.*)", re.DOTALL)


class Markup:
    """Turns marked text into storage XHTML.

    Args:
        issue_keys: Issue keys by handle.
        account_ids: Account ids by name.
    """

    def __init__(self, issue_keys: Mapping[str, str], account_ids: Mapping[str, str]) -> None:
        self._issue_keys = issue_keys
        self._account_ids = account_ids
        self._tasks = 0

    def storage(self, text: str) -> str:
        """The whole text; blocks are separated by empty lines."""
        blocks = re.split(r"\n\s*\n", text.strip())
        return "".join(self._block(block) for block in blocks)

    def _block(self, block: str) -> str:
        lines = block.splitlines()
        first = lines[0]
        panel = _PANEL.match(block)
        if first.startswith("```"):
            return _code("\n".join(lines[1:-1]), first[3:].strip())
        if panel is not None:
            body = f"<ac:rich-text-body><p>{self._inline(panel[2])}</p></ac:rich-text-body>"
            return f'<ac:structured-macro ac:name="{panel[1]}">{body}</ac:structured-macro>'
        if first.startswith("## "):
            rest = self._block("\n".join(lines[1:])) if lines[1:] else ""
            return f"<h2>{self._inline(first[3:])}</h2>{rest}"
        if first.startswith("[jira: "):
            return _macro("jira", jqlQuery=first[7:-1], columns="key,summary,status,assignee", maximumIssues="20")
        if first == "[toc]":
            return _macro("toc", maxLevel="2")
        return self._list_or_paragraph(lines)

    def _list_or_paragraph(self, lines: list[str]) -> str:
        if lines[0].startswith("- "):
            return f"<ul>{''.join(f'<li><p>{self._inline(line[2:])}</p></li>' for line in lines)}</ul>"
        if lines[0].startswith("| "):
            return self._table(lines)
        steps = [match for match in map(_STEP.match, lines) if match is not None]
        if len(steps) == len(lines):
            return f"<ol>{''.join(f'<li><p>{self._inline(step[1])}</p></li>' for step in steps)}</ol>"
        tasks = [match for match in map(_TASK.match, lines) if match is not None]
        if len(tasks) == len(lines):
            return f"<ac:task-list>{''.join(map(self._task, tasks))}</ac:task-list>"
        return f"<p>{self._inline(' '.join(line.strip() for line in lines))}</p>"

    def _table(self, lines: list[str]) -> str:
        rows = []
        for number, line in enumerate(lines):
            tag = "th" if number == 0 else "td"
            cells = [self._inline(cell.strip()) for cell in line.strip().strip("|").split("|")]
            rows.append(f"<tr>{''.join(f'<{tag}><p>{cell}</p></{tag}>' for cell in cells)}</tr>")
        return f'<table data-layout="default"><tbody>{"".join(rows)}</tbody></table>'

    def _task(self, task: re.Match[str]) -> str:
        self._tasks += 1
        status = "complete" if task[1] == "x" else "incomplete"
        return (
            f"<ac:task><ac:task-id>{self._tasks}</ac:task-id><ac:task-status>{status}</ac:task-status>"
            f"<ac:task-body><span>{self._inline(task[2])}</span></ac:task-body></ac:task>"
        )

    def _inline(self, text: str) -> str:
        parts, end = [], 0
        for match in _INLINE.finditer(text):
            parts += [html.escape(text[end : match.start()], quote=False), self._marked(match)]
            end = match.end()
        return "".join([*parts, html.escape(text[end:], quote=False)])

    def _marked(self, match: re.Match[str]) -> str:
        if match["issue"]:
            return _macro("jira", key=self._issue_keys[match["issue"]])
        if match["page"]:
            return f'<ac:link><ri:page ri:content-title="{html.escape(match["page"])}" /></ac:link>'
        if match["person"]:
            return f'<ac:link><ri:user ri:account-id="{self._account_ids[match["person"]]}" /></ac:link>'
        if match["bold"]:
            return f"<strong>{html.escape(match['bold'], quote=False)}</strong>"
        if match["code"]:
            return f"<code>{html.escape(match['code'], quote=False)}</code>"
        return _macro("status", colour=match["colour"], title=match["status"])


def _macro(macro: str, **parameters: str) -> str:
    inside = "".join(
        f'<ac:parameter ac:name="{name}">{html.escape(value, quote=False)}</ac:parameter>'
        for name, value in parameters.items()
    )
    return f'<ac:structured-macro ac:name="{macro}" ac:schema-version="1">{inside}</ac:structured-macro>'


def _code(text: str, language: str) -> str:
    parameter = f'<ac:parameter ac:name="language">{language}</ac:parameter>' if language else ""
    body = f"<ac:plain-text-body><![CDATA[{text}]]></ac:plain-text-body>"
    return f'<ac:structured-macro ac:name="code" ac:schema-version="1">{parameter}{body}</ac:structured-macro>'
