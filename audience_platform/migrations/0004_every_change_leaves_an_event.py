"""Every change of what people decide, and of facts, leaves an event, in the same transaction.

Triggers for each statement: one event for each row that it changed, or a single one that counts
them where they are many, as in an import. Who acted is told by ``audience_platform.audit.acting``.
"""

from django.db import migrations

# Who acts, as an event's columns; the role where nobody has said.
_ACTING = """
CREATE FUNCTION audience_platform_acting() RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    told text := current_setting('audience_platform.acting', true);
BEGIN
    IF told IS NULL OR told = '' THEN
        RETURN jsonb_build_object('door', 'database', 'actor_type', 'database-role',
            'actor_name', session_user, 'address', host(inet_client_addr()));
    END IF;
    RETURN told;
END $$;
CREATE FUNCTION audience_platform_note(
    space int, action text, type text, id text, name text, how_many bigint, changes jsonb
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    acting jsonb := audience_platform_acting();
BEGIN
    INSERT INTO audience_platform_auditevent (space_number, action, object_type, object_id,
        object_name, count, changes, door, actor_type, actor_id, actor_name, address, request_id)
    VALUES (space, action, type, coalesce(id, ''), left(coalesce(name, ''), 255), how_many,
        changes, acting ->> 'door', acting ->> 'actor_type', coalesce(acting ->> 'actor_id', ''),
        left(acting ->> 'actor_name', 255), (acting ->> 'address')::inet,
        coalesce(acting ->> 'request_id', ''));
END $$;
"""
_FORGET_WHO = """
DROP FUNCTION audience_platform_note(int, text, text, text, text, bigint, jsonb);
DROP FUNCTION audience_platform_acting();
"""

# A table whose rows are objects. Arguments: the type in the API, how many rows of one statement
# are told one by one, the primary key, and the columns that nobody decides.
_ROWS = """
CREATE FUNCTION audience_platform_note_rows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    type text := TG_ARGV[0];
    most int := TG_ARGV[1];
    key text := TG_ARGV[2];
    undecided text[] := string_to_array(TG_ARGV[3], ' ');
    action text := CASE TG_OP
        WHEN 'INSERT' THEN 'created' WHEN 'UPDATE' THEN 'changed' ELSE 'deleted' END;
    changes jsonb;
    many record;
    one record;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF (SELECT count(*) FROM (SELECT FROM before LIMIT most + 1) AS few) > most THEN
            FOR many IN SELECT space_number, count(*) AS rows FROM before GROUP BY space_number
            LOOP
                PERFORM audience_platform_note(
                    many.space_number, action, type, '', '', many.rows, '{}');
            END LOOP;
            RETURN NULL;
        END IF;
    ELSIF (SELECT count(*) FROM (SELECT FROM after LIMIT most + 1) AS few) > most THEN
        FOR many IN SELECT space_number, count(*) AS rows FROM after GROUP BY space_number
        LOOP
            PERFORM audience_platform_note(
                many.space_number, action, type, '', '', many.rows, '{}');
        END LOOP;
        RETURN NULL;
    END IF;
    FOR one IN EXECUTE CASE TG_OP
        WHEN 'INSERT' THEN
            'SELECT ''{}''::jsonb AS old, to_jsonb(a) AS new FROM after AS a'
        WHEN 'UPDATE' THEN format(
            'SELECT to_jsonb(b) AS old, to_jsonb(a) AS new FROM after AS a JOIN before AS b USING (%I)',
            key)
        ELSE
            'SELECT to_jsonb(b) AS old, ''{}''::jsonb AS new FROM before AS b' END
    LOOP
        SELECT coalesce(jsonb_object_agg(name, CASE
                WHEN name ~ '^(password|hashed_|encrypted_)' THEN '{}'
                ELSE jsonb_build_object('before', one.old -> name, 'after', one.new -> name) END), '{}')
            INTO changes
            FROM jsonb_object_keys(one.old || one.new) AS name
            WHERE name <> ALL (undecided)
                AND coalesce(one.old -> name, 'null') <> coalesce(one.new -> name, 'null');
        CONTINUE WHEN changes = '{}' AND TG_OP = 'UPDATE';
        one.new := one.old || one.new;
        PERFORM audience_platform_note(
            CASE type WHEN 'spaces' THEN one.new ->> 'number'
                ELSE one.new ->> 'space_number' END::int,
            action, type, one.new ->> 'id',
            coalesce(one.new ->> 'name', one.new ->> 'full_name', one.new ->> 'external_id',
                one.new ->> 'username', one.new ->> 'file_name', ''),
            1, changes);
    END LOOP;
    RETURN NULL;
END $$;
"""

# A table that joins two, such as members to segments: a change of the first. Arguments: the type
# in the API, its table, its key, the column that points at it; the word for the others (or the
# column that has it), their table, their key, the column that points at them.
_PLACES = """
CREATE FUNCTION audience_platform_note_places() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one record;
    first jsonb;
    word text := CASE WHEN TG_ARGV[4] LIKE 'column %' THEN
        'p.' || quote_ident(split_part(TG_ARGV[4], ' ', 2)) ELSE quote_literal(TG_ARGV[4]) END;
BEGIN
    FOR one IN EXECUTE format(
        'SELECT to_jsonb(o) AS object, g.word, g.rows, g.first FROM (
            SELECT p.%I AS owner, %s AS word, count(*) AS rows, (array_agg(p.%I))[1:20] AS first
            FROM %s AS p GROUP BY 1, 2) AS g JOIN %I AS o ON o.%I = g.owner',
        TG_ARGV[3], word, TG_ARGV[7], CASE TG_OP WHEN 'DELETE' THEN 'before' ELSE 'after' END,
        TG_ARGV[1], TG_ARGV[2])
    LOOP
        EXECUTE format('SELECT coalesce(jsonb_agg(t.id), ''[]'') AS ids FROM %I AS t
                WHERE t.%I = ANY ($1)', TG_ARGV[5], TG_ARGV[6])
            INTO first USING one.first;
        PERFORM audience_platform_note(
            CASE TG_ARGV[0] WHEN 'spaces' THEN one.object ->> 'number'
                ELSE one.object ->> 'space_number' END::int,
            'changed', TG_ARGV[0], one.object ->> 'id', one.object ->> 'name', one.rows,
            jsonb_build_object(one.word, jsonb_build_object(
                CASE TG_OP WHEN 'DELETE' THEN 'removed' ELSE 'added' END, one.rows,
                'first', first)));
    END LOOP;
    RETURN NULL;
END $$;
"""

