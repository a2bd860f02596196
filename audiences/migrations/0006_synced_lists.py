"""Lists that are synced from a source. What is synced, and from where, are of one space."""

import uuid

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models

STAY_IN_THEIR_SPACE = """
ALTER TABLE audiences_syncedlist
    ADD CONSTRAINT synced_list_audience_in_its_space
        FOREIGN KEY (space_number, audience_number)
        REFERENCES audiences_audience (space_number, number) ON DELETE CASCADE,
    ADD CONSTRAINT synced_list_source_in_its_space
        FOREIGN KEY (space_number, source_number)
        REFERENCES audiences_source (space_number, number) ON DELETE NO ACTION;
ALTER TABLE audiences_sync
    ADD CONSTRAINT sync_audience_in_its_space
        FOREIGN KEY (space_number, audience_number)
        REFERENCES audiences_audience (space_number, number) ON DELETE CASCADE;
"""
LEAVE_THEIR_SPACE = """
ALTER TABLE audiences_sync DROP CONSTRAINT sync_audience_in_its_space;
ALTER TABLE audiences_syncedlist
    DROP CONSTRAINT synced_list_audience_in_its_space,
    DROP CONSTRAINT synced_list_source_in_its_space;
"""


class Migration(migrations.Migration):
    dependencies = [("audiences", "0005_lists_from_elsewhere")]

    operations = [
        migrations.CreateModel(
            name="Source",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        default=uuid.uuid4,
                        editable=False,
                    ),
                ),
                ("number", models.AutoField(primary_key=True, serialize=False)),
                ("vendor", models.CharField(max_length=63)),
                ("name", models.CharField(max_length=255)),
                ("settings", models.JSONField(blank=True, default=dict)),
                ("encrypted_key", models.TextField(blank=True, default="", editable=False)),
                (
                    "key_ending",
                    models.CharField(
                        blank=True,
                        default="",
                        editable=False,
                        help_text="The last characters of the key, to tell it from others.",
                        max_length=4,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "space",
                    models.ForeignKey(
                        db_column="space_number",
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="segments.space",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "number"],
            },
        ),
        migrations.CreateModel(
            name="Sync",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "id",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        default=uuid.uuid4,
                        editable=False,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("PENDING", "Waits for its turn"),
                            ("RUNNING", "Under way"),
                            ("SUCCESS", "Done"),
                            ("FAILED", "Failed"),
                        ],
                        default="PENDING",
                        max_length=7,
                    ),
                ),
                ("step", models.CharField(blank=True, default="", max_length=255)),
                (
                    "error_code",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Why it failed, for programs.",
                        max_length=31,
                    ),
                ),
                (
                    "error",
                    models.TextField(blank=True, default="", help_text="Why it failed, in words."),
                ),
                (
                    "confirmed",
                    models.BooleanField(
                        default=False,
                        help_text="To be done though it removes more than the set share.",
                    ),
                ),
                (
                    "pulled",
                    models.PositiveIntegerField(
                        default=0, help_text="People on the vendor's list."
                    ),
                ),
                (
                    "added",
                    models.PositiveIntegerField(default=0, help_text="Who joined the audience."),
                ),
                (
                    "already_in",
                    models.PositiveIntegerField(default=0, help_text="Who were in it, and stay."),
                ),
                (
                    "left",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Who are no longer on the vendor's list, and left the audience.",
                    ),
                ),
                (
                    "created",
                    models.PositiveIntegerField(
                        default=0, help_text="Of those who joined: memberships."
                    ),
                ),
                (
                    "unknown",
                    models.PositiveIntegerField(
                        default=0, help_text="Whom the space doesn't know, and who were left out."
                    ),
                ),
                (
                    "unusable",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Of whom it can't be told who they are: nothing known of them, or several have the same e-mail address or phone.",
                    ),
                ),
                ("attempt", models.PositiveIntegerField(default=0)),
                ("requested_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "audience",
                    models.ForeignKey(
                        db_column="audience_number",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="syncs",
                        to="audiences.audience",
                    ),
                ),
                (
                    "space",
                    models.ForeignKey(
                        db_column="space_number",
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="segments.space",
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
            },
        ),
        migrations.CreateModel(
            name="SyncedList",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("list", "List"), ("segment", "Segment")], max_length=7
                    ),
                ),
                ("list_id", models.CharField(max_length=255)),
                (
                    "audience",
                    models.OneToOneField(
                        db_column="audience_number",
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="synced_list",
                        to="audiences.audience",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_column="source_number",
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="synced_lists",
                        to="audiences.source",
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
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.UniqueConstraint(
                fields=("space", "id"),
                name="source_id_unique_in_space",
                violation_error_message="A source with this id already exists.",
            ),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.UniqueConstraint(
                fields=("name", "space"),
                name="source_name_unique_in_space",
                violation_error_message="A source with this name already exists.",
            ),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.UniqueConstraint(
                fields=("space", "number"), name="source_number_in_space"
            ),
        ),
        migrations.AddIndex(
            model_name="sync",
            index=models.Index(fields=["audience", "-number"], name="syncs_of_an_audience"),
        ),
        migrations.AddConstraint(
            model_name="sync",
            constraint=models.UniqueConstraint(
                fields=("space", "id"),
                name="sync_id_unique_in_space",
                violation_error_message="A sync with this id already exists.",
            ),
        ),
        migrations.AddConstraint(
            model_name="sync",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ("PENDING", "RUNNING"))),
                fields=("audience",),
                name="one_sync_of_an_audience_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="syncedlist",
            constraint=models.UniqueConstraint(
                fields=("source", "kind", "list_id"), name="a_list_is_synced_by_one_audience"
            ),
        ),
        migrations.RunSQL(STAY_IN_THEIR_SPACE, LEAVE_THEIR_SPACE),
    ]
