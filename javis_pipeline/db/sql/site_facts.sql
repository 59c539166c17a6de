-- name: recall_fresh
-- Ages are counted by this clock alone. What is of the future was kept before the clock was set back.
SELECT name, value::text, extract(epoch FROM asked_at + %(fresh)s::interval - now())::float AS seconds
  FROM site_facts
 WHERE system = %(system)s AND name = coalesce(%(name)s, name) AND asked_as = %(asked_as)s
   AND asked_at BETWEEN now() - %(fresh)s::interval AND now();

-- name: recall
SELECT name, value::text FROM site_facts
 WHERE system = %(system)s AND name = ANY (%(names)s) AND asked_as = %(asked_as)s;

-- name: keep_fresh
INSERT INTO site_facts (system, name, asked_as, value)
SELECT %(system)s, name, %(asked_as)s, value::json FROM unnest(%(names)s::text[], %(values)s::text[]) AS told (name, value)
    ON CONFLICT (system, name) DO UPDATE
   SET asked_as = excluded.asked_as, value = excluded.value, asked_at = now();

-- name: keep
-- In the order of names, so that runs side by side wait for each other and never in a circle.
INSERT INTO site_facts AS f (system, name, asked_as, value)
SELECT %(system)s, name, %(asked_as)s, value::json FROM unnest(%(names)s::text[], %(values)s::text[]) AS told (name, value)
 ORDER BY name
    ON CONFLICT (system, name) DO UPDATE
   SET asked_as = excluded.asked_as, value = excluded.value, asked_at = now()
 WHERE (f.asked_as, f.value::text) IS DISTINCT FROM (excluded.asked_as, excluded.value::text);

-- name: forget
DELETE FROM site_facts
 WHERE system = %(system)s AND asked_as = %(asked_as)s AND name = coalesce(%(name)s, name);
