"""Countries and big cities in five languages. Countries and capitals come from the CLDR tables of babel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

LANGUAGES = ("en", "pl", "el", "bg", "ro")

# More often another word: Jersey, Mali ("small" in two languages), Togo ("того"), Laos ("λαός"), Grenada ...
_LEFT_OUT = "JE ML TG TO TD GU NU KM OM NE PW LA GD GN AC CP CQ DG EA IC TA EU EZ UN XA XB ZZ QO"
_MORE_COUNTRIES = {
    "en": "GB UK|GB U.K.|GB england|GB scotland|GB wales|GB northern ireland|GB great britain|GB britain"
    "|US USA|US U.S.A.|US america"
    "|NL holland|CZ czech republic|IE republic of ireland|TR turkiye|MK macedonia",
    "pl": "GB UK|GB anglia|GB szkocja|CN chin|PH filipin|GB walia|GB irlandia północna|US USA|US ameryka"
    "|US stany|US stanów zjednoczonych"
    "|US stanach zjednoczonych|DE niemiec|DE niemczech|CZ czech|CZ czechach"
    "|IT włoch|IT włoszech|HU węgier|HU węgrzech|CZ republika czeska",
    "el": "GB UK|US USA|PH φιλιππίνες|GB αγγλία|GB μεγάλη βρετανία|GB βρετανία|GB σκωτία|GB βόρεια ιρλανδία"
    "|US ΗΠΑ|US αμερική|CZ τσεχική δημοκρατία",
    "bg": "GB UK|US USA|GB англия|GB великобритания|GB шотландия|GB северна ирландия"
    "|GB обединено кралство|US САЩ|US америка"
    "|US щатите|NL холандия|CZ чешка република|CZ чешко|MK македония",
    "ro": "GB anglia|GB marea britanie|GB scoția|GB irlanda de nord|GB UK|US SUA|US america"
    "|US statelor unite|US statele unite|NL olanda"
    "|CZ republica cehă|MK macedonia",
}
_ZONES = (
    "London Warsaw Athens Sofia Bucharest Berlin Paris Rome Vienna Madrid Lisbon Prague Budapest Bratislava Ljubljana "
    "Zagreb Vilnius Riga Tallinn Helsinki Stockholm Copenhagen Oslo Dublin Brussels Amsterdam Belgrade Skopje Tirane "
    "Chisinau Kiev Sarajevo Minsk Moscow Istanbul Zurich"
)
_CITIES = {
    "en": "Birmingham|Manchester|Glasgow|Liverpool|Leeds|Edinburgh|Bristol|Cardiff|Belfast|Sheffield"
    "|Krakow|Cracow"
    "|Gdansk|Wroclaw|Poznan|Thessaloniki|Salonica|Piraeus|Patras|Heraklion|Larissa|Nicosia|Limassol"
    "|Plovdiv|Varna"
    "|Burgas|Cluj|Timisoara|Brasov|Constanta|Iasi|Kyiv|Tirana|Munich|Hamburg|Frankfurt|Milan|Barcelona",
    "pl": "Kraków|Łódź|Wrocław|Poznań|Gdańsk|Szczecin|Bydgoszcz|Lublin|Białystok|Białegostoku=Białystok"
    "|Białymstoku=Białystok|Katowice|Gdynia|Częstochowa|Radom|Rzeszów|Toruń|Kielce|Gliwice|Olsztyn"
    "|Sosnowiec|Saloniki"
    "|Aten=Ateny|Katowic=Katowice|Kielc=Kielce|Gliwic=Gliwice|Gdyni=Gdynia|Wiednia=Wiedeń"
    "|Brukseli=Bruksela|Wiedniu=Wiedeń|Monachium|Hamburg",
    "el": "Θεσσαλονίκη|Πάτρα|Ηράκλειο|Λάρισα|Βόλος|Ιωάννινα|Χανιά|Ρόδος|Καβάλα|Πειραιάς|Κέρκυρα|Καλαμάτα"
    "|Λευκωσία"
    "|Λεμεσός|Λάρνακα|Μόναχο|Κρακοβία|Βάρνα",
    "bg": "Пловдив|Варна|Бургас|Русе|Стара Загора|Плевен|Сливен|Добрич|Благоевград|Велико Търново|Хасково"
    "|Видин|Перник"
    "|Солун|Мюнхен|Краков",
    "ro": "Cluj-Napoca|Cluj Napoca=Cluj-Napoca|Cluj|Timișoara|Iași|Constanța|Craiova|Brașov|Galați"
    "|Ploiești|Oradea"
    "|Brăila|Arad|Pitești|Sibiu|Bacău|Suceava|Buzău|Salonic|München|Cracovia",
}
_ENGLISH = {"Tirane": "Tirana", "Kiev": "Kyiv"}


@dataclass(frozen=True)
class Name:
    """A name in one language and what it stands for."""

    entity: str
    language: str
    name: str
    value: str


def countries() -> Iterator[Name]:
    """Yield the names of countries; `value` is the ISO 3166 alpha-2 code."""
    from babel import Locale  # type: ignore[import-untyped]

    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code not in _LEFT_OUT.split():
                yield Name("country", language, name, code)
        for entry in _MORE_COUNTRIES[language].split("|"):
            code, name = entry.split(" ", 1)
            yield Name("country", language, name, code)


def cities() -> Iterator[Name]:
    """Yield the European capitals and the biggest cities of the five countries; `value` is the name itself."""
    from babel import Locale

    for language in LANGUAGES:
        zones = Locale(language).time_zones
        for zone in _ZONES.split():
            found = zones.get(f"Europe/{zone}", {}).get("city")
            name = _ENGLISH.get(zone, zone) if language == "en" else found
            if name:
                yield Name("city", language, str(name), str(name))
        for entry in _CITIES[language].split("|"):
            form, _, name = entry.partition("=")
            yield Name("city", language, form, name or form)
