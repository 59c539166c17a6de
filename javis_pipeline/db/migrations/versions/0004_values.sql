-- Values that PostgreSQL can hold and the remotes, JSON or Python cannot: refused where they are written, by the name of
-- the column. What the sync writes was checked when it was read; a constraint would end a whole batch for one bad row.

-- BEFORE INSERT OR UPDATE by anyone but the sync, before the other triggers (they fire by name). Argument: the most
-- bytes that a text, or a document, may have. Only what differs from the row as it was is looked at.
CREATE FUNCTION public.javis_check_values() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    most_bytes integer := TG_ARGV[0];
    most_items integer := 1000;
    largest    numeric := 1.7976931348623157e308;
    most_digits integer := 400;
    before_doc jsonb := CASE TG_OP WHEN 'UPDATE' THEN to_jsonb(OLD) ELSE '{}' END;
    written    jsonb := to_jsonb(NEW);
    checked    record;
    held       jsonb;
    problem    text;
BEGIN
    FOR checked IN
        SELECT a.attname AS name, a.attnotnull AS is_required, format_type(a.atttypid, NULL) AS type
          FROM pg_attribute AS a
         WHERE a.attrelid = TG_RELID AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity = ''
         ORDER BY a.attnum
    LOOP
        held := written -> checked.name;
        CONTINUE WHEN held IS NOT DISTINCT FROM before_doc -> checked.name;
        problem := NULL;
        IF jsonb_typeof(held) = 'null' THEN
            -- A constraint would say the same of a plain NULL, but of a set only after it was read as an empty one.
            IF checked.is_required THEN
                problem := CASE checked.type WHEN 'text[]' THEN 'cannot be NULL; an empty set is ''{}'''
                                             WHEN 'jsonb' THEN 'cannot be NULL; an empty object is ''{}'''
                                             ELSE 'cannot be NULL' END;
            END IF;
        ELSIF checked.type IN ('numeric', 'double precision', 'real') THEN
            -- Infinity and NaN are texts in JSON.
            IF jsonb_typeof(held) <> 'number' OR abs(held::numeric) > largest OR length(held::text) > most_digits THEN
                problem := format('must be a finite number that fits a double, of at most %s digits', most_digits);
            END IF;
        ELSIF checked.type = 'date' THEN
            IF (held #>> '{}')::date NOT BETWEEN '0001-01-01' AND '9999-12-31' THEN
                problem := 'must be a day from 0001-01-01 to 9999-12-31';
            END IF;
        ELSIF checked.type LIKE 'timestamp%' THEN
            IF (held #>> '{}')::timestamptz NOT BETWEEN '0001-01-02 00:00+00' AND '9999-12-30 00:00+00' THEN
                problem := 'must be an instant of the years 0001 to 9999';
            END IF;
        ELSIF checked.type = 'text[]' THEN
            IF EXISTS (SELECT FROM jsonb_array_elements(held) AS item WHERE jsonb_typeof(item) = 'array') THEN
                problem := 'must have one dimension';
            ELSIF held @> '[null]' THEN
                problem := 'must not hold NULL';
            ELSIF jsonb_array_length(held) > most_items OR octet_length(held::text) > most_bytes THEN
                problem := format('must have at most %s items and %s bytes', most_items, most_bytes);
            END IF;
        ELSIF checked.type = 'jsonb' THEN
            IF jsonb_typeof(held) <> 'object' THEN
                problem := 'must be a JSON object';
            ELSIF octet_length(held::text) > most_bytes THEN
                problem := format('must have at most %s bytes', most_bytes);
            ELSIF EXISTS (SELECT FROM jsonb_path_query(held, 'strict $.** ? (@.type() == "number")') AS number
                           WHERE abs(number::numeric) > largest OR length(number::text) > most_digits) THEN
                problem := format('must hold only numbers that fit a double, of at most %s digits', most_digits);
            END IF;
        ELSIF checked.type = 'text' AND octet_length(held #>> '{}') > most_bytes THEN
            problem := format('must have at most %s bytes', most_bytes);
        END IF;
        IF problem IS NOT NULL THEN
            RAISE EXCEPTION 'javis: % %', checked.name, problem
                USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, COLUMN = checked.name,
                      HINT = 'Nothing was written. What each column takes is in docs/security.md.';
        END IF;
    END LOOP;
    RETURN NEW;
END $$;

DO $$
DECLARE
    target     regclass;
    most_bytes integer;
BEGIN
    -- Confluence takes pages of five megabytes, Jira no text beyond 32 767 characters. What is a little longer is kept as
    -- an edit with an error; what is much longer would slow everybody down.
    FOR target, most_bytes IN VALUES
        ('public.jira_issues'::regclass, 262144), ('public.confluence_pages', 20971520), ('public.roadmap_visions', 262144)
    LOOP
        EXECUTE format($w$
            CREATE TRIGGER check_values BEFORE INSERT OR UPDATE ON %s FOR EACH ROW
            WHEN (coalesce(pg_catalog.current_setting('javis.origin', true), '') <> 'sync'
                  OR NOT (coalesce(pg_catalog.pg_has_role(current_user, pg_catalog.to_regrole('javis_sync')::oid, 'USAGE'), false)
                          OR public.javis_owns(%L::regclass)))
            EXECUTE FUNCTION public.javis_check_values(%L)$w$, target, target::text, most_bytes);
    END LOOP;
END $$;
