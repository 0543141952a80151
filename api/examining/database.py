"""The database: its server, login, roles, schema, policies and clock, and what is sealed in it."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable

import asyncpg

from api.access.rotation import sealed_tables
from api.access.sealing import Sealing
from api.examining.constraints import constraints, foreign_keys
from api.examining.findings import Finding
from api.store.migrating import head, is_known
from api.store.roles import LOGIN, OWNER, ROLES, SERVING, role_of
from schema import policies
from schema.refusals import Unavailable
from schema.words import Audience

OLDEST = 150000
MOST_SECONDS_APART = 5.0
MIGRATE = "Run `hearth migrate`."
NEWER = "A newer Hearth made it: update this one to that version; `hearth migrate` would refuse."

_LOGIN = """
    SELECT rolname, rolsuper OR rolbypassrls AS is_unbound, EXISTS (
        SELECT FROM pg_roles AS owner
        WHERE owner.rolname = $1 AND pg_has_role(session_user, owner.oid, 'MEMBER')
    ) AS is_owner
    FROM pg_roles WHERE rolname = session_user
"""
_ROLES = """
    SELECT rolname, rolsuper OR rolbypassrls AS is_unbound,
        pg_has_role(session_user, oid, 'MEMBER') AS is_mine
    FROM pg_roles WHERE rolname = ANY ($1)
"""
_UNFORCED = """
    SELECT relname FROM pg_class JOIN pg_policies ON tablename = relname
    WHERE relnamespace = 'public'::regnamespace AND NOT (relrowsecurity AND relforcerowsecurity)
    GROUP BY relname ORDER BY relname
"""
# Those of extensions came with what an operator chose.
_FUNCTIONS = """
    SELECT pg_proc.oid::regprocedure::text AS signature, proname,
        nspname = 'public' AS is_in_public,
        EXISTS (
            SELECT FROM unnest($1::text[]) AS role
            WHERE has_schema_privilege(role, pg_namespace.oid, 'USAGE')
                AND has_function_privilege(role, pg_proc.oid, 'EXECUTE')
        ) AS is_open
    FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND NOT EXISTS (
        SELECT FROM pg_depend
        WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e'
    )
    ORDER BY 1
"""
# Temporary tables of their own are everybody's by PostgreSQL's default: only a grant is told.
_GRANTED = """
    SELECT privilege_type, held_on,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END AS role
    FROM (
        SELECT privilege_type, grantee, format('DATABASE %I', datname) AS held_on
        FROM pg_database, aclexplode(datacl)
        WHERE datname = current_database() AND privilege_type <> 'CONNECT'
        UNION
        SELECT privilege_type, grantee, 'SCHEMA public'
        FROM pg_namespace, aclexplode(nspacl)
        WHERE nspname = 'public' AND privilege_type = 'CREATE'
    ) AS granted
    WHERE grantee IN (SELECT oid FROM pg_roles WHERE rolname = ANY ($1))
        OR (grantee = 0 AND privilege_type = 'CREATE')
    ORDER BY 1, 2, 3
