import { useState } from "preact/hooks";
import { Check, Input } from "../form";
import { t } from "../text";
import { SettingEditor } from "./load";

interface Rating {
  readonly enabled: boolean;
}

interface Asking {
  readonly days: number;
  readonly rated_share: number;
  readonly loyalty_share: number;
  readonly loyalty_after_days: number;
  readonly from_hour: number;
  readonly to_hour: number;
}

interface Replies {
  readonly hold_seconds: number;
}

export function RatingPage() {
  return (
    <>
      <SettingEditor<Rating> name="rating">
        {(value, change) => (
          <Check label={t.askRating} hint={t.askRatingHint} checked={value.enabled} change={(enabled) => change({ enabled })} />
        )}
      </SettingEditor>
      <h2>{t.asking.title}</h2>
      <SettingEditor<Asking> name="asking">
        {(value, change) => (
          <>
            <Input label={t.asking.days} hint={t.asking.daysHint} type="number" min={0} max={3650} value={value.days} change={(days) => change({ days: Number(days) })} required />
            <Percent label={t.asking.rated} hint={t.asking.ratedHint} share={value.rated_share} change={(share) => change({ rated_share: share })} />
            <Percent label={t.asking.loyalty} hint={t.asking.loyaltyHint} share={value.loyalty_share} change={(share) => change({ loyalty_share: share })} />
            <Input label={t.asking.after} type="number" min={1} max={89} value={value.loyalty_after_days} change={(days) => change({ loyalty_after_days: Number(days) })} required />
            <Input label={t.asking.from} hint={t.asking.hoursHint} type="number" min={0} max={23} value={value.from_hour} change={(hour) => change({ from_hour: Number(hour) })} required />
            <Input label={t.asking.to} type="number" min={value.from_hour + 1} max={24} value={value.to_hour} change={(hour) => change({ to_hour: Number(hour) })} required />
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

interface PercentProps {
  readonly label: string;
  readonly hint: string;
  readonly share: number;
  readonly change: (share: number) => void;
}

/** A share, 0 to 1, written in percent. What is typed stays as it is typed. */
function Percent({ label, hint, share, change }: PercentProps) {
  const [typed, setTyped] = useState(String(Math.round(share * 10_000) / 100));
  const type = (text: string): void => {
    setTyped(text);
    change(Number(text) / 100);
  };
  return <Input label={label} hint={hint} type="number" min={0} max={100} step={0.01} value={typed} change={type} required />;
}
