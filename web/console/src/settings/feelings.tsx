import { Input, Select } from "../form";
import { t } from "../text";
import { SettingEditor } from "./load";

type Step = keyof typeof t.feelings.steps;

interface Rules {
  readonly priority: number;
  readonly suggest: number;
  readonly handoff: number;
  readonly most: Step;
  readonly begins_low: Step;
}

const STEPS: readonly Step[] = ["nothing", "priority", "suggest", "handoff"];
const DEPTHS = ["priority", "suggest", "handoff"] as const;

export function FeelingsPage() {
  const steps = STEPS.map((step) => [step, t.feelings.steps[step]] as const);
  return (
    <>
      <p class="hint">{t.feelings.hint}</p>
      <SettingEditor<Rules> name="feelings">
        {(value, change) => (
          <>
            {DEPTHS.map((name) => (
              <Input key={name} label={t.feelings[name]} hint={t.feelings.depthHint} type="number" min={0.05} max={2} step={0.05} value={value[name]} change={(depth) => change({ [name]: Number(depth) })} required />
            ))}
            <Select<Step> label={t.feelings.most} value={value.most} options={steps} change={(most) => change({ most })} />
            <Select<Step> label={t.feelings.begins_low} hint={t.feelings.beginsLowHint} value={value.begins_low} options={steps} change={(begins_low) => change({ begins_low })} />
          </>
        )}
      </SettingEditor>
    </>
  );
}
