-- Of a column that shows what another one says. Arguments: the column, and that one.
CREATE FUNCTION public.javis_refuse_follower() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'javis: % of % cannot be changed here: it follows %', TG_ARGV[0], to_jsonb(OLD) ->> 'key', TG_ARGV[1]
        USING ERRCODE = 'restrict_violation', HINT = format('Set %s; the next sync brings what it leads to.', TG_ARGV[1]);
END $$;
