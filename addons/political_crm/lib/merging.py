"""What the merge of contacts hands on, from the review to core's wizard and back."""

from dataclasses import dataclass, field


@dataclass
class Group:
    """Contacts that become one."""

    people: object
    """``res.partner`` records, two at least"""
    keep: object = None
    """the one that stays; core chooses when it is none"""
    extra_checks: bool = True
    """Core's limits for who is no administrator"""
    values: dict = None
    """Values that the one who stays takes from the others"""
    noted: dict = field(default_factory=dict)
    """Further values of the journal"""


@dataclass
class Gathered:
    """What merges of one go have in common: asked of the database once, done once at the end.

    Core's wizard merges one pair after the other, and each of these is a question or a statement
    of its own to it. An object of ours in the context, which no call from outside can bring.
    """

    ids: list
    """of all their contacts"""
    links: list = field(default_factory=list)
    """(table, column) that name a contact"""
    unique: set = field(default_factory=set)
    """those of a unique index"""
    used: dict = field(default_factory=dict)
    """The set of these contacts that a column names, by (table, column)"""
    fields: dict = field(default_factory=dict)
    gone: list = field(default_factory=list)
    """ids to delete"""
    notes: dict = field(default_factory=dict)
    """Texts of notes by id"""
