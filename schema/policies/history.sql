-- What was once said stays said: for tables whose rows are added and superseded, never changed.
CREATE FUNCTION hearth_keep_history() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'route_fact' THEN
        -- Closed before now it would change what was answered already.
        IF upper_inf(OLD.known) AND lower(NEW.known) = lower(OLD.known)
            AND upper(NEW.known) >= transaction_timestamp()
            AND to_jsonb(NEW) - 'known' = to_jsonb(OLD) - 'known'
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'The history of % is never changed', TG_TABLE_NAME
        USING ERRCODE = 'HE409',
        HINT = 'Add a row that says what is so now.';
END
$$;
REVOKE EXECUTE ON FUNCTION hearth_keep_history() FROM PUBLIC;

-- Here, since the function is made after the files of these tables have run.
CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION hearth_keep_history();
CREATE TRIGGER keep_all_history BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION hearth_keep_history();
CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE ON audit_link
    FOR EACH ROW EXECUTE FUNCTION hearth_keep_history();
CREATE TRIGGER keep_all_history BEFORE TRUNCATE ON audit_link
    FOR EACH STATEMENT EXECUTE FUNCTION hearth_keep_history();
