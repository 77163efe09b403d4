"""Hints in a customer's own words, in five languages, also without accents and in Latin letters. Pure.

They only save a question: what is understood here is named in a confirmation, or can be undone.
"""

from __future__ import annotations

import re

from bot.nlu.numerals import ALL_NUMERALS
from bot.nlu.vocabulary import folded

LEAST_REASON = 4
"""Words of a message that gives a reason."""


def _hint(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(rf"\b(?:{folded(pattern)})" for pattern in patterns))


_LEAVING = _hint(
    r"un-?sub|cancel|stop|remove|opt(?:ed|ing)?.?out|no (?:more|longer)|leave|unwanted|spam"
    r"|(?:don.?t|do not|never) "
    r"(?:\w+ ){0,3}(?:want|wish|send|mail|email)|take me off",
    r"wypis|rezygn|anul|usuń|nie (?:chc|przysył|wysył|życz)|przesta|mam dość",
    r"απεγγραφ|διαγρα|διέγρα|διεγρα|σταματ|ακύρ|μη(?:ν)? μου|δε(?:ν)? θέλ|ξεγρα|όχι άλλ",
    r"apeggraf|apegraf|diagra|diegra|stamat|akyr|akur|den thel|de thel|mhn? moy|min? mou|3egra|ksegra",
    r"отпи[сш]|спр(?:и|е|а)|махн|откаж|отказ|прекрат|не (?:искам|желая|ми пра)|без\b",
    r"otpi[sš6]|spr(?:i|ete)\b|mahn|maxn|otkaz|otkaj|prekrat|ne (?:iskam|jelaq|zhelaya|mi pra)",
    r"dezabon|renun|opri[țt]|opresc|scoate|șterge|nu (?:mai|vreau|doresc)|anul",
)
_JOINING = _hint(
    r"subscri|sign (?:me )?up|join|receive|(?:get|want) the",
    r"zapis|subskryb|dopis|chc(?:ę|iał)\w* (?:\w+ )?(?:otrzymywać|dostawać|newsletter)|otrzymywać",
    r"εγγραφ|εγγράψ|γράψ|γραφτ|λαμβάν|θέλω (?:το |να (?:λαμβ|παίρν|γραφ))|eggraf|egraf|grapse|graft"
    r"|lamvan|thelo (?:to|na)",
    r"абон|запи[сш]|получав|искам|abon|zapi[sš6]|poluchav|polu4av|iskam",
    r"abon|primesc|primi\b|înscri|vreau",
)
_TAKING_OUT = _hint(
    r"remov|delet|drop\b|take (?:\w+ ){0,3}(?:out|off|away)|without|leave out|no longer"
    r"|(?:don.?t|do not) (?:want|need)|cancel",
    r"usu[nńw]|wyrzuc|wykreśl|zrezyg|rezygn|bez\b|nie (?:chc|potrzeb)|anul|wycof",
    r"αφαιρ|βγ[αά]λ|χωρίς|δε(?:ν)? θέλ|ακύρ|afair|vgal|bgal|xoris|horis|den thel",
    r"махн|премахн|без\b|не искам|извад|откаж|mahn|premahn|ne iskam|izvad|otkaj",
    r"scoate|scot\b|scoți|elimin|șterge|fără|nu (?:mai )?(?:vreau|doresc)|renun|anul",
)
_PUTTING_IN = _hint(
    r"add\b|plus\b|another|one more|extra|additional",
    r"doda[jćm]|dorzuć|dołóż|jeszcze|dopis",
    r"προσθ|πρόσθ|βάλ|ακόμ|prosth|valt?e\b|akom",
    r"добав|прибав|още|сложи|dobav|pribav|oshte|o6te|sloji",
    r"adaug|adăug|încă|pune(?:ți)?\b|în plus",
)
_REASONS = _hint(
    r"broke|damag|defect|fault|crack|torn|smash|wrong|missing|late\b|never (?:came|arriv|work)"
    r"|(?:does|did|is|do)(?:n.?t| not)"
    r"|not (?:work|what|as)|too (?:small|big|large|short|long|heavy|late)|because|since|chang\w* my mind"
    r"|(?:don.?t|do not) (?:like|want|need|fit)",
    r"uszkodz|zepsu|pękn|rozbit|połama|wadliw|zł[aeyąą]\b|nie (?:dzia|pasuj|podoba|taki|ten|to\b)"
    r"|za (?:mał|duż|późno)|bo\b|ponieważ"
    r"|rozmyśl|brakuj|inn[yae]\b",
    r"σπασ|σπάσ|έσπασε|χαλασ|χάλασ|ελαττ|λάθος|δεν (?:λειτουργ|δουλεύ|κάνει|μου|είναι|ήταν)"
    r"|(?:πολύ )?(?:μικρ|μεγάλ)|γιατί|επειδή|άργησ"
    r"|spasm|spase|xalas|halas|lathos|den (?:leitourg|douleu|kanei|mou|einai)|giati|epeidi",
    r"счуп|повред|дефект|греш|скъса|не (?:работ|ми|е\b|става|отговар)|малк|малък|голям|защото|понеже|закъсня"
    r"|schup|s4up|povred|defekt|gresh|gre6|ne (?:rabot|mi)|zashtoto|za6toto|malk|golqm",
    r"spart|strica|defect|greșit|deterior|rupt|nu (?:funcțion|merge|mi|îmi|se potriv|este|e\b|corespund)"
    r"|prea (?:mic|mare|mult)|pentru că"
    r"|deoarece|fiindcă|lipse|întârzi",
)


def leaves(text: str) -> bool:
    """Tell whether somebody wants no newsletter any more; who joins as well ("stop asking, sign me up") leaves."""
    return bool(_LEAVING.search(folded(text)))


def joins(text: str) -> bool:
    """Tell whether somebody wants the newsletter."""
    return bool(_JOINING.search(folded(text)))


def takes_out(text: str) -> bool:
    """Tell whether something shall be taken out of an order: "remove the mug"."""
    return bool(_TAKING_OUT.search(folded(text)))


def puts_in(text: str) -> bool:
    """Tell whether something shall come into an order besides what is in it: "add a teapot"."""
    return bool(_PUTTING_IN.search(folded(text)))


def tells_why(text: str) -> bool:
    """Tell whether a wish for money back says why: "10005 arrived broken, I want my money back"."""
    return len(text.split()) >= LEAST_REASON and bool(_REASONS.search(folded(text)))


def small_number(text: str) -> int | None:
    """Return the only number below 100 in a text, in digits or as a word, None if there is none or several."""
    found = [int(part) for part in re.findall(r"(?<![\w-])\d{1,2}(?![\w-])", text)]
    words = [
        ALL_NUMERALS.get(word) for word in re.findall(r"[^\W\d_]+", folded(text)) if word not in _ARTICLES
    ]
    found += [value for value in words if value is not None]
    return found[0] if len(found) == 1 else None


_ARTICLES = frozenset(
    map(
        folded,
        ("ένα", "μία", "μια", "έναν", "ena", "mia", "един", "една", "едно", "unu", "una", "one", "ten"),
    )
)
"""Words for one that mostly count nothing."""
