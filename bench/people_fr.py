"""Made-up French people with doubles, relatives and homonyms among them, to develop the search for
duplicates on and to measure it: nobody here exists, and no labelled file was used to write it.
"""

import random
from datetime import date, timedelta

FIRST = (
    "Marie Jean Pierre Michel Nathalie Isabelle Philippe Catherine Alain Sylvie Nicolas "
    "Christine Martine Patrick Christophe Daniel Bernard Françoise Laurent Stéphane Sandrine "
    "Valérie Julien Éric David Frédéric Stéphanie Céline Julie Monique Jacqueline Véronique "
    "Sébastien Thierry Pascal Dominique Olivier Camille Thomas Aurélie Claude Brigitte "
    "Guillaume Emmanuel Léa Manon Anne Sophie Antoine Alexandre Virginie Caroline Maxime "
    "Élodie Jérôme Émilie Romain Florence Cécile Mathieu Anthony Delphine Didier Corinne "
    "Hélène Bruno Chantal Laurence Gérard Kevin Karine Patricia Serge André Jacques Chloé "
    "Hugo Emma Lucas Karim Fatima Mohamed Samira Nadia Yves Denise Paulette René Marcel Roger "
    "Louis Louise Jeanne Madeleine Simone Suzanne Lucien Henri Georges Marguerite Odette "
    "Colette Solange Vincent Raphaël Benjamin Clément Mélanie Marion Pauline Mathilde Justine "
    "Charlotte Élise Audrey Gaëlle Yann Erwan Gwenaëlle Loïc Ronan Ibrahim Aminata Ousmane "
    "Inès Lina Yasmine Noah Jade Gabriel Arthur Jules Adam Rose Anna Alice Ambre Jean-Pierre "
    "Jean-Claude Jean-Luc Marie-Claude Marie-Thérèse Anne-Marie Jean-Paul Marie-France"
).split()
_SYLLABLES = (
    "ba be bi bo bou bra bri bro ca car cha che chi cla clo co cor da de del di do dra du dur "
    "fa fau fe fi flo fon fra ga gar ge gi gra gri ha he ho hu ja jo la lan le li lo lu ma "
    "mar me mi mo mon mou na ne ni no pa per pi po pra que ra re ri ro rou sa sau se si so ta "
    "te ti tra va ver vi vo"
).split()
_ENDS = (
    "rd nt t ux ger lier rin let not ville tier ron gne mont val ard eau in on er ot et el as "
    "is oux ier art aud ais"
).split()
_STREETS = (
    "Rue Avenue Allée Boulevard Impasse Place Chemin Square".split(),
    "des Lilas|de la Gare|du Moulin|Jean Jaurès|Victor Hugo|de la République|du Général Leclerc|"
    "des Écoles|Pasteur|de l'Église|des Acacias|Louise Michel|du 8 Mai 1945|de Verdun|Voltaire|"
    "Émile Zola|des Tilleuls|du Stade|de la Paix|Gambetta|des Roses|Anatole France|du Lavoir|"
    "Saint-Martin|de la Liberté|Marcel Cachin|des Vignes|du Château|Léon Blum|de Bretagne".split(
        "|"
    ),
)
_SHORT = {
    "Philippe": "Phil",
    "Frédéric": "Fred",
    "Stéphanie": "Steph",
    "Nicolas": "Nico",
    "Isabelle": "Isa",
    "Véronique": "Véro",
    "Christophe": "Chris",
    "Dominique": "Dom",
    "Alexandre": "Alex",
    "Catherine": "Cathy",
    "Emmanuel": "Manu",
    "Sébastien": "Seb",
    "Florence": "Flo",
    "Benjamin": "Ben",
    "Mathieu": "Mat",
    "Suzanne": "Suzy",
    "Jean-Pierre": "JP",
    "Marie-Thérèse": "Maïté",
    "Marguerite": "Margot",
}
PREFIXES = ("019900", "026191", "035301", "046571", "053649", "063998")


