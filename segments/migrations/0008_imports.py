"""Imports, as rows."""

import uuid

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models

# An import stays within its space, and outlives the segment that it was for.
STAY_IN_THEIR_SPACE = """
ALTER TABLE segments_import
    ADD CONSTRAINT import_segment_in_its_space
        FOREIGN KEY (space_number, segment_number)
        REFERENCES segments_segment (space_number, number) ON DELETE SET NULL (segment_number);
"""
LEAVE_THEIR_SPACE = "ALTER TABLE segments_import DROP CONSTRAINT import_segment_in_its_space;"


class Migration(migrations.Migration):
    dependencies = [("segments", "0007_people_found_by_email_and_phone")]

    operations = [
        migrations.CreateModel(
            name="Import",
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
                    "target",
                    models.CharField(
                        choices=[
                            ("memberships", "Memberships of the space"),
                            ("segment", "Members of a segment"),
                            ("audience", "Members of an audience"),
                        ],
                        default="memberships",
                        editable=False,
                        max_length=16,
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            (
                                "add_and_update",
                                "Add those who are new, bring the others up to date",
                            ),
                            ("add", "Add: those in the file join"),
                            ("replace", "Replace: those in the file, and nobody else"),
                            ("remove", "Remove: those in the file leave"),
                            ("update_only", "Update only: nobody joins and nobody leaves"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "unknown",
                    models.CharField(
                        choices=[
                            ("create", "Add them to the space"),
                            ("skip", "Leave them out"),
                            ("refuse", "Take their rows for bad"),
                        ],
                        default="refuse",
                        max_length=8,
                        verbose_name="unknown people",
                    ),
                ),
                (
                    "removable_share",
                    models.FloatField(
                        default=0.2,
                        help_text="The share of a list, of 1, that a replacement may take off it without asking.",
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(1),
                        ],
                    ),
                ),
                (
                    "skip_bad_rows",
                    models.BooleanField(
                        default=False,
                        help_text="Import the other rows. Otherwise one bad row stops them all.",
                    ),
                ),
                (
                    "mapping",
                    models.JSONField(
                        blank=True,
                        help_text="By column of the file: the field that it holds, or null to leave it out.",
                        null=True,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting for a file"),
                            ("uploaded", "Uploaded"),
                            ("counting", "Dry run under way"),
                            ("counted", "Dry run done"),
                            ("running", "Running"),
                            ("needs_confirmation", "Needs confirmation"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="waiting",
                        editable=False,
                        max_length=24,
                    ),
                ),
                ("error", models.TextField(blank=True, editable=False)),
                ("file", models.CharField(blank=True, editable=False, max_length=255)),
                ("file_name", models.CharField(blank=True, editable=False, max_length=255)),
                ("file_size", models.BigIntegerField(editable=False, null=True)),
                ("look", models.JSONField(editable=False, null=True)),
                ("problems_file", models.CharField(blank=True, editable=False, max_length=255)),
                ("failed_rows_file", models.CharField(blank=True, editable=False, max_length=255)),
                ("problem_count", models.PositiveIntegerField(default=0, editable=False)),
                ("first_problems", models.JSONField(default=list, editable=False)),
                ("attempt", models.PositiveIntegerField(default=0, editable=False)),
                ("confirmed", models.BooleanField(default=False, editable=False)),
                ("cancel_requested_at", models.DateTimeField(editable=False, null=True)),
                ("step", models.CharField(blank=True, editable=False, max_length=255)),
                ("rows_done", models.BigIntegerField(default=0, editable=False)),
                ("rows_total", models.BigIntegerField(editable=False, null=True)),
                ("percent", models.FloatField(default=0, editable=False)),
                ("expected", models.JSONField(editable=False, null=True)),
                ("result", models.JSONField(editable=False, null=True)),
                ("made_by", models.CharField(blank=True, editable=False, max_length=255)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("uploaded_at", models.DateTimeField(editable=False, null=True)),
                ("asked_at", models.DateTimeField(editable=False, null=True)),
                ("started_at", models.DateTimeField(editable=False, null=True)),
                ("ended_at", models.DateTimeField(editable=False, null=True)),
                ("touched_at", models.DateTimeField(auto_now=True)),
                (
                    "segment",
                    models.ForeignKey(
                        blank=True,
                        db_column="segment_number",
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="imports",
                        to="segments.segment",
                    ),
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
                "ordering": ["-number"],
                "indexes": [models.Index(fields=["space", "segment"], name="imports_of_a_segment")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("space", "id"),
                        name="import_id_unique_in_space",
                        violation_error_message="An import with this id already exists.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("target", "memberships"), _negated=True),
                            ("segment__isnull", True),
                            _connector="OR",
                        ),
                        name="import_of_memberships_has_no_segment",
                        violation_error_message="An import of memberships has no segment.",
                    ),
                ],
            },
        ),
        migrations.RunSQL(STAY_IN_THEIR_SPACE, LEAVE_THEIR_SPACE),
    ]
