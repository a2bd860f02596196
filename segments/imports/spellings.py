"""How other programs call the columns that we know."""

from __future__ import annotations

import re
import unicodedata

# By field: its common names in English, Dutch, German, French, Spanish and Italian exports, as
# ``_plain`` makes them.
_SPELLINGS = {
    "external_id": "externalid customerid customernumber customerno clientid consumerid memberid "
    "membernumber membershipid membershipnumber loyaltyid loyaltynumber userid contactid profileid "
    "klantnummer klantid kundennummer kundenid kundennr numeroclient idclient numerodecliente "
    "codicecliente",
    "email": "email emailaddress mail mailaddress emailadres emailadresse adresseemail "
    "adressemail courriel correo correoelectronico emailcliente indirizzoemail",
    "phone": "phone phonenumber phoneno telephone telephonenumber tel mobile mobilephone "
    "mobilenumber mobilephonenumber cell cellphone cellphonenumber sms smsnumber telefoon "
    "telefoonnummer mobiel mobielnummer telefon telefonnummer handy handynummer mobilnummer "
    "numerodetelephone telephoneportable telefono numerodetelefono movil cellulare",
    "full_name": "fullname name customername membername contactname displayname naam "
    "volledigenaam vollername nomcomplet nombrecompleto nomecompleto",
    "first_name": "firstname givenname forename voornaam vorname prenom nombre nome",
    "last_name": "lastname surname familyname achternaam nachname familienname nom nomdefamille "
    "apellido apellidos cognome",
    "birthday": "birthday birthdate dateofbirth dob geboortedatum geburtsdatum geburtstag "
    "datedenaissance fechadenacimiento datadinascita",
    "total_orders": "totalorders ordercount orderscount numberoforders orders",
    "total_order_value": "totalordervalue totalspent totalspend amountspent",
    "last_order_at": "lastorderat lastorder lastorderdate lastpurchase lastpurchasedate",
    "created_at": "createdat createddate creationdate signupdate registrationdate",
    "segment": "segment segmentcode segmentshortcode",
    "metadata.tags": "tags",
    "metadata.loyalty_points": "loyaltypoints",
    "metadata.loyalty_tier": "loyaltytier",
}
_FIELDS = {name: field for field, names in _SPELLINGS.items() for name in names.split()}


def field_by_spelling(name: str) -> str | None:
    """The field that a column's name means, if it is a common one."""
    return _FIELDS.get(_plain(name))


def _plain(name: str) -> str:
    """The name's letters and digits alone, small and without accents."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[^a-z0-9]", "", letters)
