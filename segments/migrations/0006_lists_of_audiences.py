"""Segments that are an audience's list."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("segments", "0005_the_version_follows_the_clock_and_never_falls")]

    operations = [
        migrations.AddField(
            model_name="segment",
            name="is_list",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="The list of an audience: named, shown and deleted with it, and never by itself.",
            ),
        ),
    ]
