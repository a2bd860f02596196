"""Every change of a membership's facts notes its number in the outbox, in the same transaction.

One trigger a statement, on the rows it changed together: whatever made the change (the API, the
admin, COPY, SQL), and for a row's cost of some tenths of a microsecond.
"""

from django.db import migrations

COLUMNS = {"segments_membership": "number", "segments_segmentmembership": "membership_number"}
EVENTS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}


def _triggers(create: str) -> str:
    return "".join(
        create.format(
            table=table,
            name=f"{event.lower()}_notes_changed_memberships",
            event=event,
            rows=rows,
            column=column,
        )
        for table, column in COLUMNS.items()
        for event, rows in EVENTS.items()
    )


NOTE = """
CREATE FUNCTION segments_note_changed_memberships() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO segments_changedmemberships (space_number, membership_numbers)
         SELECT space_number, array_agg(%I) FROM changed GROUP BY space_number', TG_ARGV[0]);
    RETURN NULL;
END $$;
"""

CREATE = """
CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {rows} TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION segments_note_changed_memberships('{column}');
"""
DROP = "DROP TRIGGER {name} ON {table};"


class Migration(migrations.Migration):
    dependencies = [("segments", "0003_changed_memberships")]

    operations = [
        migrations.RunSQL(
            NOTE + _triggers(CREATE),
            _triggers(DROP) + "DROP FUNCTION segments_note_changed_memberships();",
        ),
    ]
