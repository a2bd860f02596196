"""A rule may ask for a segment by its short code before there is one: a new segment is then a part
of what audiences mean, which is compiled by version."""

from django.db import migrations

RAISE_THE_VERSION = """
CREATE TRIGGER new_segments_raise_the_version
    AFTER INSERT ON segments_segment REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION segments_raise_definitions_version();
"""
KEEP_THE_VERSION = "DROP TRIGGER new_segments_raise_the_version ON segments_segment;"


class Migration(migrations.Migration):
    dependencies = [("segments", "0009_texts_are_searched_by_three_letters")]

    operations = [migrations.RunSQL(RAISE_THE_VERSION, KEEP_THE_VERSION)]
