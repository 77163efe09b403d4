"""The few sentences that the server itself says, in every language: when no dialogue is there to say them."""

from __future__ import annotations

_TURN_GIVEN_UP = {
    "en": "Sorry, something went wrong on our side with your last message. It is kept and our team will see it. "
    "You can also write to {contact}.",
    "pl": "Przepraszamy, po naszej stronie coś poszło nie tak z ostatnią wiadomością. Jest zapisana i nasz zespół "
    "ją zobaczy. Można też napisać na {contact}.",
    "el": "Λυπούμαστε, κάτι πήγε στραβά από τη μεριά μας με το τελευταίο σας μήνυμα. Έχει φυλαχτεί και θα το δει "
    "η ομάδα μας. Μπορείτε επίσης να γράψετε στο {contact}.",
    "bg": "Съжаляваме, нещо се обърка при нас с последното Ви съобщение. То е запазено и екипът ни ще го види. "
    "Можете да пишете и на {contact}.",
    "ro": "Ne pare rău, ceva nu a mers la noi cu ultimul dumneavoastră mesaj. Este păstrat și echipa noastră îl va "
    "vedea. Puteți scrie și la {contact}.",
}

_WHICH_LANGUAGE = {
    "en": "In which language shall we talk?",
    "pl": "W jakim języku mamy rozmawiać?",
    "el": "Σε ποια γλώσσα να μιλάμε;",
    "bg": "На какъв език да говорим?",
    "ro": "În ce limbă să vorbim?",
}

_LANGUAGE_CHOSEN = {
    "en": "From now on I answer in English.",
    "pl": "Od teraz odpowiadam po polsku.",
    "el": "Από εδώ και πέρα απαντώ στα ελληνικά.",
    "bg": "Отсега нататък отговарям на български.",
    "ro": "De acum înainte răspund în română.",
}

_STOPPED = {
    "en": "I stop here and forget what we had begun. Write again whenever you like.",
    "pl": "Kończę i zapominam o tym, co zaczęliśmy. Zawsze można napisać ponownie.",
    "el": "Σταματώ εδώ και ξεχνώ ό,τι είχαμε αρχίσει. Γράψτε ξανά όποτε θέλετε.",
    "bg": "Спирам дотук и забравям започнатото. Пишете отново, когато пожелаете.",
    "ro": "Mă opresc aici și uit ce am început. Scrieți din nou oricând doriți.",
}

_BUTTON_GONE = {
    "en": "This button does not work any more. Please use the latest ones, or simply write to us.",
    "pl": "Ten przycisk już nie działa. Prosimy użyć najnowszych przycisków albo po prostu do nas napisać.",
    "el": "Αυτό το κουμπί δεν ισχύει πια. Χρησιμοποιήστε τα πιο πρόσφατα ή απλώς γράψτε μας.",
    "bg": "Този бутон вече не работи. Използвайте най-новите или просто ни пишете.",
    "ro": "Acest buton nu mai funcționează. Folosiți-le pe cele mai recente sau pur și simplu scrieți-ne.",
}

LANGUAGE_NAMES = {"en": "English", "pl": "Polski", "el": "Ελληνικά", "bg": "Български", "ro": "Română"}
"""Languages by their own names."""


def which_language(language: str | None) -> str:
    """The question for a language; in English if the customer's is unknown."""
    return _WHICH_LANGUAGE.get(language or "en", _WHICH_LANGUAGE["en"])


def language_chosen(language: str) -> str:
    """The answer to a choice of language, in the chosen one."""
    return _LANGUAGE_CHOSEN.get(language, _LANGUAGE_CHOSEN["en"])


def button_gone(language: str | None) -> str:
    """For who presses a button that is not on offer; English if the language is unknown. At most 200 characters."""
    return _BUTTON_GONE.get(language or "en", _BUTTON_GONE["en"])


def stopped(language: str | None) -> str:
    """The answer to a customer who wants us to stop; English if the language is unknown."""
    return _STOPPED.get(language or "en", _STOPPED["en"])


def turn_given_up(language: str | None, *, contact: str) -> str:
    """What a customer is told when a message could not be worked; English if the language is unknown."""
    return _TURN_GIVEN_UP.get(language or "en", _TURN_GIVEN_UP["en"]).replace("{contact}", contact)
