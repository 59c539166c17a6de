-- name: recall_fresh
-- Ages are counted by this clock alone. What is of the future was kept before the clock was set back.
SELECT value::text FROM site_facts
 WHERE system = %(system)s AND name = %(name)s AND asked_as = %(asked_as)s
   AND asked_at BETWEEN now() - %(fresh)s::interval AND now();

-- name: recall
SELECT value::text FROM site_facts WHERE system = %(system)s AND name = %(name)s AND asked_as = %(asked_as)s;

-- name: keep
INSERT INTO site_facts (system, name, asked_as, value) VALUES (%(system)s, %(name)s, %(asked_as)s, %(value)s)
    ON CONFLICT (system, name) DO UPDATE
   SET asked_as = excluded.asked_as, value = excluded.value, asked_at = now();

-- name: forget
DELETE FROM site_facts
 WHERE system = %(system)s AND asked_as = %(asked_as)s AND name = coalesce(%(name)s, name);
