-- What Postgres' catalog says a database is. Each query answers (name, definition, table it goes away with);
-- tables are named as regclass prints them under search_path = public. Alembic's own table is left out.

-- name: schema
SELECT n.nspname, 'owner ' || pg_get_userbyid(n.nspowner), ''
  FROM pg_namespace n
 WHERE n.nspname = 'sandbox'

-- name: table
SELECT c.oid::regclass::text,
       concat_ws(', ', 'kind ' || c.relkind::text, 'owner ' || pg_get_userbyid(c.relowner),
                 'persistence ' || c.relpersistence::text, array_to_string(c.reloptions, ', '),
                 'comment ' || obj_description(c.oid, 'pg_class')),
       c.oid::regclass::text
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname IN ('public', 'sandbox')
   AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
   AND c.relname <> 'alembic_version'

-- name: view
SELECT c.oid::regclass::text, pg_get_viewdef(c.oid), c.oid::regclass::text
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname IN ('public', 'sandbox')
   AND c.relkind IN ('v', 'm')

-- name: row security
SELECT c.oid::regclass::text,
       CASE WHEN c.relrowsecurity THEN 'enabled' ELSE 'off' END
       || CASE WHEN c.relforcerowsecurity THEN ', forced' ELSE '' END,
       c.oid::regclass::text
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname IN ('public', 'sandbox')
   AND (c.relrowsecurity OR c.relforcerowsecurity)

-- name: column
SELECT a.attrelid::regclass::text || '.' || a.attname,
       concat_ws(' ', format_type(a.atttypid, a.atttypmod),
                 CASE WHEN a.attnotnull THEN 'not null' END,
                 'default ' || pg_get_expr(d.adbin, d.adrelid),
                 nullif(a.attidentity::text, ''), nullif(a.attgenerated::text, ''),
                 'comment ' || col_description(a.attrelid, a.attnum)),
       a.attrelid::regclass::text
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE n.nspname IN ('public', 'sandbox')
   AND c.relkind IN ('r', 'p', 'v')
   AND a.attnum > 0 AND NOT a.attisdropped
   AND c.relname <> 'alembic_version'

-- name: constraint
SELECT o.conrelid::regclass::text || '.' || o.conname, pg_get_constraintdef(o.oid), o.conrelid::regclass::text
  FROM pg_constraint o
  JOIN pg_class c ON c.oid = o.conrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname IN ('public', 'sandbox')
   AND o.contype IN ('p', 'u', 'f', 'x')
   AND c.relname <> 'alembic_version'

-- name: check
SELECT o.conrelid::regclass::text || '.' || o.conname, pg_get_constraintdef(o.oid), o.conrelid::regclass::text
  FROM pg_constraint o
  JOIN pg_namespace n ON n.oid = o.connamespace
 WHERE n.nspname IN ('public', 'sandbox')
   AND o.contype = 'c'

-- name: index
SELECT x.indexrelid::regclass::text,
       pg_get_indexdef(x.indexrelid) || CASE WHEN x.indisvalid THEN '' ELSE ' INVALID' END,
       x.indrelid::regclass::text
  FROM pg_index x
  JOIN pg_class c ON c.oid = x.indrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname IN ('public', 'sandbox')
   AND c.relname <> 'alembic_version'

-- name: trigger
SELECT t.tgrelid::regclass::text || '.' || t.tgname, pg_get_triggerdef(t.oid), t.tgrelid::regclass::text
  FROM pg_trigger t
  JOIN pg_class c ON c.oid = t.tgrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname IN ('public', 'sandbox')
   AND NOT t.tgisinternal

-- name: type
SELECT t.oid::regtype::text, t.typtype::text, ''
  FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace
 WHERE n.nspname IN ('public', 'sandbox')
   AND t.typtype IN ('e', 'd', 'r')

-- name: policy
SELECT p.polname, p.polrelid::regclass::text,
       CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
       CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                     WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
       array_to_string(ARRAY(SELECT CASE r WHEN 0 THEN 'public' ELSE pg_get_userbyid(r)::text END
                               FROM unnest(p.polroles) AS r ORDER BY 1), ', '),
       pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
  FROM pg_policy p
  JOIN pg_class c ON c.oid = p.polrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname IN ('public', 'sandbox')

-- name: function
SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid), pg_get_userbyid(p.proowner)
  FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace
 WHERE n.nspname IN ('public', 'sandbox')
   AND p.prokind IN ('f', 'p')

-- name: grant
-- acldefault: what holds where nobody granted anything (a function is everybody's to execute, for one).
WITH held AS (
    SELECT 'TABLE' AS kind, c.oid::regclass::text AS name, NULL::name AS col, c.relowner AS owner,
           coalesce(c.relacl, acldefault('r', c.relowner)) AS acl
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname IN ('public', 'sandbox')
       AND c.relkind IN ('r', 'p', 'v', 'm')
       AND c.relname <> 'alembic_version'
    UNION ALL
    SELECT 'TABLE', a.attrelid::regclass::text, a.attname, c.relowner, a.attacl
      FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname IN ('public', 'sandbox')
       AND a.attacl IS NOT NULL
    UNION ALL
    SELECT 'SCHEMA', n.nspname, NULL, n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner))
      FROM pg_namespace n
     WHERE n.nspname IN ('public', 'sandbox')
    UNION ALL
    SELECT 'FUNCTION', p.oid::regprocedure::text, NULL, p.proowner,
           coalesce(p.proacl, acldefault('f', p.proowner))
      FROM pg_proc p
      JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname IN ('public', 'sandbox')
    UNION ALL
    SELECT 'DATABASE', 'current', NULL, d.datdba, coalesce(d.datacl, acldefault('d', d.datdba))
      FROM pg_database d
     WHERE d.datname = current_database()
)
SELECT h.kind, h.name,
       CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee)::text END,
       x.privilege_type,
       array_to_string(array_agg(h.col ORDER BY h.col), ', '),
       CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
  FROM held h
 CROSS JOIN LATERAL aclexplode(h.acl) x
 WHERE x.grantee <> h.owner
 GROUP BY h.kind, h.name, x.grantee, x.privilege_type, x.is_grantable
 ORDER BY 1, 2, 3, 4

-- name: role
SELECT r.rolname,
       concat_ws(', ', CASE WHEN r.rolcanlogin THEN 'login' ELSE 'no login' END,
                 CASE WHEN r.rolinherit THEN 'INHERIT' END,
                 CASE WHEN r.rolsuper THEN 'SUPERUSER' END,
                 CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END,
                 CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
                 CASE WHEN r.rolcreatedb THEN 'CREATEDB' END,
                 CASE WHEN r.rolreplication THEN 'REPLICATION' END,
                 (SELECT 'may become ' || string_agg(g.rolname, ', ' ORDER BY g.rolname)
                    FROM pg_auth_members m
                    JOIN pg_roles g ON g.oid = m.roleid
                   WHERE m.member = r.oid)),
       ''
  FROM pg_roles r
 WHERE starts_with(r.rolname, 'lamplighter')
