"""Searching with JQL, batch by batch, with the habits of the real index."""

import base64
import binascii
import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import orjson

from javis_pipeline.sandbox.jira import jql
from javis_pipeline.sandbox.jira.issues import IssueState
from javis_pipeline.sandbox.jira.matching import Ordering, SortValue, compile_clause, ordering, required_projects
from javis_pipeline.sandbox.jira.store import JiraStore
from javis_pipeline.sandbox.jira.vocabulary import Words
from javis_pipeline.sandbox.people import Person

TOKEN_LIFE = timedelta(days=7)
INVALID_TOKEN = "The provided nextPageToken is invalid or has expired."  # noqa: S105 - words, not a secret
UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."


@dataclass(frozen=True)
class Batch:
    """Some of the issues a query finds; `next_token` is None after the last of them."""

    states: list[IssueState]
    next_token: str | None


@dataclass(frozen=True)
class _Result:
    rows: list[IssueState]
    order: Ordering


class Search:
    """Finds issues of a store."""

    def __init__(self, store: JiraStore) -> None:
        self._store = store
        self._words = Words(store)
        self._last: tuple[tuple[object, ...], _Result] | None = None

    def check(self, text: str, caller: Person | None) -> None:
        """Does nothing for a query that can be run.

        Raises:
            JqlError: It cannot.
        """
        words = self._words.spoken_by(caller)
        query = jql.parse(text)
        ordering(query, words)
        if query.where is not None:
            compile_clause(query.where, words)

    def count(self, text: str, caller: Person | None) -> int:
        """How many issues a query finds."""
        return len(self._run(text, caller, frozenset()).rows)

    def all(self, text: str, caller: Person | None) -> list[IssueState]:
        """Everything a query finds, in order."""
        return list(self._run(text, caller, frozenset()).rows)

    def on_premises(self, text: str, caller: Person | None, *, forgiving: bool) -> list[IssueState]:
        """Everything a query finds, in order, where queries need no restriction.

        Args:
            text: The query.
            caller: Who asks; None finds nothing.
            forgiving: Pass over issues and values that are not there.
        """
        return self._run(text, caller, frozenset(), bounded=False, forgiving=forgiving).rows

    def batch(
        self, text: str, caller: Person | None, *, most: int, token: str | None, reconcile: frozenset[int]
    ) -> Batch:
        """The next issues a query finds.

        The token says where the last batch ended in the order, so issues that change meanwhile can come twice.

        Args:
            text: The query.
            caller: Who asks; None finds nothing.
            most: How many issues at most.
            token: `next_token` of the batch before; None for the first.
            reconcile: Ids that are judged by what they are now, not by what the index knows.

        Raises:
            JqlError: The query or the token is refused.
        """
        result = self._run(text, caller, reconcile)
        start = 0 if not token else result.order.after(result.rows, self._opened(token, text))
        size = self._size(most)
        rows = result.rows[start : start + size]
        is_last = start + size >= len(result.rows)
        next_token = None if is_last else self._sealed(result.order.position(rows[-1]), text)
        if token and self._happens(self._store.behaviour.repeated_batches):
            next_token = token
        flicker = self._store.behaviour.flicker
        return Batch([row for row in rows if row.id in reconcile or not self._happens(flicker)], next_token)

    def _run(
        self,
        text: str,
        caller: Person | None,
        reconcile: frozenset[int],
        *,
        bounded: bool = True,
        forgiving: bool = False,
    ) -> _Result:
        words = replace(self._words.spoken_by(caller), forgiving=forgiving)
        query = jql.parse(text)
        if bounded and not jql.is_bounded(query):
            raise jql.JqlError(UNBOUNDED)
        if caller is None:
            return _Result([], ordering(query, words))
        lags = self._store.behaviour.index_lag
        key = (text, caller.account_id, caller.time_zone, self._store.changes, words.now.replace(microsecond=0))
        if self._last is not None and self._last[0] == key and not reconcile and not lags:
            return self._last[1]
        test = compile_clause(query.where, words) if query.where else lambda _: True
        projects = required_projects(query.where, words)
        known = self._store.searchable(self._store.projects if projects is None else projects)
        rows = [state for state in known if state.id not in reconcile and test(state)]
        rows += [state for state in self._current(reconcile) if test(state)]
        order = ordering(query, words)
        result = _Result(order.sorted(rows), order)
        self._last = (key, result)
        return result

    def _current(self, ids: frozenset[int]) -> list[IssueState]:
        issues = (self._store.issues.get(id_) for id_ in ids)
        return [issue.state for issue in issues if issue and self._store.is_visible(issue) and not issue.archived]

    def _size(self, most: int) -> int:
        if self._happens(self._store.behaviour.short_batches):
            return self._store.chance.randint(1, most)
        return most

    def _happens(self, chance: float) -> bool:
        return bool(chance) and self._store.chance.random() < chance

    def _sealed(self, position: list[SortValue], text: str) -> str:
        expires = self._store.now() + TOKEN_LIFE
        content = {"after": position, "of": _digest(text), "until": expires}
        return base64.urlsafe_b64encode(orjson.dumps(content)).decode()

    def _opened(self, token: str, text: str) -> list[SortValue]:
        try:
            content = orjson.loads(base64.b64decode(token, altchars=b"-_", validate=True))
            expires = datetime.fromisoformat(content["until"])
            position: list[SortValue] = content["after"]
        except (binascii.Error, orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            raise jql.JqlError(INVALID_TOKEN) from None
        if content.get("of") != _digest(text) or expires < self._store.now():
            raise jql.JqlError(INVALID_TOKEN)
        return position


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
