-- Functions that run as their owner name every object in full and look nothing up in pg_temp or public: an application
-- that makes an object of the same name gets nothing into them. Who may execute which is in `db/grants.py`.

-- Who the sync is --------------------------------------------------------------------------------------------------------

-- Whether the current role has the rights of a table's owner. For WHEN clauses, which may hold no subquery. Not a
-- function that runs as its owner: there everybody would be the owner.
CREATE FUNCTION public.javis_owns(the_table oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN coalesce(pg_catalog.pg_has_role(
    current_user, (SELECT c.relowner FROM pg_catalog.pg_class AS c WHERE c.oid = the_table), 'USAGE'), false);

-- Tracking of local edits ------------------------------------------------------------------------------------------------

-- BEFORE UPDATE of a record by anyone but the sync. Arguments: system, scope column, id column, names of the tracked
-- fields (comma-separated). Untracked columns keep their old values, whatever was written to them.
CREATE OR REPLACE FUNCTION public.javis_track_local_edit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tracked     text[] := string_to_array(TG_ARGV[3], ',');
    kind        public.resource_type := CASE TG_RELID
                    WHEN 'public.jira_issues'::regclass THEN 'jira_issue'
                    WHEN 'public.confluence_pages'::regclass THEN 'confluence_page' END;
    before_doc  jsonb := to_jsonb(OLD);
    after_doc   jsonb;
    written     jsonb := to_jsonb(NEW);
    bases       jsonb;
    errors      jsonb;
    field_name  text;
    edited      boolean := false;
BEGIN
    IF kind IS NULL THEN
        RAISE EXCEPTION 'javis: % keeps no journal of edits', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
    END IF;
    bases := OLD.local_modified_fields;
    errors := OLD.sync_errors;
    FOREACH field_name IN ARRAY ARRAY[TG_ARGV[1], TG_ARGV[2]] || CASE TG_ARGV[0] WHEN 'jira' THEN '{key}'::text[] ELSE '{}' END LOOP
        IF written -> field_name IS DISTINCT FROM before_doc -> field_name THEN
            RAISE EXCEPTION 'javis: % of % cannot be changed here', field_name, before_doc ->> TG_ARGV[2]
                USING ERRCODE = 'restrict_violation', HINT = 'Move or rename the record in Jira or Confluence; the next sync follows.';
        END IF;
    END LOOP;

    -- Labels are a set: one spelling, so that equal sets are equal arrays.
    NEW.labels := ARRAY(SELECT DISTINCT label COLLATE "C" FROM unnest(NEW.labels) AS label ORDER BY 1);
    written := to_jsonb(NEW);
    NEW := jsonb_populate_record(OLD, (SELECT jsonb_object_agg(name, written -> name) FROM unnest(tracked) AS name));
    after_doc := to_jsonb(NEW);

    FOREACH field_name IN ARRAY tracked LOOP
        CONTINUE WHEN after_doc -> field_name IS NOT DISTINCT FROM before_doc -> field_name;
        edited := true;
        errors := errors - field_name;
        IF NOT bases ? field_name THEN
            bases := bases || jsonb_build_object(field_name, before_doc -> field_name);
        ELSIF bases -> field_name = after_doc -> field_name THEN
            bases := bases - field_name;
        END IF;
        INSERT INTO public.local_edits (system, scope, resource_type, resource_id, field, old, new)
        VALUES (TG_ARGV[0], before_doc ->> TG_ARGV[1], kind, before_doc ->> TG_ARGV[2], field_name,
                before_doc -> field_name, after_doc -> field_name);
    END LOOP;

    IF edited THEN
        NEW.local_modified_fields := bases;
        NEW.sync_errors := errors;
        NEW.local_seq := OLD.local_seq + 1;
        NEW.local_modified_at := clock_timestamp();
        NEW.sync_status := CASE
            WHEN OLD.sync_status IN ('conflict', 'pushing') THEN OLD.sync_status
            WHEN errors <> '{}' THEN 'error'
            WHEN bases <> '{}' THEN 'local_modified'
            ELSE 'synced' END;
        PERFORM pg_notify('javis_local_change', jsonb_build_object('system', TG_ARGV[0], 'scope', before_doc ->> TG_ARGV[1])::text);
    END IF;
    RETURN NEW;
END $$;

-- A local DELETE leaves a tombstone and deletes nothing on the remote; `javis status` lists it.
-- Arguments as for javis_track_local_edit, without the fields.
CREATE OR REPLACE FUNCTION public.javis_keep_tombstone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    kind    public.resource_type := CASE TG_RELID
                WHEN 'public.jira_issues'::regclass THEN 'jira_issue'
                WHEN 'public.confluence_pages'::regclass THEN 'confluence_page' END;
    doc     jsonb := to_jsonb(OLD);
    origin  text := coalesce(current_setting('javis.origin', true), '');
    is_kept boolean;
BEGIN
    IF kind IS NULL THEN
        RAISE EXCEPTION 'javis: % keeps no tombstones', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.local_deleted_at IS NULL THEN
        PERFORM set_config('javis.origin', 'sync', true);
        EXECUTE format(
            'UPDATE %I.%I SET local_deleted_at = clock_timestamp(), local_modified_at = clock_timestamp(), '
            'local_seq = local_seq + 1 WHERE %I = $1 RETURNING local_deleted_at IS NOT NULL',
            TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV[2]) INTO is_kept USING doc ->> TG_ARGV[2];
        PERFORM set_config('javis.origin', origin, true);
        -- Whoever gave the table another owner and not the function would lose deletions without a word.
        IF is_kept IS DISTINCT FROM true THEN
            RAISE EXCEPTION 'javis: % cannot be deleted: the owner of javis_keep_tombstone() does not own %',
                doc ->> TG_ARGV[2], TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
        END IF;
        INSERT INTO public.local_edits (system, scope, resource_type, resource_id, field, old, new)
        VALUES (TG_ARGV[0], doc ->> TG_ARGV[1], kind, doc ->> TG_ARGV[2], '(row)', 'true', 'null');
        PERFORM pg_notify('javis_local_change', jsonb_build_object('system', TG_ARGV[0], 'scope', doc ->> TG_ARGV[1])::text);
    END IF;
    RETURN NULL;
END $$;

ALTER FUNCTION public.javis_refuse_local_insert() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.javis_refuse_truncate() SET search_path = pg_catalog, pg_temp;

-- A write is the sync's own if the transaction says so *and* the role that writes has the rights of javis_sync, or of the
-- table's owner. The setting alone counts for nothing, because anybody may set it; the role alone is an ordinary edit.
-- The first two conditions decide nearly every row, and are many times faster than a function of ours.
DO $$
DECLARE
    target   regclass;
    args     text;
    fields   text;
    is_other text;
BEGIN
    FOR target, args, fields IN VALUES
        ('public.jira_issues'::regclass, $a$'jira', 'project_key', 'jira_id'$a$,
         'title,description,status,priority,labels,assignee_id,due_date,story_points,parent_key,'
         'issue_type,resolution,components,fix_versions,reporter_id,sprint,flagged,custom_fields'),
        ('public.confluence_pages', $a$'confluence', 'space_key', 'page_id'$a$, 'title,body_storage,parent_id,labels')
    LOOP
        is_other := format($w$
            (coalesce(pg_catalog.current_setting('javis.origin', true), '') <> 'sync'
             OR NOT (coalesce(pg_catalog.pg_has_role(current_user, pg_catalog.to_regrole('javis_sync')::oid, 'USAGE'), false)
                     OR public.javis_owns(%L::regclass)))$w$, target::text);
        EXECUTE format('DROP TRIGGER track_local_edit ON %s', target);
        EXECUTE format('DROP TRIGGER refuse_local_insert ON %s', target);
        EXECUTE format('DROP TRIGGER keep_tombstone ON %s', target);
        EXECUTE format('CREATE TRIGGER track_local_edit BEFORE UPDATE ON %s FOR EACH ROW WHEN %s
                        EXECUTE FUNCTION public.javis_track_local_edit(%s, %L)', target, is_other, args, fields);
        EXECUTE format('CREATE TRIGGER refuse_local_insert BEFORE INSERT ON %s FOR EACH ROW WHEN %s
                        EXECUTE FUNCTION public.javis_refuse_local_insert()', target, is_other);
        EXECUTE format('CREATE TRIGGER keep_tombstone BEFORE DELETE ON %s FOR EACH ROW WHEN %s
                        EXECUTE FUNCTION public.javis_keep_tombstone(%s)', target, is_other, args);
    END LOOP;
END $$;

-- Forgetting ---------------------------------------------------------------------------------------------------------------

-- The only way for a login of javis_sync to remove history: rows of these ids that are older than a week, and of
-- conflicts only those that are over. Returns how many went. What somebody else holds is left for the next time.
CREATE FUNCTION public.javis_forget(history text, ids text[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    before timestamptz := now() - interval '7 days';
    gone   bigint;
BEGIN
    CASE history
        WHEN 'local_edits' THEN
            DELETE FROM public.local_edits WHERE id = ANY (ARRAY(
                SELECT id FROM public.local_edits WHERE id = ANY (ids::bigint[]) AND edited_at < before
                   FOR UPDATE SKIP LOCKED));
        WHEN 'sync_audit' THEN
            DELETE FROM public.sync_audit WHERE id = ANY (ARRAY(
                SELECT id FROM public.sync_audit WHERE id = ANY (ids::bigint[]) AND at < before
                   FOR UPDATE SKIP LOCKED));
        WHEN 'sync_conflicts' THEN
            DELETE FROM public.sync_conflicts WHERE id = ANY (ARRAY(
                SELECT id FROM public.sync_conflicts
                 WHERE id = ANY (ids::uuid[]) AND coalesce(applied_at, resolved_at, created_at) < before
                   AND (state = 'closed' OR applied_at IS NOT NULL)
                   FOR UPDATE SKIP LOCKED));
    END CASE;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$;
