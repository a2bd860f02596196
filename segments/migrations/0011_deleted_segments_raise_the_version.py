"""A rule that asks for a segment by its short code means another when that one goes."""

from django.db import migrations

RAISE_THE_VERSION = """
CREATE TRIGGER deleted_segments_raise_the_version
    AFTER DELETE ON segments_segment REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION segments_raise_definitions_version();
"""
KEEP_THE_VERSION = "DROP TRIGGER deleted_segments_raise_the_version ON segments_segment;"


class Migration(migrations.Migration):
    dependencies = [("segments", "0010_new_segments_raise_the_version")]

    operations = [migrations.RunSQL(RAISE_THE_VERSION, KEEP_THE_VERSION)]