# Table: type, rows told one by one, primary key, columns that nobody decides.
ROWS = {
    "segments_space": ("spaces", "1000", "number", "number id definitions_version created_at"),
    "segments_membership": ("memberships", "20", "number", "number id space_number updated_at"),
    "segments_segment": (
        "segments",
        "1000",
        "number",
        "number id space_number created_at updated_at",
    ),
    "audiences_audience": (
        "audiences",
        "1000",
        "number",
        "number id space_number created_at updated_at defined_at expires_at",
    ),
    "offers_offer": ("offers", "1000", "number", "number id space_number created_at updated_at"),
    "audience_platform_apikey": ("api-keys", "1000", "id", "id created_at prefix"),
    "auth_user": ("users", "1000", "id", "id last_login date_joined"),
}
PLACES = {
    "segments_segmentmembership": [
        "segments",
        "segments_segment",
        "number",
        "segment_number",
        "members",
        "segments_membership",
        "number",
        "membership_number",
    ],
    "audiences_listedmembership": [
        *["audiences", "audiences_audience", "number", "audience_number"],
        "column listed",
        *["segments_membership", "number", "membership_number"],
    ],
    "offers_offeraudience": [
        "offers",
        "offers_offer",
        "number",
        "offer_number",
        "audiences",
        "audiences_audience",
        "number",
        "audience_number",
    ],
    "audience_platform_apikey_spaces": [
        "api-keys",
        "audience_platform_apikey",
        "id",
        "apikey_id",
        "spaces",
        "segments_space",
        "number",
        "space_id",
    ],
    "segments_space_staff": [
        "spaces",
        "segments_space",
        "number",
        "space_id",
        "staff",
        "auth_user",
        "id",
        "user_id",
    ],
}
_SEEN = {
    "INSERT": "NEW TABLE AS after",
    "UPDATE": "OLD TABLE AS before NEW TABLE AS after",
    "DELETE": "OLD TABLE AS before",
}


def _create(table: str, function: str, arguments: list[str]) -> str:
    told = ", ".join(f"'{argument}'" for argument in arguments)
    return "".join(
        f"CREATE TRIGGER {event.lower()}_leaves_an_event AFTER {event} ON {table}"
        f" REFERENCING {seen} FOR EACH STATEMENT EXECUTE FUNCTION {function}({told});\n"
        for event, seen in _SEEN.items()
    )


def _drop(table: str) -> str:
    return "".join(f"DROP TRIGGER {event.lower()}_leaves_an_event ON {table};\n" for event in _SEEN)


def triggers(rows: dict[str, tuple[str, ...]], places: dict[str, list[str]]) -> str:
    return "".join(
        [
            *(
                _create(table, "audience_platform_note_rows", [*told])
                for table, told in rows.items()
            ),
            *(
                _create(table, "audience_platform_note_places", told)
                for table, told in places.items()
            ),
        ]
    )


def no_triggers(rows: dict[str, tuple[str, ...]], places: dict[str, list[str]]) -> str:
    return "".join(_drop(table) for table in (*rows, *places))


# An event is written once. Its seal is set once; and it goes when it has been kept long enough,
# which the platform says before it does it.
ONLY_ADDED = """
CREATE FUNCTION audience_platform_refuse_to_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.seal_number IS NULL AND to_jsonb(NEW) - 'seal_number' = to_jsonb(OLD) - 'seal_number'
        THEN
            RETURN NEW;
        END IF;
    ELSIF current_setting('audience_platform.removing_old_events', true) = 'yes' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'The audit trail is only added to: event % stays as it is.', OLD.number
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER events_stay_as_they_are BEFORE UPDATE OR DELETE ON audience_platform_auditevent
    FOR EACH ROW EXECUTE FUNCTION audience_platform_refuse_to_rewrite();
"""
REWRITTEN = """
DROP TRIGGER events_stay_as_they_are ON audience_platform_auditevent;
DROP FUNCTION audience_platform_refuse_to_rewrite();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audience_platform", "0003_audit_trail"),
        ("segments", "0005_the_version_follows_the_clock_and_never_falls"),
        ("audiences", "0004_the_database_keeps_the_promises_of_rules"),
        ("offers", "0002_the_database_keeps_the_promises"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RunSQL(_ACTING, _FORGET_WHO),
        migrations.RunSQL(_ROWS, "DROP FUNCTION audience_platform_note_rows();"),
        migrations.RunSQL(_PLACES, "DROP FUNCTION audience_platform_note_places();"),
        migrations.RunSQL(triggers(ROWS, PLACES), no_triggers(ROWS, PLACES)),
        migrations.RunSQL(ONLY_ADDED, REWRITTEN),
    ]
