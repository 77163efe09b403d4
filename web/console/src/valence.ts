// Valence, from -1 (very bad) to 1 (very good), and the side of an emotion.

export type Side = "low" | "even" | "high";

export function sideOf(emotion: string): Side {
  if (emotion === "neutral") return "even";
  return emotion === "gratitude_joy" ? "high" : "low";
}

/** With its sign and one digit behind the point, as people of a language write numbers. */
export function signed(valence: number, locale: string): string {
  const shown = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: "exceptZero" });
  return shown.format(valence).replace("-", "−");
}
