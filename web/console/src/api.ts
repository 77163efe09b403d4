// Asking the server. Every failure is an ApiError with the server's code; 401 also ends the session here.

const TIMEOUT = 20_000;

export class ApiError extends Error {
  constructor(
    /** The HTTP status; 0 when there was no answer. */
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

type Query = Readonly<Record<string, string | number | null | undefined>>;

export class Api {
  csrf = "";
  /** Server's time less ours, in milliseconds. */
  skew = 0;
  onSignedOut = (): void => undefined;

  get<T>(path: string, query: Query = {}): Promise<T> {
    return this.ask<T>("GET", path + queryOf(query));
  }

  send<T>(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<T> {
    return this.ask<T>(method, path, body);
  }

  private async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.fetch(method, path, body);
    const date = Date.parse(response.headers.get("Date") ?? "");
    if (!Number.isNaN(date)) this.learn(date);
    const content: unknown = await response.json().catch(() => null);
    if (response.ok) return content as T;
    const error = errorOf(content);
    if (response.status === 401 && !path.startsWith("/session")) this.onSignedOut();
    throw new ApiError(response.status, error.code, error.message);
  }

  private async fetch(method: string, path: string, body: unknown): Promise<Response> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (method !== "GET") headers["X-CSRF-Token"] = this.csrf;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const init: RequestInit = { method, headers, credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT) };
    if (body !== undefined) init.body = JSON.stringify(body);
    try {
      return await fetch(`/api/v1${path}`, init);
    } catch {
      throw new ApiError(0, "unreachable", "");
    }
  }

  // The header counts whole seconds: small differences are noise.
  private learn(date: number): void {
    const skew = date - Date.now();
    this.skew = Math.abs(skew) > 2_000 ? skew : 0;
  }
}

function queryOf(query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length ? `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : "";
}

function errorOf(content: unknown): { code: string; message: string } {
  const error = (content as { error?: { code?: unknown; message?: unknown } } | null)?.error;
  return { code: String(error?.code ?? "internal"), message: String(error?.message ?? "") };
}

/** A path of encoded parts: what a part holds cannot make another path. */
export function pathOf(...parts: readonly string[]): string {
  return parts.map((part) => `/${encodeURIComponent(part)}`).join("");
}
