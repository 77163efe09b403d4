"""What an alert says outside of the console, in the site's first language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SUBJECT = {
    "en": "Grija: {falls} customers became unhappy within an hour",
    "pl": "Grija: w ciągu godziny {falls} klientów straciło cierpliwość",
    "el": "Grija: {falls} πελάτες δυσαρεστήθηκαν μέσα σε μία ώρα",
    "bg": "Grija: {falls} клиенти останаха недоволни в рамките на час",
    "ro": "Grija: {falls} clienți au devenit nemulțumiți într-o oră",
}
_TEXT = {
    "en": "In the last hour the mood fell in {falls} of {conversations} conversations. Usual are {expected}.",
    "pl": "W ostatniej godzinie nastrój spadł w {falls} z {conversations} rozmów. Zwykle jest to {expected}.",
    "el": "Την τελευταία ώρα η διάθεση έπεσε σε {falls} από {conversations} συνομιλίες. Συνήθως είναι {expected}.",
    "bg": "През последния час настроението спадна в {falls} от {conversations} разговора. Обичайно са {expected}.",
    "ro": "În ultima oră, dispoziția a scăzut în {falls} din {conversations} conversații. De obicei sunt {expected}.",
}
_CAUSE = {
    "en": "{trait} “{value}”: {share} of those who fell, {usual} of the others",
    "pl": "{trait} „{value}”: {share} tych, u których spadł, {usual} pozostałych",
    "el": "{trait} «{value}»: {share} όσων έπεσαν, {usual} των άλλων",
    "bg": "{trait} „{value}“: {share} от тези, при които спадна, {usual} от останалите",
    "ro": "{trait} „{value}”: {share} dintre cele în care a scăzut, {usual} dintre celelalte",
}
_LOOK_AT = {
    "en": "Where to look first (not a proof):",
    "pl": "Gdzie zajrzeć najpierw (to nie dowód):",
    "el": "Πού να κοιτάξετε πρώτα (δεν είναι απόδειξη):",
    "bg": "Къде да погледнете първо (не е доказателство):",
    "ro": "Unde să vă uitați mai întâi (nu este o dovadă):",
}
_NOTHING = {
    "en": "Nothing stands out that those conversations have in common.",
    "pl": "Te rozmowy nie mają nic, co by je wyróżniało.",
    "el": "Οι συνομιλίες αυτές δεν έχουν κάτι κοινό που να ξεχωρίζει.",
    "bg": "Тези разговори нямат нищо общо, което да изпъква.",
    "ro": "Nimic nu iese în evidență ca trăsătură comună a acestor conversații.",
}
_TRAITS = {
    "en": ("channel", "language", "wish", "state of the order", "dialogue model", "feelings model"),
    "pl": ("kanał", "język", "sprawa", "stan zamówienia", "model dialogu", "model emocji"),
    "el": (
        "κανάλι",
        "γλώσσα",
        "αίτημα",
        "κατάσταση παραγγελίας",
        "μοντέλο διαλόγου",
        "μοντέλο συναισθημάτων",
    ),
    "bg": ("канал", "език", "заявка", "състояние на поръчката", "модел на диалога", "модел на чувствата"),
    "ro": ("canal", "limbă", "solicitare", "starea comenzii", "modelul dialogului", "modelul emoțiilor"),
}
_NAMES = ("channel", "language", "intent", "order_state", "model", "feelings_model")


def spike_words(detail: Mapping[str, Any], language: str, *, link: str) -> tuple[str, str]:
    """Subject and text about a spike; in English if there are no words of the language."""
    spoken = language if language in _TEXT else "en"
    causes = [_cause(cause, spoken) for cause in detail["causes"]]
    below = [_LOOK_AT[spoken], *(f"- {cause}" for cause in causes)] if causes else [_NOTHING[spoken]]
    lines = [_TEXT[spoken].format(**_numbers(detail)), "", *below, "", link]
    return _SUBJECT[spoken].format(**_numbers(detail)), "\n".join(lines)


def _numbers(detail: Mapping[str, Any]) -> dict[str, str]:
    shown = {name: str(detail[name]) for name in ("falls", "conversations")}
    return shown | {"expected": f"{detail['expected']:.1f}"}


def _cause(cause: Mapping[str, Any], language: str) -> str:
    trait = dict(zip(_NAMES, _TRAITS[language], strict=True)).get(cause["trait"], cause["trait"])
    shares = {name: f"{cause[name]:.0%}" for name in ("share", "usual")}
    return _CAUSE[language].format(trait=trait, value=cause["value"], **shares)
