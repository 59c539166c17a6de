"""The sandbox's Jira without HTTP: what people do to it, and what it remembers of that."""

import gzip
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest

from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.jira.editing import InvalidEditError
from javis_pipeline.sandbox.jira.issues import WikiText
from javis_pipeline.sandbox.jira.limits import Limits
from javis_pipeline.sandbox.people import Person
from javis_pipeline.sandbox.world import World
from javis_pipeline_tests.sites import issue_there

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def world():
    world = World(seed=4, clock=Clock(NOON))
    world.jira.behaviour.missing_field_ids = 0
    world.jira.behaviour.short_batches = 0
    world.jira.create_project("OQC", "Quality")
    world.jira.create_project("EUV", "Light")
    return world


@pytest.fixture
def jira(world):
    return world.jira


def found(jira, query, *, by="asker@example.com", **options):
    caller = jira.ground.people.signing_in(by)
    defaults: dict[str, Any] = {"most": 50, "token": None, "reconcile": frozenset()}
    return [state.key for state in jira.search.batch(query, caller, **defaults | options).states]


def test_an_edit_changes_values_updated_and_changelog(jira):
    key = jira.create("OQC", "Old", labels=["a", "b"], priority="Low", at=NOON).state.key

    jira.edit(key, by="Ann", at=LATER, title="New", add_labels=["c"], remove_labels=["a"], priority="High")

    issue = jira.find(key)
    assert (issue.state.summary, issue.state.labels, issue.state.updated) == ("New", ("b", "c"), LATER)
    assert [(i.field, i.from_id, i.from_text, i.to_id, i.to_text) for i in issue.history[-1].items] == [
        ("summary", None, "Old", None, "New"),
        ("labels", "", "a b", "", "b c"),
        ("priority", "4", "Low", "2", "High"),
    ]
    assert issue.history[-1].author == jira.ground.people.named("Ann").account_id


def test_an_edit_that_changes_nothing_leaves_no_trace(jira):
    key = jira.create("OQC", "Same", description="text", at=NOON).state.key

    assert jira.edit(key, at=LATER, title=" Same ", description="text") is None
    assert jira.find(key).state.updated == NOON


def test_every_field_that_people_edit_can_be_set_and_emptied(jira):
    epic = jira.create("OQC", "Epic", type="Epic").state.key
    jira.create_sprint("OQC", "Sprint 1", state="active")
    key = jira.create("OQC", "Story", type="Story").state.key

    jira.edit(
        key, assignee="Ann", due_date=date(2026, 12, 1), story_points=3, parent_key=epic, sprint="Sprint 1",
        description="hello", flagged=True,
    )  # fmt: skip
    state = jira.find(key).state
    assert (state.due, state.story_points, state.sprint_ids, state.flagged) == (date(2026, 12, 1), 3.0, (1,), True)
    assert state.parent_id == jira.find(epic).id
    assert jira.find(epic).children == [state.id]

    jira.edit(key, assignee=None, due_date=None, story_points=None, parent_key=None, sprint=None, description=None)
    state = jira.find(key).state
    assert [state.assignee, state.due, state.story_points, state.parent_id, state.description] == [None] * 5
    assert state.sprint_ids == ()
    assert jira.find(epic).children == []


def test_a_closed_sprint_stays_with_the_issue_when_it_goes_on_to_the_next(jira):
    first, second = (jira.create_sprint("OQC", name, state="active").number for name in ("One", "Two"))
    key = jira.create("OQC", "Long", sprint="One").state.key
    jira.change_sprint(first, state="closed")

    jira.edit(key, sprint="Two")

    assert jira.find(key).state.sprint_ids == (first, second)
    with pytest.raises(InvalidEditError):
        jira.edit(key, sprint="One")


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"title": "x" * 256}, "summary", "can't exceed 255 characters"),
        ({"title": "a\nb"}, "summary", "contains newline characters"),
        ({"title": " "}, "summary", "must specify a summary"),
        ({"labels": ["x y"]}, "labels", "The label 'x y' contains spaces which is invalid."),
        ({"labels": ["x" * 256]}, "labels", "maximum length"),
        ({"priority": "Shiny"}, "priority", "The priority selected is invalid."),
        ({"due_date": "2026-02-30"}, "duedate", "Error parsing date string: 2026-02-30"),
        ({"due_date": "1969-12-31"}, "duedate", "before 1970"),
        ({"parent_key": "OQC-99"}, "parent", "Could not find issue by id or key."),
        ({"parent_key": "OQC-1"}, "parent", "appropriate hierarchy"),
        ({"description": {"type": "doc"}}, "description", "must be an Atlassian Document"),
        ({"colour": "red"}, "colour", "cannot be set"),
    ],
)
def test_a_bad_value_is_refused_in_jiras_words_and_nothing_is_done(jira, values, field, words):
    key = jira.create("OQC", "Task").state.key

    with pytest.raises(InvalidEditError) as refused:
        jira.edit(key, add_labels=["good"], **values) if "labels" not in values else jira.edit(key, **values)

    assert words in refused.value.errors[field]
    assert jira.find(key).state.labels == ()


