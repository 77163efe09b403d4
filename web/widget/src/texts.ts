// What the widget itself says, in five languages. {n}, {name}, {range} and {types} are filled in.

export const LANGUAGES = ["en", "pl", "el", "bg", "ro"] as const;
export type Language = (typeof LANGUAGES)[number];

export interface Texts {
  readonly title: string;
  readonly open: string;
  readonly close: string;
  readonly unread: string;
  readonly intro: string;
  readonly log: string;
  readonly you: string;
  readonly assistant: string;
  readonly person: string;
  readonly statusBot: string;
  readonly statusQueued: string;
  readonly place: string;
  readonly wait: string;
  readonly soon: string;
  readonly minutes: string;
  readonly hours: string;
  readonly statusHuman: string;
  readonly statusPerson: string;
  readonly statusClosed: string;
  readonly connecting: string;
  readonly reconnecting: string;
  readonly offline: string;
  readonly willSend: string;
  readonly write: string;
  readonly send: string;
  readonly left: string;
  readonly tooLong: string;
  readonly pending: string;
  readonly unsent: string;
  readonly failed: string;
  readonly isTyping: string;
  readonly newest: string;
  readonly newTab: string;
  readonly attach: string;
  readonly remove: string;
  readonly tooLarge: string;
  readonly wrongType: string;
  /** By error code. */
  readonly errors: Readonly<Record<string, string>>;
}

const en: Texts = {
  title: "Customer support",
  open: "Open the chat",
  close: "Close the chat",
  unread: "unread messages: {n}",
  intro: "Hello! How can we help? Write in your own words and in your own language.",
  log: "Messages",
  you: "You",
  assistant: "Assistant",
  person: "Support",
  statusBot: "Automated assistant",
  statusQueued: "Waiting for a person",
  place: "place {n}",
  wait: "about {range}",
  soon: "less than a minute",
  minutes: "{n} min",
  hours: "{n} h",
  statusHuman: "You are talking to {name}",
  statusPerson: "You are talking to a person",
  statusClosed: "This conversation is closed",
  connecting: "Connecting…",
  reconnecting: "Reconnecting…",
  offline: "You are offline",
  willSend: "No connection. What you write is kept and will be sent as soon as we are back.",
  write: "Write a message",
  send: "Send",
  left: "{n} characters left",
  tooLong: "{n} characters too many",
  pending: "Sending…",
  unsent: "Not sent yet",
  failed: "Not sent",
  isTyping: "{name} is typing",
  newest: "New messages",
  newTab: "opens in a new tab",
  attach: "Attach a file",
  remove: "Remove",
  tooLarge: "at most {n} MB",
  wrongType: "only {types}",
  errors: {
    text_empty: "The message is empty.",
    text_too_long: "The message is too long.",
    bad_frame: "This message could not be sent.",
    button_unknown: "This choice is no longer available. Please write what you would like.",
    identity_invalid: "We could not confirm your sign-in. You can go on writing as a guest.",
    rate_limited: "That was a lot at once. Your message will be sent in a moment.",
    origin_refused: "The chat is not allowed on this page.",
    too_many_connections: "Too many chats are open at once. Please close the other windows.",
    unavailable: "We cannot take messages at the moment. Yours is kept and will be sent.",
    internal: "Something went wrong on our side. We will try again.",
  },
};

