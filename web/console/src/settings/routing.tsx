import { Input } from "../form";
import { t } from "../text";
import { SettingEditor } from "./load";

type Name = keyof typeof t.routing;
type Routing = Record<Name, number>;

/** What may be written, and in which steps. */
const FIELDS: readonly (readonly [Name, number, number, number])[] = [
  ["accept_seconds", 5, 3600, 1],
  ["gone_seconds", 20, 3600, 1],
  ["reassign_gone_seconds", 20, 86_400, 1],
  ["reassign_silent_minutes", 1, 1440, 1],
  ["away_after", 1, 100, 1],
  ["language_patience_seconds", 0, 86_400, 1],
  ["team_patience_seconds", 0, 86_400, 1],
  ["hostile_anger", 0, 1, 0.05],
  ["hostile_in_a_row", 1, 100, 1],
  ["anger_weight", 0, 10, 0.1],
  ["points_per_minute", 0.01, 100, 0.01],
  ["late_points", 0, 1000, 1],
  ["later_points", 0, 1000, 1],
  ["shift_hours", 1, 24, 1],
  ["handling_minutes", 0.5, 480, 0.5],
];

export function RoutingPage() {
  return (
    <SettingEditor<Routing> name="routing">
      {(value, change) => (
        <div class="grid">
          {FIELDS.filter(([name]) => name in value).map(([name, min, max, step]) => (
            <Input key={name} label={t.routing[name]} type="number" min={min} max={max} step={step} value={value[name]} required
              change={(number) => change({ [name]: Number(number) } as Partial<Routing>)} />
          ))}
        </div>
      )}
    </SettingEditor>
  );
}
