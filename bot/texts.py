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


def turn_given_up(language: str | None, *, contact: str) -> str:
    """What a customer is told when a message could not be worked; English if the language is unknown."""
    return _TURN_GIVEN_UP.get(language or "en", _TURN_GIVEN_UP["en"]).replace("{contact}", contact)
