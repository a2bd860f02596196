"""A table that is emptied by TRUNCATE leaves an event for each space; and so do the labels that a
member of staff is denied, as a change of the user."""

from django.db import migrations

# Arguments: the word for the rows, and the column that has their space, where one does. Empty
# tables leave nothing. Where the trail is emptied in the same statement, it could keep no event:
# the statement has locked it by then.
_EMPTIED = """
CREATE FUNCTION audience_platform_note_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    many record;
BEGIN
    IF EXISTS (SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND granted
            AND relation = 'audience_platform_auditevent'::regclass
            AND mode = 'AccessExclusiveLock') THEN
        RETURN NULL;
    END IF;
    FOR many IN EXECUTE format('SELECT %s AS space, count(*) AS rows FROM %I.%I GROUP BY 1',
        CASE TG_ARGV[1] WHEN '' THEN 'NULL::int' ELSE quote_ident(TG_ARGV[1]) END,
        TG_TABLE_SCHEMA, TG_TABLE_NAME)
    LOOP
        PERFORM audience_platform_note(many.space, 'deleted', TG_ARGV[0], '', '', many.rows,
            jsonb_build_object('emptied_table',
                jsonb_build_object('before', TG_TABLE_NAME, 'after', NULL)));
    END LOOP;
    RETURN NULL;
END $$;
"""
_STAFF_LABELS = """
CREATE FUNCTION audience_platform_note_staff_labels() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whose int := coalesce(NEW.user_id, OLD.user_id);
    before jsonb := coalesce(to_jsonb(OLD.denied_labels), '[]');
    after jsonb := coalesce(to_jsonb(NEW.denied_labels), '[]');
BEGIN
    IF before <> after THEN
        PERFORM audience_platform_note(NULL, 'changed', 'users', whose::text,
            (SELECT username FROM auth_user WHERE id = whose), 1,
            jsonb_build_object('denied_labels',
                jsonb_build_object('before', before, 'after', after)));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER change_leaves_an_event AFTER INSERT OR UPDATE OR DELETE
    ON audience_platform_stafflabels
    FOR EACH ROW EXECUTE FUNCTION audience_platform_note_staff_labels();
"""
_NO_STAFF_LABELS = """
DROP TRIGGER change_leaves_an_event ON audience_platform_stafflabels;
DROP FUNCTION audience_platform_note_staff_labels();
"""

TABLES = {
    "segments_space": ("spaces", "number"),
    "segments_space_staff": ("space-staff", "space_id"),
    "segments_membership": ("memberships", "space_number"),
    "segments_segment": ("segments", "space_number"),
    "segments_segmentmembership": ("segment-memberships", "space_number"),
    "segments_import": ("imports", "space_number"),
    "audiences_audience": ("audiences", "space_number"),
    "audiences_listedmembership": ("listed-memberships", "space_number"),
    "audiences_audiencegroup": ("audience-groups", "space_number"),
    "audiences_groupplace": ("group-places", "space_number"),
    "audiences_source": ("sources", "space_number"),
    "audiences_sync": ("syncs", "space_number"),
    "offers_offer": ("offers", "space_number"),
    "offers_offeraudience": ("offer-audiences", "space_number"),
    "audience_platform_apikey": ("api-keys", ""),
    "audience_platform_apikey_spaces": ("api-key-spaces", "space_id"),
    "audience_platform_keptpreview": ("audience-previews", "space_number"),
    "audience_platform_stafflabels": ("staff-labels", ""),
    "auth_user": ("users", ""),
}


def triggers(tables: dict[str, tuple[str, str]]) -> str:
    return "".join(
        f"CREATE TRIGGER emptying_leaves_an_event BEFORE TRUNCATE ON {table} FOR EACH STATEMENT"
        f" EXECUTE FUNCTION audience_platform_note_emptied('{word}', '{space}');\n"
        for table, (word, space) in tables.items()
    )


def no_triggers(tables: dict[str, tuple[str, str]]) -> str:
    return "".join(f"DROP TRIGGER emptying_leaves_an_event ON {table};\n" for table in tables)


class Migration(migrations.Migration):
    dependencies = [
        ("audience_platform", "0008_previews_are_kept_and_runs_leave_events"),
        ("audiences", "0007_groups_and_tiers"),
        ("offers", "0002_the_database_keeps_the_promises"),
        ("segments", "0008_imports"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RunSQL(_EMPTIED, "DROP FUNCTION audience_platform_note_emptied();"),
        migrations.RunSQL(triggers(TABLES), no_triggers(TABLES)),
        migrations.RunSQL(_STAFF_LABELS, _NO_STAFF_LABELS),
    ]