def test_somebody_who_left_cannot_be_assigned(jira):
    key = jira.create("OQC", "Task").state.key
    jira.ground.people.add(Person("gone", "Gone", active=False))

    with pytest.raises(InvalidEditError, match="cannot be assigned"):
        jira.edit(key, assignee="gone")


def test_a_status_follows_the_workflow_and_done_has_a_resolution(jira):
    key = jira.create("OQC", "Task", at=NOON).state.key

    with pytest.raises(InvalidEditError, match="no transition leads"):
        jira.transition(key, "In Review")
    jira.transition(key, "In Progress")
    jira.transition(key, "Done", at=LATER)
    done = jira.find(key)
    assert (done.state.resolved, done.state.resolution_id) == (LATER, "10000")
    assert [(i.field, i.from_id, i.to_id) for i in done.history[-1].items] == [
        ("resolution", None, "10000"),
        ("status", "3", "10002"),
    ]

    jira.transition(key, "To Do")
    assert (jira.find(key).state.resolved, jira.find(key).state.resolution_id) == (None, None)


def test_a_moved_issue_keeps_its_id_and_is_found_by_its_old_key(jira):
    issue = jira.create("OQC", "Wanderer")
    old = issue.state.key

    new = jira.move(old, "EUV")

    assert (new, jira.find(old).id, jira.find(new).id) == ("EUV-1", issue.id, issue.id)
    assert (found(jira, "project = OQC"), found(jira, "project = EUV")) == ([], ["EUV-1"])
    assert found(jira, f"key = {old}") == ["EUV-1"]
    assert [item.field for item in issue.history[-1].items] == ["project", "Key"]


def test_what_is_hidden_archived_or_deleted_is_not_found(jira):
    keys = [jira.create("OQC", title).state.key for title in ("hidden", "archived", "deleted", "there")]

    jira.hide(keys[0])
    jira.archive(keys[1])
    jira.delete(keys[2])

    assert found(jira, "project = OQC") == [keys[3]]
    assert [jira.find(key) is not None for key in keys] == [False, True, False, True]
    jira.hide(keys[0], hidden=False)
    assert found(jira, "project = OQC order by key") == [keys[0], keys[3]]


def test_a_project_that_is_taken_away_is_not_there(jira):
    key = jira.create("OQC", "Task").state.key

    jira.hide_project("OQC")

    assert (jira.project("OQC"), jira.find(key)) == (None, None)
    jira.hide_project("OQC", hidden=False)
    assert found(jira, "project = OQC") == [key]


def test_two_changes_at_one_moment_have_different_times(jira):
    key = jira.create("OQC", "Task").state.key
    times = [jira.find(key).state.updated]

    for title in ("one", "two"):
        jira.edit(key, title=title)
        times.append(jira.find(key).state.updated)

    assert len(set(times)) == 3


def test_a_deleted_issue_takes_its_subtasks_and_links_with_it(jira):
    parent, other = (jira.create("OQC", title, type="Story").state.key for title in ("parent", "other"))
    child = jira.create("OQC", "child", type="Sub-task", parent_key=parent).state.key
    jira.link(parent, "Blocks", other)

    jira.delete(parent)

    assert jira.find(child) is None
    assert jira.find(other).links == []


