"""A search for memberships looks through texts kept beside them. A worker reads those of all there
are; until it has, a search asks the memberships themselves.

pg_trgm comes with PostgreSQL and needs no superuser, only the right to create in the database.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

ALL_ARE_UNREAD = """
INSERT INTO segments_unreadtexts (space_number, membership_numbers)
SELECT space_number, array_agg(number) FROM segments_membership
GROUP BY space_number, number / 5000 ORDER BY space_number, number / 5000
"""


class Migration(migrations.Migration):
    dependencies = [("segments", "0008_imports")]

    operations = [
        TrigramExtension(),
        migrations.CreateModel(
            name="UnreadTexts",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "membership_numbers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), size=None
                    ),
                ),
                (
                    "space",
                    models.ForeignKey(
                        db_column="space_number",
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="segments.space",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MembershipText",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "space_id",
                        "membership_number",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("membership_number", models.IntegerField()),
                ("text", models.TextField()),
                (
                    "space",
                    models.ForeignKey(
                        db_column="space_number",
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="segments.space",
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["text"],
                        gin_pending_list_limit=1024,
                        name="texts_by_three_letters",
                        opclasses=["gin_trgm_ops"],
                    )
                ],
            },
        ),
        migrations.RunSQL(ALL_ARE_UNREAD, migrations.RunSQL.noop),
    ]
