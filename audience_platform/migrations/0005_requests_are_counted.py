"""Counts of requests, for the rate limits: kept without a write-ahead log, and updated in place."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("audience_platform", "0004_every_change_leaves_an_event")]

    operations = [
        migrations.RunSQL(
            "CREATE UNLOGGED TABLE audience_platform_requestcount ("
            " key bytea PRIMARY KEY, window_number int NOT NULL, count int NOT NULL"
            ") WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05)",
            "DROP TABLE audience_platform_requestcount",
        ),
    ]
