"""What a short reply wants: to stop, or something a person must read.

One of these words anywhere in a short reply counts as a stop: to take a "stop" for a chat costs
the person their peace, to take a chat for a "stop" costs the sender a message.
"""

import re
import unicodedata

# French and English, without accents.
WORDS = frozenset(
    """
    stop stopper stoppez stopp stopsms stoppub arret arreter arretez arrete
    unsubscribe unsub optout desabonner desabonnez desabonnement desinscrire desinscrivez
    desinscription resilier resiliation retirez supprimez
    """.split()
)
PHRASES = (
    "opt out",
    "remove me",
    "take me off",
    "do not contact",
    "don t contact",
    "leave me alone",
    "no more messages",
    "ne plus recevoir",
    "ne m envoyez plus",
    "ne me contactez plus",
    "ne plus etre contacte",
    "laissez moi tranquille",
    "plus de sms",
    "plus de message",
)
# Longer than this, it is a letter and not a command: a person reads it.
LONGEST = 200
QUOTED = re.compile(r"^\s*(>|--\s*$|_{5,}|-{5,}|(le|on)\b.{0,200}\b(a ecrit|wrote)\s*:)")


def plain(text):
    """Lower case, no accents, punctuation turned to spaces."""
    text = unicodedata.normalize("NFKD", text or "")
    text = "".join(c for c in text if not unicodedata.combining(c)).casefold()
    return " ".join(re.sub(r"[^a-z0-9]+", " ", text).split())


def own_words(text):
    """What the person wrote: the lines before the quoted message and the signature."""
    lines = []
    for line in (text or "").splitlines():
        flat = unicodedata.normalize("NFKD", line).casefold()
        flat = "".join(c for c in flat if not unicodedata.combining(c))
        if QUOTED.match(flat):
            break
        lines.append(line)
    return "\n".join(lines).strip()


def wants_to_stop(text):
    """Whether a reply asks to stop.

    :param str text: the reply, with or without the quoted message under it
    :rtype: bool
    """
    words = plain(own_words(text))
    if not words or len(words) > LONGEST:
        return False
    if set(words.split()) & WORDS:
        return True
    return any(f" {phrase} " in f" {words} " for phrase in PHRASES)
