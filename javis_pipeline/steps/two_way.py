"""One run of the two-way sync of a Jira project, on the real store and site: settle, reconcile, push, or only plan.

`open_scope` proves who we are and that the project is visible; the others believe what they read because of that.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from javis_pipeline.clients.jira import jql
from javis_pipeline.clients.jira.client import JiraClient
from javis_pipeline.clients.jira.remote import JiraRecords
from javis_pipeline.db.connection import Database
from javis_pipeline.db.issues import issues_to_fetch
from javis_pipeline.db.locks import ScopeLock, hold_scope
from javis_pipeline.db.sync_store import PostgresStore
from javis_pipeline.db.watermarks import read_watermark
from javis_pipeline.records.sync import WHOLE_RECORD, Overrides, PlanItem
from javis_pipeline.records.values import ResourceRef, System
from javis_pipeline.steps.census import Counted, take_census
from javis_pipeline.steps.jira_site import NO_CHOICE, JiraSite, read_site
from javis_pipeline.steps.ports import RemoteRecords
from javis_pipeline.steps.push import Pushed, push_operations
from javis_pipeline.steps.reconcile import Reconciled, plan_records, reconcile_edited, reconcile_records, to_look_at
from javis_pipeline.steps.recording import recorded_step
from javis_pipeline.steps.settle import settle_operations
from javis_pipeline.sync.guards import guard_identity
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown
from javis_pipeline.sync.run import Rules, Run

NO_OVERRIDES = Overrides()
# Records worked on at once: each is several requests, one after the other. The client keeps the pace that Jira allows.
_THREADS = 4


class Scope(NamedTuple):
    """A project or a space with both of its sides, and the run that works on it.

    Attributes:
        key: Project or space key.
    """

    db: Database
    system: System
    key: str
    store: PostgresStore
    remote: RemoteRecords
    run: Run

    def recorded(self, step: str) -> AbstractContextManager[dict[str, Any]]:
        """Keep the book of runs while a step of this run is done; the block fills the counts."""
        return recorded_step(self.db, self.run.run_id, self.system, self.key, step, now=self.run.now())


class WrittenBack(NamedTuple):
    """What a write-back did.

    Attributes:
        settled: Earlier operations with an unknown outcome, by what became of them.
        decided: What deciding the edited records came to.
        pushed: What sending came to.
    """

    settled: Mapping[str, int]
    decided: Reconciled
    pushed: Pushed

    def as_metadata(self) -> dict[str, int]:
        """The counts, flat, for the book of runs and the UI."""
        return {
            **{f"settled_{state}": number for state, number in self.settled.items()},
            **self.pushed.count(),
            "errors": self.decided.count()["errors"],
        }


def open_scope(
    db: Database,
    jira: JiraClient,
    project: str,
    *,
    run_id: str,
    clock: Callable[[], datetime],
    rules: Rules,
    overrides: Overrides = NO_OVERRIDES,
    chosen_fields: Mapping[str, str] = NO_CHOICE,
    site: JiraSite | None = None,
    new_id: Callable[[], UUID] = uuid4,
) -> Scope:
    """Both sides of a project, after proving who we are and that it is visible.

    Args:
        db: The product's database.
        jira: Client of the site.
        project: Key of the project.
        run_id: Names the run in the audit and in the book of runs.
        clock: Dates what is written.
        rules: How conflicts are decided.
        overrides: What a person allowed for this run.
        chosen_fields: A person's choice of custom fields, role to field id.
        site: The account, the project and its fields, where the caller has just read them; None to read them here.
        new_id: Makes ids of operations and conflicts.

    Raises:
        IdentityError, SettingError, SyncHalted: We are not who we should be, or the project is not visible.
    """
    site = site or read_site(jira, project, chosen=chosen_fields)
    with db.transaction() as conn:
        last = read_watermark(conn, "jira", project)
    account_id = site.identity.account_id
    guard_identity(
        f"jira project {project}", account_id=account_id, last_account_id=last.account_id, overrides=overrides
    )
    store = PostgresStore(db, "jira_issue", project)
    catalog = replace(store.catalog(), unwritable=_unwritable(site))
    run = Run(run_id, clock, new_id, account_id, catalog, replace(rules, scopes=rules.scopes or frozenset({project})))
    remote = JiraRecords(jira, site.fields, render=adf_to_markdown)
    return Scope(db, "jira", project, store, remote, run)


def _unwritable(site: JiraSite) -> Mapping[str, str]:
    if site.fields.story_points:
        return {}
    candidates = [ambiguity for ambiguity in site.ambiguities if ambiguity.role == "story_points"]
    why = str(candidates[0]) if candidates else "this site has no story points field that the account can see"
    return {"story_points": f"{why}; javis doctor says more"}


def reconcile_pulled(scope: Scope, refs: Iterable[ResourceRef], *, full: bool) -> Reconciled:
    """Settle what was sent, then decide the records that a pull handed on.

    Args:
        scope: Both sides of the project.
        refs: What the pull did not store itself.
        full: Also look for rows that were changed behind the trigger's back, which reads every row of the project, and
            ask again for what was refused.
    """
    settle_operations(scope.store, scope.remote, scope.run)
    if full:
        scope.store.retry(None, None, scope.run.now())
    unmarked = scope.store.unmarked() if full else ()
    wanted = to_look_at(scope.store, [*refs, *unmarked], scope.run)
    return reconcile_records(scope.store, scope.remote, wanted, scope.run, proved=True, threads=_THREADS)


def write_back(scope: Scope, lock: ScopeLock, *, overrides: Overrides = NO_OVERRIDES) -> WrittenBack:
    """Send local edits and resolved conflicts to Jira, and note the step in the book of runs.

    Args:
        scope: Both sides of the project.
        lock: The project's lock; nothing is sent once it is lost.
        overrides: What a person allowed for this run.

    Raises:
        SyncHalted: Suspiciously many writes are planned; nothing was sent.
        RemoteBusy: Jira wants no more requests now; what was not sent stays planned.
        ScopeBusy: The lock is lost; what was not sent stays planned.
    """
    with scope.recorded("write_back") as counts:
        done = send_edits(scope, lock, overrides=overrides)
        counts |= done.as_metadata()
    return done


def send_edits(scope: Scope, lock: ScopeLock, *, overrides: Overrides) -> WrittenBack:
    """What `write_back` does, for callers that note the step themselves. Raises the same."""
    settled = settle_operations(scope.store, scope.remote, scope.run)
    decided = reconcile_edited(scope.store, scope.remote, scope.run, proved=True, threads=_THREADS)
    pushed = push_operations(scope.store, scope.remote, scope.run, overrides, threads=_THREADS, check=lock.check)
    return WrittenBack(settled, decided, pushed)


def take_project_census(
    scope: Scope, jira: JiraClient, project: str, *, overrides: Overrides = NO_OVERRIDES
) -> Counted:
    """Find out which issues are gone, and which the pull has missed; note the step in the book of runs.

    Raises:
        SyncHalted: The list is suspiciously short, or many issues are gone; nothing was changed.
    """
    with scope.recorded("census") as counts:
        ids = {stamp.jira_id for stamp in jira.search_ids(jql.sweep(project))}
        counted = take_census(scope.store, scope.remote, ids, scope.run, overrides)
        counts |= counted.count()
    return counted


def plan(scope: Scope, db: Database, jira: JiraClient, project: str) -> list[PlanItem]:
    """What a run would do now, without doing it: nothing is written anywhere, not even a watermark."""
    stamps = list(jira.search_ids(jql.sweep(project)))
    with db.transaction() as conn:
        wanted = set(issues_to_fetch(conn, stamps))
    known = {ref.resource_id for ref in scope.store.records()}
    changed = [
        ResourceRef("jira_issue", stamp.jira_id, project, stamp.key) for stamp in stamps if stamp.jira_id in wanted
    ]
    new = [_new_item(ref) for ref in changed if ref.resource_id not in known]
    to_decide = scope.store.to_decide(conflicts=scope.run.rules.force != "none")
    refs = {ref.resource_id: ref for ref in (*to_decide, *changed) if ref.resource_id in known}
    planned = plan_records(scope.store, scope.remote, refs.values(), scope.run, proved=True, threads=_THREADS)
    return [*new, *planned.items]


def _new_item(ref: ResourceRef) -> PlanItem:
    return PlanItem(
        ref.resource_type,
        ref.resource_id,
        ref.key,
        WHOLE_RECORD,
        "record",
        None,
        ref.key,
        "new on the remote",
        4,
        "low",
    )


def project_lock(db: Database, project: str, run_id: str) -> AbstractContextManager[ScopeLock]:
    """The lock that every writer of the project holds; entering it raises ScopeBusy while somebody else does."""
    return hold_scope(db, "jira", project, holder=f"javis sync {run_id}")