"""
_REVISION = "SELECT version_num FROM alembic_version"


async def server(connection: asyncpg.Connection) -> Finding:
    """Whether the server is new enough, and takes changes."""
    number = int(await connection.fetchval("SHOW server_version_num"))
    version = await connection.fetchval("SHOW server_version")
    if number < OLDEST:
        mend = "Use a server of PostgreSQL 15 or newer."
        return Finding("database", f"is PostgreSQL {version}, which is too old", mend)
    if await connection.fetchval("SHOW transaction_read_only") == "on":
        mend = (
            "Set HEARTH_DATABASE_URL to the primary (target_session_attrs=primary finds it among "
            "several); if it is, reset default_transaction_read_only of the database and login."
        )
        return Finding("database", "is read-only, so nothing can be recorded", mend)
    return Finding("database", f"answers; it is PostgreSQL {version}")


async def login(connection: asyncpg.Connection) -> Finding:
    """Whether the login that serves is bound by row-level security."""
    found = await connection.fetchrow(_LOGIN, OWNER)
    name = found["rolname"]
    if found["is_unbound"] or found["is_owner"]:
        said = f"{name} is not bound by row-level security"
        if not found["is_unbound"]:
            said = f"{name} may become {OWNER}, which row-level security does not bind"
        mend = (
            "Serve as hearth_login, which `hearth migrate` makes (set its password with ALTER "
            "ROLE), or another that is no superuser; keep this one in HEARTH_MIGRATION_URL."
        )
        if name == LOGIN and not found["is_unbound"]:
            mend = f"{MIGRATE} Then find out who let it, and why."
        return Finding("login", said, mend)
    return Finding("login", f"{name} is bound by row-level security")


async def roles(connection: asyncpg.Connection) -> Finding:
    """Whether every audience has its role, and the login may become it."""
    found = {row["rolname"]: row for row in await connection.fetch(_ROLES, [*SERVING, OWNER])}
    missing = [role for role in ROLES if role not in found]
    if missing:
        return Finding("roles", f"{', '.join(missing)} are not there", MIGRATE)
    unbound = [role for role in ROLES if found[role]["is_unbound"]]
    if unbound:
        role = unbound[0]
        mend = f"ALTER ROLE {role} NOSUPERUSER NOBYPASSRLS, as a superuser."
        return Finding("roles", f"{role} is not bound by row-level security", mend)
    others = [role for role in SERVING if not found[role]["is_mine"]]
    if others:
        me = await connection.fetchval("SELECT session_user")
        mend = f"GRANT {', '.join(others)} TO {me}, as the login that migrates."
        return Finding("roles", f"{me} may not become {', '.join(others)}", mend)
    return Finding("roles", f"all {len(ROLES)} are there, and the login may become what it serves")


async def revision(connection: asyncpg.Connection) -> Finding:
    """Whether the schema is the one that this version was built for."""
    try:
        async with connection.transaction(readonly=True):
            await connection.execute(f"SET LOCAL ROLE {role_of(Audience.PUBLIC)}")
            found = await connection.fetchval(_REVISION)
    except asyncpg.UndefinedTableError:
        return Finding("schema", "there are no tables of Hearth's yet", MIGRATE)
    except (asyncpg.InsufficientPrivilegeError, asyncpg.InvalidParameterValueError):
        return Finding("schema", "the login may not read at which revision it is", MIGRATE)
    if found != head():
        said = f"is at revision {found}, and this version of Hearth needs {head()}"
        return Finding("schema", said, MIGRATE if is_known(found) else NEWER)
    return Finding("schema", f"is at revision {found}, as this version needs")


async def guard(connection: asyncpg.Connection) -> Finding:
    """Whether the policies of this version are in force, and nobody has changed them since."""
    unforced = [row["relname"] for row in await connection.fetch(_UNFORCED)]
    if unforced:
        said = f"row-level security is not forced on {', '.join(unforced)}"
        return Finding("policies", said, MIGRATE)
    noted, now = await connection.fetchrow(policies.NOTED), policies.digest()
    if noted is None or noted["applied"] is None:
        return Finding("policies", "were never applied", MIGRATE)
    if noted["applied"] != now:
        return Finding("policies", "are those of another version of Hearth", MIGRATE)
    if noted["as_applied"] != noted["as_found"]:
        said = "policies, grants, functions or triggers were changed since they were applied"
        return Finding("policies", said, f"{MIGRATE} Then find out who changed them, and why.")
    return Finding("policies", "are this version's, forced, and as they were applied")


async def functions(connection: asyncpg.Connection) -> Finding:
    """Whether those who are served may execute Hearth's functions alone."""
    found = await connection.fetch(_FUNCTIONS, [LOGIN, *SERVING])
    ours = policies.functions()
    there = Counter(row["proname"] for row in found if row["is_in_public"])
    others = [
        row["signature"]
        for row in found
        if row["is_open"]
        and not (row["is_in_public"] and there[row["proname"]] <= ours[row["proname"]])
    ]
    if others:
        mend = (
            "As their owner: REVOKE EXECUTE ON FUNCTION ... FROM PUBLIC where they are meant to be "
            "there, else DROP FUNCTION; `hearth migrate` leaves them. Then find out who made them."
        )
        return Finding("functions", f"not all are Hearth's: {', '.join(others)}", mend)
    return Finding("functions", "those that are served may execute Hearth's alone")


async def rights(connection: asyncpg.Connection) -> Finding:
    """Whether those who are served may make nothing in the database."""
    found = await connection.fetch(_GRANTED, [LOGIN, *SERVING])
    if found:
        each = [f"{row['privilege_type']} ON {row['held_on']} TO {row['role']}" for row in found]
        mend = (
            "Run `hearth migrate` as the database's owner or a superuser. "
            "Then find out who granted that, and why."
        )
        return Finding("rights", f"there was granted {', '.join(each)}", mend)
    return Finding("rights", "nobody who is served was granted to make anything")


async def clock(connection: asyncpg.Connection) -> Finding:
    """Whether this machine and the database agree on the time."""
    before = time.time()
    theirs = float(await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())"))
    apart = theirs - (before + time.time()) / 2
    if abs(apart) > MOST_SECONDS_APART:
        ahead = "ahead of" if apart > 0 else "behind"
        said = f"the database's is {abs(apart):.0f} s {ahead} this machine's"
        return Finding("clock", said, "Have both keep time by NTP: tokens and holds go by it.")
    return Finding("clock", "the database's agrees with this machine's")


async def sealed(owner: asyncpg.Connection, sealing: Sealing) -> Finding:
    """Whether all that is sealed can be opened; asked as the database's owner."""
    if sealing.keys is None:
        said = "there is no key, so nobody's name can be kept or shown"
        mend = (
            "Set HEARTH_DATA_KEYS to what `python -c 'from cryptography.fernet import Fernet; "
            "print(Fernet.generate_key().decode())'` prints, or to the keys of your backup."
        )
        return Finding("data keys", said, mend)
    count, closed = 0, 0
    async with owner.transaction(readonly=True):
        await owner.execute(f"SET LOCAL ROLE {OWNER}")
        for table in sealed_tables():
            async for row in owner.cursor(f"SELECT sealed FROM {table}"):  # noqa: S608 - ours
                count += 1
                try:
                    sealing.sealed_anew(row["sealed"])
                except Unavailable:
                    closed += 1
    if closed:
        said = f"{closed} of {count} that are sealed can't be opened with the keys that are set"
        mend = "Add the key that sealed them to HEARTH_DATA_KEYS, after the first, by a comma."
        return Finding("data keys", said, mend)
    return Finding("data keys", f"open all {count} contacts and addresses that are sealed")


Check = Callable[[asyncpg.Connection], Awaitable[Finding]]
AS_THE_LOGIN: tuple[Check, ...] = (
    server,
    login,
    roles,
    clock,
    revision,
    guard,
    constraints,
    foreign_keys,
    functions,
    rights,
)
