"""Small files of results in every layout, invented (R-77): commune 99999 does not exist."""

import gzip

FIXED = (
    "Code du département;Libellé du département;Code de la circonscription;"
    "Libellé de la circonscription;Code de la commune;Libellé de la commune;Code du b.vote;"
    "Inscrits;Abstentions;% Abs/Ins;Votants;% Vot/Ins;Blancs;% Blancs/Ins;% Blancs/Vot;"
    "Nuls;% Nuls/Ins;% Nuls/Vot;Exprimés;% Exp/Ins;% Exp/Vot"
)


def _fixed(number, *, town="999;Essaiville", dep="99;Essai", circo="01;1ère circonscription"):
    return (
        f"{dep};{circo};{town};{number};100;20;20,00;80;80,00;3;3,00;3,75;2;2,00;2,50;"
        "75;75,00;93,75"
    )


def ministry_2014():
    lines = [
        "-- Champ n° 1 : N° tour",
        "-- Champ n° 2 : Code du département",
    ]
    for station in ("0001", "2"):
        for ballot_round in (1, 2):
            for depot, name, first, nuance, votes in (
                (1, "ÉCHANTILLON", "Anaïs", "UG", 45),
                (2, "MODÈLE", "Jean", "UMP", 30),
            ):
                lines.append(
                    f"{ballot_round};99;999;Essaiville;{station};100;80;75;{depot};{name};{first};"
                    f"{nuance};{votes + (ballot_round - 1) * (5 if depot == 1 else -5)}"
                )
    return "\r\n".join([*lines, ""]).encode("latin-1")


def ministry_2017():
    header = FIXED + ";N°Panneau;Sexe;Nom;Prénom;Voix;% Voix/Ins;% Voix/Exp"
    tail = ";1;F;ÉCHANTILLON;Anaïs;45;45,00;60,00;2;M;MODÈLE;Jean;30;30,00;40,00"
    rows = [header, _fixed("0001") + tail, _fixed("1001") + tail, ""]
    return "\r\n".join([*rows, ""]).encode("latin-1")


def ministry_2017_legislative():
    header = FIXED + ";N°Panneau;Sexe;Nom;Prénom;Nuance;Voix;% Voix/Ins;% Voix/Exp"
    two = ";1;F;ÉCHANTILLON;Anaïs;FI;45;45,00;60,00;2;M;MODÈLE;Jean;LR;30;30,00;40,00"
    three = (
        ";1;F;AUTRE;Zoé;FI;40;40,00;53,33;2;M;DIFFÉRENT;Luc;LR;30;30,00;40,00"
        ";3;M;TIERS;Paul;DVD;5;5,00;6,67"
    )
    rows = [
        header,
        _fixed("0001") + two,
        _fixed("0002", circo="02;2ème circonscription") + three,
    ]
    return "\r\n".join([*rows, ""]).encode("latin-1")


def ministry_2019():
    header = (
        FIXED + ";N°Liste;Libellé Abrégé Liste;Libellé Etendu Liste;Nom Tête de Liste;Voix;"
        "% Voix/Ins;% Voix/Exp"
    )
    tail = ";1;ESSAI;LISTE D'ESSAI;ÉCHANTILLON Anaïs;45;45,00;60,00"
    tail += ";2;AUTRE;AUTRE LISTE;MODÈLE;30;30;40"
    return "\n".join([header, _fixed("0001") + tail, ""]).encode("latin-1")


def ministry_2020():
    """Tabs; one line has three empty cells too many, which push the rest to the right."""
    fixed = FIXED.replace(";", "\t")
    header = (
        fixed + "\tN.Pan.\tCode Nuance\tSexe\tNom\tPrénom\tListe\tSièges / Elu\tSièges Secteur\t"
        "Sièges CC\tVoix\t% Voix/Ins\t% Voix/Exp"
    )
    tail = (
        "\t1\tLDVG\tF\tÉCHANTILLON\tAnaïs\tVIVRE ICI\t0\t0\t0\t45\t45,00\t60,00"
        "\t2\tLDVD\tM\tMODÈLE\tJean\tICI ENSEMBLE\t0\t0\t0\t30\t30,00\t40,00"
    )
    good = _fixed("0001").replace(";", "\t") + tail
    cells = (_fixed("0002").replace(";", "\t") + tail).split("\t")
    stray = "\t".join([*cells[:8], "", "", "", *cells[8:]])
    return "\n".join([header, good, stray, good.replace("0001", "0003"), ""]).encode("latin-1")


