-- What webhooks tell: which record may have changed. It is looked at; nothing of it is believed.
CREATE TABLE public.sync_hints (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    system text NOT NULL,
    scope text NOT NULL,
    remote_id text NOT NULL,
    delivery_id text,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    done_at timestamptz
);
COMMENT ON TABLE public.sync_hints IS 'records that may have changed there, as webhooks told; the next pull asks for them by id';
COMMENT ON COLUMN public.sync_hints.remote_id IS 'id of the issue or page; empty where only its project or space is known';
COMMENT ON COLUMN public.sync_hints.delivery_id IS 'what the sender calls the delivery: a repeat has the same';
COMMENT ON COLUMN public.sync_hints.done_at IS 'when a pull took it; null while it waits';
-- A record waits once, however often it is told of.
CREATE UNIQUE INDEX sync_hints_waiting ON public.sync_hints (system, scope, remote_id) WHERE done_at IS NULL;
CREATE INDEX sync_hints_delivered ON public.sync_hints (delivery_id) WHERE delivery_id IS NOT NULL;
