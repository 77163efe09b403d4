// Which writing can be read on a colour.

/** "#fff" or "#000", whichever has more contrast on `rgb` (as getComputedStyle gives it); null when unreadable. */
export function readableOn(rgb: string): "#fff" | "#000" | null {
  const found = /^rgba?\(\s*([\d.]+)[\s,]+([\d.]+)[\s,]+([\d.]+)/.exec(rgb);
  if (!found) return null;
  const [red, green, blue] = found.slice(1).map((part) => {
    const value = Number(part) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 ? "#fff" : "#000";
}
