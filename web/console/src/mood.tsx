// How a customer's message reads: a dot with a name and a number, so that nobody has to tell colours apart.

import { useApp } from "./app";
import type { MessageEntry } from "./protocol";
import { fill, t } from "./text";
import { sideOf, signed } from "./valence";

export function Mood({ mood }: { mood: NonNullable<MessageEntry["mood"]> }) {
  const app = useApp();
  const emotion = (t.emotions as Readonly<Record<string, string>>)[mood.emotion] ?? mood.emotion;
  const valence = signed(mood.valence, app.locale);
  const whole = fill(t.readsScale, { emotion, valence });
  return (
    <span class={`reads ${sideOf(mood.emotion)}`} data-weak={mood.weak} title={mood.weak ? `${whole}. ${t.readsWeakWhy}` : whole}>
      <i aria-hidden="true" />
      <span class="unseen">{t.reads}: </span>
      {emotion} <b>{valence}</b>
      {mood.weak && <em>{t.readsWeak}</em>}
    </span>
  );
}
