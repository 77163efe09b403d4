import { Check, Input } from "../form";
import { t } from "../text";
import { SettingEditor } from "./load";

interface Rating {
  readonly enabled: boolean;
  readonly days: number;
}

interface Replies {
  readonly hold_seconds: number;
}

export function RatingPage() {
  return (
    <>
      <SettingEditor<Rating> name="rating">
        {(value, change) => (
          <>
            <Check label={t.askRating} hint={t.askRatingHint} checked={value.enabled} change={(enabled) => change({ enabled })} />
            <Input label={t.everyDays} type="number" min={0} max={3650} value={value.days} change={(days) => change({ days: Number(days) })} required />
          </>
        )}
      </SettingEditor>
      <h2>{t.undoTitle}</h2>
      <SettingEditor<Replies> name="replies">
        {(value, change) => (
          <Input label={t.holdSeconds} hint={t.holdSecondsHint} type="number" min={0} max={60} step={0.5} value={value.hold_seconds} change={(seconds) => change({ hold_seconds: Number(seconds) })} required />
        )}
      </SettingEditor>
    </>
  );
}
