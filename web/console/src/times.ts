// Points in time and lengths of time in the agent's language. Pure.

// Making a format takes a hundred times as long as using it, and hundreds of rows are drawn in one go.
const kept = new Map<string, Intl.DateTimeFormat>();
const units = new Map<string, Intl.NumberFormat>();

/** Hour and minute. Empty when `at` is not a time. */
export function hour(at: string, locale: string): string {
  const time = Date.parse(at);
  if (Number.isNaN(time)) return "";
  return dates(locale, { hour: "2-digit", minute: "2-digit" }).format(time);
}

/** A short point in time: the hour today, the day else. */
export function moment(at: string, now: number, locale: string): string {
  const time = Date.parse(at);
  if (Number.isNaN(time)) return "";
  if (sameDay(time, now)) return hour(at, locale);
  const year = new Date(time).getFullYear() === new Date(now).getFullYear() ? {} : { year: "numeric" as const };
  return dates(locale, { day: "numeric", month: "short", ...year }).format(time);
}

/** The day in words: "today" and "yesterday" by the locale, else weekday and date. */
export function day(at: string, now: number, locale: string): string {
  const time = Date.parse(at);
  if (Number.isNaN(time)) return "";
  const words = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  if (sameDay(time, now)) return words.format(0, "day");
  if (sameDay(time, now - 86_400_000)) return words.format(-1, "day");
  return dates(locale, { weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(time);
}

/** The whole date and time. Empty when `at` is not a time. */
export function exact(at: string, locale: string): string {
  const time = Date.parse(at);
  if (Number.isNaN(time)) return "";
  return dates(locale, { dateStyle: "full", timeStyle: "short" }).format(time);
}

/** A date. Empty when `at` is not a time. */
export function date(at: string, locale: string): string {
  const time = Date.parse(at);
  if (Number.isNaN(time)) return "";
  return dates(locale, { dateStyle: "medium" }).format(time);
}

/** A length of time in the largest unit that fits: "45 s", "12 min", "3 h", "2 d" by the locale. */
export function span(seconds: number, locale: string): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return unit(whole, "second", locale);
  if (whole < 3600) return unit(Math.floor(whole / 60), "minute", locale);
  if (whole < 86_400) return unit(Math.floor(whole / 3600), "hour", locale);
  return unit(Math.floor(whole / 86_400), "day", locale);
}

/** A file's size. */
export function bytes(size: number, locale: string): string {
  if (size < 1000) return unit(size, "byte", locale);
  if (size < 1_000_000) return unit(Math.round(size / 1000), "kilobyte", locale);
  return unit(Math.round(size / 100_000) / 10, "megabyte", locale);
}

function unit(value: number, name: string, locale: string): string {
  const key = `${locale} ${name}`;
  let format = units.get(key);
  if (!format) units.set(key, (format = new Intl.NumberFormat(locale, { style: "unit", unit: name, unitDisplay: "short" })));
  return format.format(value);
}

function dates(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  let format = kept.get(key);
  if (!format) kept.set(key, (format = new Intl.DateTimeFormat(locale, options)));
  return format;
}

export function sameDay(one: number, other: number): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString();
}

/** The name of a language in another one, or its code when that is not known. */
export function languageName(code: string, locale: string): string {
  try {
    return new Intl.DisplayNames([locale], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** Date and time in figures, for tables. Empty when `at` is not a time. */
export function stamp(at: string, locale: string): string {
  const time = Date.parse(at);
  if (Number.isNaN(time)) return "";
  return dates(locale, { dateStyle: "short", timeStyle: "medium" }).format(time);
}
