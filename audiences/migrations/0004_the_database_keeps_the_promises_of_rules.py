"""Dependencies and manual lists stay in their space, and raise its version; lists are facts too."""

from django.db import migrations

STAY_IN_THEIR_SPACE = """
ALTER TABLE audiences_audiencedependency
    ADD CONSTRAINT audience_dependency_audience_in_its_space
        FOREIGN KEY (space_number, audience_number)
        REFERENCES audiences_audience (space_number, number) ON DELETE CASCADE,
    ADD CONSTRAINT audience_dependency_dependency_in_its_space
        FOREIGN KEY (space_number, dependency_number)
        REFERENCES audiences_audience (space_number, number) ON DELETE NO ACTION;
ALTER TABLE audiences_listedmembership
    ADD CONSTRAINT listed_membership_audience_in_its_space
        FOREIGN KEY (space_number, audience_number)
        REFERENCES audiences_audience (space_number, number) ON DELETE CASCADE,
    ADD CONSTRAINT listed_membership_membership_in_its_space
        FOREIGN KEY (space_number, membership_number)
        REFERENCES segments_membership (space_number, number) ON DELETE CASCADE;
"""
LEAVE_THEIR_SPACE = """
ALTER TABLE audiences_audiencedependency
    DROP CONSTRAINT audience_dependency_audience_in_its_space,
    DROP CONSTRAINT audience_dependency_dependency_in_its_space;
ALTER TABLE audiences_listedmembership
    DROP CONSTRAINT listed_membership_audience_in_its_space,
    DROP CONSTRAINT listed_membership_membership_in_its_space;
"""

# A manual list is a part of its audience's meaning (compiled by version) and a fact of its members.
LISTS_ARE_FACTS = "".join(
    f"""
CREATE TRIGGER {event.lower()}_notes_changed_memberships
    AFTER {event} ON audiences_listedmembership REFERENCING {rows} TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION segments_note_changed_memberships('membership_number');
CREATE TRIGGER {event.lower()}_raises_the_version
    AFTER {event} ON audiences_listedmembership REFERENCING {rows} TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION segments_raise_definitions_version();
"""
    for event, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
)
LISTS_ARE_NOTHING = "".join(
    f"""
DROP TRIGGER {event}_notes_changed_memberships ON audiences_listedmembership;
DROP TRIGGER {event}_raises_the_version ON audiences_listedmembership;
"""
    for event in ("insert", "update", "delete")
)

# Compressed already: PostgreSQL need not try.
STORE_AS_THEY_ARE = """
ALTER TABLE audiences_memberchunk ALTER COLUMN members SET STORAGE EXTERNAL;
ALTER TABLE audiences_versionchunk ALTER COLUMN changed SET STORAGE EXTERNAL;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audiences", "0003_rules_versions_and_member_sets"),
        ("segments", "0004_changes_are_noted"),
    ]

    operations = [
        migrations.RunSQL(STAY_IN_THEIR_SPACE, LEAVE_THEIR_SPACE),
        migrations.RunSQL(LISTS_ARE_FACTS, LISTS_ARE_NOTHING),
        migrations.RunSQL(STORE_AS_THEY_ARE, migrations.RunSQL.noop),
    ]
