"""An application with Django's models makes, edits and reads back issues that are made in a Jira behind a socket."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any
from uuid import uuid4

import django
import pytest
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import DatabaseError, connections, models, transaction
from psycopg.conninfo import conninfo_to_dict

from javis_pipeline.db.connection import Database
from javis_pipeline_tests.flow.test_create import Both, making


@cache
def issues() -> Any:
    """The application's model. What the database gives is a generated column for Django: read, and never written."""
    settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.postgresql"}}, USE_TZ=True)
    django.setup()

    class Issue(models.Model):  # type: ignore[misc] # Django has no types
        record_id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
        key = models.GeneratedField(expression=models.F("key"), output_field=models.TextField(), db_persist=True)
        project_key = models.TextField()
        issue_type = models.TextField()
        title = models.TextField()
        labels = ArrayField(models.TextField(), default=list)
        due_date = models.DateField(null=True)

        class Meta:
            managed = False
            db_table = "jira_issues"
            app_label = "tracker"

    return Issue


@pytest.fixture
def both(database: Database) -> Iterator[Both]:
    with making(database) as sides:
        yield sides


@pytest.fixture
def issue_model(both: Both) -> Iterator[Any]:
    model, given = issues(), conninfo_to_dict(both.database.url)
    place = {
        "NAME": given["dbname"],
        "HOST": given["host"],
        "USER": given["user"],
        "PASSWORD": given.get("password", ""),
    }
    connections.settings["default"] |= {**place, "PORT": given["port"], "OPTIONS": {"options": "-c role=javis_app"}}
    yield model
    connections["default"].close()
    del connections["default"]


def test_an_issue_is_made_edited_saved_again_and_read_back(both: Both, issue_model: Any) -> None:
    one = issue_model(project_key="OPS", issue_type="Task", title="By Django", labels=["b", "a"])
    one.save()
    first = one.key
    one.title = "By Django, edited"
    one.save()
    one.save()
    both.sync()
    one.refresh_from_db()
    made = (one.key, one.title, one.labels)
    one.due_date = date(2026, 12, 24)
    one.save()
    both.sync()

    there = both.world.jira.find("OPS-2")
    assert there is not None
    assert first.startswith("OPS-new-")
    assert made == ("OPS-2", "By Django, edited", ["a", "b"])
    assert (there.state.summary, there.state.due, both.posts()) == ("By Django, edited", date(2026, 12, 24), 1)
    assert issue_model.objects.get(key="OPS-2").pk == one.pk
    assert both.row("OPS-2")["sync_status"] == "synced"


def test_what_was_in_memory_all_the_time_is_saved_again_and_is_no_second_issue(both: Both, issue_model: Any) -> None:
    stale = issue_model(project_key="OPS", issue_type="Task", title="Stale")
    stale.save()
    both.sync()
    both.world.jira.edit("OPS-2", priority="High")
    both.sync()
    stale.save()
    both.sync()

    row = both.row("OPS-2")
    assert (both.there(), both.posts()) == (["Old", "Stale"], 1)
    assert (row["priority"], row["local_modified_fields"], row["sync_status"]) == ("High", {}, "synced")


def test_many_at_once_are_made_and_a_transaction_that_is_rolled_back_makes_nothing(
    both: Both, issue_model: Any
) -> None:
    many = [issue_model(project_key="OPS", issue_type="Task", title=f"Many {number}") for number in range(3)]
    for _ in range(2):
        issue_model.objects.bulk_create(many, ignore_conflicts=True)
    with transaction.atomic():
        issue_model.objects.create(project_key="OPS", issue_type="Task", title="Never")
        transaction.set_rollback(True)
    both.sync()

    assert both.there() == ["Many 0", "Many 1", "Many 2", "Old"]
    assert set(issue_model.objects.values_list("key", flat=True)) == {"OPS-1", "OPS-2", "OPS-3", "OPS-4"}


def test_a_project_that_is_changed_is_refused_with_the_way(both: Both, issue_model: Any) -> None:
    one = issue_model.objects.create(project_key="OPS", issue_type="Task", title="Fixed")
    both.sync()
    one.refresh_from_db()
    one.project_key = "WEB"

    with pytest.raises(
        DatabaseError, match=r"project_key of OPS-2 cannot be changed here\n.*Move or rename the record"
    ):
        one.save()


def test_an_issue_that_is_there_is_edited_and_deleted_here(both: Both, issue_model: Any) -> None:
    one = issue_model.objects.get(key="OPS-1")
    one.title = "Edited"
    one.save()
    both.sync()
    one.delete()
    both.sync()

    assert both.there() == ["Edited"], "deleted here is hidden here"
    assert both.row("OPS-1")["local_deleted_at"] is not None