def test_given_a_lagging_index_then_a_change_is_found_late_and_in_its_old_form_until_then(world, jira):
    key = jira.create("OQC", "seen", labels=["old"]).state.key
    jira.behaviour.index_lag = timedelta(seconds=30)

    jira.edit(key, labels=["new"])
    late = jira.create("OQC", "late").state.key

    assert found(jira, "project = OQC and labels = old") == [key]
    assert found(jira, "project = OQC and labels = new") == []
    assert found(jira, "project = OQC", reconcile=frozenset({jira.find(late).id})) == [late, key]
    world.clock.advance(timedelta(seconds=31))
    assert found(jira, "project = OQC and labels = new") == [key]
    assert found(jira, "project = OQC") == [late, key]


def test_given_a_lagging_index_then_a_deleted_issue_haunts_the_search(world, jira):
    key = jira.create("OQC", "ghost").state.key
    jira.behaviour.index_lag = timedelta(seconds=30)

    jira.delete(key)

    assert found(jira, "project = OQC") == [key]
    world.clock.advance(timedelta(seconds=31))
    assert found(jira, "project = OQC") == []


def test_a_flickering_hit_is_there_again_the_next_time(jira):
    for number in range(40):
        jira.create("OQC", f"issue {number}")
    jira.behaviour.flicker = 0.3

    sizes = {len(found(jira, "project = OQC")) for _ in range(5)}

    assert all(0 < size < 40 for size in sizes)


def test_what_an_issue_shows_of_others_is_never_stale(jira):
    epic = jira.create("OQC", "Epic", type="Epic").state.key
    story = jira.create("OQC", "Story", type="Story", parent_key=epic).state.key

    def parent_shown():
        issue = jira.find(story)
        return orjson.loads(jira.renderer.issue(issue, issue.state, ["parent"]))["fields"]["parent"]["fields"]

    assert parent_shown()["summary"] == "Epic"
    jira.edit(epic, title="Renamed")
    assert parent_shown()["summary"] == "Renamed"


def test_fields_that_fail_to_load_are_absent_not_null(jira):
    issue = jira.create("OQC", "Task")
    jira.behaviour.absent_fields = 1.0

    assert orjson.loads(jira.renderer.issue(issue, issue.state, ["summary"]))["fields"] == {}


def test_custom_fields_differ_between_sites_and_have_namesakes():
    one, other = World(seed=1).jira.fields, World(seed=2).jira.fields

    assert one.story_points.id != other.story_points.id
    for name in ("Story Points", "Sprint"):
        assert len([spec for spec in one.all if spec.name == name]) == 2
    assert one.sprint.schema is not None
    assert one.sprint.schema["custom"] == "com.pyxis.greenhopper.jira:gh-sprint"


@pytest.fixture
def corpus_file(tmp_path):
    common = {"project": "X", "type": "Bug", "status": "Closed", "status_category": "done", "labels": []}
    times = {"created": "2020-01-01T10:00:00.000+0000", "updated": "2020-01-02T10:00:00.000+0000"}
    sprint = {"id": 7, "name": "S", "state": "closed", "startDate": "2020-01-01T00:00:00.000Z"}
    comment = {"id": "900", "author": "user-1", "created": times["created"], "updated": None, "body": "*hi*"}
    blocks = {"type": "Blocks", "dir": "outward", "label": "blocks", "key": "X-1"}
    blocked = {"type": "Blocks", "dir": "inward", "label": "is blocked by", "key": "X-2"}
    rows: list[dict[str, Any]] = [
        {"key": "X-1", "id": "50", "summary": None, "priority": None, "comments": [comment], "sprints": [sprint]}
        | {"description": "", "links": [blocked]},
        {"key": "X-2", "id": "51", "summary": "two", "priority": "None", "story_points": 2.5, "parent": "Y-9"}
        | {"links": [blocks, blocks]},
    ]
    file = tmp_path / "x.ndjson.gz"
    file.write_bytes(gzip.compress(b"\n".join(orjson.dumps(common | times | row) for row in rows)))
    return file


def test_a_corpus_keeps_its_ids_and_oddities(jira, corpus_file):
    assert jira.load([corpus_file]) == 2

    one, two = jira.find("X-1"), jira.find("X-2")
    assert (one.id, one.state.summary, one.state.priority_id, one.state.sprint_ids) == (50, None, None, (7,))
    assert jira.priorities[two.state.priority_id].name == "None"
    assert (two.state.story_points, jira.ghosts[two.state.parent_id].key) == (2.5, "Y-9")
    assert [(link.source, link.destination) for link in one.links] == [(51, 50), (51, 50)]
    assert [(comment.id, jira.rich_text(comment.body)["type"]) for comment in jira.comments(one)] == [(900, "doc")]
    assert jira.create("X", "new").id > 900


