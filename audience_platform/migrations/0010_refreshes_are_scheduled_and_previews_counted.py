"""Audiences may be worked out on some days of the week, at some hours; and previews that clients of
Segment's API ask for are counted by month."""

import uuid
from importlib import import_module

import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import segments.models.space

events = import_module("audience_platform.migrations.0004_every_change_leaves_an_event")
emptied = import_module(
    "audience_platform.migrations.0009_emptied_tables_and_denied_labels_leave_events"
)

_STAYS_IN_ITS_SPACE = """
ALTER TABLE audience_platform_refreshschedule
    ADD CONSTRAINT refresh_schedule_audience_in_its_space
        FOREIGN KEY (space_number, audience_number)
        REFERENCES audiences_audience (space_number, number) ON DELETE CASCADE;
"""
_LEAVES_ITS_SPACE = """
ALTER TABLE audience_platform_refreshschedule
    DROP CONSTRAINT refresh_schedule_audience_in_its_space;
"""
_TABLE = "audience_platform_refreshschedule"
_ROWS = {_TABLE: ("refresh-schedules", "1000", "number", "number id space_number next_at")}
_TABLES = {_TABLE: ("refresh-schedules", "space_number")}


class Migration(migrations.Migration):
    dependencies = [
        ("audience_platform", "0009_emptied_tables_and_denied_labels_leave_events"),
        ("audiences", "0009_audiences_have_keys"),
        ("segments", "0010_new_segments_raise_the_version"),
    ]

    operations = [
        migrations.CreateModel(
            name="PreviewCount",
            fields=[
                (
                    "space",
                    models.OneToOneField(
                        db_column="space_number",
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="segments.space",
                    ),
                ),
                ("month", models.DateField(help_text="Its first day, in UTC.")),
                ("count", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="RefreshSchedule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        default=uuid.uuid4,
                        editable=False,
                    ),
                ),
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "days",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(
                            validators=[django.core.validators.MaxValueValidator(6)]
                        ),
                        help_text="Days of the week; 0 is Sunday.",
                        size=7,
                    ),
                ),
                (
                    "hours",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(
                            validators=[django.core.validators.MaxValueValidator(23)]
                        ),
                        help_text="Hours of these days, 0 to 23.",
                        size=24,
                    ),
                ),
                (
                    "time_zone",
                    models.CharField(
                        help_text="By whose clock, e.g. Europe/Amsterdam.",
                        max_length=64,
                        validators=[segments.models.space.validate_time_zone],
                    ),
                ),
                (
                    "next_at",
                    models.DateTimeField(
                        db_index=True,
                        editable=False,
                        help_text="When it will be worked out next.",
                    ),
                ),
                (
                    "audience",
                    models.OneToOneField(
                        db_column="audience_number",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="refresh_schedule",
                        to="audiences.audience",
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
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("space", "id"),
                        name="refresh_schedule_id_unique_in_space",
                        violation_error_message="A schedule with this id already exists.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("days__contained_by", list(range(7))),
                            ("days__len__gte", 1),
                        ),
                        name="refresh_schedule_has_days_of_the_week",
                        violation_error_message="Give one day or more, from 0 to 6.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "hours__contained_by",
                                list(range(24)),
                            ),
                            ("hours__len__gte", 1),
                        ),
                        name="refresh_schedule_has_hours_of_the_day",
                        violation_error_message="Give one hour or more, from 0 to 23.",
                    ),
                ],
            },
        ),
        migrations.RunSQL(_STAYS_IN_ITS_SPACE, _LEAVES_ITS_SPACE),
        migrations.RunSQL(events.triggers(_ROWS, {}), events.no_triggers(_ROWS, {})),
        migrations.RunSQL(emptied.triggers(_TABLES), emptied.no_triggers(_TABLES)),
    ]
