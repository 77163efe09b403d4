// Where the agent is, as the part of the address behind "#". Pure but for `Location`.

import { Cell } from "./cell";
import { LISTS, type ListName } from "./protocol";

export type Place = ListName | "search";

export type Route =
  | { readonly page: "desk"; readonly list: Place; readonly conversation: string | null; readonly at: number | null }
  | { readonly page: "settings"; readonly name: string }
  | { readonly page: "alerts" }
  | { readonly page: "invitation"; readonly token: string };

export const HOME: Route = { page: "desk", list: "waiting", conversation: null, at: null };

/** The route that a hash such as "#/desk/mine/<id>?at=12" names; the queue when it names none. */
export function routeOf(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [page, first, second] = path.split("/").map(decoded);
  if (page === "invitation" && first) return { page, token: first };
  if (page === "settings") return { page, name: first || "profile" };
  if (page === "alerts") return { page };
  if (page !== "desk" || !isPlace(first)) return HOME;
  const at = Number.parseInt(new URLSearchParams(query).get("at") ?? "", 10);
  return { page, list: first, conversation: second || null, at: Number.isNaN(at) ? null : at };
}

export function hashOf(route: Route): string {
  if (route.page === "invitation") return `#/invitation/${encodeURIComponent(route.token)}`;
  if (route.page === "alerts") return "#/alerts";
  if (route.page === "settings") return `#/settings/${encodeURIComponent(route.name)}`;
  const conversation = route.conversation ? `/${encodeURIComponent(route.conversation)}` : "";
  return `#/desk/${route.list}${conversation}${route.at === null ? "" : `?at=${route.at}`}`;
}

export function deskHash(list: Place, conversation: string | null = null, at: number | null = null): string {
  return hashOf({ page: "desk", list, conversation, at });
}

function isPlace(name: string | undefined): name is Place {
  return name === "search" || LISTS.includes(name as ListName);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}

/** The route of this window, as a cell. */
export class Address {
  readonly route: Cell<Route>;

  constructor() {
    this.route = new Cell(routeOf(location.hash));
    addEventListener("hashchange", () => this.route.set(routeOf(location.hash)));
  }

  go(route: Route): void {
    location.hash = hashOf(route);
  }

  /** Like `go`, without a step in the browser's history. */
  replace(route: Route): void {
    history.replaceState(null, "", hashOf(route));
    this.route.set(route);
  }
}
