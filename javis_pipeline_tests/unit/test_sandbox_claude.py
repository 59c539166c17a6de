"""The sandbox's answers, made from a schema and a document."""

from typing import Any

import pytest

from javis_pipeline.sandbox.claude.answers import LABEL, answer, document_in, prose

TEXT = {"type": "string"}


def an_object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ('before <data>\n{"a": 1}\n</data> after', {"a": 1}),
        ('```json\n{"a": 2}\n```', {"a": 2}),
        ("<data>not json</data>", {}),
        ("nothing", {}),
    ],
)
def test_given_a_prompt_when_read_then_its_document_is_found(text: str, document: dict[str, Any]) -> None:
    assert document_in(text) == document


def test_given_two_lists_when_answered_then_the_one_that_fits_the_schema_is_used() -> None:
    schema = an_object(tips=({"type": "array", "items": an_object(risk_ids={"type": "array", "items": TEXT})}))
    document = {"other": [{"x": 1}], "risks": [{"risk_id": "r1"}, {"risk_id": "r2"}]}

    assert answer(schema, document) == {"tips": [{"risk_ids": ["r1"]}, {"risk_ids": ["r2"]}]}


def test_given_every_kind_of_schema_when_there_is_no_document_then_the_answer_still_fits() -> None:
    schema = an_object(
        fixed={"const": "v1"},
        flag={"type": "boolean"},
        count={"type": "integer"},
        share={"type": "number"},
        maybe={"anyOf": [TEXT, {"type": "null"}]},
        day={"type": "string", "format": "date"},
        inner={"$ref": "#/$defs/Inner"},
        nothing={"type": "null"},
    ) | {"$defs": {"Inner": an_object(items={"type": "array", "items": TEXT})}}

    made = answer(schema, {})

    assert made["fixed"] == "v1"
    assert made["inner"] == {"items": []}
    assert made["nothing"] is None
    assert {name: type(made[name]) for name in ("flag", "count", "share", "maybe", "day")} == {
        "flag": bool,
        "count": int,
        "share": float,
        "maybe": str,
        "day": str,
    }


def test_given_no_schema_when_answered_then_prose_is_labelled() -> None:
    assert LABEL in prose({"risks": [{"summary": "Late."}]})
    assert "Late." in prose({"risks": [{"summary": "Late."}]})
    assert "nothing" in prose({})
