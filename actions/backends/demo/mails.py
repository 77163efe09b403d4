"""The mails of the demo shop, in five languages. Pure."""

from __future__ import annotations

# text -> language -> (subject, body). Bodies are filled with str.format; what is filled in is never a format.
# ruff: noqa: E501
TEXTS: dict[str, dict[str, tuple[str, str]]] = {
    "welcome": {
        "en": ("Welcome", "Hello {name},\n\nyour account is open. Kind of account: {kind}."),
        "pl": ("Witamy", "Dzień dobry, {name},\n\nTwoje konto jest już założone. Rodzaj konta: {kind}."),
        "el": ("Καλώς ήρθατε", "Γεια σας, {name},\n\nο λογαριασμός σας άνοιξε. Είδος λογαριασμού: {kind}."),
        "bg": ("Добре дошли", "Здравейте, {name},\n\nпрофилът Ви е открит. Вид на профила: {kind}."),
        "ro": ("Bun venit", "Bună ziua, {name},\n\ncontul dumneavoastră este deschis. Tipul contului: {kind}."),
    },
    "account_exists": {
        "en": ("Your account", "Somebody asked for a new account with this address. You have one already. Was it not you? "
               "Then nothing has to be done."),
        "pl": ("Twoje konto", "Ktoś poprosił o nowe konto na ten adres. Masz już u nas konto. Jeśli to nie Ty, nic nie "
               "musisz robić."),
        "el": ("Ο λογαριασμός σας", "Κάποιος ζήτησε νέο λογαριασμό με αυτή τη διεύθυνση. Έχετε ήδη λογαριασμό. Αν δεν "
               "ήσασταν εσείς, δεν χρειάζεται να κάνετε τίποτα."),
        "bg": ("Вашият профил", "Някой поиска нов профил с този адрес. Вие вече имате профил. Ако не сте били Вие, не е "
               "нужно да правите нищо."),
        "ro": ("Contul dumneavoastră", "Cineva a cerut un cont nou cu această adresă. Aveți deja un cont. Dacă nu ați fost "
               "dumneavoastră, nu trebuie să faceți nimic."),
    },
    "password": {
        "en": ("A new password", "Choose a new password here:\n{link}"),
        "pl": ("Nowe hasło", "Nowe hasło ustawisz tutaj:\n{link}"),
        "el": ("Νέος κωδικός", "Ορίστε νέο κωδικό πρόσβασης εδώ:\n{link}"),
        "bg": ("Нова парола", "Изберете нова парола тук:\n{link}"),
        "ro": ("O parolă nouă", "Alegeți o parolă nouă aici:\n{link}"),
    },
    "invoice": {
        "en": ("Invoice {number}", "Your invoice {number}:\n{link}"),
        "pl": ("Faktura {number}", "Twoja faktura {number}:\n{link}"),
        "el": ("Τιμολόγιο {number}", "Το τιμολόγιό σας {number}:\n{link}"),
        "bg": ("Фактура {number}", "Вашата фактура {number}:\n{link}"),
        "ro": ("Factura {number}", "Factura dumneavoastră {number}:\n{link}"),
    },
    "newsletter": {
        "en": ("Our newsletter", "Do you want our newsletter? Then confirm here:\n{link}\nElse do nothing."),
        "pl": ("Nasz newsletter", "Chcesz dostawać nasz newsletter? Potwierdź tutaj:\n{link}\nJeśli nie, nic nie rób."),
        "el": ("Το ενημερωτικό μας δελτίο", "Θέλετε το ενημερωτικό μας δελτίο; Επιβεβαιώστε εδώ:\n{link}\nΑλλιώς μην κάνετε "
               "τίποτα."),
        "bg": ("Нашият бюлетин", "Искате ли нашия бюлетин? Потвърдете тук:\n{link}\nАко не искате, не правете нищо."),
        "ro": ("Newsletterul nostru", "Doriți newsletterul nostru? Confirmați aici:\n{link}\nDacă nu, nu faceți nimic."),
    },
    "email_changed": {
        "en": ("Your e-mail address", "The e-mail address of your account was changed. Was it not you? Then write to us."),
        "pl": ("Twój adres e-mail", "Adres e-mail Twojego konta został zmieniony. To nie Ty? Napisz do nas."),
        "el": ("Η διεύθυνση email σας", "Η διεύθυνση email του λογαριασμού σας άλλαξε. Δεν ήσασταν εσείς; Γράψτε μας."),
        "bg": ("Вашият имейл", "Имейлът на профила Ви беше променен. Не бяхте Вие? Пишете ни."),
        "ro": ("Adresa dumneavoastră de e-mail", "Adresa de e-mail a contului a fost schimbată. Nu ați fost dumneavoastră? "
               "Scrieți-ne."),
    },
    "closed": {
        "en": ("Your account is closed", "Your account is closed and your data is deleted. Invoices are kept as the law asks."),
        "pl": ("Konto zamknięte", "Twoje konto zostało zamknięte, a dane usunięte. Faktury przechowujemy zgodnie z prawem."),
        "el": ("Ο λογαριασμός έκλεισε", "Ο λογαριασμός σας έκλεισε και τα δεδομένα σας διαγράφηκαν. Τα τιμολόγια φυλάσσονται "
               "όπως ορίζει ο νόμος."),
        "bg": ("Профилът е закрит", "Профилът Ви е закрит и данните Ви са изтрити. Фактурите се пазят, както изисква законът."),
        "ro": ("Contul este închis", "Contul este închis, iar datele sunt șterse. Facturile se păstrează conform legii."),
    },
}  # fmt: skip


def render(text: str, language: str, **values: str) -> tuple[str, str]:
    """Return subject and body of the mail with this text."""
    subject, body = TEXTS[text][language]
    return subject.format(**values), body.format(**values) + "\n"