def ministry_2021():
    """Pairs that stand in a canton."""
    header = FIXED.replace("de la circonscription", "du canton").replace("b.vote", "B.Vote")
    header += ";N.Pan.;Nuance;Binôme;Voix;% Voix/Ins;% Voix/Exp"
    tail = ";1;BC-ECO;ÉCHANTILLON Anaïs et TIERS Paul;45;45,00;60,00"
    tail += ";2;BC-DVD;MODÈLE Jean et AUTRE Zoé;30;30,00;40,00"
    row = _fixed("0001", circo="07;Essai-Nord") + tail
    return "\r\n".join([header, row, ""]).encode("latin-1")


def ministry_2022():
    header = FIXED + ";N°Panneau;Sexe;Nom;Prénom;Voix;% Voix/Ins;% Voix/Exp"
    tail = ";1;F;ÉCHANTILLON;Anaïs;45;45.00;60.00;2;M;LE MODÈLE;Jean;30;30.00;40.00"
    overseas = _fixed("1", town="101;Les Essais", dep="ZA;Guadeloupe") + tail
    return "\r\n".join([header, _fixed("0001") + tail, overseas, ""]).encode("latin-1")


def _numbered(number, extra=""):
    return (
        f"Numéro de panneau {number};Nuance candidat {number};Nom candidat {number};"
        f"Prénom candidat {number};Sexe candidat {number};{extra}Voix {number};"
        f"% Voix/inscrits {number};% Voix/exprimés {number};Elu {number}"
    )


HEADER_2024 = (
    "Code département;Libellé département;Code commune;Libellé commune;Code BV;Inscrits;Votants;"
    "% Votants;Abstentions;% Abstentions;Exprimés;% Exprimés/inscrits;% Exprimés/votants;Blancs;"
    "% Blancs/inscrits;% Blancs/votants;Nuls;% Nuls/inscrits;% Nuls/votants"
)
FIXED_2024 = (
    "99;Essai;99999;Essaiville;{};100;80;80,00%;20;20,00%;75;75,00%;93,75%;3;3,00%;3,75%;2;2,00%;"
    "2,50%"
)


def ministry_2024():
    """No constituency: the candidates tell it. Empty blocks at the end."""
    header = ";".join([HEADER_2024, *(_numbered(n) for n in (1, 2, 3))])
    one = ";1;UG;ÉCHANTILLON;Anaïs;FEMININ;45;45,00%;60,00%;;2;LR;MODÈLE;Jean;MASCULIN;30;30%;40%;"
    two = ";1;UG;AUTRE;Zoé;FEMININ;45;45,00%;60,00%;;2;RN;DIFFÉRENT;Luc;MASCULIN;30;30%;40%;élu"
    empty = ";" * 9
    rows = [
        header,
        FIXED_2024.format(1) + one + empty,
        FIXED_2024.format(2) + one + empty,
        FIXED_2024.format(3) + two + empty,
    ]
    return "\n".join([*rows, ""]).encode()


def ministry_2024_european():
    """As 2024, with the place of the place in front."""
    header, *rows = ministry_2024().decode().split("\n")
    rows = [row and f"1;Métropole;{row}" for row in rows]
    return "\n".join([f"Code localisation;Libellé localisation;{header}", *rows]).encode()


def ministry_2026():
    header = HEADER_2024.replace("Code commune", "Code secteur;Code commune")
    lists = "Libellé abrégé de liste {0};Libellé de liste {0};"
    header = ";".join([header, *(_numbered(n, lists.format(n)) for n in (1, 2))])
    row = FIXED_2024.format("0001").replace(";99999;", ";;99999;")
    row += ";1;LUG;ÉCHANTILLON;Anaïs;F;ESSAI;VIVRE ICI;45;45,00%;60,00%;"
    row += ";2;LDVD;MODÈLE;Jean;M;ICI;ICI ENSEMBLE;30;30,00%;40,00%;"
    quote = lambda line: ";".join(f'"{cell}"' for cell in line.split(";"))  # noqa: E731
    return "\n".join([quote(header), quote(row), ""]).encode()


def paris():
    header = (
        "ID_BVOTE,SCRUTIN,ANNEE,TOUR,DATE,NUM_CIRC,NUM_QUARTIER,NUM_ARROND,NUM_BUREAU,NB_PROCU,"
        'NB_INSCR,NB_EMARG,NB_VOTANT,NB_BLANC,NB_NUL,NB_EXPRIM,"Mme ÉCHANTILLON Anaïs    ",'
        '"M. LE MODÈLE Jean"'
    )
    rows = [
        header,
        "1-1,Municipales,2020,1,2020/03/15,1-févr,1,1,1,5,100,80,80,3,2,75,45,30",
        "12-3,Municipales,2020,1,2020/03/15,8,1,12,3,5,100,80,80,3,2,75,45,30",
    ]
    return "\n".join([*rows, ""]).encode()


