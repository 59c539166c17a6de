"""Whether an answer has the form of those that real sites gave: what the sandbox must and may say (see `forms`).

`python -m javis_pipeline_tests.recorded NAME FILE...` holds one of the forms against answers that were recorded at a
site (JSON): what a real site does not say is not expected of the sandbox either. `NAME[]` for files that hold a list
of such answers.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from javis_pipeline_tests.forms import confluence_cloud, confluence_server, jira_cloud, jira_server
from javis_pipeline_tests.forms.parts import Form, Object

FORMS: Final[Mapping[str, Form]] = {
    **jira_server.FORMS,
    **jira_cloud.FORMS,
    **confluence_server.FORMS,
    **confluence_cloud.FORMS,
}


def differences(form: Form, answer: object, *, whole: bool = True, at: str = "") -> Iterator[str]:
    """What of an answer does not have the form. Not `whole`: more than the form has names for is fine."""
    match form:
        case None:
            if answer is not None:
                yield f"{at} is not null"
        case tuple():
            found = [list(differences(one, answer, whole=whole, at=at)) for one in form]
            if all(found):
                yield from min(found, key=lambda each: len(each) + 100 * (each[0].endswith("is not null")))
        case list():
            if not isinstance(answer, list):
                yield f"{at} is no list"
                return
            for one in answer:
                yield from differences(form[0], one, whole=whole, at=f"{at}[]")
        case dict():
            yield from _of_object(form, answer, whole=whole, at=at)
        case re.Pattern():
            if not isinstance(answer, str) or not form.fullmatch(answer):
                yield f"{at} is not like {form.pattern}"
        case type():
            if not isinstance(answer, form) or (form is int and isinstance(answer, bool)):
                yield f"{at} is no {form.__name__}"


def _of_object(form: Object, answer: object, *, whole: bool, at: str) -> Iterator[str]:
    if not isinstance(answer, dict):
        yield f"{at} is no object"
        return
    known = {name.removesuffix("?"): inner for name, inner in form.items()}
    for name in known:
        if name not in answer and name in form:
            yield f"{at}.{name} is missing"
    for name, value in answer.items():
        if name in known:
            yield from differences(known[name], value, whole=whole, at=f"{at}.{name}")
        elif whole and not name.startswith("customfield_"):
            yield f"{at}.{name} is in no recorded answer"


def main(name: str, *files: str) -> int:
    """Hold a form against recorded answers; exit code 1 when one has another."""
    form, told = FORMS[name.removesuffix("[]")], False
    for file in files:
        answer: Any = json.loads(Path(file).read_text(encoding="utf-8"))
        for one in answer if name.endswith("[]") else [answer]:
            for difference in sorted(set(differences(form, one, whole=False))):
                sys.stdout.write(f"{file}: {difference}\n")
                told = True
    return int(told)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
