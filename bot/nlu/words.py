"""Frequent words of the five languages: what tells them apart when they share Latin letters."""

from __future__ import annotations

from collections.abc import Mapping

FREQUENT: Mapping[str, str] = {
    "en": """the a is are was were be been have has had do does did not no yes i you he she it we they my
    your his our their me him them this that these those what which who where when why how and or
    but if because so with without for from to of in on at by about can could will would should may
    must just already still again please thanks thank hello hi hey good morning want need know think
    tell send give get got help problem nothing something everything there here now today yesterday
    tomorrow very much many more money never always really any anyone someone""",
    "pl": """i w z na do nie tak że się jest są był była było być mam masz ma mamy nie wiem co to ten ta
    te kto gdzie kiedy dlaczego czemu jak czy ale lub albo bo więc już jeszcze znowu proszę dziękuję
    dzięki cześć dzień dobry witam chcę chciałbym chciałabym potrzebuję mogę może można powiedz
    wyślij daj pomoc problem nic coś wszystko tam tutaj teraz dzisiaj wczoraj jutro bardzo dużo
    więcej pieniądze nigdy zawsze naprawdę mój moja moje twój swoje mnie mi ciebie ci nas was ich
    jego jej dla od przez przy po pod bez tylko ktoś czekam zrobić""",
    "el": """και να το τα η ο οι του της των τον την τους τις στο στη στην στα σε με από για δεν μη
    μην ναι όχι είναι ήταν είμαι είσαι έχω έχεις έχει έχουμε θέλω θέλετε μπορώ μπορείτε μπορεί
    πρέπει τι ποιος ποια πού πότε γιατί πώς αν αλλά ή επειδή ότι πως ακόμα ακόμη ήδη πάλι παρακαλώ
    ευχαριστώ γεια σας μου σου μας τους καλημέρα καλησπέρα ξέρω νομίζω πες στείλτε δώσε βοήθεια
    πρόβλημα τίποτα κάτι όλα εκεί εδώ τώρα σήμερα χθες αύριο πολύ πιο λεφτά ποτέ πάντα αλήθεια
    κάποιος κανείς αυτό αυτή αυτός θα ας δικό χωρίς μόνο περιμένω κάνω γίνει""",
    "bg": """и да не се на в от за с по до как какво кой коя къде кога защо дали че ли ще е са съм
    си сте беше бях имам имаш има нямам няма искам може мога можете трябва това този тази тези аз ти
    той тя ние вие те ми ме му ни ви им но или ако защото още вече пак моля благодаря мерси
    здравейте здрасти добър ден добро утро знам мисля кажи изпрати дайте помощ проблем нищо нещо
    всичко там тук сега днес вчера утре много повече пари никога винаги наистина някой никой моя
    моята моето моите вашия без само чакам направя става така също""",
    "ro": """și în la de pe cu nu da este sunt era eram fost am ai are avem aveți au vreau doresc pot
    poate puteți trebuie ce care cine unde când de ce cum dacă dar sau pentru că deci încă deja iar
    vă rog mulțumesc mersi bună ziua dimineața salut știu cred spune trimiteți dați ajutor problemă
    nimic ceva tot acolo aici acum azi astăzi ieri mâine foarte mult mai bani niciodată mereu chiar
    cineva nimeni acesta această asta acela meu mea mei tău lui ei nostru lor mie îmi îți ne eu tu
    el ea noi voi ei fără doar aștept fac face din prin după""",
}

_EVERYWHERE = """ok okay oki okej okei k kk hm hmm hmmm mhm aha ah oh uh eh e ha haha hahaha hehe lol wow omg
    wtf bro pls plz thx sms gps app pin iban id email mail online chat bot admin test gr nr x xd asap faq pdf"""
NEUTRAL = frozenset(_EVERYWHERE.split())
"""Words said in every language: they say nothing about the language of a message."""
