from odoo.tests import BaseCase, tagged

from ..lib import notes


@tagged("post_install", "-at_install")
class TestNotes(BaseCase):
    """R-47: a note is about the place."""

    def test_places_pass(self):
        for text in (
            "",
            None,
            "Code 24A7",
            "code B1234# puis 2e cour",
            "Interphone cassé, sonner au 12",
            "Porte verte au fond de la cour",
            "Il faut passer par le parking",
            "Il n'y a pas de lumière",
            "Digicode 1945, ascenseur en panne",
            "Bâtiment C, escalier 3, 14 étages",
            "2nd court, ring twice",
            "Chien dans le jardin",
        ):
            self.assertIsNone(notes.person_pattern(text), text)

    def test_people_are_refused(self):
        for text, found in (
            ("ecrire a jean@example.org", "email"),
            ("jean arobase example", "email"),
            ("tel 06 39 98 12 34", "phone"),
            ("+33.1.99.00.12.34", "phone"),
            ("0639981234", "phone"),
            ("Mme Durand au 3e", "title"),
            ("M. Essai", "title"),
            ("Famille Essai", "title"),
            ("Dr Essai", "title"),
            ("la voisine est malade", "person"),
            ("Il vote à gauche", "person"),
            ("locataire agressif", "person"),
            ("couple âgé", "person"),
            ("she votes for us", "person"),
        ):
            self.assertEqual(notes.person_pattern(text), found, text)
