"""Audiences refer only to segments of their space, hold on to them, and raise its version."""

from django.db import migrations

STAY_IN_THEIR_SPACE = """
ALTER TABLE audiences_audiencesegment
    ADD CONSTRAINT audience_segment_audience_in_its_space
        FOREIGN KEY (space_number, audience_number)
        REFERENCES audiences_audience (space_number, number) ON DELETE CASCADE,
    ADD CONSTRAINT audience_segment_segment_in_its_space
        FOREIGN KEY (space_number, segment_number)
        REFERENCES segments_segment (space_number, number) ON DELETE NO ACTION;
"""
LEAVE_THEIR_SPACE = """
ALTER TABLE audiences_audiencesegment
    DROP CONSTRAINT audience_segment_audience_in_its_space,
    DROP CONSTRAINT audience_segment_segment_in_its_space;
"""

RAISE_THE_VERSION = """
CREATE TRIGGER new_audiences_raise_the_version
    AFTER INSERT ON audiences_audience REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION segments_raise_definitions_version();
CREATE TRIGGER changed_audiences_raise_the_version
    AFTER UPDATE ON audiences_audience REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION segments_raise_definitions_version();
CREATE TRIGGER deleted_audiences_raise_the_version
    AFTER DELETE ON audiences_audience REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION segments_raise_definitions_version();
"""
KEEP_THE_VERSION = """
DROP TRIGGER new_audiences_raise_the_version ON audiences_audience;
DROP TRIGGER changed_audiences_raise_the_version ON audiences_audience;
DROP TRIGGER deleted_audiences_raise_the_version ON audiences_audience;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audiences", "0001_audiences"),
        ("segments", "0002_the_database_keeps_the_promises"),
    ]

    operations = [
        migrations.RunSQL(STAY_IN_THEIR_SPACE, LEAVE_THEIR_SPACE),
        migrations.RunSQL(RAISE_THE_VERSION, KEEP_THE_VERSION),
    ]
