"""Imports, sources, syncs and groups of audiences leave events too."""

from importlib import import_module

from django.db import migrations

events = import_module("audience_platform.migrations.0004_every_change_leaves_an_event")

ROWS = {
    "segments_import": (
        "imports",
        "1000",
        "number",
        "number id space_number created_at touched_at asked_at started_at ended_at uploaded_at "
        "step rows_done rows_total percent attempt look expected file problems_file "
        "failed_rows_file first_problems",
    ),
    "audiences_source": (
        "sources",
        "1000",
        "number",
        "number id space_number created_at updated_at",
    ),
    "audiences_sync": (
        "syncs",
        "1000",
        "number",
        "number id space_number audience_number requested_at started_at ended_at step attempt",
    ),
    "audiences_audiencegroup": (
        "audience-groups",
        "1000",
        "number",
        "number id space_number created_at updated_at",
    ),
}
PLACES = {
    "audiences_groupplace": [
        "audience-groups",
        "audiences_audiencegroup",
        "number",
        "group_number",
        "audiences",
        "audiences_audience",
        "number",
        "audience_number",
    ],
}


class Migration(migrations.Migration):
    dependencies = [
        ("audience_platform", "0005_requests_are_counted"),
        ("audiences", "0007_groups_and_tiers"),
        ("segments", "0008_imports"),
    ]

    operations = [
        migrations.RunSQL(events.triggers(ROWS, PLACES), events.no_triggers(ROWS, PLACES)),
    ]