const pl: Texts = {
  title: "Obsługa klienta",
  open: "Otwórz czat",
  close: "Zamknij czat",
  unread: "nieprzeczytane wiadomości: {n}",
  intro: "Dzień dobry! W czym możemy pomóc? Proszę pisać własnymi słowami i w swoim języku.",
  log: "Wiadomości",
  you: "Ty",
  assistant: "Asystent",
  person: "Obsługa",
  statusBot: "Automatyczny asystent",
  statusQueued: "Oczekiwanie na konsultanta",
  place: "miejsce {n}",
  wait: "około {range}",
  soon: "mniej niż minuta",
  minutes: "{n} min",
  hours: "{n} godz.",
  statusHuman: "Rozmawiasz z: {name}",
  statusPerson: "Rozmawiasz z konsultantem",
  statusClosed: "Rozmowa jest zakończona",
  connecting: "Łączenie…",
  reconnecting: "Ponowne łączenie…",
  offline: "Brak internetu",
  willSend: "Brak połączenia. To, co napiszesz, zostanie zachowane i wysłane, gdy tylko połączenie wróci.",
  write: "Napisz wiadomość",
  send: "Wyślij",
  left: "pozostało znaków: {n}",
  tooLong: "za dużo znaków: {n}",
  pending: "Wysyłanie…",
  unsent: "Jeszcze nie wysłano",
  failed: "Nie wysłano",
  isTyping: "{name} pisze",
  newest: "Nowe wiadomości",
  newTab: "otwiera się w nowej karcie",
  attach: "Dodaj plik",
  remove: "Usuń",
  tooLarge: "najwyżej {n} MB",
  wrongType: "tylko {types}",
  errors: {
    text_empty: "Wiadomość jest pusta.",
    text_too_long: "Wiadomość jest za długa.",
    bad_frame: "Nie udało się wysłać tej wiadomości.",
    button_unknown: "Ten wybór nie jest już dostępny. Napisz, proszę, czego potrzebujesz.",
    identity_invalid: "Nie udało się potwierdzić logowania. Możesz dalej pisać jako gość.",
    rate_limited: "To było dużo naraz. Wiadomość zostanie wysłana za chwilę.",
    origin_refused: "Czat nie jest dozwolony na tej stronie.",
    too_many_connections: "Otwarto zbyt wiele czatów naraz. Zamknij, proszę, pozostałe okna.",
    unavailable: "W tej chwili nie możemy przyjąć wiadomości. Jest zachowana i zostanie wysłana.",
    internal: "Coś poszło nie tak po naszej stronie. Spróbujemy ponownie.",
  },
};

const el: Texts = {
  title: "Εξυπηρέτηση πελατών",
  open: "Άνοιγμα συνομιλίας",
  close: "Κλείσιμο συνομιλίας",
  unread: "μη αναγνωσμένα μηνύματα: {n}",
  intro: "Γεια σας! Πώς μπορούμε να βοηθήσουμε; Γράψτε με δικά σας λόγια, στη γλώσσα σας.",
  log: "Μηνύματα",
  you: "Εσείς",
  assistant: "Βοηθός",
  person: "Υποστήριξη",
  statusBot: "Αυτόματος βοηθός",
  statusQueued: "Αναμονή για εκπρόσωπο",
  place: "θέση {n}",
  wait: "περίπου {range}",
  soon: "λιγότερο από ένα λεπτό",
  minutes: "{n} λεπ.",
  hours: "{n} ώρ.",
  statusHuman: "Μιλάτε με: {name}",
  statusPerson: "Μιλάτε με εκπρόσωπο",
  statusClosed: "Η συνομιλία έκλεισε",
  connecting: "Σύνδεση…",
  reconnecting: "Επανασύνδεση…",
  offline: "Είστε εκτός σύνδεσης",
  willSend: "Δεν υπάρχει σύνδεση. Ό,τι γράψετε φυλάσσεται και θα σταλεί μόλις επανέλθει η σύνδεση.",
  write: "Γράψτε ένα μήνυμα",
  send: "Αποστολή",
  left: "απομένουν χαρακτήρες: {n}",
  tooLong: "επιπλέον χαρακτήρες: {n}",
  pending: "Αποστολή…",
  unsent: "Δεν έχει σταλεί ακόμη",
  failed: "Δεν στάλθηκε",
  isTyping: "{name} γράφει",
  newest: "Νέα μηνύματα",
  newTab: "ανοίγει σε νέα καρτέλα",
  attach: "Επισύναψη αρχείου",
  remove: "Αφαίρεση",
  tooLarge: "έως {n} MB",
  wrongType: "μόνο {types}",
  errors: {
    text_empty: "Το μήνυμα είναι κενό.",
    text_too_long: "Το μήνυμα είναι πολύ μεγάλο.",
    bad_frame: "Αυτό το μήνυμα δεν μπόρεσε να σταλεί.",
    button_unknown: "Αυτή η επιλογή δεν είναι πια διαθέσιμη. Γράψτε μας τι θα θέλατε.",
    identity_invalid: "Δεν μπορέσαμε να επιβεβαιώσουμε τη σύνδεσή σας. Μπορείτε να συνεχίσετε ως επισκέπτης.",
    rate_limited: "Ήταν πολλά μαζί. Το μήνυμά σας θα σταλεί σε λίγο.",
    origin_refused: "Η συνομιλία δεν επιτρέπεται σε αυτή τη σελίδα.",
    too_many_connections: "Έχετε ανοίξει πάρα πολλές συνομιλίες. Κλείστε τα άλλα παράθυρα.",
    unavailable: "Δεν μπορούμε να δεχτούμε μηνύματα τώρα. Το δικό σας φυλάσσεται και θα σταλεί.",
    internal: "Κάτι πήγε στραβά από την πλευρά μας. Θα προσπαθήσουμε ξανά.",
  },
};

