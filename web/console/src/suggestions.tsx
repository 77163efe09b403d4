// Answers that may fit: taken over into the draft, never sent by themselves.

import { useApp } from "./app";
import { useCell } from "./cell";
import { useAnswer } from "./commands";
import { Icon } from "./icon";
import type { Answer } from "./protocol";
import { t } from "./text";
import type { Talk } from "./talk";

/** The row keeps its place while the brief is under way, so that nothing jumps when it comes. */
export function Suggestions({ talk }: { talk: Talk }) {
  const app = useApp();
  const brief = useCell(talk.brief);
  const answers = brief?.answers.slice(0, 3) ?? [];
  if (brief && answers.length === 0) return null;
  return (
    <div class="suggestions" role="group" aria-label={t.suggestedAnswers}>
      {answers.length > 0 && <Icon name="spark" />}
      {answers.map((answer, place) => (
        <button key={place} type="button" title={`Alt+${place + 1}\n${answer.text}`} onClick={() => useAnswer(app, place)}>
          {answer.text}
        </button>
      ))}
    </div>
  );
}

export function sourceName({ source, title }: Answer): string {
  const name = (t.sources as Readonly<Record<string, string>>)[source] ?? source;
  return title ? `${name}: ${title}` : name;
}
