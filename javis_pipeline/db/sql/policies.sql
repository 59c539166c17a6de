-- name: drop_policies
-- Of settings that are not set any more.
DELETE FROM sync_policies
 WHERE setting IS NOT NULL
   AND (system, scope, verb) NOT IN (SELECT * FROM unnest(%(systems)s::text[], %(scopes)s::text[], %(verbs)s::text[]));

-- name: put_policies
-- A row that somebody wrote by hand stays as it is; an unchanged one keeps the instant it was set at.
INSERT INTO sync_policies (system, scope, verb, policy, setting)
SELECT * FROM unnest(%(systems)s::text[], %(scopes)s::text[], %(verbs)s::text[], %(policies)s::text[], %(settings)s::text[])
    ON CONFLICT (system, scope, verb) DO UPDATE
   SET policy = excluded.policy, setting = excluded.setting, set_at = now()
 WHERE sync_policies.setting IS NOT NULL
   AND (sync_policies.policy, sync_policies.setting) IS DISTINCT FROM (excluded.policy, excluded.setting);

-- name: is_on
SELECT EXISTS (SELECT FROM sync_policies
                WHERE verb = %(verb)s AND policy = 'on' AND system IN ('*', %(system)s) AND scope IN ('*', %(scope)s)) AS is_on;

-- name: held
-- Any row that switches sending off holds it; the oldest is named.
SELECT system, scope, setting, set_at
  FROM sync_policies
 WHERE verb = 'send' AND policy = 'off' AND system IN ('*', %(system)s) AND scope IN ('*', %(scope)s)
 ORDER BY set_at, system, scope
 LIMIT 1;
