"""The pages that links of the demo shop open: invoice, payment, newsletter, password."""

from __future__ import annotations

from dataclasses import replace

from actions.backends import invoice
from actions.backends.catalogue import CURRENCY
from actions.backends.demo import ordering, reading
from actions.backends.demo.desk import Desk
from actions.backends.document import button, element, page

# ruff: noqa: E501
# page -> language -> title, what it says before the button is pressed, the button, what it says after.
_TEXTS = {
    "payments": {
        "en": ("Order {name}", "To pay: {amount}. This is a demo shop: no money is taken.", "Pay", "Nothing is to be paid."),
        "pl": ("Zamówienie {name}", "Do zapłaty: {amount}. To sklep demonstracyjny: żadne pieniądze nie zostaną pobrane.",
               "Zapłać", "Nie ma nic do zapłaty."),
        "el": ("Παραγγελία {name}", "Πληρωτέο ποσό: {amount}. Πρόκειται για δοκιμαστικό κατάστημα: δεν γίνεται χρέωση.",
               "Πληρωμή", "Δεν υπάρχει κάτι προς πληρωμή."),
        "bg": ("Поръчка {name}", "За плащане: {amount}. Това е демонстрационен магазин: не се вземат пари.",
               "Плащане", "Няма нищо за плащане."),
        "ro": ("Comanda {name}", "De plată: {amount}. Acesta este un magazin demonstrativ: nu se iau bani.",
               "Plătește", "Nu este nimic de plătit."),
    },
    "newsletter": {
        "en": ("Newsletter", "Do you want our newsletter?", "Yes, I do", "You get our newsletter."),
        "pl": ("Newsletter", "Chcesz dostawać nasz newsletter?", "Tak, chcę", "Otrzymujesz nasz newsletter."),
        "el": ("Ενημερωτικό δελτίο", "Θέλετε το ενημερωτικό μας δελτίο;", "Ναι, θέλω", "Λαμβάνετε το ενημερωτικό μας δελτίο."),
        "bg": ("Бюлетин", "Искате ли нашия бюлетин?", "Да, искам", "Получавате нашия бюлетин."),
        "ro": ("Newsletter", "Doriți newsletterul nostru?", "Da, doresc", "Primiți newsletterul nostru."),
    },
    "passwords": {
        "en": ("New password", "", "", "This is a demo shop: it has no passwords. In a real shop you would choose a new one here."),
        "pl": ("Nowe hasło", "", "", "To sklep demonstracyjny: nie ma w nim haseł. W prawdziwym sklepie ustawisz tu nowe hasło."),
        "el": ("Νέος κωδικός", "", "", "Πρόκειται για δοκιμαστικό κατάστημα χωρίς κωδικούς. Σε ένα πραγματικό κατάστημα θα "
               "ορίζατε εδώ νέο κωδικό."),
        "bg": ("Нова парола", "", "", "Това е демонстрационен магазин без пароли. В истински магазин тук ще изберете нова."),
        "ro": ("Parolă nouă", "", "", "Acesta este un magazin demonstrativ, fără parole. Într-un magazin real ați alege aici una nouă."),
    },
}  # fmt: skip

NOT_FOUND = {
    "en": ("Page not found", "This link is wrong or too old. Ask for a new one in the chat."),
    "pl": ("Nie ma takiej strony", "Link jest błędny lub wygasł. Poproś o nowy na czacie."),
    "el": ("Η σελίδα δεν βρέθηκε", "Ο σύνδεσμος είναι λάθος ή έληξε. Ζητήστε νέο στη συνομιλία."),
    "bg": ("Няма такава страница", "Връзката е грешна или е изтекла. Поискайте нова в чата."),
    "ro": ("Pagina nu există", "Linkul este greșit sau a expirat. Cereți unul nou în chat."),
}


def not_found(language: str) -> str:
    """Return the page for a link that opens nothing."""
    title, text = NOT_FOUND.get(language) or NOT_FOUND["en"]
    return page(language if language in NOT_FOUND else "en", title, element("p", text))


def show(desk: Desk, kind: str, name: str, key: str) -> str:
    """Return the page that the link opens. NotFound for a link that is not ours, or too old."""
    desk = replace(desk, language=desk.links.read(kind, name, key, desk.now))
    if kind == "invoices":
        return _invoice(desk, name)
    amount = _amount(desk, name) if kind == "payments" else ""
    waits = bool(amount) if kind == "payments" else kind == "newsletter" and _pending(desk, name)
    return _page(desk.language, kind, waits, name=name, amount=amount)


def press(desk: Desk, kind: str, name: str, key: str) -> None:
    """Do what the button of the page is for. NotFound as above; twice is as good as once."""
    desk.links.read(kind, name, key, desk.now)
    if kind == "newsletter":
        _pending(desk, name)
        desk.run("UPDATE newsletter SET state = 'subscribed' WHERE id = ?", name)
    if kind == "payments":
        ordering.pay(desk, name)


def _page(language: str, kind: str, waits: bool, **values: str) -> str:
    language = language if language in _TEXTS[kind] else "en"
    title, question, label, done = _TEXTS[kind][language]
    content = (element("p", question.format(**values)), button(label)) if waits else (element("p", done),)
    return page(language, title.format(**values), *content)


def _invoice(desk: Desk, name: str) -> str:
    query = (
        "SELECT purchase.* FROM invoice JOIN purchase ON purchase = purchase.number WHERE invoice.number = ?"
    )
    row = desk.row("invoice", query, name)
    own = replace(desk, customer=row["customer"])
    return invoice.render(
        reading.read_invoice(own, name),
        reading.read_order(own, row["number"]),
        reading.read_account(own).name,
        desk.language,
    )


def _amount(desk: Desk, number: str) -> str:
    due = reading.amount_due(desk, desk.row("order", "SELECT * FROM purchase WHERE number = ?", number))
    return f"{due} {CURRENCY}" if due else ""


def _pending(desk: Desk, id: str) -> bool:
    row = desk.row("newsletter", "SELECT state FROM newsletter WHERE id = ?", id)
    return bool(row["state"] == "pending")
