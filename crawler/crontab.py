"""The five fields of a crontab line, read as crontab(5) says, for a scheduler that counts differently.

Crontab counts week days from Sunday (0 and 7); where both the day of the month and the day of the week
are given, it means either of them (https://man7.org/linux/man-pages/man5/crontab.5.html).
"""

from __future__ import annotations

import re

_FIELDS = 5
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DAY = f"[0-7]|{'|'.join(_DAYS)}"
_WEEKDAY = re.compile(rf"(?:\*|(?P<first>{_DAY})(?:-(?P<last>{_DAY}))?)(?:/(?P<step>[1-7]))?")


def read(line: str) -> list[dict[str, str]]:
    """Return the fields by name, once for each of the alternatives that the line means; week days are names.

    Raises:
        ValueError: it has not five fields, or its week days are none.
    """
    fields = line.split()
    if len(fields) != _FIELDS:
        raise ValueError("write five crontab fields, as 17 3 * * *")
    minute, hour, day, month, weekday = fields
    days = [(day, weekday)]
    if not day.startswith("*") and not weekday.startswith("*"):
        days = [(day, "*"), ("*", weekday)]
    return [
        {"minute": minute, "hour": hour, "day": day, "month": month, "day_of_week": weekdays(weekday)}
        for day, weekday in days
    ]


def weekdays(field: str) -> str:
    """Return days of the week (names, numbers, ranges, lists and steps) as a list of names.

    Raises:
        ValueError: a part is no day of the week.
    """
    if field == "*":
        return field
    chosen: set[int] = set()
    for part in field.lower().split(","):
        match = _WEEKDAY.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is no day of the week: write 0 to 7, or mon, with - for ranges and / for steps")
        first = _number(match["first"] or "0")
        end = _number(match["last"] or ("6" if match["step"] or part == "*" else match["first"]))
        end = 7 if end == 0 and first > 0 else end
        if end < first:
            raise ValueError(f"{part!r} runs backwards: a week begins on Sunday")
        chosen.update(day % 7 for day in range(first, end + 1, int(match["step"] or 1)))
    return ",".join(_DAYS[day] for day in sorted(chosen))


def _number(text: str) -> int:
    return _DAYS.index(text) if text in _DAYS else int(text)
