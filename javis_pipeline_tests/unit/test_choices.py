"""What people type for a status, a priority or a person, and whom it means."""

import unicodedata

import pytest

from javis_pipeline.errors import UsageError
from javis_pipeline.sync.choices import Person, choose_name, choose_person

MARA = Person("712020:0bfdd4fd-aa1f-43bb-8efe-ca41d3793d71", "Mara Lindqvist", active=True)
JURGEN = Person("5b10ac8d82e05b22cc7d4ef5", "Jürgen Groß", active=True)
MIKA = Person("712020:430c7db2-e9a3-494d-84cc-e4517b023ab7", "三浦 みか", active=True)
ANN, OTHER_ANN = (Person(f"a-{number}", "Ann Lee", active=True) for number in (1, 2))
PAUL_LEFT, PAUL = Person("p-1", "Paul Roe", active=False), Person("p-2", "Paul Roe", active=True)
GONE = Person("g-1", "Gil Gone", active=False)
PEOPLE = [MARA, JURGEN, MIKA, ANN, OTHER_ANN, PAUL_LEFT, PAUL, GONE]
STATUSES = ["To Do", "In Progress", "Done"]


@pytest.mark.parametrize(
    ("text", "person"),
    [
        (MARA.account_id, MARA),
        ("Mara Lindqvist", MARA),
        ("  mara   LINDQVIST ", MARA),
        ("Jürgen Groß", JURGEN),
        (unicodedata.normalize("NFD", "Jürgen Groß"), JURGEN),
        ("jurgen gross", JURGEN),
        ("JÜRGEN GROSS", JURGEN),
        ("三浦 みか", MIKA),
        ("a-2", OTHER_ANN),
        ("Paul Roe", PAUL),
    ],
)
def test_a_person_is_found_by_id_or_name(text: str, person: Person) -> None:
    assert choose_person(text, PEOPLE) == person.account_id


@pytest.mark.parametrize("unseen", ["712020:11111111-2222-3333-4444-555555555555", "5b10ac8d82e05b22cc7d4eff"])
def test_an_account_that_was_not_seen_yet_may_be_named_by_its_id(unseen: str) -> None:
    assert choose_person(unseen, PEOPLE) == unseen


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Mara Lindquist", "nobody is called 'Mara Lindquist' here; did you mean Mara Lindqvist?"),
        ("Jurgen", "nobody is called 'Jurgen' here; did you mean Jürgen Groß?"),
        ("みか", "nobody is called 'みか' here; did you mean 三浦 みか?"),
        ("Ann Lee", "2 people are called 'Ann Lee'; give the id of one: a-1 (Ann Lee), a-2 (Ann Lee)"),
        ("Gil Gone", "Gil Gone is no longer active; name somebody else"),
        ("zzz", "nobody is called 'zzz' here; there are Ann Lee, Jürgen Groß, Mara Lindqvist, Paul Roe, 三浦 みか"),
    ],
)
def test_a_name_that_is_nobodys_or_of_several_is_told_with_the_way_out(text: str, message: str) -> None:
    with pytest.raises(UsageError) as told:
        choose_person(text, PEOPLE)

    assert str(told.value) == message


def test_two_whose_names_differ_in_accents_are_told_apart_by_them_and_asked_for_without() -> None:
    two = [Person("r-1", "Rene Roy", active=True), Person("r-2", "René Roy", active=True)]

    assert [choose_person(name, two) for name in ("Rene Roy", "René Roy")] == ["r-1", "r-2"]
    with pytest.raises(UsageError, match=r"2 people are called 'RENE ROY'.*r-1 \(Rene Roy\), r-2 \(René Roy\)"):
        choose_person("RENE ROY", two)


@pytest.mark.parametrize(("text", "name"), [("Done", "Done"), ("in progress", "In Progress"), ("TO  DO", "To Do")])
def test_a_status_is_found_in_whichever_case(text: str, name: str) -> None:
    assert choose_name(text, STATUSES, "status") == name


def test_a_status_that_is_not_there_is_told_with_the_nearest_or_all() -> None:
    with pytest.raises(UsageError, match=r"there is no status 'Dnoe' here; did you mean Done\?"):
        choose_name("Dnoe", STATUSES, "status")
    with pytest.raises(UsageError, match="there is no status 'xyz' here; there are Done, In Progress, To Do"):
        choose_name("xyz", STATUSES, "status")


def test_given_nothing_is_known_yet_then_any_name_is_taken_and_only_ids_of_people() -> None:
    assert choose_name("Blocked", [], "status") == "Blocked"
    with pytest.raises(UsageError, match="nobody is known yet; javis sync first"):
        choose_person("Mara", [])
