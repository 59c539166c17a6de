"""Rows of the sync's books as the nouns of `records.sync`, and back as parameters."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from javis_pipeline.records.sync import AuditEntry, Conflict, ConflictValue, LocalRecord, Operation, Refusal
from javis_pipeline.records.tables import Table
from javis_pipeline.records.values import ResourceRef, Value, dump_json, from_json, in_order

_BOOKKEEPING: Final = frozenset(
    {
        "record_id",
        "last_synced_at",
        "local_modified_at",
        "local_modified_fields",
        "local_seq",
        "local_deleted_at",
        "content_hash",
        "sync_status",
        "sync_errors",
        "sync_refused",
        "remote_state",
        "remote_missing_since",
        "removal",
    }
)


def read_record(table: Table, doc: Mapping[str, Any], *, unmarked: bool) -> LocalRecord:
    """A row of a table of records, as the sync reasons about it."""
    place = table.place
    kept = (*table.raw.values(), *table.fixed, table.key, place.elements, place.raw_elements)
    own = {*table.fields, *_BOOKKEEPING, *kept}
    instants = place.instants
    bases = {name: value_of(table, name, value) for name, value in doc["local_modified_fields"].items()}
    facts = {name: _instant(value) if name in instants else value for name, value in doc.items() if name not in own}
    return LocalRecord(
        ref=ResourceRef(
            resource_type=table.kind, resource_id=doc[table.id], scope=doc[table.scope], key=doc[table.key]
        ),
        values={
            **dict.fromkeys(bases),  # an element that was cleared here is not in its column any more
            **{name: from_json(doc[name]) for name in table.fields},
            **_elements(doc, place.elements),
        },
        bases=bases,
        raw={
            **{name: from_json(doc[column]) for name, column in table.raw.items()},
            **_elements(doc, place.raw_elements),
        },
        facts=facts,
        local_seq=doc["local_seq"],
        revision=_instant(doc[place.revision]) if place.revision else None,
        sync_status=doc["sync_status"],
        errors=doc["sync_errors"],
        remote_state=doc["remote_state"],
        missing_since=_instant(doc["remote_missing_since"]),
        deleted_at=_instant(doc["local_deleted_at"]),
        modified_at=_instant(doc["local_modified_at"]),
        has_base=doc["last_synced_at"] is not None,
        unmarked=unmarked,
        refusals={name: _refusal(kept) for name, kept in doc["sync_refused"].items()},
        removal="delete" if place.removes else doc.get("removal"),
    )


def _elements(doc: Mapping[str, Any], column: str | None) -> dict[str, Value]:
    return {} if column is None else {name: in_order(value) for name, value in doc[column].items()}


def value_of(table: Table, name: str, loaded: Any) -> Value:
    """A value of a field out of loaded JSON."""
    return from_json(loaded) if name in table.fields else in_order(loaded)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def column_value(value: Any) -> Any:
    """A column's value as JSON can hold it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _refusal_doc(part) if isinstance(part, Refusal) else part for name, part in value.items()}
    return value


def _refusal_doc(refusal: Refusal) -> dict[str, Any]:
    return {name: column_value(part) for name, part in asdict(refusal).items()}


def _refusal(doc: Mapping[str, Any]) -> Refusal:
    at = _instant(doc["at"])
    assert at is not None
    return Refusal(**{**doc, "at": at, "suspects": tuple(doc["suspects"]), "again": _instant(doc["again"])})


def _values(doc: Mapping[str, Any]) -> dict[str, Value]:
    return {name: from_json(value) for name, value in doc.items()}


def _sets(doc: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(value) for name, value in doc.items()}


def read_operation(doc: Mapping[str, Any], ref: ResourceRef) -> Operation:
    """An operation out of its row, as JSON."""
    created_at = _instant(doc["created_at"])
    assert created_at is not None
    return Operation(
        op_id=UUID(doc["op_id"]),
        ref=ref,
        kind=doc["kind"],
        fields=tuple(doc["fields"]),
        expected=_values(doc["expected_remote"]),
        desired=_values(doc["desired"]),
        local=_values(doc["local_values"]),
        add=_sets(doc["add"]),
        remove=_sets(doc["remove"]),
        local_seq=doc["local_seq"],
        created_at=created_at,
        run_id=doc["run_id"],
        state=doc["state"],
        attempts=doc["attempts"],
        evidence=doc["evidence"],
        last_error=doc["last_error"],
        sent_at=_instant(doc["sent_at"]),
        settled_at=_instant(doc["settled_at"]),
    )


