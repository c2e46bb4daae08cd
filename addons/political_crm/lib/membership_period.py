"""When a membership begins, ends and is due. Pure."""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta


def period(kind, start, late_month=0):
    """The last day of a membership that begins on a day.

    :param str kind: ``calendar`` (until 31 December) or ``rolling`` (a year from the first day)
    :param date start: first day
    :param int late_month: for ``calendar``: who joins from this month on (1 to 12) is a member
        until the end of the year that follows; 0 for never
    :rtype: date
    """
    if kind == "rolling":
        return start + relativedelta(years=1) - timedelta(days=1)
    late = bool(late_month) and start.month >= late_month
    return date(start.year + (1 if late else 0), 12, 31)


def instalments(amount_cents, count, start):
    """Equal monthly parts of an amount; the first ones bear the cents that do not divide.

    :param int amount_cents: the whole
    :param int count: number of parts, 1 or more
    :param date start: when the first is due
    :returns: list of (date, cents)
    """
    part, rest = divmod(amount_cents, count)
    return [
        (start + relativedelta(months=number), part + (1 if number < rest else 0))
        for number in range(count)
    ]


def next_due(parts, paid_cents):
    """The day of the first part that what was paid does not cover, or None when all is paid."""
    total = 0
    for day, cents in parts:
        total += cents
        if total > paid_cents:
            return day
    return None