class Town:
    """Draws people. The same seed gives the same ones."""

    def __init__(self, size, seed=1):
        self.random = random.Random(seed)  # noqa: S311
        self.size = size
        self.surnames = self._surnames(max(size // 12, 300))
        self.streets = [
            f"{kind} {name} {n}".rstrip(" 0")
            for n in range(max(size // 20000, 1))
            for kind in _STREETS[0]
            for name in _STREETS[1]
        ]
        self.zips = [f"{n:05d}" for n in range(93000, 93000 + max(size // 8000, 1))]

    def _surnames(self, number):
        found = {}
        while len(found) < number:
            name = "".join(self.random.choices(_SYLLABLES, k=self.random.choice((1, 2, 2))))
            found[(name + self.random.choice(_ENDS)).capitalize()] = None
        return list(found)

    def _common(self, values):
        """Some are far commoner than others, as names are."""
        return values[int(len(values) * self.random.random() ** 2.2)]

    def _first(self):
        first = self._common(FIRST)
        if self.random.random() < 0.03:
            first = f"{first}-{self._common(FIRST)}"
        return first

    def person(self, household=None):
        """A person as a list: first name, last name, birth, e-mail, phone, street, zip, city."""
        r = self.random
        first = self._first()
        while household and first == household[0] and r.random() < 0.97:
            first = self._first()
        if household and r.random() < 0.8:
            last = household[1]
        else:
            last = self._common(self.surnames)
            if r.random() < 0.06:
                last = f"{last}-{self._common(self.surnames)}"
        born = (date(1930, 1, 1) + timedelta(days=r.randrange(80 * 365))).isoformat()
        number = r.choice((r.choice(PREFIXES) + f"{r.randrange(10000):04d}", ""))
        email = self._email(first, last) if r.random() < 0.7 else ""
        if household:
            street, zip_, city = household[5:8]
            number = household[4] if r.random() < 0.5 else number
            email = household[3] if r.random() < 0.25 else email
            born = household[2] if r.random() < 0.01 else born
        else:
            street = f"{r.randrange(1, 150)} {r.choice(self.streets)}" if r.random() < 0.95 else ""
            zip_ = r.choice(self.zips)
            city = f"Ville {zip_[2:]}"
        return [first, last, born if r.random() < 0.9 else "", email, number, street, zip_, city]

    def _email(self, first, last):
        r = self.random
        tail = r.choice(("", "", str(r.randrange(100))))
        local = f"{first}.{last}{tail}".lower().replace("-", "").replace(" ", "")
        plain = local.translate(str.maketrans("éèêëàâïîôùûç", "eeeeaaiiouuc"))
        return f"{plain}@example.{r.choice(('org', 'net', 'com'))}"

    def again(self, person):
        """The same person, written down another time."""
        r, other = self.random, list(person)
        other[:2] = self._other_names(*other[:2])
        other[2] = self._other_birth(other[2])
        for place in (3, 4, 5):
            if r.random() < 0.25:
                other[place] = ""
        if r.random() < 0.1:
            other[5] = f"{r.randrange(1, 150)} {r.choice(self.streets)}"
        if r.random() < 0.3:
            other[5] = other[5].replace("Avenue", "Av").replace("Boulevard", "Bd")
        if other[4] and r.random() < 0.3:
            other[4] = "+33" + other[4][1:]
        return other

    def _other_names(self, first, last):
        r = self.random
        if first in _SHORT and r.random() < 0.3:
            first = _SHORT[first]
        if r.random() < 0.15:
            first = self._slip(first)
        if r.random() < 0.12:
            last = self._slip(last)
        if r.random() < 0.06:
            last = f"{last} ép. {self._common(self.surnames)}"
        if "-" in last and r.random() < 0.3:
            last = last.split("-")[0]
        if r.random() < 0.2:
            last = last.upper()
        return (last, first) if r.random() < 0.05 else (first, last)

    def _other_birth(self, born):
        r = self.random
        if not born:
            return born
        year, month, day = born.split("-")
        chance = r.random()
        if chance < 0.04:
            return ""
        if chance < 0.06 and int(day) <= 12:
            return f"{year}-{day}-{month}"
        if chance < 0.09:
            return f"{year}-01-01"
        if chance < 0.11:
            return f"{int(year) + r.choice((-1, 1, 10))}-{month}-{min(int(day), 28):02d}"
        return born

    def _slip(self, text):
        r = self.random
        if len(text) < 4:
            return text
        at = r.randrange(1, len(text) - 1)
        return r.choice(
            (
                text[:at] + text[at + 1 :],
                text[:at] + text[at] + text[at:],
                text[:at] + text[at + 1] + text[at] + text[at + 2 :],
                text[:at] + r.choice("aeiorsnt") + text[at + 1 :],
            )
        )

    def rows(self):
        """People with their truth: a generator of (values, number of the person)."""
        made, known, household, homonym = 0, 0, None, None
        while made < self.size:
            chance = self.random.random()
            if homonym and chance < 0.01:
                person = self.person()
                person[:2] = homonym[:2]
            else:
                person = self.person(household if household and chance < 0.4 else None)
            household = person if chance >= 0.3 else household
            homonym = person
            known += 1
            yield person, known
            made += 1
            while made < self.size and self.random.random() < 0.08:
                yield self.again(person), known
                made += 1
