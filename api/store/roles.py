"""Database roles. They belong to the whole cluster, so `hearth migrate` makes them, no revision."""

from schema.words import Audience

LOGIN = "hearth_login"
OWNER = "hearth_owner"
RELAY = "hearth_relay"


def role_of(audience: Audience) -> str:
    """The database role that an audience's connections run under."""
    return f"hearth_{audience.lower()}"


ROLES = sorted([OWNER, RELAY, *(role_of(audience) for audience in Audience)])

SERVING = [role for role in ROLES if role != OWNER]
"""Those that the login which serves may become."""

# The login that serves may become any role but the owner, and inherits none of their grants.
# Whoever migrates needs them all (and has the right to grant what it has itself created).
MAKE_ROLES = f"""
DO $$
DECLARE
    role_name text;
    granted_by text;
    name text;
    mine text := current_user;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('hearth roles'));
    FOREACH role_name IN ARRAY ARRAY[{", ".join(f"'{role}'" for role in ROLES)}] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
        END IF;
    END LOOP;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{LOGIN}') THEN
        CREATE ROLE {LOGIN} LOGIN NOINHERIT;
    END IF;
    FOREACH role_name IN ARRAY ARRAY[{", ".join(f"'{role}'" for role in ROLES)}] LOOP
        IF role_name <> '{OWNER}' AND NOT pg_has_role('{LOGIN}', role_name, 'MEMBER') THEN
            EXECUTE format('GRANT %I TO {LOGIN}', role_name);
        END IF;
        IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = mine) THEN
            EXECUTE format('GRANT %I TO %I', role_name, mine);
        END IF;
    END LOOP;
    -- The owner is whoever migrates, and nobody that serves: row-level security doesn't bind it.
    FOR role_name, granted_by IN
        SELECT member.rolname, grantor.rolname FROM pg_auth_members
        JOIN pg_roles AS granted ON granted.oid = roleid AND granted.rolname = '{OWNER}'
        JOIN pg_roles AS member ON member.oid = pg_auth_members.member
            AND member.rolname = ANY (ARRAY['{LOGIN}', {", ".join(f"'{role}'" for role in ROLES)}])
        JOIN pg_roles AS grantor ON grantor.oid = pg_auth_members.grantor
    LOOP
        EXECUTE format('REVOKE {OWNER} FROM %I', role_name)
            || CASE WHEN current_setting('server_version_num')::integer >= 160000
                THEN format(' GRANTED BY %I', granted_by) ELSE '' END;
    END LOOP;
    GRANT USAGE, CREATE ON SCHEMA public TO {OWNER};
    GRANT USAGE ON SCHEMA public TO {", ".join(SERVING)};
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO {OWNER}, {LOGIN}', current_database());
    -- Whoever serves makes nothing of their own that others could take for Hearth's.
    REVOKE CREATE ON SCHEMA public FROM PUBLIC, {", ".join([LOGIN, *SERVING])};
    EXECUTE format('REVOKE CREATE ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format(
        'REVOKE CREATE, TEMPORARY ON DATABASE %I FROM {", ".join([LOGIN, *SERVING])}',
        current_database()
    );
    -- To switch on those of foreign keys, as to switch them off, takes a superuser.
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = mine) THEN
        FOR name IN
            SELECT DISTINCT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
            WHERE relnamespace = 'public'::regnamespace AND tgisinternal AND tgenabled <> 'O'
        LOOP
            EXECUTE format('ALTER TABLE public.%I ENABLE TRIGGER ALL', name);
        END LOOP;
    END IF;
END $$;
"""  # noqa: S608 - role names of ours, from no request
