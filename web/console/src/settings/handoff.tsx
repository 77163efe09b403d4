import { Check, Choices, Input } from "../form";
import { t } from "../text";
import { SettingEditor } from "./load";

interface Rules {
  readonly misses: number;
  readonly failures: number;
  readonly complaints: boolean;
  readonly promises: boolean;
  readonly protected: readonly string[];
  readonly anger: number;
}

const TOPICS = ["self_harm", "safety", "legal", "data_protection"] as const;

export function HandoffPage() {
  return (
    <>
      <p class="hint">{t.handoff.hint}</p>
      <SettingEditor<Rules> name="handoff">
        {(value, change) => (
          <>
            <Input label={t.handoff.misses} hint={t.handoff.zeroOff} type="number" min={0} max={20} value={value.misses} change={(misses) => change({ misses: Number(misses) })} required />
            <Input label={t.handoff.failures} hint={t.handoff.zeroOff} type="number" min={0} max={20} value={value.failures} change={(failures) => change({ failures: Number(failures) })} required />
            <Input label={t.handoff.anger} hint={t.handoff.angerHint} type="number" min={0} max={2} step={0.05} value={value.anger} change={(anger) => change({ anger: Number(anger) })} required />
            <Check label={t.handoff.complaints} checked={value.complaints} change={(complaints) => change({ complaints })} />
            <Check label={t.handoff.promises} checked={value.promises} change={(promises) => change({ promises })} />
            <Choices label={t.handoff.protected} chosen={value.protected} change={(chosen) => change({ protected: chosen })} options={TOPICS.map((topic) => [topic, t.handoff.topics[topic]] as const)} />
          </>
        )}
      </SettingEditor>
    </>
  );
}
