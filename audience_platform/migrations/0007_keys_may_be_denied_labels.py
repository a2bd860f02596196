"""An API key, and a member of staff, may be kept from audiences that carry some label."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audience_platform", "0006_lists_and_groups_leave_events"),
        ("auth", "0012_alter_user_first_name_max_length"),
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
    ]
