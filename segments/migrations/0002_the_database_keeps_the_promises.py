"""What Django's models can't say: rows stay in their space, birthdays are possible, and every
change of a definition raises the space's version."""

from django.db import migrations

STAY_IN_THEIR_SPACE = """
ALTER TABLE segments_segmentmembership
    ADD CONSTRAINT segment_membership_segment_in_its_space
        FOREIGN KEY (space_number, segment_number)
        REFERENCES segments_segment (space_number, number) ON DELETE CASCADE,
    ADD CONSTRAINT segment_membership_membership_in_its_space
        FOREIGN KEY (space_number, membership_number)
        REFERENCES segments_membership (space_number, number) ON DELETE CASCADE;
"""
LEAVE_THEIR_SPACE = """
ALTER TABLE segments_segmentmembership
    DROP CONSTRAINT segment_membership_segment_in_its_space,
    DROP CONSTRAINT segment_membership_membership_in_its_space;
"""

# A trigger and not a check constraint: what is possible depends on today, and a dump of rows that
# were right when written must load. WHEN is judged without calling the function, a day generous at
# both ends; the function then judges by the clock of the space.
BIRTHDAYS_ARE_POSSIBLE = """
CREATE FUNCTION segments_refuse_impossible_birthday() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    today date := (
        SELECT (now() AT TIME ZONE time_zone)::date FROM segments_space
        WHERE number = NEW.space_number
    );
BEGIN
    IF NEW.birthday > today OR NEW.birthday < today - interval '123 years' THEN
        RAISE EXCEPTION 'birthday % is in the future or more than 123 years ago', NEW.birthday
            USING ERRCODE = 'check_violation', TABLE = 'segments_membership',
                COLUMN = 'birthday', CONSTRAINT = 'membership_birthday_within_123_years';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER membership_is_born_within_123_years
    BEFORE INSERT ON segments_membership FOR EACH ROW
    WHEN (NEW.birthday >= current_date
        OR NEW.birthday <= current_date - interval '123 years' + interval '1 day')
    EXECUTE FUNCTION segments_refuse_impossible_birthday();
CREATE TRIGGER membership_stays_born_within_123_years
    BEFORE UPDATE OF birthday ON segments_membership FOR EACH ROW
    WHEN (NEW.birthday IS DISTINCT FROM OLD.birthday
        AND (NEW.birthday >= current_date
            OR NEW.birthday <= current_date - interval '123 years' + interval '1 day'))
    EXECUTE FUNCTION segments_refuse_impossible_birthday();
"""
ANY_BIRTHDAY = "DROP FUNCTION segments_refuse_impossible_birthday() CASCADE;"

# NaN, infinities and years past 9999 are PostgreSQL's, but no facts: Python couldn't read them.
FACTS_ARE_FINITE = """
ALTER TABLE segments_membership
    ADD CONSTRAINT membership_total_order_value_is_a_number
        CHECK (total_order_value < 'Infinity'),
    ADD CONSTRAINT membership_moments_are_on_the_calendar
        CHECK (last_order_at BETWEEN '0002-01-01Z' AND '9998-12-31Z'
            AND created_at BETWEEN '0002-01-01Z' AND '9998-12-31Z');
"""
FACTS_ARE_ANYTHING = """
ALTER TABLE segments_membership
    DROP CONSTRAINT membership_total_order_value_is_a_number,
    DROP CONSTRAINT membership_moments_are_on_the_calendar;
"""

# Numbers come from a sequence, so that none is ever given twice: not even after a rollback.
RAISE_THE_VERSION = """
CREATE SEQUENCE segments_definitions_version;
CREATE FUNCTION segments_raise_definitions_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE segments_space SET definitions_version = nextval('segments_definitions_version')
    WHERE number IN (SELECT space_number FROM changed);
    RETURN NULL;
END $$;

CREATE TRIGGER changed_segments_raise_the_version
    AFTER UPDATE ON segments_segment REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION segments_raise_definitions_version();
"""
KEEP_NO_VERSION = """
DROP FUNCTION segments_raise_definitions_version() CASCADE;
DROP SEQUENCE segments_definitions_version;
"""

# Room in each page for changed rows: an update then stays on its page and touches no index.
LEAVE_ROOM = """
ALTER TABLE segments_membership SET (fillfactor = 85);
"""


class Migration(migrations.Migration):
    dependencies = [("segments", "0001_spaces_memberships_and_segments")]

    operations = [
        migrations.RunSQL(STAY_IN_THEIR_SPACE, LEAVE_THEIR_SPACE),
        migrations.RunSQL(BIRTHDAYS_ARE_POSSIBLE, ANY_BIRTHDAY),
        migrations.RunSQL(FACTS_ARE_FINITE, FACTS_ARE_ANYTHING),
        migrations.RunSQL(RAISE_THE_VERSION, KEEP_NO_VERSION),
        migrations.RunSQL(LEAVE_ROOM, "ALTER TABLE segments_membership RESET (fillfactor);"),
    ]
