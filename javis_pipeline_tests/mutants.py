"""Do the tests notice faults? `python -m javis_pipeline_tests.mutants [WORD...]` puts each into a copy, runs its test.

A mutant is a small change of the program that breaks one promise. It is killed when the test that is named beside it
fails; one that survives, or that does not apply any more, ends this with exit code 1. With the word `random`, faults
are made at random instead; see `random_mutants`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from javis_pipeline_tests import random_mutants

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("javis_pipeline", "javis_pipeline_tests", "pyproject.toml", "setup.cfg")

DECIDE = "javis_pipeline/sync/decide.py"
MERGE = "javis_pipeline/sync/merge.py"
FIELD = "javis_pipeline/sync/merge_field.py"
DISTRUST = "javis_pipeline/sync/distrust.py"
ECHOES = "javis_pipeline/sync/echoes.py"
REFUSALS = "javis_pipeline/sync/refusals.py"
OUTBOX = "javis_pipeline/sync/outbox.py"
EVIDENCE = "javis_pipeline/sync/evidence.py"
STORE = "javis_pipeline/db/sql/sync_store.sql"
ISSUES = "javis_pipeline/db/sql/issues.sql"
ROUNDS = "javis_pipeline/steps/rounds.py"
TRACKING = "javis_pipeline/db/tracking.py"
TRIGGERS = "javis_pipeline/db/sql/tracking.sql"
PAGES = "javis_pipeline/db/sql/pages.sql"

TABLE = "javis_pipeline_tests/unit/test_sync_decide.py"
STORIES = "javis_pipeline_tests/unit/test_sync_records.py"
MARK = "javis_pipeline_tests/unit/test_watermark.py"
TWO_WAY = "javis_pipeline_tests/flow/test_sync_two_way.py"
BAD = "javis_pipeline_tests/unit/test_one_bad_record.py"
LAWS = "javis_pipeline_tests/property/test_laws_memory.py"
MOMENTS = "javis_pipeline_tests/unit/test_sync_refusals.py"
FIELDS = "javis_pipeline_tests/integration/test_law_of_fields.py"
BOOKS = "javis_pipeline_tests/integration/test_sync_store.py"
LOOK = "javis_pipeline_tests/unit/test_look.py"
SITE = "javis_pipeline_tests/integration/test_sync_jira_remote.py"
PULL = "javis_pipeline_tests/flow/test_pull.py"
STORING = "javis_pipeline_tests/integration/test_pull_storing.py"
TURNS = "javis_pipeline_tests/unit/test_rounds.py"
SETS = "javis_pipeline_tests/unit/test_sync_sets.py"
OFFERED = "javis_pipeline_tests/unit/test_sync_offers.py"
LATE = "javis_pipeline_tests/unit/test_sync_late.py"
WHOSE = "javis_pipeline_tests/unit/test_sync_evidence.py"
SPACES = "javis_pipeline_tests/integration/test_confluence_push.py"
FIELD_MAP = "javis_pipeline_tests/flow/test_field_map.py"
HIDDEN = "javis_pipeline_tests/flow/test_restricted.py"
HIDDEN_PAGES = "javis_pipeline_tests/flow/test_restricted_pages.py"

MAKING = "javis_pipeline/sync/create.py"
MAKING_STEP = "javis_pipeline/steps/create.py"
WISHES = "javis_pipeline_tests/property/test_create_laws.py"
MADE = "javis_pipeline_tests/flow/test_create.py"
MADE_PAGES = "javis_pipeline_tests/flow/test_create_pages.py"
AWAY_LAWS = "javis_pipeline_tests/property/test_put_away_laws.py"
TALK = "javis_pipeline_tests/flow/test_comments.py"
LINKS = "javis_pipeline_tests/flow/test_links.py"
WORK = "javis_pipeline_tests/flow/test_worklogs.py"
BELOW = "javis_pipeline_tests/flow/test_comments_below_pages.py"
AWAY = "javis_pipeline_tests/flow/test_put_away.py"

DELETED = "javis_pipeline/sync/deleted.py"
SAID = "javis_pipeline/systems/confluence/comment_records.py"


@dataclass(frozen=True)
class Mutant:
    """A fault: `old` in `file` becomes `new`; `killed_by` is the test that has to fail."""

    name: str
    file: str
    old: str
    new: str
    killed_by: str


ONE_RECORD = f"{WISHES}::test_one_wish_makes_one_record_and_none_is_lost"
MUTANTS = (
    Mutant(
        "making: a look before the horizon counts",
        MAKING,
        "    end = _latest(creation, fence, grounds)\n",
        "    end = fence.at\n",
        ONE_RECORD,
    ),
    Mutant(
        "making: a number that nobody saw is nobody's",
        MAKING,
        "return all(one is not None and _is",
        "return all(one is None or _is",
        ONE_RECORD,
    ),
    Mutant(
        "making: an unmarked record of ours is passed over",
        MAKING,
        "    return is_other or shown\n",
        "    return True\n",
        ONE_RECORD,
    ),
    Mutant(
        "making: what is unknown is planned anew after a time limit",
        MAKING,
        'replace(unproved, state="asks") if over',
        'replace(unproved, state="planned") if over',
        ONE_RECORD,
    ),
    Mutant(
        "making: a copy of the mark is taken for the mark",
        MAKING,
        " and one.creator_id in accounts)\n    return sorted",
        ")\n    return sorted",
        ONE_RECORD,
    ),
    Mutant(
        "making: a lost reply is taken for a no",
        MAKING,
        'return replace(creation, state="unknown", last_error=why)',
        'return replace(creation, state="planned", last_error=why)',
        ONE_RECORD,
    ),
    Mutant(
        "making: a wish is not looked for before it is first asked for",
        MAKING_STEP,
        "            if (found := self._judge(wish, walk, grounds)) is not None:\n",
        "            if wish.creation.state in IN_DOUBT and (found := self._judge(wish, walk, grounds)) is not None:\n",
        f"{MADE}::test_given_a_restored_database_that_does_not_know_what_it_made_then_it_finds_the_marks",
    ),
    Mutant(
        "making: what a restored backup holds as not asked for yet goes out although an issue may be it",
        MAKING,
        '    return _waiting(replace(creation, state="asks"), now)\n\n\ndef _latest',
        "    return replace(creation, restored_at=None)\n\n\ndef _latest",
        f"{MADE}::test_given_a_restored_database_and_a_site_that_shows_no_marks_then_a_person_is_asked_before_anything_is_made",
    ),
    Mutant(
        "making: the mark does not go along",
        "javis_pipeline/systems/jira/create.py",
        'properties={MARK: {"record": str(record_id)}}',
        "properties={}",
        f"{MADE}::test_given_a_reply_that_was_lost_after_it_was_done_then_the_mark_is_found_and_nothing_is_asked_again",
    ),
    Mutant(
        "comments: one is settled before its request could have been executed",
        MAKING,
        "    if not listed or walk.at <= _latest(creation, fence, grounds):\n",
        "    if not listed:\n",
        f"{WISHES}::test_a_comment_goes_out_once_and_none_is_lost",
    ),
    Mutant(
        "pages: one of ours without a mark is passed over, although marks come later",
        MAKING,
        "grounds.shows_marks and not walk.marked_later and walk.at",
        "grounds.shows_marks and walk.at",
        f"{WISHES}::test_a_page_is_made_once_and_none_is_lost",
    ),
    Mutant(
        "pages: one without a mark is never known by what was asked for",
        "javis_pipeline/systems/confluence/create.py",
        "                return [wish.creation.record_id]\n",
        "                return ()\n",
        f"{MADE_PAGES}::test_given_a_reply_that_was_lost_and_no_mark_then_the_page_is_known_by_what_was_asked_for",
    ),
    Mutant(
        "comments: the mark does not go along",
        "javis_pipeline/systems/jira/written.py",
        '{MADE_MARK: {"record": str(record_id)}, **asked.get("noted", {})}',
        'asked.get("noted", {})',
        f"{TALK}::test_given_a_reply_that_is_lost_then_the_comment_is_there_once",
    ),
    Mutant(
        "comments: one is deleted without a look at what it became",
        "javis_pipeline/sync/merge.py",
        "    elif stays_deleted(draft, remote):\n",
        "    elif draft.run.kind.table.place.removes or stays_deleted(draft, remote):\n",
        f"{TALK}::test_given_a_comment_deleted_here_and_edited_there_then_it_stays_and_a_person_is_asked",
    ),
    Mutant(
        "links: what was lost waits for a horizon",
        MAKING,
        '    if grounds.repeatable and place in walk.places:\n        return replace(creation, state="planned"',
        '    if False:\n        return replace(creation, state="planned"',
        f"{LINKS}::test_given_a_request_or_reply_that_is_lost_then_the_next_run_sees_to_it",
    ),
    Mutant(
        "links: each end has a row",
        "javis_pipeline/systems/jira/rows.py",
        '    return link.direction == "outward" or not is_brought\n',
        "    return True\n",
        f"{LINKS}::test_given_links_that_are_inserted_from_either_end_and_deleted_then_jira_follows",
    ),
    Mutant(
        "links: what is there is not looked for before it is asked for",
        "javis_pipeline/systems/jira/links.py",
        "            mark=wish.creation.record_id,\n",
        "            mark=None,\n",
        f"{LINKS}::test_given_a_link_that_somebody_made_there_meanwhile_then_it_is_the_one_and_nothing_is_sent",
    ),
    Mutant(
        "worklogs: what is left to do moves",
        "javis_pipeline/systems/jira/written_calls.py",
        '{"adjustEstimate": "leave", "notifyUsers": "false"}',
        '{"notifyUsers": "false"}',
        f"{WORK}::test_given_work_that_is_logged_edited_and_deleted_here_then_jira_follows_and_what_is_left_to_do_stays",
    ),
    Mutant(
        "put away: a page is removed without a look at what it became",
        "javis_pipeline/sync/outbox.py",
        "or not remote_is_as_expected(current, remote, run.kind)",
        "or not (puts_away or remote_is_as_expected(current, remote, run.kind))",
        f"{AWAY_LAWS}::test_only_what_was_seen_is_put_away_and_only_while_that_is_wanted",
    ),
    Mutant(
        "put away: what was said while it was on holds after it was switched off",
        "javis_pipeline/sync/deleted.py",
        "    if allowed is None or draft.removal not in",
        "    if draft.removal not in",
        f"{AWAY_LAWS}::test_only_what_was_seen_is_put_away_and_only_while_that_is_wanted",
    ),
    Mutant(
        "put away: a row that is deleted goes although its record was changed since",
        DELETED,
        "    if not changed:\n        return True\n",
        "    if not changed or draft.removal:\n        return True\n",
        f"{AWAY}::test_given_a_page_that_somebody_edited_there_then_it_is_not_put_away_and_a_person_is_asked",
    ),
    Mutant(
        "put away: what was deleted while it was off goes once it is on",
        TRIGGERS,
        "            INTO is_kept USING OLD.record_id, becomes;\n",
        "            INTO is_kept USING OLD.record_id, coalesce(becomes, 'archive');\n",
        f"{AWAY}::test_given_the_setting_is_off_then_a_deleted_row_is_hidden_here_only_until_a_person_says_otherwise",
    ),
    Mutant(
        "put away: what is to be archived is deleted",
        DELETED,
        '    return "archive" if "archive" in (allowed, draft.removal) else "delete"\n',
        '    return "delete"\n',
        f"{AWAY}::test_given_a_page_that_is_deleted_here_then_it_is_put_away_there_and_comes_back_when_it_is_restored_there",
    ),
    Mutant(
        "put away: what was said while it was on is done after it was switched off",
        DELETED,
        "    if allowed is None or draft.removal not in",
        "    if draft.removal not in",
        f"{AWAY}::test_given_the_setting_is_switched_off_before_the_sync_then_nothing_is_removed",
    ),
    Mutant(
        "put away: many go without a question",
        "javis_pipeline/sync/guards.py",
        "    if records > max(MOST_DELETIONS, overrides.deletions or 0):\n",
        "    if False:\n",
        f"{AWAY}::test_given_many_deleted_rows_then_the_guard_asks_first",
    ),
    Mutant(
        "put away: what is restored there stays deleted here",
        DELETED,
        '    if draft.removal != "done" or remote.away is not None:\n',
        "    if True:\n",
        f"{AWAY}::test_given_issues_that_are_deleted_here_then_they_are_archived_and_come_back_when_they_are_restored",
    ),
    Mutant(
        "below pages: one is deleted without a look at what it became",
        MERGE,
        "    elif stays_deleted(draft, remote):\n",
        "    elif draft.run.kind.table.place.removes or stays_deleted(draft, remote):\n",
        f"{BELOW}::test_given_a_comment_deleted_here_and_edited_there_then_it_stays_and_a_person_is_asked",
    ),
    Mutant(
        "below pages: one is settled before its request could have been executed",
        MAKING,
        "    if not listed or walk.at <= _latest(creation, fence, grounds):\n",
        "    if not listed:\n",
        f"{WISHES}::test_a_comment_below_a_page_goes_out_once_whatever_becomes_of_the_page",
    ),
    Mutant(
        "below pages: another of our account is passed over",
        MAKING,
        "    return is_other or shown\n",
        "    return is_other or shown or bool(one.place)\n",
        f"{BELOW}::test_given_a_lost_reply_and_another_comment_of_our_account_then_a_person_is_asked_and_answers",
    ),
    Mutant(
        "below pages: what was asked for is not known by its words",
        SAID,
        "        return [wish.creation.record_id for wish in wishes if same(one.body_storage, wish.asked[_TEXT])]\n",
        "        return [wish.creation.record_id for wish in wishes if same is None]\n",
        f"{BELOW}::test_given_a_reply_that_is_lost_then_the_comment_is_there_once",
    ),
    Mutant(
        "below pages: one that is not to be seen has no comments",
        "javis_pipeline/steps/written.py",
        "            except RemoteMissing:\n                continue\n",
        "            except RemoteMissing:\n                pass\n",
        f"{BELOW}::test_given_a_page_in_the_trash_in_between_then_nothing_is_concluded_and_nothing_is_doubled",
    ),
    Mutant(
        "below pages: after a restore one of ours that was changed has a row at once",
        "javis_pipeline/db/sql/hanging.sql",
        "OR w.restored_at IS NOT NULL AND w.state IN ('planned', 'rejected')",
        "OR false",
        f"{BELOW}::test_given_a_restored_database_and_a_comment_that_somebody_changed_since_then_a_person_is_asked",
    ),
    Mutant(
        "below pages: somebody else's save in between is overwritten",
        "javis_pipeline/systems/confluence/comment_calls.py",
        "            raise StaleRevision(why) from collision\n",
        "            self._save_comment(comment_id, now + 1, body_storage, message)\n",
        f"{BELOW}::test_given_a_save_between_look_and_write_then_it_is_not_overwritten",
    ),
    Mutant(
        "pages: the mark is not noted",
        "javis_pipeline/systems/confluence/create.py",
        "            self._client.mark_page(page_id, noted_for(record_id))\n",
        "            pass\n",
        f"{MADE_PAGES}::test_given_pages_that_an_application_inserts_then_they_are_made_once_each_below_its_parent",
    ),
    Mutant(
        "making: an answer that names nobody is taken for a no",
        MAKING_STEP,
        "isinstance(error, IdentityError) and error.may_be_done",
        "False",
        f"{MADE}::test_given_an_answer_that_names_nobody_then_nobody_knows_whether_it_was_made",
    ),
    Mutant(
        "making: a refusal in the words of a collision stops all",
        MAKING_STEP,
        "        except StaleRevision as error:\n",
        "        except ZeroDivisionError as error:\n",
        f"{MADE}::test_given_a_refusal_in_the_words_of_a_collision_then_the_row_says_so_and_the_others_go_on",
    ),
    Mutant(
        "worklogs: one that bears no mark is taken for two",
        MAKING_STEP,
        "                bound[found] = wish.creation.record_id  # and no other wish's\n",
        "                pass\n",
        f"{WISHES}::test_work_is_logged_once_where_it_bears_no_mark_and_other_work_says_the_same",
    ),
    Mutant(
        "making: what was sent is taken for what is there",
        MAKING_STEP,
        "            self.done.created += 1\n            self.done.ids.append(made.remote_id)\n",
        "            self.done.created += 1\n",
        f"{MADE}::test_given_a_row_that_an_application_inserts_then_it_is_an_issue_and_keeps_its_name",
    ),
    Mutant(
        "making: the transport asks again",
        "javis_pipeline/clients/http.py",
        "or too_long or call.once:",
        "or too_long:",
        f"{MADE}::test_given_a_site_that_asks_for_patience_then_it_is_made_by_the_next_run",
    ),
    Mutant(
        "row 0: what is absent from the answer is taken for empty",
        DECIDE,
        '    if isinstance(r, Missing):\n        return Keep("was not in the answer", absent=True)\n',
        "    if isinstance(r, Missing):\n        r = None\n",
        f"{TABLE}::test_each_row_of_the_table",
    ),
    Mutant(
        "row 1: equal sides do not agree",
        DECIDE,
        "    if remote_as_local == l:\n        return Agree(r)",
        "    if remote_as_local == l and l == b:\n        return Agree(r)",
        f"{TABLE}::test_equal_edits_never_clash",
    ),
    Mutant(
        "row 2: decided while our write is on its way",
        DECIDE,
        "    if op_in_flight:\n        return Wait()\n    if reassert",
        "    if reassert",
        f"{TABLE}::test_each_row_of_the_table",
    ),
    Mutant(
        "row 3: a late echo of ours is taken for somebody's edit",
        DECIDE,
        "    if reassert and writable:\n        return Push(r, row=3, rebase=True)\n",
        "",
        f"{STORIES}::test_given_a_write_executed_late_over_a_newer_one_then_the_newer_one_is_written_again",
    ),
    Mutant(
        "row 4: what changed there is not pulled but overwritten",
        DECIDE,
        "    if l == b:\n        return Pull(r)",
        "    if l == b:\n        return Push(r, row=5)",
        f"{TABLE}::test_the_decision_is_symmetric",
    ),
    Mutant(
        "row 5: what changed here is overwritten",
        DECIDE,
        "        return Push(r, row=5) if writable else NotPushable(r)",
        "        return Pull(r)",
        f"{STORIES}::test_given_an_edit_here_when_synced_then_it_is_there_in_one_request_with_only_the_changed_fields",
    ),
    Mutant(
        "row 6: what may not be written is written",
        DECIDE,
        "        return Push(r, row=5) if writable else NotPushable(r)",
        "        return Push(r, row=5)",
        f"{TABLE}::test_each_row_of_the_table",
    ),
    Mutant(
        "row 6: a field that only follows is sent when somebody forces it",
        FIELD,
        '    if draft.run.rules.policy(spec) == "remote_to_local":\n',
        "    if False:\n",
        f"{STORIES}::test_given_a_field_that_only_follows_when_both_changed_it_then_no_force_and_no_merge_sends_it",
    ),
    Mutant(
        "row 7: the last writer of a set wins",
        DECIDE,
        "    merged = (local - (base - remote)) | (remote - base)",
        "    merged = local if local != base else remote",
        f"{TABLE}::test_each_element_of_a_set_is_its_own_case",
    ),
    Mutant(
        "row 8: texts are not merged but ours is sent",
        FIELD,
        "    draft.set_value(spec.name, merged.text, reason=_MERGED, row=8)\n"
        "    _push(draft, spec, replace(sides, local=merged.text),",
        "    _push(draft, spec, sides,",
        f"{STORIES}::test_given_texts_edited_in_different_blocks_then_they_are_merged",
    ),
    Mutant(
        "row 9: the remote wins",
        DECIDE,
        '    return Clash(r, "both_changed")',
        "    return Pull(r)",
        f"{STORIES}::test_given_both_changed_a_field_then_both_values_stay_and_the_rest_syncs",
    ),
    Mutant(
        "row 9: the local side wins",
        DECIDE,
        '    return Clash(r, "both_changed")',
        "    return Push(r, row=5)",
        f"{STORIES}::test_given_both_changed_a_field_then_both_values_stay_and_the_rest_syncs",
    ),
    Mutant(
        "row 10: a row without a base is taken for clean",
        DISTRUST,
        "    if not draft.local.has_base:\n",
        "    if False:\n",
        f"{STORIES}::test_given_a_row_without_a_base_then_nothing_is_taken_for_an_edit",
    ),
    Mutant(
        "no look just before the write",
        OUTBOX,
        " or not remote_is_as_expected(current, remote, run.kind):\n",
        ":\n",
        f"{LAWS}::test_no_edit_is_lost_and_every_history_converges[issues-0]",
    ),
    Mutant(
        "marks are cleared although somebody edited since",
        OUTBOX,
        "    if draft.values.get(spec.name) == sent:\n",
        "    if True:\n",
        f"{STORIES}::test_given_an_edit_while_we_send_then_the_person_keeps_theirs_and_it_goes_out_next",
    ),
    Mutant(
        "marks are cleared without local_seq",
        STORE,
        " WHERE {id} = %(id)s AND local_seq = %(local_seq)s;",
        " WHERE {id} = %(id)s AND %(local_seq)s IS NOT NULL;",
        f"{BOOKS}::test_given_a_plan_decided_on_an_older_row_then_nothing_of_it_is_stored",
    ),
    Mutant(
        "labels go out as a whole array",
        "javis_pipeline/systems/jira/records.py",
        "                request.update[self._names.ids[name]] = verbs\n",
        '                held = set(current.values["labels"]) | set(op.add.get(name, ()))\n'
        "                request.fields[self._ids[name]] = sorted(held - set(op.remove.get(name, ())))\n",
        f"{SITE}::test_given_a_label_added_by_somebody_else_meanwhile_then_it_stays",
    ),
    Mutant(
        "a merged text keeps the base that it was merged from",
        "javis_pipeline/sync/merge_field.py",
        "Push(decision.raw, 8, rebase=True)",
        "Push(decision.raw, 8)",
        f"{STORIES}::test_given_a_block_edited_here_beside_one_that_was_added_there_then_both_arrive_and_nobody_is_asked",
    ),
    Mutant(
        "a history that is newer than the record is taken for seen",
        "javis_pipeline/steps/look.py",
        "if not isinstance(before, Seen) or _came_with_its_history(before):",
        "if isinstance(before, Seen | Gone | Unreadable | Refused | Busy):",
        f"{LOOK}::test_given_a_change_between_the_record_and_its_history_then_the_record_that_is_sent_onto_has_it",
    ),
    Mutant(
        "the watermark moves to now",
        "javis_pipeline/steps/pull.py",
        "advance_watermark(conn, scope.system, scope.key, counts.mark.value, full_at=full_at)",
        "advance_watermark(conn, scope.system, scope.key, self._now, full_at=full_at)",
        f"{PULL}::test_given_an_issue_waits_for_its_merge_then_the_watermark_does_not_pass_its_change",
    ),
    Mutant(
        "the base moves before the write is confirmed",
        OUTBOX,
        '    draft.settle(current, "sent", sent_at=',
        "    for name in current.expected:\n        draft.bases.pop(name, None)\n"
        '    draft.settle(current, "sent", sent_at=',
        f"{STORIES}::test_given_a_lost_request_then_it_is_given_up_after_a_while_and_sent_again",
    ),
    Mutant(
        "sent is not committed before the request",
        "javis_pipeline/steps/push.py",
        "        if sent is None:\n            return True",
        "        if sent is None:\n            self.remote.send(op, record)\n            return True",
        f"{LAWS}::test_no_edit_is_lost_and_every_history_converges[issues-0]",
    ),
    Mutant(
        "a write without a reply is repeated at once",
        EVIDENCE,
        '        return Verdict("wait", {})\n',
        '        return Verdict("abandon", {"by": "time"})\n',
        f"{STORIES}::test_given_a_lost_request_then_it_is_given_up_after_a_while_and_sent_again",
    ),
    Mutant(
        "nobody looks what a write replaced",
        ECHOES,
        "    found = overwritten_value(spec, op, entry, changes)\n",
        "    found = None\n",
        f"{STORIES}::test_given_an_edit_between_our_look_and_our_write_then_what_we_replaced_is_offered",
    ),
    Mutant(
        "a record that is not found once is gone",
        MERGE,
        "    if local.missing_since is None:\n",
        "    if local.missing_since is None and False:\n",
        f"{STORIES}::test_given_a_record_not_found_once_then_it_is_not_gone",
    ),
    Mutant(
        "who we are need not be proved",
        MERGE,
        "    if not proved:\n        return draft.plan()\n",
        "",
        f"{STORIES}::test_given_no_proof_of_who_we_are_then_nothing_is_missing",
    ),
    Mutant(
        "the watermark passes what did not come",
        "javis_pipeline/sync/watermark.py",
        "            elif remote_id not in closed and (came is None or (seen is not None and came < seen)):\n",
        "            elif remote_id not in closed and came is not None and seen is not None and came < seen:\n",
        f"{MARK}::test_nothing_is_passed_that_was_wanted_and_neither_came_nor_was_refused",
    ),
    Mutant(
        "one sight does not end the first proof that a record is gone",
        ISSUES,
        "             OR known.remote_missing_since IS NOT NULL))\n",
        "            ))\n",
        f"{TWO_WAY}::test_given_two_misses_with_a_sight_in_between_then_there_is_no_tombstone",
    ),
    Mutant(
        "an older answer is older, whenever it was asked for",
        MERGE,
        "    if unchanged_since or not _is_older(remote, draft):\n",
        "    if not _is_older(remote, draft):\n",
        f"{STORIES}::test_given_a_revision_that_went_back_then_an_answer_that_began_after_our_last_write_counts",
    ),
    Mutant(
        "an answer that others have overtaken counts",
        MERGE,
        "    if unchanged_since or not _is_older(remote, draft):\n",
        "    if True:\n",
        f"{STORIES}::test_given_an_answer_that_another_run_has_overtaken_then_it_counts_for_nothing",
    ),
    Mutant(
        "what is refused is taken for gone",
        "javis_pipeline/steps/look.py",
        "        case RemoteRefused() | StaleRevision():\n            return Refused(str(error))\n",
        "        case RemoteRefused() | StaleRevision():\n            return Gone()\n",
        f"{BAD}::test_given_a_probe_that_is_refused_twice_then_the_record_is_not_gone",
    ),
    Mutant(
        "a choice holds although the values moved",
        "javis_pipeline/sync/resolve.py",
        "    if _moved_here(draft, current, choice) or _shown(current) != _shown(conflict):\n",
        "    if False:\n",
        f"{STORIES}::test_given_the_column_moved_since_the_person_looked_then_nothing_happens",
    ),
    Mutant(
        "edits of a gone record are given up unseen",
        "javis_pipeline/sync/resolve.py",
        "        return any(name not in shown or draft.values[name] != shown[name] for name in draft.bases)\n",
        "        return False\n",
        f"{STORIES}::test_given_a_gone_record_was_edited_since_the_person_looked_then_only_what_was_shown_can_be_given_up",
    ),
    Mutant(
        "force takes fields that nobody named",
        "javis_pipeline/sync/run.py",
        '        return self.force != "none" and (not self.force_fields or name in self.force_fields)\n',
        '        return self.force != "none"\n',
        f"{STORIES}::test_given_force_then_exactly_the_listed_conflicts_are_resolved",
    ),
    Mutant(
        "a value that left a conflict is forgotten",
        "javis_pipeline/sync/conflicts.py",
        "            if old is None or getattr(old, side) != value:\n",
        "            if old is None:\n",
        f"{STORIES}::test_given_the_pair_moved_since_the_person_looked_then_nothing_happens",
    ),
    Mutant(
        "a yes is believed without a look",
        EVIDENCE,
        '    return Effect("ignored" if as_before else "unclear")',
        '    return Effect("held")',
        f"{MOMENTS}::test_given_a_yes_that_changed_nothing_then_the_edit_stays_and_a_person_is_told",
    ),
    Mutant(
        "a yes to one field is a yes to all",
        EVIDENCE,
        "    if holds(spec, op, remote):\n",
        "    if True:\n",
        f"{MOMENTS}::test_given_one_field_of_several_is_ignored_then_the_others_are_confirmed",
    ),
    Mutant(
        "an element that was ignored becomes the base",
        OUTBOX,
        "    done = without(op, spec.name, found.missing)\n",
        "    done = op\n",
        f"{MOMENTS}::test_given_one_element_of_several_is_ignored_then_the_others_are_confirmed",
    ),
    Mutant(
        "what was sent becomes the base although it was never seen there",
        EVIDENCE,
        '    if not sets:\n        return Effect("unclear")\n',
        '    if not sets:\n        return Effect("held")\n',
        f"{MOMENTS}::test_given_a_field_that_is_not_in_the_answer_after_the_write_then_its_base_stays_until_it_is_seen",
    ),
    Mutant(
        "a no is for ever",
        REFUSALS,
        "    return abs(run.now() - refusal.at) >= _WAITS[min(refusal.times, len(_WAITS)) - 1]\n",
        "    return False\n",
        f"{MOMENTS}::test_given_a_lasting_refusal_then_it_is_asked_after_a_run_an_hour_six_hours_and_every_day",
    ),
    Mutant(
        "a no holds although the record changed",
        REFUSALS,
        "    if refusal.about != now_about:\n        return True\n",
        "",
        f"{MOMENTS}::test_given_a_reason_to_ask_again_then_the_remote_is_asked_once",
    ),
    Mutant(
        "nobody can have a refused field asked again",
        REFUSALS,
        "    if refusal.again is not None or refusal.suspects:\n",
        "    if refusal.suspects:\n",
        f"{MOMENTS}::test_given_a_reason_to_ask_again_then_the_remote_is_asked_once",
    ),
    Mutant(
        "one refused field keeps the others from being sent",
        REFUSALS,
        "    fresh = [name for name in wanted if name not in refusals]\n",
        "    fresh = list(wanted)\n",
        f"{MOMENTS}::test_given_a_refusal_that_names_no_field_then_it_is_found_out_by_trying_them_apart",
    ),
    Mutant(
        "an issue is closed before it is edited",
        OUTBOX,
        "        rank = 1 if op.kind != ",
        "        rank = 3 if op.kind != ",
        f"{MOMENTS}::test_given_an_issue_is_edited_and_closed_then_it_is_closed_last",
    ),
    Mutant(
        "force leaves the conflicts that were open before",
        "javis_pipeline/steps/reconcile.py",
        '    waiting = store.to_decide(conflicts=True) if run.rules.force != "none" else ()\n',
        "    waiting = ()\n",
        f"{STORIES}::test_given_a_conflict_that_was_open_before_when_forced_then_it_is_resolved_as_the_dry_run_says",
    ),
    Mutant(
        "labels of a page are told apart by case",
        "javis_pipeline/sync/page_codecs.py",
        "        return element.lower()\n",
        "        return element\n",
        f"{TABLE}::test_a_label_of_a_page_that_changes_only_in_case_is_the_same_one_as_it_is_spelled_there",
    ),
    Mutant(
        "a field is not granted to applications",
        "javis_pipeline/db/grants.py",
        "[column.name for column in table.hashed]",
        "[column.name for column in table.hashed][1:]",
        f"{FIELDS}::test_an_edit_by_an_application_is_in_the_journal_the_hash_and_the_audit_and_arrives",
    ),
    Mutant(
        "the trigger of pages is told the kind of issues",
        TRACKING,
        "        name=Literal(table.name),\n        kind=Literal(table.kind),\n",
        '        name=Literal(table.name),\n        kind=Literal("jira_issue"),\n',
        f"{FIELDS}::test_an_edit_by_an_application_is_in_the_journal_the_hash_and_the_audit_and_arrives",
    ),
    Mutant(
        "a field is left out of the hash",
        TRACKING,
        "join(parts or [SQL(\"''\").format()])",
        "join(parts[:-1] or [SQL(\"''\").format()])",
        f"{FIELDS}::test_the_commands_know_it_and_python_hashes_it_as_sql_does",
    ),
    Mutant(
        "a field is left out of the journal",
        TRACKING,
        "        tracked=_listed(table.fields),\n",
        "        tracked=_listed(table.fields[:-1]),\n",
        f"{FIELDS}::test_an_edit_by_an_application_is_in_the_journal_the_hash_and_the_audit_and_arrives",
    ),
    Mutant(
        "an issue whose project was renamed is as it was",
        ISSUES,
        "        AND ((known.remote_updated_at, known.key, known.project_key, known.remote_state)\n"
        "                IS DISTINCT FROM (hit.updated_at, hit.key, %(project)s::text, 'present')",
        "        AND ((known.remote_updated_at, known.remote_state)\n"
        "                IS DISTINCT FROM (hit.updated_at, 'present')",
        f"{STORING}::test_given_another_place_though_updated_did_not_move_then_the_row_follows",
    ),
    Mutant(
        "a conflict of an issue that moved stays where it was",
        STORE,
        "UPDATE sync_conflicts SET scope = %(place)s\n",
        "UPDATE sync_conflicts SET scope = scope\n",
        f"{TWO_WAY}::test_given_a_conflict_of_an_issue_that_moved_then_it_waits_in_its_present_project",
    ),
    Mutant(
        "a renamed status without a category stops its project",
        "javis_pipeline/db/sql/dimensions.sql",
        "SET status_category = CASE WHEN s.category IN ('new', 'indeterminate', 'done') THEN s.category END",
        "SET status_category = s.category",
        f"{STORING}::test_given_a_status_without_a_category_when_it_is_renamed_then_its_issues_follow_and_have_none",
    ),
    Mutant(
        "what an answer holds twice is stored twice",
        "javis_pipeline/db/dimensions.py",
        "    return list({id_of(value): value for value in values}.values())\n",
        "    return list(values)\n",
        f"{STORING}::test_given_one_twice_in_an_answer_when_stored_then_it_is_taken_once_as_it_came_last",
    ),
    Mutant(
        "a full reconciliation never comes by itself",
        ROUNDS,
        "    due = math.floor(records * passed)\n",
        "    due = math.floor(records * passed * 0)\n",
        f"{TURNS}::test_all_records_are_seen_within_a_day_and_each_once_in_a_round",
    ),
    Mutant(
        "labels whose turn has not come are never looked at",
        ROUNDS,
        '    turn = [name for name in known if name > (after or "")]'
        ' + [name for name in known if name <= (after or "")]\n',
        '    turn = [name for name in known if name > (after or "")]\n',
        f"{TURNS}::test_new_labels_come_first_and_the_others_take_turns",
    ),
    Mutant(
        "an offer shows what the column held once",
        FIELD,
        "    _follow_offers(draft, spec.name)\n    if draft",
        "    if draft",
        f"{OFFERED}::test_given_the_column_is_edited_again_then_the_offer_shows_what_it_holds_now",
    ),
    Mutant(
        "a choice about a set never takes effect",
        FIELD,
        "        draft.forget_refusal(spec.name)\n        draft.conflicts.apply(spec.name)\n        return\n",
        "        draft.forget_refusal(spec.name)\n        return\n",
        f"{SETS}::test_given_a_choice_for_theirs_and_another_label_there_meanwhile_then_it_has_taken_effect_when_both_agree",
    ),
    Mutant(
        "a write executed late is not in the audit",
        ECHOES,
        '            audit_push(draft, spec, op, "pushed, and executed late")\n',
        "",
        f"{LATE}::test_given_a_write_executed_late_then_the_audit_names_it_and_what_it_put_there",
    ),
    Mutant(
        "the error of a refused field outlives its success",
        OUTBOX,
        "    draft.clear_error(spec.name)\n    draft.accepted_after_all(spec.name)\n",
        "    draft.accepted_after_all(spec.name)\n",
        f"{LATE}::test_given_a_refused_field_is_taken_and_others_have_read_the_record_since_then_no_error_is_left",
    ),
    Mutant(
        "whoever wrote what we wanted is us",
        EVIDENCE,
        "    return (remote.bears_no_marks or remote.marker == op.op_id) and _looks_like_ours(op, change, run)\n",
        "    return _looks_like_ours(op, change, run)\n",
        f"{WHOSE}::test_whose_an_entry_is",
    ),
    Mutant(
        "that a record is gone is not in the audit",
        MERGE,
        '        draft.audit("local", WHOLE_RECORD, local.remote_state, "gone", "not found in two runs")\n',
        "",
        f"{STORIES}::test_given_two_proofs_ten_minutes_apart_then_the_row_is_a_tombstone_and_comes_back_with_the_record",
    ),
    Mutant(
        "what differs is not read again",
        "javis_pipeline/steps/verify.py",
        "MORE_LOOKS: Final = 2\n",
        "MORE_LOOKS: Final = 0\n",
        "javis_pipeline_tests/integration/test_verify.py"
        "::test_given_a_difference_that_a_sync_under_way_ends_then_it_does_not_count",
    ),
    Mutant(
        "what the reply showed is no proof",
        EVIDENCE,
        "for held in [*sets, shown])\n",
        "for held in sets)\n",
        f"{SPACES}::test_given_a_label_that_somebody_takes_off_right_after_our_write_then_it_goes_here_too",
    ),
    Mutant(
        "what others put there since we looked is no proof",
        EVIDENCE,
        "    sights = (remote.values.get(spec.name, MISSING), *told)\n",
        "    sights = (remote.values.get(spec.name, MISSING),)\n",
        f"{MOMENTS}::test_given_a_label_that_others_put_there_just_before_us_and_took_off_after_then_it_goes_here_too",
    ),
    Mutant(
        "a dry run leaves out what is gone there",
        "javis_pipeline/steps/plan_scope.py",
        "(*to_decide, *(one for one in changed if one.resource_id in known))}\n",
        "(*to_decide, *changed) if ref.resource_id in known}\n",
        f"{TWO_WAY}::test_given_an_edit_of_an_issue_that_is_gone_when_forced_then_it_is_decided_as_the_dry_run_says",
    ),
    Mutant(
        "a key that was given to another project is followed",
        "javis_pipeline/sync/guards.py",
        "    if last_remote_id in (None, remote_id) or overrides.place_id == remote_id:\n",
        "    if True:\n",
        f"{TWO_WAY}::test_given_a_key_that_was_given_to_another_project_then_nothing_is_mixed_until_a_person_says_so",
    ),
    Mutant(
        "a field that takes over a role is not read",
        "javis_pipeline/db/sql/watermarks.sql",
        "AND sync_watermarks.field_ids ->> role.name IS DISTINCT FROM role.field_id)\n",
        "AND false)\n",
        f"{FIELD_MAP}::test_given_another_field_takes_over_a_role_then_its_values_come_without_being_asked_for",
    ),
    Mutant(
        "a role whose field is not known is empty",
        "javis_pipeline/systems/jira/wire/issues.py",
        '    agile = fields.get("flagged", MISSING)\n    return agile if type(agile) is bool else MISSING\n',
        '    return fields.get("flagged") is True\n',
        f"{FIELD_MAP}::test_given_fields_that_are_not_clear_for_a_while_then_nothing_is_emptied"
        "_and_later_all_comes_by_itself",
    ),
    Mutant(
        "facts stand still while a field cannot be read",
        MERGE,
        "    held_back = draft.run.kind.revision if draft.unread_fields else frozenset()\n",
        "    held_back = frozenset(remote.facts) if draft.unread_fields else frozenset()\n",
        f"{STORIES}::test_given_a_field_that_cannot_be_read_then_facts_follow_and_the_record_is_looked_at_again",
    ),
    Mutant(
        "edits of a project that left the settings wait without a word",
        "javis_pipeline/db/status.py",
        'if (one["unpushed"] or one["conflicts"]) and ScopeRef(one["system"], one["scope"]) not in configured\n',
        "if False\n",
        f"{TWO_WAY}::test_given_edits_of_a_project_that_left_the_settings_then_status_and_doctor_say_so",
    ),
    Mutant(
        "the talk of a restricted issue is for all",
        "javis_pipeline/db/sql/satellites.sql",
        "    UPDATE comments SET restricted = true WHERE",
        "    UPDATE comments SET restricted = false WHERE",
        f"{HIDDEN}::test_given_restricted_text_in_every_book_then_readers_find_none_and_others_all",
    ),
    Mutant(
        "what the books keep of a record stays for all when it is restricted",
        TRIGGERS,
        "    FOREACH book IN ARRAY ARRAY['sync_conflicts', 'local_edits', 'sync_audit', 'sync_outbox'] LOOP\n",
        "    FOREACH book IN ARRAY ARRAY['sync_conflicts'] LOOP\n",
        f"{HIDDEN_PAGES}::test_given_restricted_pages_in_every_book_then_readers_find_none_and_the_ui_does_not_quote_them",
    ),
    Mutant(
        "everybody reads restricted rows",
        TRIGGERS,
        "    USING (({restricted_by} IS NULL) OR (SELECT public.javis_reads_restricted())) WITH CHECK (true);\n",
        "    USING (true) WITH CHECK (true);\n",
        f"{HIDDEN_PAGES}::test_given_restricted_pages_in_every_book_then_readers_find_none_and_the_ui_does_not_quote_them",
    ),
    Mutant(
        "what lies below a restricted page is for all",
        PAGES,
        "FROM below JOIN own AS child ON child.parent_id = below.page_id\n",
        "FROM below JOIN own AS child ON false\n",
        f"{HIDDEN_PAGES}::test_given_restricted_pages_when_pulled_then_they_and_what_lies_below_are_marked",
    ),
    Mutant(
        "what lay below a restricted page once stays restricted",
        PAGES,
        "WHEN p.restriction NOT LIKE 'as page %%' THEN p.restriction END AS readers\n",
        "ELSE p.restriction END AS readers\n",
        f"{HIDDEN_PAGES}::test_given_a_restriction_that_comes_or_goes_then_it_is_so_here_within_an_hour_of_runs",
    ),
    Mutant(
        "a page of which nothing is told is for all",
        PAGES,
        "WHEN p.restriction NOT LIKE 'as page %%' THEN p.restriction END AS readers\n",
        "END AS readers\n",
        f"{HIDDEN_PAGES}::test_given_restrictions_that_cannot_be_read_then_pages_stay_hidden_until_they_can",
    ),
    Mutant(
        "a restriction that comes without its page is never read",
        PAGES,
        "restrictions_at > now() - interval '1 hour') AS due;",
        "restrictions_at > now() - interval '1 year') AS due;",
        f"{HIDDEN_PAGES}::test_given_a_restriction_that_comes_or_goes_then_it_is_so_here_within_an_hour_of_runs",
    ),
    Mutant(
        "archived pages are for all, or for nobody for ever",
        "javis_pipeline/systems/confluence/restrictions.py",
        "        self._store_singles(db, left)\n",
        "",
        f"{HIDDEN_PAGES}::test_given_restricted_pages_when_pulled_then_they_and_what_lies_below_are_marked",
    ),
    Mutant(
        "readers who are counted and not shown are none",
        "javis_pipeline/systems/confluence/wire.py",
        '        if not found and some.get("size"):\n',
        "        if False:\n",
        "javis_pipeline_tests/wire/test_confluence_wire.py::test_who_may_read_a_page",
    ),
)


def main() -> int:
    if sys.argv[1:2] == ["random"]:
        return random_mutants.main(*map(int, sys.argv[2:]))
    wanted = [mutant for mutant in MUTANTS if not sys.argv[1:] or any(word in mutant.name for word in sys.argv[1:])]
    survivors = 0
    with tempfile.TemporaryDirectory() as folder:
        copied = copy_to(Path(folder))
        passing: dict[str, bool] = {}
        for mutant in wanted:
            why = survives(mutant, copied, passing)
            survivors += why is not None
            sys.stdout.write(f"{'SURVIVES' if why else 'killed  '}  {mutant.name}{f': {why}' if why else ''}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(wanted) - survivors} of {len(wanted)} mutants killed\n")
    return 1 if survivors else 0


def copy_to(folder: Path) -> Path:
    """The program and its tests in a folder where they may be changed."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    return folder


def survives(mutant: Mutant, copied: Path, passing: dict[str, bool]) -> str | None:
    """Why the mutant is not killed; None when it is. `passing` remembers which tests pass without any."""
    target = copied / mutant.file
    text = target.read_text(encoding="utf-8")
    if mutant.old not in text:
        return f"it does not apply: {mutant.file} has no such text"
    if mutant.killed_by not in passing:
        passing[mutant.killed_by] = run(mutant.killed_by, copied) == 0
    if not passing[mutant.killed_by]:
        return f"{mutant.killed_by} fails without it"
    target.write_text(text.replace(mutant.old, mutant.new, 1), encoding="utf-8")
    try:
        code = run(mutant.killed_by, copied)
    finally:
        target.write_text(text, encoding="utf-8")
    if code == 1:
        return None
    return f"{mutant.killed_by} passes" if code == 0 else f"{mutant.killed_by} could not be run (exit code {code})"


def run(test: str, root: Path) -> int:
    """Exit code of pytest for one test of the copy: 0 passed, 1 failed."""
    environment = {**os.environ, "PYTHONPATH": str(root), "JAVIS_LAWS_HISTORIES": "3000"}
    # Without compiled files: two faults of one length within a second would look like one to Python.
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", test]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
