-- Whoever asks for issues by a custom field reads that column of every issue, again for each field of the question: it is
-- kept as it is as long as there is room in the row, and the long texts of the row are put elsewhere first. What is stored
-- already stays as it is until it is written again: both are read alike.
ALTER TABLE public.jira_issues ALTER custom_fields SET STORAGE MAIN;

-- Makes the view of a project from jira_field_columns, or brings it up to date where anything has changed. The sync
-- has no right to make objects in this schema, so the owner does it. Whoever reads the view reads the table with their own
-- rights, so row-level security stands before whatever they ask, and nothing else is kept from anybody: without a barrier
-- of its own only those columns are made that a query names, of the rows that it finds. What a field holds that is not of its type is NULL in the column, and in custom_fields as it is.
CREATE OR REPLACE FUNCTION public.javis_make_view_by_name(project text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    view_name text := 'issues_' || lower(project);
    mark      text := 'issues of ' || project || ' with custom fields by name; javis fields rebuild-view ' || project || ' makes it anew';
    view_id   oid := to_regclass(format('public.%I', view_name));
    found     text := obj_description(view_id, 'pg_class');
    selected  text;
    described record;
    grantee   record;
BEGIN
    IF view_id IS NOT NULL AND NOT coalesce(starts_with(found, mark), false) THEN
        RAISE EXCEPTION 'javis: there is something else that is called %', view_name
            USING ERRCODE = 'duplicate_table', HINT = 'Rename it; the next run makes the view.';
    END IF;
    SELECT string_agg(format(CASE
               WHEN c.field_id IS NULL THEN 'i.%2$I'
               WHEN f.field_id IS NULL OR f.gone_at IS NOT NULL THEN CASE
                    WHEN c.sort = 'number' THEN 'NULL::numeric'
                    WHEN c.sort = 'date' THEN 'NULL::date'
                    WHEN c.sort IN ('options', 'users', 'groups', 'labels', 'versions', 'components') THEN 'NULL::text[]'
                    WHEN c.sort = 'other' THEN 'NULL::jsonb'
                    ELSE 'NULL::text' END || ' AS %2$I'
               WHEN c.sort = 'number' THEN
                    'CASE jsonb_typeof(i.custom_fields -> %1$L) WHEN ''number'' THEN (i.custom_fields ->> %1$L)::numeric END AS %2$I'
               WHEN c.sort = 'date' THEN
                    '(jsonb_path_query_first(i.custom_fields -> %1$L, ''$.datetime("YYYY-MM-DD")'', silent => true) #>> ''{}'')::date AS %2$I'
               WHEN c.sort IN ('options', 'users', 'groups', 'labels', 'versions', 'components') THEN
                    'CASE jsonb_typeof(i.custom_fields -> %1$L) WHEN ''array'' '
                    'THEN ARRAY(SELECT jsonb_array_elements_text(i.custom_fields -> %1$L)) END AS %2$I'
               WHEN c.sort = 'other' THEN 'i.custom_fields -> %1$L AS %2$I'
               ELSE 'i.custom_fields ->> %1$L AS %2$I' END, c.field_id, c.name), ', ' ORDER BY c.position)
      INTO selected
      FROM public.jira_field_columns AS c
      LEFT JOIN public.jira_fields AS f USING (field_id)
     WHERE c.project_key = project;
    SELECT mark || '; made from ' || md5(selected || string_agg(concat_ws(' ', c.name, f.name, f.type, f.gone_at IS NULL), ','
                                                                 ORDER BY c.position))
      INTO mark
      FROM public.jira_field_columns AS c
      LEFT JOIN public.jira_fields AS f USING (field_id)
     WHERE c.project_key = project;
    IF found = mark THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE OR REPLACE VIEW public.%I WITH (security_invoker = true) AS '
                   'SELECT %s FROM public.jira_issues AS i WHERE i.project_key = %L', view_name, selected, project);
    EXECUTE format('COMMENT ON VIEW public.%I IS %L', view_name, mark);
    FOR described IN
        SELECT c.name, f.field_id || ': ' || CASE
                   WHEN f.gone_at IS NOT NULL THEN 'the site does not list it any more; its values are in custom_fields'
                   WHEN f.name <> c.name AND c.name <> f.name || ' (' || substr(f.field_id, 13) || ')'
                   THEN 'is called ' || f.name || ' now' ELSE f.type END AS words
          FROM public.jira_field_columns AS c JOIN public.jira_fields AS f USING (field_id)
         WHERE c.project_key = project
    LOOP
        EXECUTE format('COMMENT ON COLUMN public.%I.%I IS %L', view_name, described.name, described.words);
    END LOOP;
    IF view_id IS NULL THEN
        EXECUTE format('CREATE TRIGGER edit_by_name INSTEAD OF UPDATE ON public.%I FOR EACH ROW '
                       'EXECUTE FUNCTION public.javis_edit_by_name(%L)', view_name, project);
        EXECUTE format('CREATE TRIGGER refuse_by_name INSTEAD OF INSERT OR DELETE ON public.%I FOR EACH ROW '
                       'EXECUTE FUNCTION public.javis_refuse_by_name()', view_name);
    END IF;
    FOR grantee IN
        SELECT rolname AS role, CASE rolname WHEN 'javis_app' THEN 'SELECT, INSERT, UPDATE, DELETE' ELSE 'SELECT' END AS rights
          FROM pg_roles WHERE rolname IN ('javis_read', 'javis_app', 'javis_sync')
    LOOP
        EXECUTE format('GRANT %s ON public.%I TO %I', grantee.rights, view_name, grantee.role);
    END LOOP;
END $$;

DO $$
DECLARE
    view_name text;
BEGIN
    FOR view_name IN
        SELECT relname FROM pg_class
         WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace
           AND obj_description(oid, 'pg_class') LIKE 'issues of % with custom fields by name;%'
    LOOP
        EXECUTE format('ALTER VIEW public.%I RESET (security_barrier)', view_name);
    END LOOP;
END $$;
