// What to say of a failure, in the agent's language if we know its code.

import { ApiError } from "./api";
import { t } from "./text";

export function errorText(error: unknown): string {
  if (!(error instanceof ApiError)) return t.errorUnknown;
  return (t.errors as Readonly<Record<string, string>>)[error.code] ?? (error.message || t.errorUnknown);
}
