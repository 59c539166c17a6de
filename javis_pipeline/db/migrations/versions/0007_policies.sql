-- What is switched on or off, for whom. Rows that name a setting follow the settings, at `javis db migrate` and at the
-- start of each run; rows without one are people's, and stay. '*' is every system, or every scope.
CREATE TABLE public.sync_policies (
    system  text NOT NULL CONSTRAINT sync_policies_system_is_known CHECK (system IN ('*', 'jira', 'confluence')),
    scope   text NOT NULL,
    verb    text NOT NULL CONSTRAINT sync_policies_verb_is_known CHECK (verb IN ('send', 'read_restricted')),
    policy  text NOT NULL CONSTRAINT sync_policies_policy_is_known CHECK (policy IN ('on', 'off')),
    setting text,
    set_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (system, scope, verb)
);

COMMENT ON TABLE public.sync_policies IS
    'send off: nothing goes to the remote, by the scope''s row or that of ''*''; read_restricted on: javis_read sees restricted texts';