const bg: Texts = {
  title: "Обслужване на клиенти",
  open: "Отваряне на чата",
  close: "Затваряне на чата",
  unread: "непрочетени съобщения: {n}",
  intro: "Здравейте! С какво можем да помогнем? Пишете със свои думи и на своя език.",
  log: "Съобщения",
  you: "Вие",
  assistant: "Асистент",
  person: "Поддръжка",
  statusBot: "Автоматичен асистент",
  statusQueued: "Изчакване на служител",
  place: "място {n}",
  wait: "около {range}",
  soon: "по-малко от минута",
  minutes: "{n} мин.",
  hours: "{n} ч.",
  statusHuman: "Разговаряте с: {name}",
  statusPerson: "Разговаряте със служител",
  statusClosed: "Разговорът е приключен",
  connecting: "Свързване…",
  reconnecting: "Повторно свързване…",
  offline: "Нямате връзка с интернет",
  willSend: "Няма връзка. Написаното се пази и ще бъде изпратено веднага щом връзката се възстанови.",
  write: "Напишете съобщение",
  send: "Изпращане",
  left: "оставащи знаци: {n}",
  tooLong: "излишни знаци: {n}",
  pending: "Изпраща се…",
  unsent: "Още не е изпратено",
  failed: "Не е изпратено",
  isTyping: "{name} пише",
  newest: "Нови съобщения",
  newTab: "отваря се в нов раздел",
  attach: "Прикачване на файл",
  remove: "Премахване",
  tooLarge: "най-много {n} MB",
  wrongType: "само {types}",
  errors: {
    text_empty: "Съобщението е празно.",
    text_too_long: "Съобщението е твърде дълго.",
    bad_frame: "Това съобщение не можа да бъде изпратено.",
    button_unknown: "Този избор вече не е наличен. Моля, напишете какво желаете.",
    identity_invalid: "Не успяхме да потвърдим влизането Ви. Можете да продължите като гост.",
    rate_limited: "Това беше много наведнъж. Съобщението ще бъде изпратено след малко.",
    origin_refused: "Чатът не е разрешен на тази страница.",
    too_many_connections: "Отворени са твърде много чатове. Моля, затворете другите прозорци.",
    unavailable: "В момента не можем да приемаме съобщения. Вашето се пази и ще бъде изпратено.",
    internal: "Нещо се обърка при нас. Ще опитаме отново.",
  },
};

