"""One run of the two-way sync of a Confluence space, on the real store and site: settle, reconcile, push, or only plan.

`open_space` proves who we are and that the space is visible; the others believe what they read because of that.
"""

from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from javis_pipeline.clients.confluence.client import ConfluenceClient
from javis_pipeline.clients.confluence.remote import ConfluenceRecords
from javis_pipeline.db.connection import Database
from javis_pipeline.db.locks import ScopeLock, hold_scope
from javis_pipeline.db.pages import pages_to_fetch, replace_issue_links, rewritten_bodies, store_current_versions
from javis_pipeline.db.sync_store import PostgresStore
from javis_pipeline.db.watermarks import read_watermark
from javis_pipeline.errors import UnreadableText
from javis_pipeline.records.confluence import Space
from javis_pipeline.records.sync import WHOLE_RECORD, Overrides, PlanItem
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.census import Counted, take_census
from javis_pipeline.steps.confluence_site import ConfluenceSite, read_site
from javis_pipeline.steps.pull_pages_batch import stamp_of
from javis_pipeline.steps.reconcile import Reconciled, plan_records
from javis_pipeline.steps.two_way import NO_OVERRIDES, Scope, WrittenBack, reconcile_pulled, send_edits
from javis_pipeline.sync.guards import guard_identity
from javis_pipeline.sync.richtext.storage.references import issue_references
from javis_pipeline.sync.run import Rules, Run


class SpaceScope(NamedTuple):
    """A space with what is needed to sync it.

    Attributes:
        sides: Both sides of it, and the run.
        space: As the site tells of it.
        projects: Keys of the Jira projects whose issues a page may mention by key alone.
    """

    confluence: ConfluenceClient
    sides: Scope
    space: Space
    projects: Collection[str]


def open_space(
    db: Database,
    confluence: ConfluenceClient,
    space: str,
    *,
    run_id: str,
    clock: Callable[[], datetime],
    rules: Rules,
    site: ConfluenceSite | None = None,
    spaces: Collection[str] = (),
    projects: Collection[str] = (),
    overrides: Overrides = NO_OVERRIDES,
    new_id: Callable[[], UUID] = uuid4,
) -> SpaceScope:
    """Both sides of a space, after proving who we are and that it is visible.

    Args:
        db: The product's database.
        confluence: Client of the site.
        space: Key of the space.
        run_id: Names the run in the outbox and in the audit.
        clock: Dates things for people.
        rules: How the space is synced.
        site: The account and the space, where the caller has just read them; None to read them here.
        spaces: Keys of all synced spaces: a page that moves to one of them is followed.
        projects: Keys of the Jira projects whose issues a page may mention by key alone.
        overrides: What a person allowed for this run.
        new_id: Makes ids of operations and conflicts.

    Raises:
        IdentityError, SettingError, SyncHalted: We are not who we should be, or the space is not visible.
    """
    site = site or read_site(confluence, space)
    with db.transaction() as conn:
        last = read_watermark(conn, "confluence", space)
    account_id = site.identity.account_id
    guard_identity(
        f"confluence space {space}", account_id=account_id, last_account_id=last.account_id, overrides=overrides
    )
    store = PostgresStore(db, "confluence_page", space)
    scopes = rules.scopes or frozenset({space, *spaces})
    run = Run(run_id, clock, new_id, account_id, store.catalog(), replace(rules, scopes=scopes))
    remote = ConfluenceRecords(confluence, {site.space.space_id: space}, read_only=_why_read_only(site))
    return SpaceScope(confluence, Scope(db, "confluence", space, store, remote, run), site.space, projects)


def _why_read_only(site: ConfluenceSite) -> str | None:
    return None if site.space.status == "current" else f"the space is {site.space.status}; restore it in Confluence"


