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
        IF NOT has_column_privilege('public.jira_issues', 'custom_fields', 'UPDATE') THEN
            RAISE EXCEPTION 'javis: % cannot be changed here', (
                    SELECT string_agg(c.name, ', ' ORDER BY c.name) FROM public.jira_field_columns AS c
                     WHERE c.project_key = TG_ARGV[0] AND c.field_id IS NOT NULL
                       AND becomes -> c.name IS DISTINCT FROM was -> c.name)
                USING ERRCODE = 'insufficient_privilege', HINT = 'Custom fields go one way: change them in Jira; the next sync follows.';
        END IF;
        assigned := concat_ws(', ', assigned, 'custom_fields = custom_fields || $2');
    END IF;
    IF assigned IS NOT NULL THEN
        EXECUTE format('UPDATE public.jira_issues SET %s WHERE jira_id = $3', assigned)
          USING jsonb_populate_record(NULL::public.jira_issues, becomes), elements, was ->> 'jira_id';
    END IF;
    RETURN NEW;
END $$;
