"""Which status follows which."""

from javis_pipeline.sandbox.jira.catalogue import Status, Transition


def standard_workflow() -> list[Transition]:
    """To Do, In Progress, In Review, Done; a resolution can be asked for, and nothing done can go back into review."""
    to_do, progress, review, done = "10000", "3", "10001", "10002"
    return [
        Transition("11", "Start", progress, frozenset({to_do})),
        Transition("21", "Stop", to_do, frozenset({progress})),
        Transition("31", "Ask for review", review, frozenset({progress})),
        Transition("41", "Rework", progress, frozenset({review})),
        Transition("51", "Close with resolution", done, frozenset({progress, review}), required=("resolution",)),
        Transition("61", "Done", done, frozenset({progress, review}), optional=("resolution",)),
        Transition("71", "Drop", done, frozenset({to_do})),
        Transition("81", "Reopen", to_do, frozenset({done})),
    ]


def loaded_workflow(statuses: list[Status], *, first_id: int) -> list[Transition]:
    """A workflow for a project that came from a file with these statuses.

    Everything leads everywhere, except: `Reopened` is reached only from done statuses and done statuses lead only to
    statuses that are new. There is a second way into each done status, whose screen demands a resolution.
    """
    done = frozenset(status.id for status in statuses if status.category == "done")
    others = frozenset(status.id for status in statuses) - done
    transitions: list[Transition] = []
    for status in statuses:
        id_ = first_id + 10 * len(transitions) + 1
        if status.name == "Reopened":
            transitions.append(Transition(str(id_), "Reopen", status.id, done))
        elif status.category == "new":
            transitions.append(Transition(str(id_), f"To {status.name}", status.id))
        else:
            transitions.append(Transition(str(id_), f"To {status.name}", status.id, others))
        if status.category == "done":
            required = Transition(str(id_ + 10), f"{status.name} with resolution", status.id, required=("resolution",))
            transitions.append(required)
    return transitions
