"""Rules are asked by the clock of their space: another time zone is another definition. And the
version never falls: whoever saves a space read some time ago brings an old one along."""

from django.db import migrations

RAISE_THE_VERSION = """
CREATE FUNCTION segments_raise_version_of_changed_clock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.definitions_version := nextval('segments_definitions_version');
    RETURN NEW;
END $$;
CREATE TRIGGER changed_clock_raises_the_version
    BEFORE UPDATE OF time_zone ON segments_space FOR EACH ROW
    WHEN (NEW.time_zone IS DISTINCT FROM OLD.time_zone)
    EXECUTE FUNCTION segments_raise_version_of_changed_clock();

CREATE FUNCTION segments_keep_newer_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.definitions_version := OLD.definitions_version;
    RETURN NEW;
END $$;
CREATE TRIGGER version_never_falls
    BEFORE UPDATE ON segments_space FOR EACH ROW
    WHEN (NEW.definitions_version < OLD.definitions_version)
    EXECUTE FUNCTION segments_keep_newer_version();
"""
KEEP_THE_VERSION = """
DROP FUNCTION segments_keep_newer_version() CASCADE;
DROP FUNCTION segments_raise_version_of_changed_clock() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("segments", "0004_changes_are_noted")]

    operations = [migrations.RunSQL(RAISE_THE_VERSION, KEEP_THE_VERSION)]
