"""Days told from today in five languages: "3 days ago", "last Friday", "w zeszły piątek", "преди два дни".

A class of words per role (a weekday, "ago", "last" ...) and patterns over the classes: the order of the roles differs
between languages, their sense does not.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from bot.nlu.numerals import ALL_NUMERALS
from bot.nlu.vocabulary import folded, folded_words

_WEEKDAYS = (
    """monday poniedziałek poniedziałku poniedziałkiem δευτέρα deftera deutera понеделник понеделника ponedelnik
    luni lunea""",
    "tuesday tue tues wtorek wtorku τρίτη triti вторник вторника vtornik marți marțea",
    """wednesday środa środę środy τετάρτη tetarti сряда срядата sryada sriada srqda srjada miercuri miercurea""",
    """thursday thurs czwartek czwartku πέμπτη pempti четвъртък четвъртъка chetvartak chetvurtak chetvurtuk
    4etvartak 4etvurtak 4etvyrtyk joi joia""",
    """friday fri piątek piątku παρασκευή paraskevi paraskeyi paraskeuh paraskevh петък петъка petak petuk petyk
    vineri vinerea""",
    "saturday sobota sobotę soboty σάββατο savvato sabbato събота съботата sabota subota sybota sâmbătă sâmbăta",
    """sunday niedziela niedzielę niedzieli κυριακή kyriaki kiriaki kuriaki неделя неделята nedelya nedelia nedelq
    duminică duminica""",
)  # fmt: skip
_LAST = """last past previous zeszły zeszłą zeszłym zeszłej zeszłego ubiegły ubiegłą ubiegłym ubiegłej ubiegłego
    ostatni ostatnią ostatnim ostatniej miniony minioną minionym minionej poprzedni poprzednią poprzednim tamten tamtym
    περασμένη περασμένο περασμένος προηγούμενη προηγούμενο perasmeni perasmenh perasmeno proigoumeni proigoumeno
    миналия миналата миналото минал минала предишния предишната предния предната minalia minaliq minaliya minalata
    trecut trecută trecuta"""
_NEXT = """next coming przyszły przyszłą przyszłym przyszłej przyszłego następny następną następnym następnej
    najbliższy najbliższą najbliższym nadchodzący nadchodzącą επόμενη επόμενο ερχόμενη ερχόμενο epomeni epomeno erxomeni
    erxomeno следващия следващата следващ следваща идния идната другата sledvashtia sledvashtiq sledvashtata
    viitor viitoare următor următoare următoarea următorul"""
_THIS = "this te tę ten tym tej αυτή αυτό afti auti този тази tozi tazi asta aceasta acest această acesta"
_SINGULAR = {
    "day": "day dzień dnia ημέρα μέρα mera imera ден den zi ziua",
    "week": "week tydzień tygodniu tygodnia εβδομάδα βδομάδα evdomada vdomada ebdomada седмица седмицата "
    "sedmica sedmitsa săptămână săptămâna",
    "month": "month miesiąc miesiącu miesiąca μήνα μήνας mina mhna месец месеца mesec mesets lună luna",
    "year": "year rok roku χρόνο χρονιά έτος xrono година годината godina an anul",
}  # fmt: skip
_PLURAL = {
    "day": "days dni dniach ημέρες μέρες meres imeres дни дена dni dena zile",
    "week": "weeks tygodnie tygodni εβδομάδες βδομάδες evdomades vdomades седмици sedmici sedmitsi săptămâni",
    "month": "months miesiące miesięcy μήνες mines mhnes месеца месеци meseca meseci luni",
    "year": "years lata lat χρόνια xronia години godini ani",
}
_AGO = "ago temu πριν prin назад nazad"
_BEFORE = "преди predi πριν prin acum"
_AFTER = "in za σε se след sled peste"
_SMALL = "από apo na na w we on the την τη το τον tin ti to τησ de din cu în la от в във v"
# An article that says "one" of a unit of time: "a week ago", "acum o săptămână".
_ARTICLES = "a an o un"
_MOST = {"day": 366, "week": 104, "month": 60, "year": 20}
_NOT_WEEKDAYS_BEFORE = folded_words(
    "φορά φορές παραγγελία μέρα ημέρα εβδομάδα προσπάθεια κλήση συσκευή fora paraggelia"
)  # fmt: skip
_ORDINALS = folded_words("δευτέρα τρίτη τετάρτη πέμπτη triti tetarti pempti")


def _table(written: Mapping[str, str]) -> dict[str, str]:
    return {folded(word): name for name, words in written.items() for word in words.split()}


_DAY_OF = {folded(word): day for day, words in enumerate(_WEEKDAYS) for word in words.split()}
_UNITS = {**_table(_PLURAL), **_table(_SINGULAR)}
_ONLY_PLURAL = frozenset(_table(_PLURAL)) - frozenset(_table(_SINGULAR))
_LASTS, _NEXTS, _THESE = folded_words(_LAST), folded_words(_NEXT), folded_words(_THIS)
_AGOS, _BEFORES, _AFTERS = folded_words(_AGO), folded_words(_BEFORE), folded_words(_AFTER)
_ARTICLE = folded_words(_ARTICLES)
_LITTLE = folded_words(_SMALL)


def _roles() -> dict[str, str]:
    """Each word with its role; a word with two roles has both in the role's name."""
    roles: dict[str, set[str]] = {}
    parts = (
        ("day", _DAY_OF), ("unit", _UNITS), ("shift", _LASTS | _NEXTS | _THESE), ("ago", _AGOS), ("before", _BEFORES),
        ("after", _AFTERS), ("number", {*ALL_NUMERALS, *_ARTICLE}), ("little", _LITTLE),
    )  # fmt: skip
    for role, words in parts:
        for word in words:
            roles.setdefault(word, set()).add(role)
    return {word: "+".join(sorted(found)) for word, found in roles.items()}


