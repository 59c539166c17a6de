-- The key of each scope's advisory lock. Random, because any role may take an advisory lock whose key it knows; only
-- javis_sync reads it.
CREATE TABLE public.sync_locks (
    system    text NOT NULL CONSTRAINT sync_locks_system_is_known CHECK (system IN ('jira', 'confluence')),
    scope     text NOT NULL,
    key       bigint NOT NULL,
    wanted_by text,
    PRIMARY KEY (system, scope)
);

COMMENT ON COLUMN public.sync_locks.wanted_by IS 'the run that last found the scope taken; null once somebody has taken it since';
