-- A row that was written before a column with a default was added does not hold that column. Fields read one by one are
-- given its default; jsonb_populate_record, which copies the row as it lies there, made NULL of it, and an edit failed.
-- The function is else as it was.
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
    whole       record;
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
    SELECT OLD.* INTO whole;
    NEW := jsonb_populate_record(whole, (SELECT jsonb_object_agg(name, written -> name) FROM unnest(tracked) AS name));
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