@pytest.mark.parametrize(("edition", "text"), [("cloud", None), ("data-center", WikiText(""))])
def test_an_empty_text_of_a_corpus_is_kept_where_sites_have_such(corpus_file, edition, text):
    world = World(seed=1, edition=edition)
    world.jira.load([corpus_file])

    assert [issue_there(world, key).state.description for key in ("X-1", "X-2")] == [text, None]


def test_a_corpus_keeps_estimates_types_of_links_by_case_and_the_rank_of_priorities(jira, tmp_path):
    common: dict[str, Any] = {"type": "Bug", "summary": "x", "status": "Open", "reporter": None, "creator": None}
    common["labels"] = []
    common |= {"created": "2021-01-01T00:00:00.000+0000", "updated": "2021-01-01T00:00:00.000+0000"}
    links = [{"type": kind, "dir": "outward", "label": kind, "key": "OLD-2"} for kind in ("Relates", "relates")]
    rows = [
        {**common, "key": "OLD-1", "id": "901", "priority": "None", "links": links},
        {**common, "key": "OLD-2", "id": "902", "priority": "Trivial", "timetracking": {"originalEstimateSeconds": 60}},
        {**common, "key": "OLD-3", "id": "903", "priority": "Critical"},
    ]
    file = tmp_path / "old.ndjson.gz"
    file.write_bytes(gzip.compress(b"\n".join(orjson.dumps(row) for row in rows)))

    jira.load([file])

    issue = jira.find("OLD-2")
    shown = orjson.loads(jira.renderer.issue(issue, issue.state, ["timetracking"]))
    assert shown["fields"]["timetracking"] == {"originalEstimateSeconds": 60}
    assert {kind.name for kind in jira.link_types} >= {"Relates", "relates"}
    names = [priority.name for priority in jira.priorities]
    assert names == ["Critical", "Highest", "High", "Medium", "Low", "Lowest", "Trivial", "None"]


def test_a_file_that_is_no_corpus_is_refused_with_its_line(jira, tmp_path):
    file = tmp_path / "bad.ndjson.gz"
    file.write_bytes(gzip.compress(b'{"key": "X-1", "id": "1"}\n{"no": 1}\n'))

    with pytest.raises(ValueError, match="line 2"):
        jira.load([file])


def test_a_saved_world_comes_back_as_it_was(tmp_path, corpus_file):
    world = World(seed=4, state_dir=tmp_path, clock=Clock(NOON))
    world.jira.create_project("OQC", "Quality")
    world.jira.load([corpus_file])
    key = world.jira.create("OQC", "Task", labels=["x"], assignee="Ann").state.key
    world.jira.comment(key, "hello")
    world.jira.link(key, "Blocks", "X-1")
    world.jira.edit(key, priority="Low")
    world.save()

    back = World(seed=4, state_dir=tmp_path, clock=Clock(NOON)).jira

    for id_, issue in world.jira.issues.items():
        assert back.issues[id_].state == issue.state
        assert back.issues[id_].history == issue.history
        assert back.issues[id_].links == issue.links
        assert back.comments(back.issues[id_]) == world.jira.comments(issue)
    assert found(back, "priority = Low") == [key]
    assert back.edit(key, priority="High") is not None
    with pytest.raises(ValueError, match="--seed 4"):
        World(seed=5, state_dir=tmp_path)


def test_limits_hold_for_an_endpoint_and_for_writes_to_one_issue():
    seconds = [0.0]
    limits = Limits(clock=lambda: seconds[0])

    puts = [limits.request("PUT", "/x").retry_after for _ in range(51)]
    assert puts[:50] == [None] * 50
    assert puts[50] == 1
    writes = [limits.write("1") for _ in range(21)]
    assert (writes[20].retry_after, writes[20].reason) == (2, "jira-per-issue-on-write")
    seconds[0] = 2.1
    assert limits.request("PUT", "/x").retry_after is None
    assert limits.write("1").retry_after is None