def operation_params(op: Operation) -> dict[str, Any]:
    """Parameters of `put_operation`."""
    return {
        "op_id": op.op_id,
        "type": op.ref.resource_type,
        "id": op.ref.resource_id,
        "scope": op.ref.scope,
        "kind": op.kind,
        "fields": list(op.fields),
        "expected": dump_json(op.expected),
        "desired": dump_json(op.desired),
        "local": dump_json(op.local),
        "add": dump_json(op.add),
        "remove": dump_json(op.remove),
        "local_seq": op.local_seq,
        "state": op.state,
        "attempts": op.attempts,
        "evidence": dump_json(op.evidence),
        "last_error": op.last_error,
        "run_id": op.run_id,
        "created_at": op.created_at,
        "sent_at": op.sent_at,
        "settled_at": op.settled_at,
    }


def read_conflict(doc: Mapping[str, Any], ref: ResourceRef) -> Conflict:
    """A conflict out of its row, as JSON."""
    created_at = _instant(doc["created_at"])
    assert created_at is not None
    return Conflict(
        conflict_id=UUID(doc["id"]),
        ref=ref,
        field=doc["field_name"],
        kind=doc["kind"],
        base=from_json(doc["base_value"]),
        local=from_json(doc["local_value"]),
        remote=from_json(doc["remote_value"]),
        remote_raw=from_json(doc["remote_raw"]),
        local_seq=doc["local_seq"],
        revision=doc["remote_revision"],
        created_at=created_at,
        details=doc["details"],
        state=doc["state"],
        resolution=doc["resolution"],
        resolved_value=from_json(doc["resolved_value"]),
        resolved_by=doc["resolved_by"],
        resolved_at=_instant(doc["resolved_at"]),
        applied_at=_instant(doc["applied_at"]),
    )


def conflict_params(conflict: Conflict) -> dict[str, Any]:
    """Parameters of `put_conflict`."""
    return {
        "conflict_id": conflict.conflict_id,
        "type": conflict.ref.resource_type,
        "id": conflict.ref.resource_id,
        "scope": conflict.ref.scope,
        "field": conflict.field,
        "kind": conflict.kind,
        "base": dump_json(conflict.base),
        "local": dump_json(conflict.local),
        "remote": dump_json(conflict.remote),
        "remote_raw": dump_json(conflict.remote_raw),
        "local_seq": conflict.local_seq,
        "revision": conflict.revision,
        "details": dump_json(conflict.details),
        "state": conflict.state,
        "resolution": conflict.resolution,
        "resolved_value": dump_json(conflict.resolved_value),
        "resolved_by": conflict.resolved_by,
        "created_at": conflict.created_at,
        "resolved_at": conflict.resolved_at,
        "applied_at": conflict.applied_at,
    }


def kept_params(kept: ConflictValue) -> dict[str, Any]:
    """Parameters of `keep_conflict_value`, but when it was seen."""
    raw = None if kept.raw is None else dump_json(kept.raw)
    return {"conflict_id": kept.conflict_id, "side": kept.side, "value": dump_json(kept.value), "raw": raw}


def read_audit_entry(doc: Mapping[str, Any], ref: ResourceRef) -> AuditEntry:
    """A line of the audit out of its row, as JSON."""
    at = _instant(doc["at"])
    assert at is not None
    return AuditEntry(
        run_id=doc["run_id"],
        side=doc["side"],
        ref=ref,
        field=doc["field"],
        old=from_json(doc["old"]),
        new=from_json(doc["new"]),
        reason=doc["reason"],
        actor=doc["actor"],
        at=at,
        op_id=UUID(doc["op_id"]) if doc["op_id"] else None,
        undo_of=doc["undo_of"],
        old_raw=from_json(doc["old_raw"]),
        audit_id=doc["id"],
    )


def audit_params(entry: AuditEntry) -> dict[str, Any]:
    """Parameters of `audit`."""
    return {
        "run_id": entry.run_id,
        "op_id": entry.op_id,
        "side": entry.side,
        "type": entry.ref.resource_type,
        "id": entry.ref.resource_id,
        "field": entry.field,
        "old": dump_json(entry.old),
        "new": dump_json(entry.new),
        "reason": entry.reason,
        "actor": entry.actor,
        "at": entry.at,
        "undo_of": entry.undo_of,
        "old_raw": None if entry.old_raw is None else dump_json(entry.old_raw),
    }
