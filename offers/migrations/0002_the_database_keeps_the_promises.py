"""Offers are aimed only at audiences of their space, hold on to them, and raise its version."""

from django.db import migrations

STAY_IN_THEIR_SPACE = """
ALTER TABLE offers_offeraudience
    ADD CONSTRAINT offer_audience_offer_in_its_space
        FOREIGN KEY (space_number, offer_number)
        REFERENCES offers_offer (space_number, number) ON DELETE CASCADE,
    ADD CONSTRAINT offer_audience_audience_in_its_space
        FOREIGN KEY (space_number, audience_number)
        REFERENCES audiences_audience (space_number, number) ON DELETE NO ACTION;
"""
LEAVE_THEIR_SPACE = """
ALTER TABLE offers_offeraudience
    DROP CONSTRAINT offer_audience_offer_in_its_space,
    DROP CONSTRAINT offer_audience_audience_in_its_space;
"""

TABLES = {"offers": "offers_offer", "aims": "offers_offeraudience"}
RAISE_THE_VERSION = "".join(
    f"""
CREATE TRIGGER {name}_{word}_raise_the_version
    AFTER {event} ON {table} REFERENCING {rows} TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION segments_raise_definitions_version();
"""
    for name, table in TABLES.items()
    for word, event, rows in (
        ("added", "INSERT", "NEW"),
        ("changed", "UPDATE", "NEW"),
        ("deleted", "DELETE", "OLD"),
    )
)
KEEP_THE_VERSION = "".join(
    f"DROP TRIGGER {name}_{word}_raise_the_version ON {table};"
    for name, table in TABLES.items()
    for word in ("added", "changed", "deleted")
)


class Migration(migrations.Migration):
    dependencies = [
        ("offers", "0001_offers"),
        ("audiences", "0002_the_database_keeps_the_promises"),
    ]

    operations = [
        migrations.RunSQL(STAY_IN_THEIR_SPACE, LEAVE_THEIR_SPACE),
        migrations.RunSQL(RAISE_THE_VERSION, KEEP_THE_VERSION),
    ]
