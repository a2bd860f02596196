"""A definition may ask for a segment or audience by name before there is one. Once there is, it is
held on to like any other, whatever made it."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from audiences.types import registry

# The triggers' names come after those that raise the version of the space, and so lock its row: of
# what comes and what asks for it at the same moment, one then sees the other.
HOLD = """
ALTER TABLE audiences_askedname
    ADD CONSTRAINT asked_name_audience_in_its_space
        FOREIGN KEY (space_number, audience_number)
        REFERENCES audiences_audience (space_number, number) ON DELETE CASCADE;

CREATE FUNCTION audiences_hold_on_to(segments int[], audiences int[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audiences_audiencesegment (space_number, audience_number, segment_number)
    SELECT s.space_number, n.audience_number, s.number
    FROM segments_segment s JOIN audiences_askedname n USING (space_number)
    WHERE s.number = ANY (segments) AND (n.name = s.id::text OR n.name = s.short_code
        AND NOT EXISTS (SELECT FROM audiences_audience a
            WHERE a.space_number = n.space_number AND a.key = n.name))
    ON CONFLICT DO NOTHING;
    INSERT INTO audiences_audiencedependency (space_number, audience_number, dependency_number)
    SELECT a.space_number, n.audience_number, a.number
    FROM audiences_audience a JOIN audiences_askedname n USING (space_number)
    WHERE a.number = ANY (audiences) AND n.name IN (a.id::text, a.key)
        AND n.audience_number <> a.number
    ON CONFLICT DO NOTHING;
END $$;

CREATE FUNCTION audiences_hold_segments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM audiences_hold_on_to(array_agg(number), NULL) FROM changed;
    RETURN NULL;
END $$;
CREATE FUNCTION audiences_hold_audiences() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM audiences_hold_on_to(NULL, array_agg(number)) FROM changed;
    RETURN NULL;
END $$;
CREATE FUNCTION audiences_hold_asked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM audiences_hold_on_to(
        (SELECT array_agg(s.number) FROM segments_segment s JOIN changed n USING (space_number)
            WHERE n.name IN (s.id::text, s.short_code)),
        (SELECT array_agg(a.number) FROM audiences_audience a JOIN changed n USING (space_number)
            WHERE n.name IN (a.id::text, a.key)));
    RETURN NULL;
END $$;
"""
WATCHED = [
    ("segments_segment", "audiences_hold_segments", "insert"),
    ("segments_segment", "audiences_hold_segments", "update"),
    ("audiences_audience", "audiences_hold_audiences", "insert"),
    ("audiences_audience", "audiences_hold_audiences", "update"),
    ("audiences_askedname", "audiences_hold_asked", "insert"),
]
HOLD += "".join(
    f"""
CREATE TRIGGER what_is_asked_for_is_held_on_{event}
    AFTER {event.upper()} ON {table} REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION {function}();
"""
    for table, function, event in WATCHED
)
LET_GO = """
DROP FUNCTION audiences_hold_segments() CASCADE;
DROP FUNCTION audiences_hold_audiences() CASCADE;
DROP FUNCTION audiences_hold_asked() CASCADE;
DROP FUNCTION audiences_hold_on_to(int[], int[]);
"""


def keep_names(apps: Any, _: Any) -> None:
    """Those of the audiences there are, by the types as they were when this was written."""
    audience, asked = (apps.get_model("audiences", name) for name in ("Audience", "AskedName"))
    for one in audience.objects.filter(audience_type__in=["pql", "definition_query"]):
        names = registry.get(one.audience_type).asked_by_name(one.configuration)
        asked.objects.bulk_create(
            asked(space_id=one.space_id, audience=one, name=name)
            for name in names
            if len(name) < 256
        )


class Migration(migrations.Migration):
    dependencies = [
        ("audiences", "0010_taken_memberships_are_remembered"),
        ("segments", "0011_deleted_segments_raise_the_version"),
    ]

    operations = [
        migrations.CreateModel(
            name="AskedName",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(db_collation="C", max_length=255)),
                (
                    "audience",
                    models.ForeignKey(
                        db_column="audience_number",
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="audiences.audience",
                    ),
                ),
                (
                    "space",
                    models.ForeignKey(
                        db_column="space_number",
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="segments.space",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["space", "name"], name="audiences_asking_by_a_name")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("audience", "name"), name="audience_asks_by_a_name_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(HOLD, LET_GO),
        migrations.RunPython(keep_names, migrations.RunPython.noop),
    ]
