"""An API key, and a member of staff, may be kept from audiences that carry some label. Segment jobs
of Adobe's API are kept."""

import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audience_platform", "0006_lists_and_groups_leave_events"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("segments", "0008_imports"),
    ]

    operations = [
        migrations.CreateModel(
            name="StaffLabels",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="staff_labels",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "denied_labels",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=255),
                        blank=True,
                        db_default=[],
                        default=list,
                        help_text="Audiences that carry one of these labels they neither sees nor makes; labels are separated by commas.",
                        size=100,
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="apikey",
            name="denied_labels",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=255),
                blank=True,
                db_default=[],
                default=list,
                help_text="Audiences that carry one of these labels the key neither sees nor makes; labels are separated by commas.",
                size=100,
            ),
        ),
        migrations.CreateModel(
            name="SegmentJob",
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
                    "audiences",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(),
                        help_text="Their ids; they may be gone by now.",
                        size=None,
                    ),
                ),
                ("requested_at", models.DateTimeField()),
                ("cancelled_at", models.DateTimeField(null=True)),
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
                "indexes": [models.Index(fields=["requested_at"], name="old_segment_jobs")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("space", "id"), name="segment_job_id_unique_in_space"
                    )
                ],
            },
        ),
    ]
