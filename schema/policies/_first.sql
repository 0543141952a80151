-- Take away what earlier policies gave; the files after this one give it anew.
DROP VIEW IF EXISTS allocation_match, allocation_without, matched_offer, open_offer, shown_offer, staff_offer;
DROP FUNCTION IF EXISTS hearth_audience(text), hearth_enter(text), hearth_district_point(text), hearth_key(text),
    hearth_next_turn(), hearth_note_key(text);
DROP FUNCTION IF EXISTS hearth_note_allocation(uuid, integer, text, double precision, text), hearth_take_allocation();
DROP FUNCTION IF EXISTS hearth_await_chain(), hearth_check_changed(), hearth_glass_broken(), hearth_keep_history(), hearth_link_made(),
    hearth_match_made(), hearth_match_moved(), hearth_offer_changed(), hearth_step_taken() CASCADE;

DO $$
DECLARE
    policy record;
BEGIN
    FOR policy IN SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public' LOOP
        EXECUTE format('DROP POLICY %I ON %I', policy.policyname, policy.tablename);
    END LOOP;
    -- Without a policy the owner would see no row of what is forced, and a revision would fill none.
    FOR policy IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', policy.relname);
    END LOOP;
END $$;

-- Policies lean on these.
DROP FUNCTION IF EXISTS hearth_address(uuid), hearth_forget_place(uuid, uuid), hearth_is_listed(text[]),
    hearth_note_look(text, text, uuid, text, uuid, uuid, text);
DROP FUNCTION IF EXISTS hearth_consents(uuid, text, text[]), hearth_contact(uuid), hearth_hides_matches(uuid),
    hearth_is_matching(uuid), hearth_live_holds(uuid), hearth_lock_case(uuid, uuid),
    hearth_lock_cases(uuid[], uuid[]), hearth_opened(),
    hearth_recount_offer(uuid), hearth_recount_request(uuid), hearth_refuses(uuid, text), hearth_sees(uuid),
    hearth_standing(uuid);

-- Whoever else was granted anything, of a table or a column: what these files say is all that holds.
DO $$
DECLARE
    other record;
BEGIN
    FOR other IN
        SELECT oid::regclass AS relation, grantee::regrole AS role FROM pg_class, aclexplode(relacl)
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') AND grantee NOT IN (0, relowner)
        UNION
        SELECT attrelid::regclass, grantee::regrole
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid, aclexplode(attacl)
        WHERE relnamespace = 'public'::regnamespace AND grantee NOT IN (0, relowner)
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %s CASCADE', other.relation, other.role);
    END LOOP;
END $$;

REVOKE ALL ON ALL TABLES IN SCHEMA public
    FROM PUBLIC, hearth_admin, hearth_charity, hearth_council, hearth_liaison, hearth_public, hearth_relay;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public
    FROM PUBLIC, hearth_admin, hearth_charity, hearth_council, hearth_liaison, hearth_public, hearth_relay;