_ROLES = _roles()
ROLES = frozenset([*_ROLES.values(), "number", ""])
"""Every value that `role` can give."""


def role(word: str) -> str:
    """Return the role of a folded word in these patterns as a spaCy tag; empty for most words."""
    if word.isdecimal():
        return "number" if len(word) <= 3 else ""
    return _ROLES.get(word, "")


def _having(name: str, times: str = "{1}") -> dict[str, object]:
    return {"TAG": {"IN": sorted(given for given in ROLES if name in given.split("+"))}, "OP": times}


RELATIVE_PATTERNS: list[list[dict[str, object]]] = [
    [_having("day")],
    [_having("shift"), _having("little", "{0,2}"), _having("day")],
    [_having("shift"), _having("unit")],
    [_having("day"), _having("shift")],
    [_having("unit"), _having("shift")],
    [_having("number", "?"), _having("unit"), _having("ago")],
    [_having("number"), _having("unit"), {"ORTH": "in"}, {"ORTH": "urma"}],
    [_having("before"), _having("little", "{0,2}"), _having("number", "?"), _having("unit")],
    [{"ORTH": "in"}, {"ORTH": "urma"}, {"ORTH": "cu"}, _having("number"), _having("unit")],
    [_having("after"), _having("number", "?"), _having("unit")],
    [{"ORTH": "last"}, {"ORTH": "night"}],
]
"""spaCy Matcher patterns over tags: see `role`."""


def read_relative(words: Sequence[str], before: str, after: str, today: date | None) -> str | None:
    """Return the ISO date that these folded words mean, or the words themselves when `today` is not known.

    A weekday is the last one before today, with "next" the first after it, with "this" that or today. A week, a month
    or a year back or on is the same day of it. `before` and `after` are the neighbours, empty at the ends of the text:
    they tell "3 luni" (months) and "τρίτη φορά" (third time) from days. None: no date.
    """
    shift = _shift(words)
    day = next((word for word in words if word in _DAY_OF), None)
    if words[-1] == "night":
        found = None if today is None else today - timedelta(days=1)
    elif day is not None and not (len(words) > 1 and shift == 0 and _unit(words)):
        if (day in _ORDINALS and after in _NOT_WEEKDAYS_BEFORE) or (day == "luni" and _counts(before)):
            return None
        found = None if today is None else _weekday(_DAY_OF[day], shift, today)
    else:
        steps = _steps(words, shift)
        if steps is None or abs(steps[0]) > _MOST[steps[1]]:
            return None
        found = None if today is None else _moved(today, *steps)
    return " ".join(words) if found is None else found.isoformat()


def _shift(words: Sequence[str]) -> int:
    """Return -1 for "last", 1 for "next", 2 for "this", 0 for none of them."""
    for word in words:
        if word in _NEXTS:
            return 1
        if word in _LASTS:
            return -1
    return 2 if any(word in _THESE for word in words) else 0


def _counts(word: str) -> bool:
    return word.isdecimal() or word in ALL_NUMERALS or word in ("cateva", "multe", "ultimele")


def _unit(words: Sequence[str]) -> str | None:
    return next((_UNITS[word] for word in words if word in _UNITS), None)


def _weekday(day: int, shift: int, today: date) -> date:
    back = (today.weekday() - day) % 7 or 7
    if shift == 2:
        return today + timedelta(days=(day - today.weekday()) % 7)
    return today + timedelta(days=7 - back or 7) if shift == 1 else today - timedelta(days=back)


def _steps(words: Sequence[str], shift: int) -> tuple[int, str] | None:
    unit = _unit(words)
    if unit is None:
        return None
    only_plural = any(word in _ONLY_PLURAL for word in words)
    if not any(word in _AGOS | _BEFORES | _AFTERS or word == "urma" for word in words):
        # "this week" is no day, and "next day" mostly a way of delivery
        return None if shift in (0, 2) or unit == "day" or only_plural else (shift, unit)
    count = next((_count(word) for word in words if word.isdecimal() or word in ALL_NUMERALS), None)
    article = any(word in _ARTICLE for word in words[:-1])
    if count is None and not article and (words[0] == "in" or only_plural):
        return None
    future = words[0] in _AFTERS and not any(word in _AGOS | _BEFORES or word == "urma" for word in words)
    return (count or 1) * (1 if future else -1), unit


def _count(word: str) -> int:
    return int(word) if word.isdecimal() else ALL_NUMERALS[word]


def _moved(today: date, steps: int, unit: str) -> date:
    if unit in ("day", "week"):
        return today + timedelta(days=steps * (7 if unit == "week" else 1))
    months = today.year * 12 + today.month - 1 + steps * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(today.day, calendar.monthrange(year, month + 1)[1]))
