"""Number words from one to twelve in five languages, folded, also as typed in Latin letters."""

from __future__ import annotations

from collections.abc import Mapping

from bot.nlu.vocabulary import folded

# The words of one number stand together; numbers are divided by |.
_WRITTEN = {
    "en": "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve",
    "pl": """jeden jedna jedno jedną jednego jednej|dwa dwie dwóch dwu dwoma dwiema|trzy trzech trzema|cztery czterech
        czterema|pięć pięciu|sześć sześciu|siedem siedmiu|osiem ośmiu|dziewięć dziewięciu|dziesięć dziesięciu
        |jedenaście jedenastu|dwanaście dwunastu""",
    "el": """ένα μία μια έναν ένας ena mia enan|δύο δυο dyo duo dio|τρία τρεις τριών tria treis tris|τέσσερα τέσσερις
        τέσσερεις tessera tesera tesseris teseris|πέντε pente|έξι eksi exi e3i|εφτά επτά efta epta|οκτώ οχτώ okto oxto
        okt2 oxtw|εννιά εννέα ennia enia ennea|δέκα deka|έντεκα ένδεκα enteka endeka|δώδεκα dodeka dwdeka""",
    "bg": """един една едно edin edna edno|два две двама dva dve|три тримата tri|четири chetiri 4etiri|пет pet|шест
        shest 6est|седем sedem|осем osem|девет devet|десет deset|единадесет единайсет edinadeset edinaiset|дванадесет
        дванайсет dvanadeset dvanaiset""",
    "ro": """unu una|doi două|trei|patru|cinci|șase|șapte|opt|nouă|zece|unsprezece unșpe|doisprezece douăsprezece
        doișpe""",
}  # fmt: skip

NUMERALS: Mapping[str, Mapping[str, int]] = {
    language: {
        folded(word): value
        for value, words in enumerate(written.split("|"), start=1)
        for word in words.split()
    }
    for language, written in _WRITTEN.items()
}
"""By language: the number that a folded word says."""

ALL_NUMERALS: Mapping[str, int] = {
    word: value for language in reversed(list(NUMERALS)) for word, value in NUMERALS[language].items()
}
"""All languages together; where two disagree ("ten" is "this" in Polish), English wins."""
