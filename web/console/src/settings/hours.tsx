// When people answer: blocks for each weekday, a time zone, and days that are different.

import { useApp } from "../app";
import { Check, Input } from "../form";
import { Icon } from "../icon";
import { t } from "../text";
import { SettingEditor } from "./load";

interface Block {
  readonly begin: string;
  readonly end: string;
}

interface Holiday {
  readonly day: string;
  readonly name: string;
  readonly blocks: readonly Block[];
}

const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
type Day = (typeof DAYS)[number];

interface Hours {
  readonly always: boolean;
  readonly time_zone: string;
  readonly week: Readonly<Record<Day, readonly Block[]>>;
  readonly holidays: readonly Holiday[];
}

const USUAL: Block = { begin: "09:00", end: "17:00" };

export function HoursPage() {
  const app = useApp();
  return (
    <SettingEditor<Hours> name="hours">
      {(value, change) => (
        <>
          <Check label={t.hours.always} hint={t.hours.alwaysHint} checked={value.always} change={(always) => change({ always })} />
          <Input label={t.hours.zone} hint={t.hours.zoneHint} value={value.time_zone} change={(time_zone) => change({ time_zone })} list="zones" required />
          <datalist id="zones">{Intl.supportedValuesOf("timeZone").map((zone) => <option key={zone} value={zone} />)}</datalist>
          {!value.always && (
            <>
              <div class="week">
                {DAYS.map((day, place) => (
                  <fieldset key={day}>
                    <legend>{weekday(place, app.locale)}</legend>
                    <Blocks blocks={value.week[day] ?? []} change={(blocks) => change({ week: { ...value.week, [day]: blocks } })} />
                  </fieldset>
                ))}
              </div>
              <h2>{t.hours.holidays}</h2>
              <p class="hint">{t.hours.holidaysHint}</p>
              {value.holidays.map((holiday, place) => (
                <fieldset class="holiday" key={place}>
                  <legend class="unseen">{holiday.name || holiday.day}</legend>
                  <Input label={t.hours.day} value={holiday.day} pattern="(\d{4}-)?\d{2}-\d{2}" placeholder="12-25" required change={(day) => change({ holidays: replaced(value.holidays, place, { ...holiday, day }) })} />
                  <Input label={t.name} value={holiday.name} maxLength={80} change={(name) => change({ holidays: replaced(value.holidays, place, { ...holiday, name }) })} />
                  <Blocks blocks={holiday.blocks} change={(blocks) => change({ holidays: replaced(value.holidays, place, { ...holiday, blocks }) })} />
                  <button type="button" class="bare" aria-label={`${t.remove}: ${holiday.name || holiday.day}`} onClick={() => change({ holidays: without(value.holidays, place) })}><Icon name="bin" /></button>
                </fieldset>
              ))}
              <p><button type="button" onClick={() => change({ holidays: [...value.holidays, { day: "", name: "", blocks: [] }] })}><Icon name="plus" />{t.hours.addHoliday}</button></p>
            </>
          )}
        </>
      )}
    </SettingEditor>
  );
}

function Blocks({ blocks, change }: { blocks: readonly Block[]; change: (blocks: readonly Block[]) => void }) {
  return (
    <div class="blocks">
      {blocks.length === 0 && <span class="quiet">{t.hours.shut}</span>}
      {blocks.map((block, place) => (
        <span class="block" key={place}>
          <input type="time" aria-label={t.hours.begin} value={block.begin} required onInput={(event) => change(replaced(blocks, place, { ...block, begin: event.currentTarget.value }))} />
          –
          <input type="time" aria-label={t.hours.end} value={shownEnd(block.end)} required onInput={(event) => change(replaced(blocks, place, { ...block, end: writtenEnd(event.currentTarget.value) }))} />
          <button type="button" class="bare" aria-label={t.remove} onClick={() => change(without(blocks, place))}><Icon name="cross" /></button>
        </span>
      ))}
      <button type="button" class="bare" aria-label={t.hours.addBlock} title={t.hours.addBlock} onClick={() => change([...blocks, USUAL])}><Icon name="plus" /></button>
    </div>
  );
}

// Midnight at the end of a day is "24:00" to the server; a field for times knows only "00:00".
const shownEnd = (end: string): string => (end === "24:00" ? "00:00" : end);
const writtenEnd = (end: string): string => (end === "00:00" ? "24:00" : end);

function replaced<T>(all: readonly T[], place: number, one: T): T[] {
  return all.map((other, at) => (at === place ? one : other));
}

function without<T>(all: readonly T[], place: number): T[] {
  return all.filter((_, at) => at !== place);
}

// 1 January 2024 was a Monday.
function weekday(place: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, { weekday: "long" }).format(new Date(2024, 0, 1 + place));
}