const ro: Texts = {
  title: "Asistență clienți",
  open: "Deschide conversația",
  close: "Închide conversația",
  unread: "mesaje necitite: {n}",
  intro: "Bună ziua! Cu ce vă putem ajuta? Scrieți cu cuvintele dumneavoastră, în limba dumneavoastră.",
  log: "Mesaje",
  you: "Dumneavoastră",
  assistant: "Asistent",
  person: "Asistență",
  statusBot: "Asistent automat",
  statusQueued: "Așteptați un coleg",
  place: "locul {n}",
  wait: "aproximativ {range}",
  soon: "mai puțin de un minut",
  minutes: "{n} min",
  hours: "{n} h",
  statusHuman: "Vorbiți cu {name}",
  statusPerson: "Vorbiți cu un coleg",
  statusClosed: "Conversația este închisă",
  connecting: "Se conectează…",
  reconnecting: "Se reconectează…",
  offline: "Nu aveți conexiune",
  willSend: "Fără conexiune. Ce scrieți se păstrează și va fi trimis imediat ce conexiunea revine.",
  write: "Scrieți un mesaj",
  send: "Trimite",
  left: "caractere rămase: {n}",
  tooLong: "caractere în plus: {n}",
  pending: "Se trimite…",
  unsent: "Încă netrimis",
  failed: "Netrimis",
  isTyping: "{name} scrie",
  newest: "Mesaje noi",
  newTab: "se deschide într-o filă nouă",
  attach: "Atașați un fișier",
  remove: "Eliminați",
  tooLarge: "cel mult {n} MB",
  wrongType: "numai {types}",
  errors: {
    text_empty: "Mesajul este gol.",
    text_too_long: "Mesajul este prea lung.",
    bad_frame: "Acest mesaj nu a putut fi trimis.",
    button_unknown: "Această opțiune nu mai este disponibilă. Vă rugăm să scrieți ce doriți.",
    identity_invalid: "Nu am putut confirma autentificarea. Puteți continua ca vizitator.",
    rate_limited: "Au fost prea multe deodată. Mesajul va fi trimis în câteva momente.",
    origin_refused: "Conversația nu este permisă pe această pagină.",
    too_many_connections: "Sunt deschise prea multe conversații. Vă rugăm să închideți celelalte ferestre.",
    unavailable: "Momentan nu putem primi mesaje. Al dumneavoastră se păstrează și va fi trimis.",
    internal: "Ceva nu a mers la noi. Vom încerca din nou.",
  },
};

export const TEXTS: Readonly<Record<Language, Texts>> = { en, pl, el, bg, ro };

/** `text` with its {names} filled in. Values are put in as they are and never read as a pattern. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The language we have for a tag such as "pl-PL", or null. */
export function languageOf(tag: string | null | undefined): Language | null {
  const short = (tag ?? "").toLowerCase().split(/[-_]/)[0];
  return LANGUAGES.find((language) => language === short) ?? null;
}

/** The first of `tags` that we have. English when there is none. */
export function chooseLanguage(tags: readonly (string | null | undefined)[]): Language {
  for (const tag of tags) {
    const language = languageOf(tag);
    if (language) return language;
  }
  return "en";
}

/** The tag of the customer's own region for `language`, when the browser names one: "en" becomes "en-GB". */
export function localeOf(language: Language, tags: readonly string[]): string {
  return tags.find((tag) => languageOf(tag) === language) ?? language;
}

/** How long a wait takes, in words of `texts`: "4–9 min". */
export function waitRange(texts: Texts, low_s: number, high_s: number): string {
  if (high_s < 60) return texts.soon;
  const unit = high_s > 90 * 60 ? 3600 : 60;
  const low = Math.max(1, Math.floor(low_s / unit));
  const high = Math.max(low, Math.ceil(high_s / unit));
  return fill(unit === 60 ? texts.minutes : texts.hours, { n: low === high ? low : `${low}–${high}` });
}
