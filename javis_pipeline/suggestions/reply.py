"""The form in which Claude answers. The SDK turns it into the JSON schema that the answer is bound to."""

from pydantic import BaseModel, Field

from javis_pipeline.records.suggestion import ActionKind


class ReplyAction(BaseModel):
    """One step on one issue."""

    kind: ActionKind
    issue_key: str = Field(description="Key of an issue in the work context")
    value: str = Field(
        description="set_priority: a priority's name. add_label: the label, no blanks. set_due_date: YYYY-MM-DD. "
        "assign: an account_id of the work context. comment_draft: the comment. split: titles of its parts, one a "
        "line. link_blocker: the key of the issue that blocks this one."
    )


class ReplySuggestion(BaseModel):
    """One proposal."""

    title: str = Field(description="What to do, in the imperative, at most 100 characters")
    rationale: str = Field(description="Why, with the numbers of the findings, at most 3 sentences")
    issue_keys: list[str] = Field(description="The issues it is about, most important first")
    finding_ids: list[str] = Field(description="finding_id of every finding it stands on; at least one")
    actions: list[ReplyAction] = Field(description="What accepting it would do; may be empty")
    confidence: float = Field(description="How sure you are that this helps, 0 to 1")


class Reply(BaseModel):
    """All proposals, best first."""

    suggestions: list[ReplySuggestion]
