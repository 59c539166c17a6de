"""What was inserted here, in one run of one scope: what became of it is found out, and the rest is made there."""

from collections.abc import Callable, Collection
from contextlib import suppress

from javis_pipeline.errors import RemoteBusy
from javis_pipeline.steps.create import Created, create_records, settle_creations
from javis_pipeline.steps.job import Job, Side
from javis_pipeline.steps.ports import Progress


def settle_wishes(job: Job, side: Side) -> Created:
    """Find out what became of rows that are to be made there: before the pull, which then finds them."""
    if side.making is None or not side.wishes.begin():
        return Created()
    remote = side.making.remote(job.db, job.clock)
    return settle_creations(side.wishes, remote, side.run, side.making.rules)


def make_wishes(
    job: Job,
    side: Side,
    read: Callable[[Collection[str]], object],
    check: Callable[[], None],
    progress: Progress,
) -> Created:
    """Make there what was inserted here, and read what was made, also where the remote then wanted no more."""
    if not (wishes := side.wishes.begin()):
        return Created()
    if side.making is None:
        return Created(held=len(wishes), notes=["nothing is made there of rows that were inserted here; delete them"])
    made = Created()
    try:
        create_records(
            side.wishes,
            side.making.remote(job.db, job.clock),
            side.run,
            side.making.rules,
            job.overrides,
            threads=job.threads,
            check=check,
            progress=progress,
            done=made,
        )
    except RemoteBusy as error:
        error.after(made.known())
        with suppress(RemoteBusy):  # then the next pull reads it
            _read_those(made.ids, read)
        raise
    _read_those(made.ids, read)
    return made


def _read_those(ids: Collection[str], read: Callable[[Collection[str]], object]) -> None:
    if ids:
        read(ids)
