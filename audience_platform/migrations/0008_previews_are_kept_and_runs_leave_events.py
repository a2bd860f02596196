"""Previews are kept for a day, and that one was asked for leaves an event; so do the runs of
audiences that somebody asked for, and those that fail. (What a refresh does every second doesn't.)
"""

import uuid

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models

_RUNS = """
CREATE FUNCTION audience_platform_note_run() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ran audiences_audience%ROWTYPE;
    run jsonb;
BEGIN
    IF NEW.last_error <> '' AND (TG_OP = 'INSERT' OR NEW.last_error <> OLD.last_error) THEN
        run := jsonb_build_object('before', NULL, 'after', 'failed', 'error', NEW.last_error);
    ELSIF NEW.requested_at IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.requested_at IS NULL) THEN
        run := jsonb_build_object('before', NULL, 'after', 'asked for');
    ELSIF TG_OP = 'UPDATE' AND NEW.requested_at IS NULL AND OLD.requested_at IS NOT NULL THEN
        run := jsonb_build_object('before', 'asked for', 'after', 'complete');
    ELSE
        RETURN NULL;
    END IF;
    SELECT * INTO ran FROM audiences_audience WHERE number = NEW.audience_number;
    PERFORM audience_platform_note(ran.space_number, 'changed', 'audiences', ran.id::text,
        ran.name, 1, jsonb_build_object('run', run));
    RETURN NULL;
END $$;
CREATE TRIGGER first_leaves_an_event AFTER INSERT ON audiences_audiencestatus
    FOR EACH ROW WHEN (NEW.requested_at IS NOT NULL OR NEW.last_error <> '')
    EXECUTE FUNCTION audience_platform_note_run();
CREATE TRIGGER run_leaves_an_event AFTER UPDATE ON audiences_audiencestatus
    FOR EACH ROW WHEN (OLD.requested_at IS DISTINCT FROM NEW.requested_at
        OR OLD.last_error <> NEW.last_error)
    EXECUTE FUNCTION audience_platform_note_run();
"""
_NO_RUNS = """
DROP TRIGGER run_leaves_an_event ON audiences_audiencestatus;
DROP TRIGGER first_leaves_an_event ON audiences_audiencestatus;
DROP FUNCTION audience_platform_note_run();
"""
_PREVIEWS = """
CREATE TRIGGER insert_leaves_an_event AFTER INSERT ON audience_platform_keptpreview
    REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION
    audience_platform_note_rows('audience-previews', '1000', 'number',
        'number id space_number answer created_at');
"""
_NO_PREVIEWS = "DROP TRIGGER insert_leaves_an_event ON audience_platform_keptpreview"


class Migration(migrations.Migration):
    dependencies = [
        ("audience_platform", "0007_keys_may_be_denied_labels"),
        ("segments", "0010_new_segments_raise_the_version"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeptPreview",
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
                    "asked",
                    models.JSONField(help_text="As it was asked, in the words of the client."),
                ),
                ("answer", models.JSONField(help_text="As it is told.")),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.AddIndex(
            model_name="auditseal",
            index=models.Index(
                condition=models.Q(("removed_at", None)),
                fields=["number"],
                name="seals_with_events",
            ),
        ),
        migrations.AddField(
            model_name="keptpreview",
            name="space",
            field=models.ForeignKey(
                db_column="space_number",
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                to="segments.space",
            ),
        ),
        migrations.AddIndex(
            model_name="keptpreview",
            index=models.Index(fields=["created_at"], name="old_previews"),
        ),
        migrations.AddConstraint(
            model_name="keptpreview",
            constraint=models.UniqueConstraint(
                fields=("space", "id"), name="preview_id_unique_in_space"
            ),
        ),
        migrations.RunSQL(_RUNS, _NO_RUNS),
        migrations.RunSQL(_PREVIEWS, _NO_PREVIEWS),
    ]
