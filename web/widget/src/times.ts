// Points in time in words of the customer's locale.

/** Hour and minute; with the date when it is not the day of `now`. Empty when `at` is not a time. */
export function shortTime(at: number, now: number, locale: string): string {
  if (Number.isNaN(at)) return "";
  const today = new Date(at).toDateString() === new Date(now).toDateString();
  const date: Intl.DateTimeFormatOptions = today ? {} : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit", ...date }).format(at);
}

/** The whole date and time. Empty when `at` is not a time. */
export function longTime(at: number, locale: string): string {
  if (Number.isNaN(at)) return "";
  return new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "medium" }).format(at);
}