def reconcile_pulled_pages(scope: SpaceScope, refs: Iterable[ResourceRef], *, full: bool) -> Reconciled:
    """Settle what was sent, then decide the pages that a pull handed on.

    Args:
        scope: The space.
        refs: What the pull did not store itself.
        full: Also look for rows that were changed behind the trigger's back. Reads every row of the space.
    """
    done = reconcile_pulled(scope.sides, refs, full=full)
    _follow_texts(scope)
    return done


def write_back_pages(scope: SpaceScope, lock: ScopeLock, *, overrides: Overrides = NO_OVERRIDES) -> WrittenBack:
    """Send local edits and resolved conflicts to Confluence, and note the step in the book of runs.

    Args:
        scope: The space.
        lock: The space's lock; nothing is sent once it is lost.
        overrides: What a person allowed for this run.

    Raises:
        SyncHalted: Suspiciously many writes are planned; nothing was sent.
        RemoteBusy: Confluence wants no more requests now; what was not sent stays planned.
        ScopeBusy: The lock is lost; what was not sent stays planned.
    """
    with scope.sides.recorded("write_back") as counts:
        try:
            done = send_edits(scope.sides, lock, overrides=overrides)
        finally:
            _follow_texts(scope)
        counts |= done.as_metadata()
    return done


def _follow_texts(scope: SpaceScope) -> None:
    """Versions and mentions of issues of the pages whose text this run merged or sent: no pull fetches them again."""
    with scope.sides.db.transaction(origin="sync") as conn:
        bodies = rewritten_bodies(conn, scope.space.key, scope.sides.run.run_id)
        links = {page_id: _links(page_id, body, scope.projects) for page_id, body in bodies.items()}
        known = [page_id for page_id, found in links.items() if found is not None]
        replace_issue_links(conn, known, [link for found in links.values() for link in found or ()])
        store_current_versions(conn, list(bodies))


def _links(page_id: str, body: str | None, projects: Collection[str]) -> list[tuple[str, str, str]] | None:
    """(page id, issue key, kind) of the mentions in a text; None when an edit has made it malformed."""
    try:
        return [(page_id, link.key, link.kind) for link in issue_references(body, projects)]
    except UnreadableText:
        return None


def take_space_census(scope: SpaceScope, *, overrides: Overrides = NO_OVERRIDES) -> Counted:
    """Find out which pages are gone, and which the pull has missed; note the step in the book of runs.

    Raises:
        SyncHalted: The list is suspiciously short, or many pages are gone; nothing was changed.
    """
    with scope.sides.recorded("census") as counts:
        ids = {str(document.get("id")) for document in scope.confluence.pages(scope.space.space_id)}
        counted = take_census(scope.sides.store, scope.sides.remote, ids, scope.sides.run, overrides)
        counts |= counted.count()
    return counted


def plan_space(scope: SpaceScope) -> list[PlanItem]:
    """What a run would do now, without doing it: nothing is written anywhere, not even a watermark."""
    store, remote, run = scope.sides.store, scope.sides.remote, scope.sides.run
    stamps = [stamp_of(document) for document in scope.confluence.pages(scope.space.space_id)]
    with scope.sides.db.transaction() as conn:
        changed = pages_to_fetch(conn, stamps)
    known = {ref.resource_id: ref for ref in store.records()}
    new = [_new_item(page_id) for page_id in sorted(changed - set(known))]
    refs = {ref.resource_id: ref for ref in store.to_decide(conflicts=run.rules.force != "none")}
    refs |= {page_id: known[page_id] for page_id in sorted(changed & set(known))}
    return [*new, *plan_records(store, remote, refs.values(), run, proved=True).items]


def _new_item(page_id: str) -> PlanItem:
    return PlanItem(
        "confluence_page", page_id, page_id, WHOLE_RECORD, "record", None, page_id, "new on the remote", 4, "low"
    )


def space_lock(db: Database, space: str, run_id: str) -> AbstractContextManager[ScopeLock]:
    """The lock that every writer of the space holds; entering it raises ScopeBusy while somebody else does."""
    return hold_scope(db, "confluence", space, holder=f"javis sync {run_id}")