def brest():
    """A town's site: its own name nowhere, shares beside the votes."""
    header = (
        ";Numéro;Bureau;Canton;Circo;Scrutin;Inscrits;Votants;Blancs;Nuls;Exprimés;Participation;"
        "Mme ÉCHANTILLON Anaïs - votes;Mme ÉCHANTILLON Anaïs - pourcentage;"
        "M. MODÈLE Jean - votes;M. MODÈLE Jean - pourcentage"
    )
    row = "0;104;ÉCOLE DU CENTRE;4;02;Essai 1er tour;100;80;3;2;75;80,00 %;45;60,00 %;30;40,00 %"
    return "\n".join([header, row, ""]).encode()


def toulouse():
    """Another town's site: a name and a number for each candidate, numbered columns."""
    header = (
        "type;annee;tour;code_insee;numero_bureau;nom_bureau;nb_inscrits;nb_votants;nb_blancs;"
        "nb_nuls;nb_exprimes;nom_1;prenom_1;nb_voix_1;nom_2;prenom_2;nb_voix_2"
    )
    row = "ESS;2022;1;99999;{};Mairie;100;80;3;2;75;ÉCHANTILLON;Anaïs;45;MODÈLE;Jean;30"
    return "\n".join([header, row.format(1), row.format(12), ""]).encode()


def wide():
    header = (
        "departement,commune,bureau,circonscription,commune_libelle,inscrits,votants,blancs,"
        "exprimes,ÉCHANTILLON,LE MODÈLE"
    )
    return "\n".join([header, "99,999,0001,1,Essaiville,100,80,3,75,45,30", ""]).encode()


def wide_nuances():
    header = "departement,commune,bureau,commune_libelle,inscrits,votants,exprimes,LDVG,LFN,LUMP"
    rows = ["99,999,0001,Essaiville,100,80,75,45,20,10", "ZX,801,0001,Ailleurs,100,80,75,45,20,10"]
    return "\n".join([header, *rows, ""]).encode()


def long():
    header = (
        "departement,circonscription,commune,commune_libelle,bureau,inscrits,votants,blancs,"
        "exprimes,numero_panneau,sexe,nom,prenom,voix"
    )
    row = "99,01,999,Essaiville,{},100,80,3,75,{}"
    people = ("1,F,ÉCHANTILLON,Anaïs,45", "2,M,MODÈLE,Jean,30")
    rows = [row.format(station, one) for station in ("0001", "0002") for one in people]
    return "\n".join([header, *rows, ""]).encode()


def long_gzip():
    return gzip.compress(long())


def datagouv():
    """Several elections in one file."""
    header = (
        "id_election;id_brut_miom;code_departement;code_commune;code_bv;inscrits;votants;exprimes;"
        "no_panneau;voix;sexe;nom;prenom;nuance"
    )
    rows = [
        f"{election};99999_0001;99;99999;0001;100;80;75;{tail}"
        for election in ("2022_pres_t1", "2022_pres_t2")
        for tail in ("1;45;F;ÉCHANTILLON;Anaïs;", "2;30;M;MODÈLE;Jean;")
    ]
    return "\n".join([header, *rows, ""]).encode()


def commune():
    header = (
        "Code du département;Code de la commune;Libellé de la commune;Inscrits;Votants;Blancs;"
        "Nuls;Exprimés;Voix_1;Voix_2;N°Panneau_1;Nom_1;Prénom_1;N°Panneau_2;Nom_2;Prénom_2"
    )
    row = "99;999;Essaiville;100;80;3;2;75;45;30;1;ÉCHANTILLON;Anaïs;2;MODÈLE;Jean"
    return "\n".join([header, row, ""]).encode()


def constituency():
    header = "departement,circonscription,inscrits,votants,exprimes,numero_panneau,nom,prenom"
    header += ",nuance,voix"
    rows = ["99,1,100,80,75,1,ÉCHANTILLON,Anaïs,FI,45", "99,1,100,80,75,2,MODÈLE,Jean,LR,30"]
    return "\n".join([header, *rows, ""]).encode()


def old_encoding():
    """As an old spreadsheet saves it."""
    text = (
        "Departement,CodCirElec,Inscrits,Votants,Blancs,Nuls,Exprimes,NumPanneauCand,NomPsn,"
        "PrenomPsn,CodNuaCand,NbVoix\n"
        "99,9901,100,80,3,2,75,1,ÉCHANTILLON,Anaïs,UG,45\n99,9901,100,80,3,2,75,2,MODÈLE,Élie,LR,30\n"
    )
    return text.encode("cp850")
