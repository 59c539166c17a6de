-- A hint that was taken is done when its record was looked at: a run that fails in between loses none.
ALTER TABLE public.sync_hints ADD COLUMN taken_at timestamptz;
COMMENT ON COLUMN public.sync_hints.taken_at IS 'when somebody began to look at the record; null before';
COMMENT ON COLUMN public.sync_hints.done_at IS 'when the record was looked at; null while it waits';
-- A record waits once, however often it is told of; what is told while it is looked at waits again.
DROP INDEX public.sync_hints_waiting;
CREATE UNIQUE INDEX sync_hints_waiting ON public.sync_hints (system, scope, remote_id) WHERE done_at IS NULL AND taken_at IS NULL;
CREATE INDEX sync_hints_open ON public.sync_hints (system, scope) WHERE done_at IS NULL;

ALTER TABLE public.sync_locks
    ADD COLUMN wanted_at timestamptz,
    ADD COLUMN yields boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN public.sync_locks.wanted_at IS 'when wanted_by asked last: who still waits asks again and again';
COMMENT ON COLUMN public.sync_locks.yields IS 'whether who holds it gives it up when somebody wants it';

CREATE TABLE public.live_workers (
    worker_id uuid PRIMARY KEY,
    host text NOT NULL,
    pid bigint NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    heard_at timestamptz,
    is_notified boolean NOT NULL,
    webhooks text,
    trouble text
);
COMMENT ON TABLE public.live_workers IS 'processes of `javis live`; one that is not seen for a minute has ended';
COMMENT ON COLUMN public.live_workers.seen_at IS 'when it said last that it runs';
COMMENT ON COLUMN public.live_workers.heard_at IS 'when it last heard of an edit or a change';
COMMENT ON COLUMN public.live_workers.is_notified IS 'whether the database tells it of edits; else it asks';
COMMENT ON COLUMN public.live_workers.webhooks IS 'where it takes webhooks; null where it takes none';
COMMENT ON COLUMN public.live_workers.trouble IS 'what it cannot sync now, and why; null when all is well';
