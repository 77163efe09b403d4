"""The few sentences that Slack shows around the conversation, in every language of the product."""

from __future__ import annotations

from collections.abc import Mapping

_TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Your conversation with us",
        "how": "Write to us under Messages, mention us in a channel, or use /support.",
        "empty": "There is no conversation yet. How can we help?",
        "you": "You",
        "we": "Support",
        "deleted": "(deleted)",
        "usage": "Write your question after the command, for example: /support Where is my order?",
        "coming": "We have got your question. The answer comes as a direct message.",
    },
    "pl": {
        "title": "Rozmowa z nami",
        "how": "Napisz do nas w zakładce Wiadomości, wspomnij o nas na kanale albo użyj /support.",
        "empty": "Nie ma jeszcze rozmowy. W czym możemy pomóc?",
        "you": "Ty",
        "we": "Obsługa klienta",
        "deleted": "(usunięto)",
        "usage": "Napisz pytanie po poleceniu, na przykład: /support Gdzie jest moje zamówienie?",
        "coming": "Mamy Twoje pytanie. Odpowiedź przyjdzie w wiadomości bezpośredniej.",
    },
    "el": {
        "title": "Η συνομιλία σας μαζί μας",
        "how": "Γράψτε μας στα Μηνύματα, αναφέρετέ μας σε ένα κανάλι ή χρησιμοποιήστε το /support.",
        "empty": "Δεν υπάρχει ακόμη συνομιλία. Πώς μπορούμε να βοηθήσουμε;",
        "you": "Εσείς",
        "we": "Υποστήριξη",
        "deleted": "(διαγράφηκε)",
        "usage": "Γράψτε την ερώτησή σας μετά την εντολή, για παράδειγμα: /support Πού είναι η παραγγελία μου;",
        "coming": "Λάβαμε την ερώτησή σας. Η απάντηση θα έρθει με προσωπικό μήνυμα.",
    },
    "bg": {
        "title": "Вашият разговор с нас",
        "how": "Пишете ни в Съобщения, споменете ни в канал или използвайте /support.",
        "empty": "Още няма разговор. С какво можем да помогнем?",
        "you": "Вие",
        "we": "Поддръжка",
        "deleted": "(изтрито)",
        "usage": "Напишете въпроса си след командата, например: /support Къде е поръчката ми?",
        "coming": "Получихме въпроса Ви. Отговорът ще дойде като лично съобщение.",
    },
    "ro": {
        "title": "Conversația dumneavoastră cu noi",
        "how": "Scrieți-ne la Mesaje, menționați-ne într-un canal sau folosiți /support.",
        "empty": "Nu există încă o conversație. Cu ce vă putem ajuta?",
        "you": "Dumneavoastră",
        "we": "Asistență",
        "deleted": "(șters)",
        "usage": "Scrieți întrebarea după comandă, de exemplu: /support Unde este comanda mea?",
        "coming": "Am primit întrebarea. Răspunsul vine ca mesaj direct.",
    },
}


def texts_in(language: str | None) -> Mapping[str, str]:
    """The sentences in a language, in English if it is not one of ours."""
    return _TEXTS.get(language or "en", _TEXTS["en"])
