-- The remote's last no to each edited field. Until it is asked again, the edit waits; see `sync/refusals.py`.
ALTER TABLE jira_issues ADD COLUMN sync_refused jsonb NOT NULL DEFAULT '{}';
ALTER TABLE confluence_pages ADD COLUMN sync_refused jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN jira_issues.sync_refused IS '{field: what the remote said, when, how often, and since when a person wants it asked again}';
COMMENT ON COLUMN confluence_pages.sync_refused IS '{field: what the remote said, when, how often, and since when a person wants it asked again}';
CREATE INDEX jira_issues_refused ON jira_issues (project_key) WHERE sync_refused <> '{}';
CREATE INDEX confluence_pages_refused ON confluence_pages (space_key) WHERE sync_refused <> '{}';

-- BEFORE UPDATE of a field by anyone but the sync, after track_local_edit (the names of triggers decide). Arguments: the
-- field, system, scope column. Another value makes the remote's no to the old one meaningless. The same value is a wish
-- to have it asked again; at most once a minute, by whichever clock: a program may save its rows all the time.
CREATE FUNCTION public.javis_ask_again() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    field_name text := TG_ARGV[0];
    after_doc  jsonb := to_jsonb(NEW);
    refusal    jsonb := NEW.sync_refused -> field_name;
BEGIN
    IF after_doc -> field_name IS DISTINCT FROM to_jsonb(OLD) -> field_name THEN
        NEW.sync_refused := NEW.sync_refused - field_name;
    ELSIF abs(extract(epoch FROM clock_timestamp() - coalesce(refusal ->> 'again', refusal ->> 'at')::timestamptz)) >= 60 THEN
        NEW.sync_refused := jsonb_set(NEW.sync_refused, ARRAY[field_name, 'again'], to_jsonb(clock_timestamp()));
        PERFORM pg_notify('javis_local_change', jsonb_build_object('system', TG_ARGV[1], 'scope', after_doc ->> TG_ARGV[2])::text);
    END IF;
    RETURN NEW;
END $$;

-- One for each field: only `UPDATE OF` tells which columns a statement names.
DO $$
DECLARE
    target     regclass;
    args       text;
    fields     text;
    field_name text;
BEGIN
    FOR target, args, fields IN VALUES
        ('public.jira_issues'::regclass, $a$'jira', 'project_key'$a$,
         'title,description,status,priority,labels,assignee_id,due_date,story_points,parent_key'),
        ('public.confluence_pages', $a$'confluence', 'space_key'$a$, 'title,body_storage,parent_id,labels')
    LOOP
        FOREACH field_name IN ARRAY string_to_array(fields, ',') LOOP
            EXECUTE format($t$
                CREATE TRIGGER %I BEFORE UPDATE OF %I ON %s FOR EACH ROW
                  WHEN (OLD.sync_refused ? %L AND coalesce(pg_catalog.current_setting('javis.origin', true), '') <> 'sync')
                EXECUTE FUNCTION public.javis_ask_again(%L, %s)$t$,
                'try_again_' || field_name, field_name, target, field_name, field_name, args);
        END LOOP;
    END LOOP;
END $$;
