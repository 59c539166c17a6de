-- INSTEAD OF UPDATE of a view by name: an ordinary update of the table by whoever makes it, of what differs only.
-- Argument: the project.
CREATE OR REPLACE FUNCTION public.javis_edit_by_name() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    was       jsonb := to_jsonb(OLD);
    becomes   jsonb := to_jsonb(NEW);
    columns   text[] := '{}';
    elements  jsonb := '{}';
    assigned  text;
    changed   record;
BEGIN
    FOR changed IN SELECT c.name, c.field_id FROM public.jira_field_columns AS c WHERE c.project_key = TG_ARGV[0] LOOP
        CONTINUE WHEN becomes -> changed.name IS NOT DISTINCT FROM was -> changed.name;
        IF changed.field_id IS NULL THEN
            columns := columns || changed.name;
        ELSE
            elements := elements || jsonb_build_object(changed.field_id, becomes -> changed.name);
        END IF;
    END LOOP;
    SELECT string_agg(format('%1$I = ($1).%1$I', name), ', ') INTO assigned FROM unnest(columns) AS name;
    IF elements <> '{}' THEN
        assigned := concat_ws(', ', assigned, 'custom_fields = custom_fields || $2');
    END IF;
    IF assigned IS NOT NULL THEN
        EXECUTE format('UPDATE public.jira_issues SET %s WHERE record_id = $3', assigned)
          USING jsonb_populate_record(NULL::public.jira_issues, becomes), elements, (was ->> 'record_id')::uuid;
    END IF;
    RETURN NEW;
END $$;

-- BEFORE UPDATE OF the column of elements, of a row of which something was refused: an element that has another value is
-- a first try, and writing what is there once more asks again for all that were refused, at most once a minute. Arguments:
-- the column, system, scope column.
CREATE FUNCTION public.javis_ask_elements_again() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    doc      jsonb := to_jsonb(NEW);
    held     jsonb := doc -> TG_ARGV[0];
    before   jsonb := to_jsonb(OLD) -> TG_ARGV[0];
    is_asked boolean := false;
    refused  record;
BEGIN
    FOR refused IN SELECT name, refusal FROM jsonb_each(OLD.sync_refused) AS r (name, refusal) WHERE NOT doc ? name LOOP
        IF held -> refused.name IS DISTINCT FROM before -> refused.name THEN
            NEW.sync_refused := NEW.sync_refused - refused.name;
        ELSIF held = before AND abs(extract(epoch FROM clock_timestamp()
              - coalesce(refused.refusal ->> 'again', refused.refusal ->> 'at')::timestamptz)) >= 60 THEN
            NEW.sync_refused := jsonb_set(NEW.sync_refused, ARRAY[refused.name, 'again'], to_jsonb(clock_timestamp()));
            is_asked := true;
        END IF;
    END LOOP;
    IF is_asked THEN
        PERFORM pg_notify('javis_local_change', jsonb_build_object('system', TG_ARGV[1], 'scope', doc ->> TG_ARGV[2])::text);
    END IF;
    RETURN NEW;
END $$;
