"""So that facts that were read before can be used again: all but those that changed since."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audiences", "0009_audiences_have_keys"),
        ("segments", "0010_new_segments_raise_the_version"),
    ]

    operations = [
        migrations.CreateModel(
            name="TakenMemberships",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "membership_numbers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(),
                        help_text="Null: too many to be listed.",
                        null=True,
                        size=None,
                    ),
                ),
                (
                    "taken_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "space",
                    models.ForeignKey(
                        db_column="space_number",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="segments.space",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["space", "number"], name="taken_since_a_taking")],
            },
        ),
    ]
