// Reading the list of sample orders. Pure, and never throws: what is not an order is left out.

export interface SampleOrder {
  readonly number: string;
  readonly status: string;
  readonly items: readonly string[];
  readonly total: string;
}

const word = (value: unknown): string =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : "";

function itemName(value: unknown): string {
  if (typeof value !== "object" || value === null) return word(value);
  const { name, quantity } = value as { name?: unknown; quantity?: unknown };
  return typeof quantity === "number" && quantity > 1 ? `${quantity} × ${word(name)}` : word(name);
}

/** Orders from `[{"number", "status", "items", "total"}]`; items are texts or {"name", "quantity"}. */
export function readOrders(value: unknown): SampleOrder[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter((one): one is Record<string, unknown> => typeof one === "object" && one !== null)
    .map(({ number, status, items, total }) => ({
      number: word(number),
      status: word(status),
      items: (Array.isArray(items) ? items : [items]).map(itemName).filter((name) => name !== ""),
      total: word(total),
    }))
    .filter(({ number }) => number !== "");
}

/** At most `count` orders, one of each status first, in the order of their numbers. */
export function sample(orders: readonly SampleOrder[], count: number): SampleOrder[] {
  const statuses = new Set<string>();
  const first = orders.filter(({ status }) => !statuses.has(status) && statuses.add(status));
  const rest = orders.filter((order) => !first.includes(order));
  return [...first, ...rest].slice(0, count).sort((a, b) => a.number.localeCompare(b.number));
}
