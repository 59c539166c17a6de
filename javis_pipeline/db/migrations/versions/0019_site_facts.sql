-- What a site told lately, so that not every run and every process asks for it anew. `json` keeps it as it came.
CREATE TABLE public.site_facts (
    system text NOT NULL,
    name text NOT NULL,
    asked_as text NOT NULL,
    value json NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (system, name)
);
COMMENT ON TABLE public.site_facts IS
    'what a site told lately: its fields, boards, statuses; asked again after an hour, or when something does not fit';
COMMENT ON COLUMN public.site_facts.asked_as IS 'where and as whom it was asked; another account may be told otherwise';
