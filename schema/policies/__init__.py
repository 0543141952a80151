"""Who may see and change which row: row-level security and grants, one SQL file per table.

The files are applied anew after every migration, in one transaction with it, so what they say
is what holds. `_first.sql` takes away everything that an earlier version granted.
"""

import re
from collections import Counter
from hashlib import sha256
from importlib.resources import files

# What is in force: every policy, whether row-level security is on and forced, every grant (on
# columns too), every view, every trigger and whether it is on, and the functions that policies and
# triggers lean on: their text, owner, settings and grants.
_IN_FORCE = """
    SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM (
        SELECT concat_ws('|', tablename, policyname, permissive, roles, cmd, qual, with_check)
        FROM pg_policies WHERE schemaname = 'public'
        UNION ALL
        SELECT concat_ws('|', relname, relrowsecurity, relforcerowsecurity, relacl,
            relowner::regrole, CASE relkind WHEN 'v' THEN pg_get_viewdef(oid) END)
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')
        UNION ALL
        SELECT concat_ws('|', attrelid::regclass, attname, attacl)
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace AND attacl IS NOT NULL
        UNION ALL
        SELECT concat_ws('|', tgrelid::regclass, tgenabled, pg_get_triggerdef(pg_trigger.oid))
        FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE relnamespace = 'public'::regnamespace AND NOT tgisinternal
        UNION ALL
        SELECT concat_ws('|', oid::regprocedure, proowner::regrole, prosecdef, proacl, proconfig,
            prosrc)
        FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'hearth\\_%'
    ) AS in_force(line)
"""
# The digest of the files that were applied, and of what was in force then, kept as a comment.
NOTE = f"""
DO $$ BEGIN
    EXECUTE format('COMMENT ON TABLE alembic_version IS %L', '{{digest}} ' || ({_IN_FORCE}));
END $$
"""
NOTED = f"""
    SELECT split_part(note, ' ', 1) AS applied, split_part(note, ' ', 2) AS as_applied,
        ({_IN_FORCE}) AS as_found
    FROM obj_description('public.alembic_version'::regclass, 'pg_class') AS note
"""  # noqa: S608 - our own text


def statements() -> list[tuple[str, str]]:
    """The policies in the order to apply them: (file name, SQL)."""
    found = [entry for entry in files(__package__).iterdir() if entry.name.endswith(".sql")]
    return [(entry.name, entry.read_text("utf-8")) for entry in sorted(found, key=lambda e: e.name)]


def reset() -> str:
    """SQL that removes views, functions, policies and grants, so that tables can change."""
    return files(__package__).joinpath("_first.sql").read_text("utf-8")


def digest() -> str:
    """A digest of all that is applied."""
    return sha256(repr([reset(), *statements()]).encode()).hexdigest()


def functions() -> Counter[str]:
    """The names of the functions that are made, and how many have each."""
    made = "\n".join(text for _, text in statements())
    return Counter(re.findall(r"^CREATE FUNCTION (\w+)\(", made, re.MULTILINE))


def note() -> str:
    """SQL that notes what was applied, and what is in force by it."""
    return NOTE.replace("{digest}", digest())
