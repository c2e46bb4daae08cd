"""Guessing what the columns of a contact file hold, by their names."""

import re

from .contact_cleaning import SQUASH

# Target: names of columns in French files and in the exports of common tools, squashed.
NAMES = {
    "firstname": "prenom prenoms firstname first givenname fname",
    "lastname": "nom lastname last surname familyname lname nomdefamille nomdenaissance nomusage "
    "nomdusage",
    "fullname": "nomprenom prenomnom nometprenom nomcomplet fullname name displayname contact "
    "identite personne prenometnom",
    "email": "email mail courriel emailaddress adresseemail adressemail adressecourriel mel email1 "
    "adresseelectronique emailprincipal primaryemail",
    "mobile": "portable mobile telportable telephoneportable telmobile gsm mobilenumber "
    "mobilephone numerodeportable cellphone telephonemobile phonemobile",
    "phone": "telephone tel phone phonenumber fixe telfixe telephonefixe numero numerodetelephone "
    "phone1 homephone telephone1 workphonenumber",
    "street": "adresse rue voie address street address1 adresse1 streetaddress primaryaddress1 "
    "adressepostale adresseligne1 homeaddress1 ligne1 addressaddress1 numeroetvoie",
    "street2": "complement complementdadresse complementadresse adresse2 address2 street2 "
    "primaryaddress2 supplementaladdress1 ligne2 adresseligne2 supplementaladdress",
    "zip": "cp codepostal zip zipcode postalcode postcode primaryzip codpostal addresszip",
    "city": "ville commune city town localite primarycity addresscity",
    "zip_city": "cpville codepostalville cpetville",
    "country": "pays country primarycountrycode countrycode addresscountry countryname",
    "birthdate": "datedenaissance naissance birthdate birthday dateofbirth neele nele ddn "
    "datenaissance bornat dob",
    "function": "fonction profession function jobtitle occupation metier",
    "website": "siteweb website site url",
    "comment": "commentaire commentaires note notes remarque remarques observation observations "
    "comment background",
    "ref": "reference id identifiant externalid externalidentifier ref nationbuilderid contactid "
    "idcontact numeroadherent ndadherent nadherent leid",
    "lang": "langue language lang preferredlanguage",
    "is_company": "estunesociete iscompany societeoupersonne",
    "company_name": "organisation organization societe entreprise structure employer employeur "
    "association companyname currentemployer employername",
    "tags": "etiquettes etiquette tags tag taglist groupes groups groupe motscles",
    "category": "categorie category statut qualite",
    "origin": "origine source origin provenance",
    "branch": "section branche branch comite federation antenne",
    "station": "bureaudevote bureau bv codebureau pollingstation precinctcode codedubureaudevote",
    "is_volunteer": "benevole volunteer militant isvolunteer",
    "updated_at": "updatedat lastmodified modifiele datedemodification lastchanged derniermaj "
    "modifieddate datedemiseajour",
}  # fmt: skip
TARGET_OF = {name: target for target, names in NAMES.items() for name in names.split()}


def squashed(name):
    """A column's name as it is compared: “N° d'adhérent” gives “ndadherent”."""
    return re.sub(r"[^a-z0-9]+", "", name.lower().translate(SQUASH))


def guess(header):
    """What each column holds.

    Each target is given once, to the first column that bears its name, the telephones apart.

    :param list header: names of columns
    :returns: list of targets, ``""`` where nothing is known
    """
    taken = set()
    found = []
    for name in header:
        target = TARGET_OF.get(squashed(name), "")
        if target in taken and target not in ("phone", "mobile"):
            target = ""
        taken.add(target)
        found.append(target)
    # “Nom” holds the whole name where no other column has the first name.
    if "lastname" in taken and "firstname" not in taken and "fullname" not in taken:
        found[found.index("lastname")] = "fullname"
    return found


def likeness(header, names):
    """How well a header fits a mapping: the larger of the share of the mapping's names that the
    header bears and the share of the header that the mapping knows; 0 below three in common.

    :rtype: float
    """
    have = {squashed(name) for name in header if name}
    wanted = {squashed(name) for name in names}
    common = len(have & wanted)
    return common / min(len(have), len(wanted)) if common >= 3 else 0.0
