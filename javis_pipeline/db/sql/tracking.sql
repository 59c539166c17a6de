-- What the database does with the tables of records, made from the kinds that are declared (`db/tracking.py`). Functions
-- that run as their owner name every object in full and look nothing up in pg_temp or public: an application that makes an
-- object of the same name gets nothing into them. Who may execute which is in `db/grants.py`.

-- name: checked_elements
-- The elements that an edit leaves, those that it sets in one spelling: a set is in order, an empty one is none, and what
-- means the same is as it was (2.50 is no other number than 2.5, and has no other hash). What may not be edited here is
-- refused by its name.
CREATE OR REPLACE FUNCTION public.javis_checked_elements(was jsonb, becomes jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    kept     jsonb := '{{}}';
    one_way  text[] := '{{}}';
    ways     text[] := '{{}}';
    edited   record;
    held     jsonb;
BEGIN
    FOR edited IN
        SELECT e.name, e.value, was -> e.name AS had, f.field_id, f.name AS called, f.policy, f.sort, f.gone_at
          FROM jsonb_each(becomes) AS e (name, value) LEFT JOIN public.jira_fields AS f ON f.field_id = e.name
         ORDER BY f.name
    LOOP
        held := edited.value;
        IF held = edited.had THEN
            kept := kept || jsonb_build_object(edited.name, edited.had);
            CONTINUE;
        END IF;
        CONTINUE WHEN held = 'null' AND edited.had IS NULL;
        IF edited.field_id IS NULL OR edited.gone_at IS NOT NULL THEN
            RAISE EXCEPTION 'javis: there is no custom field %', edited.name
                USING ERRCODE = 'restrict_violation', HINT = 'javis fields, and the table jira_fields, list them by id.';
        END IF;
        IF edited.policy NOT IN ('two_way', 'local_to_remote') THEN
            one_way := one_way || edited.called;
            ways := ways || (edited.field_id || ':two_way');
        END IF;
        IF edited.sort IN ('options', 'users', 'groups', 'labels', 'versions') AND jsonb_typeof(held) = 'array'
           AND NOT jsonb_path_exists(held, 'strict $[*] ? (@.type() != "string")') THEN
            SELECT coalesce(jsonb_agg(item ORDER BY item COLLATE "C"), 'null') INTO held
              FROM (SELECT DISTINCT item FROM jsonb_array_elements_text(held) AS item) AS items;
            held := CASE held WHEN edited.had THEN edited.had ELSE held END;
        END IF;
        IF held <> 'null' THEN
            kept := kept || jsonb_build_object(edited.name, held);
        END IF;
    END LOOP;
    IF one_way <> '{{}}' THEN
        RAISE EXCEPTION 'javis: % cannot be changed here', array_to_string(one_way, ', ')
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'Change them in Jira; or let them go both ways: JIRA_FIELD_POLICY=' || array_to_string(ways, ',')
                         || ' is taken over by the next sync.';
    END IF;
    RETURN kept;
END $$;

-- name: track_local_edit
-- BEFORE UPDATE of a record by anyone but the sync. Arguments: kind, system, scope column, id column; comma-separated:
-- columns that nobody changes here, tracked columns, those of them that are sets; the column whose elements are fields
-- each by itself, or nothing. Other columns keep their values, whatever was written to them.
CREATE OR REPLACE FUNCTION public.javis_track_local_edit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    kind        public.resource_type := CASE TG_RELID {kind_of_table} END;
    system      text := TG_ARGV[1];
    scope       text := TG_ARGV[2];
    id          text := TG_ARGV[3];
    fixed       text[] := string_to_array(TG_ARGV[4], ',');
    tracked     text[] := string_to_array(TG_ARGV[5], ',');
    sets        text[] := string_to_array(TG_ARGV[6], ',');
    elements    text := TG_ARGV[7];
    lost        text;
    before_doc  jsonb := to_jsonb(OLD);
    after_doc   jsonb;
    written     jsonb := to_jsonb(NEW);
    whole       record;
    bases       jsonb;
    errors      jsonb;
    was         jsonb;
    becomes     jsonb;
    field_name  text;
    edited      boolean := false;
BEGIN
    IF kind IS NULL OR kind::text <> TG_ARGV[0] THEN
        RAISE EXCEPTION 'javis: % keeps no journal of edits', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
    END IF;
    bases := OLD.local_modified_fields;
    errors := OLD.sync_errors;
    FOREACH field_name IN ARRAY fixed LOOP
        IF written -> field_name IS DISTINCT FROM before_doc -> field_name THEN
            RAISE EXCEPTION 'javis: % of % cannot be changed here', field_name, coalesce(before_doc ->> 'key', before_doc ->> id)
                USING ERRCODE = 'restrict_violation', HINT = 'Move or rename the record in Jira or Confluence; the next sync follows.';
        END IF;
    END LOOP;

    -- A set has one spelling, so that equal sets are equal arrays.
    FOREACH field_name IN ARRAY sets LOOP
        written := jsonb_set(written, ARRAY[field_name], coalesce(
            (SELECT jsonb_agg(item ORDER BY item COLLATE "C")
               FROM (SELECT DISTINCT item FROM jsonb_array_elements_text(written -> field_name) AS item) AS items), '[]'));
    END LOOP;
    -- An element that is not there would be one that nobody mentioned, or one that was taken out: only null says which.
    IF elements <> '' THEN
        SELECT string_agg(name, ', ' ORDER BY name) INTO lost
          FROM jsonb_object_keys(before_doc -> elements) AS name WHERE NOT written -> elements ? name;
        IF lost IS NOT NULL THEN
            RAISE EXCEPTION 'javis: % of % would lose %', elements, coalesce(before_doc ->> 'key', before_doc ->> id), lost
                USING ERRCODE = 'restrict_violation',
                      HINT = format('Change what you mean (%1$s = %1$s || ''{{...}}''), and set it to null to clear it.', elements);
        END IF;
        SELECT string_agg(name, ', ' ORDER BY name) INTO lost
          FROM jsonb_object_keys(written -> elements) AS name WHERE written ? name;
        IF lost IS NOT NULL THEN
            RAISE EXCEPTION 'javis: % is a column, and no element of %', lost, elements USING ERRCODE = 'restrict_violation';
        END IF;
        IF written -> elements IS DISTINCT FROM before_doc -> elements THEN
            written := jsonb_set(written, ARRAY[elements], public.javis_checked_elements(before_doc -> elements, written -> elements));
        ELSE
            written := written || jsonb_build_object(elements, before_doc -> elements);
        END IF;
    END IF;
    -- Fields read one by one are given the default of a column that was added after the row was written;
    -- jsonb_populate_record copies the row as it lies there.
    SELECT OLD.* INTO whole;
    NEW := jsonb_populate_record(whole, (
        SELECT jsonb_object_agg(name, written -> name) FROM unnest(tracked || elements) AS name WHERE name <> ''));
    after_doc := to_jsonb(NEW);
    IF elements <> '' AND after_doc -> elements <> before_doc -> elements THEN
        tracked := tracked || ARRAY(SELECT jsonb_object_keys((before_doc -> elements) || (after_doc -> elements)) ORDER BY 1);
        before_doc := before_doc || (before_doc -> elements);
        after_doc := after_doc || (after_doc -> elements);
    END IF;

    FOREACH field_name IN ARRAY tracked LOOP
        was := coalesce(before_doc -> field_name, 'null');
        becomes := coalesce(after_doc -> field_name, 'null');
        CONTINUE WHEN becomes = was;
        edited := true;
        errors := errors - field_name;
        IF NOT bases ? field_name THEN
            bases := bases || jsonb_build_object(field_name, was);
        ELSIF bases -> field_name = becomes THEN
            bases := bases - field_name;
        END IF;
        INSERT INTO public.local_edits (system, scope, resource_type, resource_id, record_id, field, old, new)
        VALUES (system, before_doc ->> scope, kind, coalesce(before_doc ->> id, before_doc ->> 'record_id'), OLD.record_id,
                field_name, was, becomes);
    END LOOP;

    IF edited THEN
        NEW.local_modified_fields := bases;
        NEW.sync_errors := errors;
        NEW.local_seq := OLD.local_seq + 1;
        NEW.local_modified_at := clock_timestamp();
        NEW.sync_status := CASE
            WHEN OLD.sync_status IN ('conflict', 'pushing') THEN OLD.sync_status
            WHEN errors <> '{{}}' THEN 'error'
            WHEN bases <> '{{}}' THEN 'local_modified'
            ELSE 'synced' END;
        PERFORM pg_notify('javis_local_change', jsonb_build_object('system', system, 'scope', before_doc ->> scope)::text);
    END IF;
    RETURN NEW;
END $$;

-- name: keep_tombstone
-- BEFORE DELETE of a record by anyone but the sync: a tombstone is left; `javis status` lists it. Arguments: kind, system,
-- scope column, id column; the verb of the policy that says what becomes of it there, which is then noted, or nothing.
CREATE OR REPLACE FUNCTION public.javis_keep_tombstone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    kind    public.resource_type := CASE TG_RELID {kind_of_table} END;
    system  text := TG_ARGV[1];
    scope   text := TG_ARGV[2];
    id      text := TG_ARGV[3];
    doc     jsonb := to_jsonb(OLD);
    origin  text := coalesce(current_setting('javis.origin', true), '');
    is_kept boolean;
    becomes text;  -- of the record there
BEGIN
    IF kind IS NULL OR kind::text <> TG_ARGV[0] THEN
        RAISE EXCEPTION 'javis: % keeps no tombstones', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.local_deleted_at IS NULL THEN
        SELECT p.policy INTO becomes FROM public.sync_policies AS p
         WHERE p.verb = TG_ARGV[4] AND p.policy <> 'off' AND p.system = TG_ARGV[1] AND p.scope = doc ->> TG_ARGV[2]
           AND doc ->> TG_ARGV[3] IS NOT NULL;
        PERFORM set_config('javis.origin', 'sync', true);
        EXECUTE format(
            'UPDATE %I.%I SET local_deleted_at = clock_timestamp(), local_modified_at = clock_timestamp(), '
            'local_seq = local_seq + 1 %s WHERE record_id = $1 RETURNING local_deleted_at IS NOT NULL',
            TG_TABLE_SCHEMA, TG_TABLE_NAME, CASE WHEN TG_ARGV[4] <> '' THEN ', removal = $2' ELSE '' END)
            INTO is_kept USING OLD.record_id, becomes;
        PERFORM set_config('javis.origin', origin, true);
        -- Whoever gave the table another owner and not the function would lose deletions without a word.
        IF is_kept IS DISTINCT FROM true THEN
            RAISE EXCEPTION 'javis: % cannot be deleted: the owner of javis_keep_tombstone() does not own %',
                doc ->> id, TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
        END IF;
        INSERT INTO public.local_edits (system, scope, resource_type, resource_id, record_id, field, old, new)
        VALUES (system, doc ->> scope, kind, coalesce(doc ->> id, doc ->> 'record_id'), OLD.record_id,
                '(row)', 'true', 'null');
        PERFORM pg_notify('javis_local_change', jsonb_build_object('system', system, 'scope', doc ->> scope)::text);
    END IF;
    RETURN NULL;
END $$;

-- name: wish
-- BEFORE INSERT of a record by anyone but the sync: a wish, with what the database knows to be wrong with it refused at
-- once. Arguments: kind, system, scope column, id column, key column; comma-separated: columns that are given, those of
-- them that must be, those that are sets, those that name another record by its key; the column after which the provisional
-- key is made, or nothing; the verb of the policy that allows it, and the setting that says so; the column that says who may
-- read it, where that is not known before it is made, or nothing.
CREATE OR REPLACE FUNCTION public.javis_wish() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    kind       public.resource_type := CASE TG_RELID {kind_of_table} END;
    system_    text := TG_ARGV[1];
    doc        jsonb := to_jsonb(NEW);
    place      text := doc ->> TG_ARGV[2];
    asked_key  text := nullif(doc ->> TG_ARGV[4], '');
    new_key    text;
    made       jsonb;
    same       jsonb;
    field_name text;
    possible   text;
BEGIN
    IF kind IS NULL OR kind::text <> TG_ARGV[0] THEN
        RAISE EXCEPTION 'javis: % takes no wishes', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NOT EXISTS (SELECT FROM public.sync_policies AS p
                    WHERE p.verb = TG_ARGV[10] AND p.policy = 'on' AND p.system = system_ AND p.scope IN ('*', place)) THEN
        RAISE EXCEPTION 'javis: nothing may be made in %', coalesce(place, 'no project')
            USING ERRCODE = 'restrict_violation',
                  HINT = format('Projects in which rows may be inserted are named in %s; what it says is taken over by '
                                'javis db migrate, and by every sync.', TG_ARGV[11]);
    END IF;
    NEW.record_id := coalesce(NEW.record_id, gen_random_uuid());
    -- Whoever writes a row again that is there already is told so by its key, or asked for nothing to be done.
    EXECUTE format('SELECT to_jsonb(r) FROM %I.%I AS r WHERE r.record_id = $1', TG_TABLE_SCHEMA, TG_TABLE_NAME)
       INTO same USING NEW.record_id;
    -- Only what is given is taken; the rest is as in a row about which nothing is known.
    SELECT jsonb_object_agg(a.attname, CASE WHEN NOT a.attnotnull THEN 'null'::jsonb
                                            WHEN format_type(a.atttypid, NULL) = 'text[]' THEN '[]'
                                            WHEN format_type(a.atttypid, NULL) = 'jsonb' THEN '{{}}'
                                            WHEN format_type(a.atttypid, NULL) = 'boolean' THEN 'false'
                                            ELSE '0' END)
      INTO made
      FROM pg_attribute AS a
     WHERE a.attrelid = TG_RELID AND a.attnum > 0 AND NOT a.attisdropped;
    IF same IS NOT NULL THEN
        RETURN jsonb_populate_record(
            NEW, made || jsonb_strip_nulls(doc) || jsonb_build_object(TG_ARGV[4], same -> TG_ARGV[4], TG_ARGV[3], NULL));
    END IF;
    new_key := public.javis_provisional_key(doc ->> TG_ARGV[9], NEW.record_id);
    IF asked_key IS DISTINCT FROM new_key AND asked_key IS NOT NULL THEN
        IF public.javis_key(asked_key) IS NOT NULL THEN
            RAISE EXCEPTION 'javis: there is, or was, a record with key %', asked_key
                USING ERRCODE = 'unique_violation', HINT = 'Leave the key out: it is given when the record is made.';
        END IF;
        RAISE EXCEPTION 'javis: key % cannot be chosen here', asked_key
            USING ERRCODE = 'restrict_violation', HINT = 'Leave the key out: it is given when the record is made.';
    END IF;

    FOREACH field_name IN ARRAY string_to_array(TG_ARGV[6], ',') LOOP
        IF coalesce(btrim(doc ->> field_name), '') = '' THEN
            RAISE EXCEPTION 'javis: % of a new record must be given', field_name
                USING ERRCODE = 'not_null_violation', COLUMN = field_name, HINT = 'Nothing was written.';
        END IF;
    END LOOP;
    SELECT string_agg(f.type_name, ', ' ORDER BY f.type_name) INTO possible
      FROM public.jira_create_forms AS f
     WHERE system_ = 'jira' AND f.project_key = place
    HAVING NOT bool_or(lower(f.type_name) = lower(doc ->> 'issue_type'));
    IF possible IS NOT NULL THEN
        RAISE EXCEPTION 'javis: there is no issue type % in %', doc ->> 'issue_type', place
            USING ERRCODE = 'check_violation', COLUMN = 'issue_type', HINT = 'Possible: ' || possible || '.';
    END IF;

    FOREACH field_name IN ARRAY string_to_array(TG_ARGV[5], ',') LOOP
        made := made || jsonb_build_object(field_name, doc -> field_name);
    END LOOP;
    FOREACH field_name IN ARRAY string_to_array(TG_ARGV[7], ',') LOOP
        made := jsonb_set(made, ARRAY[field_name], coalesce(
            (SELECT jsonb_agg(item ORDER BY item COLLATE "C")
               FROM (SELECT DISTINCT item
                       FROM jsonb_array_elements_text(CASE jsonb_typeof(doc -> field_name)
                                                           WHEN 'array' THEN doc -> field_name ELSE '[]' END) AS item) AS items), '[]'));
    END LOOP;
    FOREACH field_name IN ARRAY string_to_array(TG_ARGV[8], ',') LOOP
        made := made || jsonb_build_object(field_name, coalesce(public.javis_key(doc ->> field_name), doc ->> field_name));
    END LOOP;
    made := made || jsonb_build_object(
        TG_ARGV[2], place, TG_ARGV[4], new_key, 'record_id', NEW.record_id,
        'remote_state', 'wanted', 'sync_status', 'local_modified', 'local_modified_at', clock_timestamp());
    IF TG_ARGV[12] <> '' THEN
        made := made || jsonb_build_object(TG_ARGV[12], {unknown});
    END IF;
    NEW := jsonb_populate_record(NEW, made);
    INSERT INTO public.local_edits (system, scope, resource_type, resource_id, record_id, field, old, new)
    VALUES (system_, place, kind, NEW.record_id::text, NEW.record_id, '(row)', 'null', 'true');
    PERFORM pg_notify('javis_local_change', jsonb_build_object('system', system_, 'scope', place)::text);
    RETURN NEW;
END $$;

-- name: check_texts
-- BEFORE INSERT or UPDATE of a record by anyone but the sync: what its system takes of no text is refused at once.
-- Arguments: the key column; column to the characters that it may have, as JSON; comma-separated: those of one line.
CREATE OR REPLACE FUNCTION public.javis_check_texts() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    lines      text[] := string_to_array(TG_ARGV[2], ',');
    before_doc jsonb := CASE TG_OP WHEN 'UPDATE' THEN to_jsonb(OLD) ELSE '{{}}' END;
    whose      text := coalesce(before_doc ->> TG_ARGV[0], 'a new record');
    checked    record;
    remedy     text;
    problem    text;
BEGIN
    FOR checked IN
        SELECT most.key AS name, most.value::integer AS longest, to_jsonb(NEW) ->> most.key AS held
          FROM jsonb_each_text(TG_ARGV[1]::jsonb) AS most
         WHERE TG_OP = 'INSERT' OR to_jsonb(NEW) -> most.key <> before_doc -> most.key
         ORDER BY most.key
    LOOP
        problem := NULL;
        IF checked.name = ANY (lines) AND coalesce(checked.held, '') !~ '\S' THEN
            problem := 'must not be empty';
            remedy := 'Give it a text.';
        ELSIF checked.name = ANY (lines) AND checked.held ~ '[\n\r]' THEN
            problem := 'must be one line';
            remedy := 'Take the line breaks out.';
        ELSIF length(checked.held) > checked.longest THEN
            problem := format('must have at most %s characters, and has %s', checked.longest, length(checked.held));
            remedy := 'Shorten it.';
        END IF;
        IF problem IS NOT NULL THEN
            RAISE EXCEPTION 'javis: % of % %', checked.name, whose, problem
                USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, COLUMN = checked.name,
                      HINT = 'Nothing was written. ' || remedy;
        END IF;
    END LOOP;
    RETURN NEW;
END $$;

-- name: refuse_taken
-- BEFORE INSERT or UPDATE of a record by anyone but the sync, of which no two of a scope have one title. Arguments: kind,
-- columns with the title, the key, the id and the scope. Whether the trash keeps a title only the remote tells.
CREATE OR REPLACE FUNCTION public.javis_refuse_taken() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    kind   public.resource_type := CASE TG_RELID {kind_of_table} END;
    doc    jsonb := to_jsonb(NEW);
    place  text := doc ->> TG_ARGV[4];
    holder text;
BEGIN
    IF kind IS NULL OR kind::text <> TG_ARGV[0] THEN
        RAISE EXCEPTION 'javis: % has no titles of its own', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'UPDATE' AND lower(to_jsonb(OLD) ->> TG_ARGV[1]) = lower(doc ->> TG_ARGV[1]) THEN
        RETURN NEW;
    END IF;
    EXECUTE format(
        'SELECT r.%I FROM %I.%I AS r WHERE r.%I = $1 AND lower(r.%I) = lower($2) AND r.record_id <> $3 '
        'AND r.status IS DISTINCT FROM ''trashed'' AND r.remote_state IN (''present'', ''wanted'') '
        'AND (r.%I IS NOT NULL OR r.local_deleted_at IS NULL) LIMIT 1',
        TG_ARGV[2], TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV[4], TG_ARGV[1], TG_ARGV[3])
        INTO holder USING place, doc ->> TG_ARGV[1], NEW.record_id;
    IF holder IS NOT NULL THEN
        RAISE EXCEPTION 'javis: % has this title already in %', holder, place
            USING ERRCODE = 'unique_violation', COLUMN = TG_ARGV[1], HINT = 'Nothing was written. Choose another title.';
    END IF;
    RETURN NEW;
END $$;

-- name: refuse_itself
-- BEFORE UPDATE of a column that names another record, by anyone but the sync. Arguments: the columns with that name and
-- with the key.
CREATE OR REPLACE FUNCTION public.javis_refuse_itself() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'javis: % of % cannot be that record itself', TG_ARGV[0], to_jsonb(OLD) ->> TG_ARGV[1]
        USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, COLUMN = TG_ARGV[0],
              HINT = 'Nothing was written. Name another record, or NULL for none.';
END $$;

-- name: name_record
-- BEFORE INSERT on books whose rows name a record, as resource_type and resource_id: the name that it has here for ever, and
-- whether only some people may read it.
CREATE OR REPLACE FUNCTION public.javis_name_record() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT coalesce(known.record_id, NEW.record_id), coalesce(known.is_restricted, false) INTO NEW.record_id, NEW.restricted
      FROM (SELECT) AS nothing LEFT JOIN LATERAL (
           {records}
           ) AS known ON true;
    RETURN NEW;
END $$;

-- name: record_of_kind
SELECT r.record_id, {is_restricted} AS is_restricted FROM public.{table} AS r
            WHERE NEW.resource_type = {kind}
              AND (r.{id} = NEW.resource_id AND NEW.record_id IS NULL OR r.record_id = NEW.record_id)

-- name: follow_restriction
-- AFTER UPDATE, once a statement, with the rows as they were and as they are. Arguments: kind, id column, the column that
-- says who may read; comma-separated: the tables whose rows are restricted with their record. A text that was once
-- restricted stays so in the books; what was public until now becomes restricted with its record; what was only kept back
-- until that was known is let go where all may read it. Contexts and suggestions do not tell whom they quote: those from
-- before are all kept back, and the next ones quote it no more.
CREATE OR REPLACE FUNCTION public.javis_follow_restriction() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    of_kind  public.resource_type := CASE TG_RELID {kind_of_table} END;
    hidden   text[];  -- ids of those that not everybody may read now
    shown    text[];  -- of those that all may read now
    let_go   text[];  -- of those among them that were only kept back
    is_newly boolean; -- whether all could read one of the hidden ones
    book     text;
BEGIN
    IF of_kind IS NULL OR of_kind::text <> TG_ARGV[0] THEN
        RAISE EXCEPTION 'javis: % has no restricted records', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
    END IF;
    EXECUTE format(
        'SELECT array_agg(n.%1$I) FILTER (WHERE n.%2$I IS NOT NULL), array_agg(n.%1$I) FILTER (WHERE n.%2$I IS NULL), '
        'array_agg(n.%1$I) FILTER (WHERE n.%2$I IS NULL AND o.%2$I = %3$L), bool_or(o.%2$I IS NULL) '
        'FROM rows_before AS o JOIN rows_after AS n USING (%1$I) WHERE o.%2$I IS DISTINCT FROM n.%2$I',
        TG_ARGV[1], TG_ARGV[2], {unknown}) INTO hidden, shown, let_go, is_newly;
    IF hidden IS NULL AND shown IS NULL THEN
        RETURN NULL;
    END IF;
    FOREACH book IN ARRAY string_to_array(TG_ARGV[3], ',') LOOP
        EXECUTE format('UPDATE public.%1$I SET restricted = NOT restricted '
                       'WHERE (%2$I = ANY ($1) AND NOT restricted) OR (%2$I = ANY ($2) AND restricted)', book, TG_ARGV[1])
          USING hidden, shown;
    END LOOP;
    UPDATE public.sync_conflict_values AS b SET restricted = NOT b.restricted FROM public.sync_conflicts AS c
     WHERE c.id = b.conflict_id AND c.resource_type = of_kind
       AND (c.resource_id = ANY (hidden) AND NOT b.restricted OR c.resource_id = ANY (let_go) AND b.restricted);
    FOREACH book IN ARRAY ARRAY['sync_conflicts', 'local_edits', 'sync_audit', 'sync_outbox'] LOOP
        EXECUTE format('UPDATE public.%I SET restricted = NOT restricted WHERE resource_type = $1 '
                       'AND (resource_id = ANY ($2) AND NOT restricted OR resource_id = ANY ($3) AND restricted)', book)
          USING of_kind, hidden, let_go;
    END LOOP;
    IF is_newly THEN
        UPDATE public.work_contexts SET restricted = true WHERE NOT restricted;
        UPDATE public.ai_suggestions SET restricted = true WHERE NOT restricted;
    END IF;
    RETURN NULL;
END $$;

-- name: is_other
-- A write is the sync's own if the transaction says so *and* the role that writes has the rights of javis_sync, or of the
-- table's owner. The setting alone counts for nothing, because anybody may set it; the role alone is an ordinary edit.
-- The first two conditions decide nearly every row, and are many times faster than a function of ours.
(coalesce(pg_catalog.current_setting('javis.origin', true), '') <> 'sync'
 OR NOT (coalesce(pg_catalog.pg_has_role(current_user, pg_catalog.to_regrole('javis_sync')::oid, 'USAGE'), false)
         OR public.javis_owns({oid}::regclass)))

-- name: triggers
CREATE TRIGGER check_values BEFORE UPDATE ON public.{table} FOR EACH ROW WHEN {is_other}
    EXECUTE FUNCTION public.javis_check_values({most_bytes});
CREATE TRIGGER track_local_edit BEFORE UPDATE ON public.{table} FOR EACH ROW WHEN {is_other}
    EXECUTE FUNCTION public.javis_track_local_edit({kind}, {system}, {scope}, {id}, {fixed}, {tracked}, {sets}, {elements});
CREATE TRIGGER keep_tombstone BEFORE DELETE ON public.{table} FOR EACH ROW WHEN {is_other}
    EXECUTE FUNCTION public.javis_keep_tombstone({kind}, {system}, {scope}, {id}, {away_verb});
CREATE TRIGGER keep_record_id BEFORE UPDATE OF record_id ON public.{table} FOR EACH ROW
    WHEN (OLD.record_id IS DISTINCT FROM NEW.record_id)
    EXECUTE FUNCTION public.javis_keep_record_id();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.{table} EXECUTE FUNCTION public.javis_refuse_truncate();

-- name: refuse_inserts
-- None fires for each new row where nobody but the sync inserts any: a COPY is fast only without such triggers.
CREATE TRIGGER refuse_local_insert BEFORE INSERT ON public.{table} FOR EACH STATEMENT WHEN {is_other}
    EXECUTE FUNCTION public.javis_refuse_local_insert();

-- name: take_wishes
-- By name they fire in this order: what is checked is the row as it will be.
CREATE TRIGGER take_wish BEFORE INSERT ON public.{table} FOR EACH ROW WHEN {is_other}
    EXECUTE FUNCTION public.javis_wish(
        {kind}, {system}, {scope}, {id}, {key}, {given}, {required}, {sets}, {keys}, {named_after}, {verb}, {setting}, {kept_from});
CREATE TRIGGER then_check_values BEFORE INSERT ON public.{table} FOR EACH ROW WHEN {is_other}
    EXECUTE FUNCTION public.javis_check_values({most_bytes});

-- name: take_copied
-- With the rights of whoever copies. A row that is there already is passed over: COPY itself cannot be asked for that.
CREATE OR REPLACE FUNCTION public.javis_take_copied() RETURNS trigger
    LANGUAGE plpgsql SET search_path TO 'pg_catalog', 'pg_temp' AS $$
DECLARE
    names text := (SELECT string_agg(format('%I', name), ', ') FROM unnest(string_to_array(TG_ARGV[1], ',')) AS name);
BEGIN
    NEW.record_id := coalesce(NEW.record_id, gen_random_uuid());
    EXECUTE format('INSERT INTO public.%I (%s) SELECT %s FROM (SELECT ($1).*) AS given ON CONFLICT DO NOTHING', TG_ARGV[0], names, names)
      USING NEW;
    RETURN NEW;
END $$;

-- name: copied_into
DROP VIEW IF EXISTS public.{view};
CREATE VIEW public.{view} WITH (security_invoker = true) AS
    SELECT {inserted} FROM public.{table} WHERE remote_state = 'wanted' AND local_deleted_at IS NULL;
CREATE TRIGGER take_copied INSTEAD OF INSERT ON public.{view} FOR EACH ROW
    EXECUTE FUNCTION public.javis_take_copied({name}, {names});

-- name: find_place
-- BEFORE INSERT of what hangs on a record, by anyone but the sync: that is named by its key, or one that it had. Its row is
-- held, so that one that is just being made gets what hangs on it. Arguments: the table of what it hangs on, and of that the
-- columns with the id, the key, the scope and who may read it; the columns here with the key, and with what an INSERT names.
CREATE OR REPLACE FUNCTION public.javis_find_place() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    system text := CASE TG_RELID {system_of_table} END;
    word   text := replace(TG_ARGV[5], '_key', '');
    named  text := to_jsonb(NEW) ->> TG_ARGV[6];
    place  jsonb;
BEGIN
    IF system IS NULL THEN
        RAISE EXCEPTION 'javis: nothing of % hangs on a record', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
    END IF;
    EXECUTE format(
        'SELECT jsonb_build_object(''key'', p.%3$I, ''id'', p.%2$I, ''scope'', p.%4$I, ''restricted'', p.%5$I IS NOT NULL, '
        '''there'', p.local_deleted_at IS NULL AND p.remote_state IN (''present'', ''wanted'')) '
        'FROM public.%1$I AS p WHERE p.%3$I = public.javis_key($1) FOR KEY SHARE',
        TG_ARGV[0], TG_ARGV[1], TG_ARGV[2], TG_ARGV[3], TG_ARGV[4]) INTO place USING named;
    IF place IS NULL THEN
        RAISE EXCEPTION 'javis: there is no % % here', word, coalesce(named, format('(%s is not given)', TG_ARGV[6]))
            USING ERRCODE = 'foreign_key_violation', HINT = 'Nothing was written.';
    END IF;
    IF NOT (place ->> 'there')::boolean THEN
        RAISE EXCEPTION 'javis: % % is not in % any more, or was deleted here', word, place ->> 'key', initcap(system)
            USING ERRCODE = 'restrict_violation', HINT = 'Nothing was written.';
    END IF;
    RETURN jsonb_populate_record(NEW, jsonb_build_object(
        TG_ARGV[5], place -> 'key', TG_ARGV[1], place -> 'id', TG_ARGV[3], place -> 'scope',
        'restricted', place -> 'restricted'));
END $$;

-- name: obey_policy
-- BEFORE UPDATE OR DELETE of a record by anyone but the sync. Arguments: system, scope column, id column, key column; the
-- verb of the policy that allows it, and the setting that says so; the column with the author, of whom only our account may
-- be changed from here, or nothing; comma-separated: columns that only an INSERT gives. What is only wished for may be
-- changed in every way.
CREATE OR REPLACE FUNCTION public.javis_obey_policy() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    before_doc jsonb := to_jsonb(OLD);
    place      text := before_doc ->> TG_ARGV[1];
    us         text;
    field_name text;
BEGIN
    IF (CASE TG_RELID {kind_of_table} END) IS NULL THEN
        RAISE EXCEPTION 'javis: % obeys no policy', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF before_doc ->> TG_ARGV[2] IS NULL OR (TG_OP = 'UPDATE' AND NEW IS NOT DISTINCT FROM OLD) THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF NOT EXISTS (SELECT FROM public.sync_policies AS p
                    WHERE p.verb = TG_ARGV[4] AND p.policy = 'on' AND p.system = TG_ARGV[0] AND p.scope IN ('*', place)) THEN
        RAISE EXCEPTION 'javis: % of % are not changed from here', TG_TABLE_NAME, place
            USING ERRCODE = 'restrict_violation',
                  HINT = format('Projects in which they are, are named in %s; what it says is taken over by '
                                'javis db migrate, and by every sync.', TG_ARGV[5]);
    END IF;
    SELECT w.account_id INTO us FROM public.sync_watermarks AS w WHERE w.system = TG_ARGV[0] AND w.scope = place;
    IF TG_ARGV[6] <> '' AND before_doc ->> TG_ARGV[6] IS DISTINCT FROM us THEN
        RAISE EXCEPTION 'javis: % was written by somebody else', before_doc ->> TG_ARGV[3]
            USING ERRCODE = 'restrict_violation',
                  HINT = format('Only what the account of this pipeline wrote is changed from here; change it in %s.', initcap(TG_ARGV[0]));
    END IF;
    FOREACH field_name IN ARRAY string_to_array(TG_ARGV[7], ',') LOOP
        IF TG_OP = 'UPDATE' AND to_jsonb(NEW) -> field_name IS DISTINCT FROM before_doc -> field_name THEN
            RAISE EXCEPTION 'javis: % of % is given when it is written, and cannot be changed here',
                field_name, before_doc ->> TG_ARGV[3]
                USING ERRCODE = 'restrict_violation',
                      HINT = format('Change it in %s; the next sync follows.', initcap(TG_ARGV[0]));
        END IF;
    END LOOP;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

-- name: admit_changes
-- By name it fires before what keeps the journal, and what leaves a tombstone.
CREATE TRIGGER admit_change BEFORE UPDATE OR DELETE ON public.{table} FOR EACH ROW WHEN {is_other}
    EXECUTE FUNCTION public.javis_obey_policy(
        {system}, {scope}, {id}, {key}, {edit_verb}, {edit_setting}, {author}, {only_given});

-- name: follow_place
-- AFTER UPDATE of a record's key: what hangs on it is named after it, and what hangs on one that was made there just now has
-- its id. Arguments: the table of what hangs, its id column, and what stands before the id in its keys; the columns here with
-- the id, the key and the scope, and the one there with the key.
CREATE OR REPLACE FUNCTION public.javis_follow_place() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    origin  text := coalesce(current_setting('javis.origin', true), '');
    was     jsonb := to_jsonb(OLD);
    becomes jsonb := to_jsonb(NEW);
    book    text;
BEGIN
    IF (CASE TG_RELID {kind_of_table} END) IS NULL THEN
        RAISE EXCEPTION 'javis: nothing hangs on %', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('javis.origin', 'sync', true);
    EXECUTE format(
        'UPDATE public.%1$I AS c SET %5$I = $1, %6$I = $2, %4$I = $3, '
        'key = CASE WHEN c.%2$I IS NULL THEN c.key ELSE $1 || %3$L || c.%2$I END '
        'WHERE c.%4$I = $3 OR (c.%4$I IS NULL AND c.%5$I = $4)',
        TG_ARGV[0], TG_ARGV[1], '#' || TG_ARGV[2], TG_ARGV[3], TG_ARGV[4], TG_ARGV[5])
      USING becomes ->> TG_ARGV[6], becomes ->> TG_ARGV[5], becomes ->> TG_ARGV[3], was ->> TG_ARGV[6];
    IF becomes ->> TG_ARGV[5] <> was ->> TG_ARGV[5] THEN
        FOREACH book IN ARRAY ARRAY['sync_conflicts', 'sync_outbox', 'sync_creates'] LOOP
            EXECUTE format('UPDATE public.%I AS b SET scope = $1 FROM public.%I AS c '
                           'WHERE c.%I = $2 AND b.record_id = c.record_id', book, TG_ARGV[0], TG_ARGV[3])
              USING becomes ->> TG_ARGV[5], becomes ->> TG_ARGV[3];
        END LOOP;
    END IF;
    PERFORM set_config('javis.origin', origin, true);
    RETURN NULL;
END $$;

-- name: hang
CREATE TRIGGER find_place BEFORE INSERT ON public.{table} FOR EACH ROW WHEN {is_other}
    EXECUTE FUNCTION public.javis_find_place({on_name}, {on_id}, {on_key}, {scope}, {on_readers}, {by}, {named_in});
CREATE TRIGGER {trigger} AFTER UPDATE OF {key_there}, {scope_there} ON public.{on} FOR EACH ROW
    WHEN (OLD.{key_there} IS DISTINCT FROM NEW.{key_there} OR OLD.{scope_there} IS DISTINCT FROM NEW.{scope_there})
    EXECUTE FUNCTION public.javis_follow_place({name}, {id}, {called}, {on_id}, {by}, {scope}, {on_key});

-- name: lead_on
-- By name it fires before what looks for the issue.
CREATE TRIGGER find_ends BEFORE INSERT OR UPDATE OF label, other_key ON public.{table} FOR EACH ROW WHEN {is_other}
    EXECUTE FUNCTION public.javis_find_ends();
CREATE TRIGGER follow_other_end AFTER UPDATE OF key ON public.{on} FOR EACH ROW WHEN (OLD.key IS DISTINCT FROM NEW.key)
    EXECUTE FUNCTION public.javis_follow_other_end();

-- name: check_least
-- By name it fires after what else checks a row.
CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE OF {column} ON public.{table} FOR EACH ROW
    WHEN (NEW.{column} < {least} AND {is_other})
    EXECUTE FUNCTION public.javis_refuse_little({field}, {shown});

-- name: check_lengths
-- By name it fires after what makes a wish of a row, and after what checks its values.
CREATE TRIGGER then_check_texts BEFORE INSERT OR UPDATE ON public.{table} FOR EACH ROW WHEN {is_other}
    EXECUTE FUNCTION public.javis_check_texts({shown_key}, {longest}, {lines});

-- name: check_taken
CREATE TRIGGER then_refuse_taken BEFORE INSERT OR UPDATE OF {title} ON public.{table} FOR EACH ROW WHEN {is_other}
    EXECUTE FUNCTION public.javis_refuse_taken({kind}, {title_name}, {shown_key}, {id}, {scope});

-- name: check_itself
CREATE TRIGGER {trigger} BEFORE UPDATE OF {column} ON public.{table} FOR EACH ROW
    WHEN (NEW.{column} IN (OLD.{key_column}, OLD.{id_column}) AND NEW.{column} IS DISTINCT FROM OLD.{column} AND {is_other})
    EXECUTE FUNCTION public.javis_refuse_itself({field}, {shown_key});

-- name: refuse_follower
CREATE TRIGGER {trigger} BEFORE UPDATE OF {column} ON public.{table} FOR EACH ROW
    WHEN (NEW.{column} IS DISTINCT FROM OLD.{column} AND {is_other})
    EXECUTE FUNCTION public.javis_refuse_follower({field}, {leader});

-- name: ask_again
-- One for each field that people edit: only `UPDATE OF` tells which columns a statement names.
CREATE TRIGGER {trigger} BEFORE UPDATE OF {column} ON public.{table} FOR EACH ROW
    WHEN (OLD.sync_refused ? {field} AND {is_other})
    EXECUTE FUNCTION public.javis_ask_again({field}, {system}, {scope});

-- name: ask_elements_again
CREATE TRIGGER {trigger} BEFORE UPDATE OF {element_column} ON public.{table} FOR EACH ROW
    WHEN (OLD.sync_refused <> '{{}}' AND {is_other})
    EXECUTE FUNCTION public.javis_ask_elements_again({elements}, {system}, {scope});

-- name: restriction
CREATE TRIGGER follow_restriction AFTER UPDATE ON public.{table}
    REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT
    EXECUTE FUNCTION public.javis_follow_restriction({kind}, {id}, {restricted_name}, {restricted_with_it});
ALTER TABLE public.{table} ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS what_all_may_read ON public.{table};
CREATE POLICY what_all_may_read ON public.{table}
    USING (({restricted_by} IS NULL) OR (SELECT public.javis_reads_restricted())) WITH CHECK (true);

-- name: content_hash
-- Over the base values of the fields that people edit, and of the elements. Every sync write stores it; a clean row whose hash differs was
-- changed behind the trigger's back (disabled trigger, session_replication_role, a restore).
CREATE FUNCTION public.{hash}({parameters}) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN pg_catalog.md5(pg_catalog.concat_ws(E'\x1f', {parts}))::uuid;
CREATE FUNCTION public.{hash}(row_ public.{table}) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN public.{hash}({values});
CREATE FUNCTION public.{base_hash}(row_ public.{table}) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN (row_).local_modified_fields = '{{}}' THEN public.{hash}(row_)
            ELSE public.{hash}(pg_catalog.jsonb_populate_record(row_, {bases})) END;

-- name: bases_with_elements
-- The bases of elements lie among those of columns, and go back into their own.
(row_).local_modified_fields || pg_catalog.jsonb_build_object({elements}, (
                SELECT coalesce(pg_catalog.jsonb_object_agg(name, value), '{{}}')
                  FROM pg_catalog.jsonb_each((row_).{element_column}
                       || ((row_).local_modified_fields - pg_catalog.string_to_array({tracked}, ','))) AS e (name, value)
                 WHERE value <> 'null'))

-- name: hash_functions
SELECT oid::regprocedure::text AS signature FROM pg_proc
 WHERE pronamespace = 'public'::regnamespace AND proname = ANY (%(names)s);

-- name: keep_marked_rows
-- Which rows are as the sync or the trigger wrote them, by the hash as it was made until now.
CREATE TEMPORARY TABLE rows_to_hash ON COMMIT DROP AS
SELECT r.{id} AS id FROM public.{table} AS r
 WHERE r.content_hash = {as_synced};

-- name: hash_marked_rows
-- What was changed behind the trigger's back keeps a hash that tells so.
UPDATE public.{table} AS r
   SET content_hash = public.{base_hash}(r)
  FROM rows_to_hash AS kept
 WHERE r.{id} = kept.id;

-- name: old_triggers
SELECT tgname AS name FROM pg_trigger
 WHERE tgrelid = to_regclass(%(table)s) AND NOT tgisinternal AND tgfoid = ANY (
       SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'javis\_%%');

-- name: record_kinds
-- The kinds of records, and the system that each is of. Columns of these views are only added, at the end: others may
-- have made views of them.
CREATE OR REPLACE VIEW public.record_kinds AS SELECT * FROM (VALUES {kinds}) AS kinds (kind, system, hangs);

-- name: records
-- Every record of every kind, with what all of them have.
CREATE OR REPLACE VIEW public.records WITH (security_invoker = true) AS {selects};

-- name: records_of_kind
SELECT {kind}::text AS kind, {system}::text AS system, {scope} AS scope, record_id,
       coalesce({id}, record_id::text) AS resource_id, {key} AS key,
       {title} AS title, {status} AS status, sync_status, remote_state, sync_errors, sync_refused, local_modified_fields, local_deleted_at,
       {is_restricted} AS is_restricted
  FROM public.{table}
