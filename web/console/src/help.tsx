import { useApp } from "./app";
import { useCell } from "./cell";
import { Check } from "./form";
import { ALT_KEYS, type Command, KEYS } from "./keys";
import { Modal } from "./modal";
import { t } from "./text";

const GROUPS: readonly (readonly [keyof typeof t.keyGroups, readonly Command[]])[] = [
  ["move", ["list1", "list2", "list3", "list4", "list5", "next", "previous", "search", "end", "older"]],
  ["offer", ["accept", "pass"]],
  ["write", ["reply", "note", "answer1", "answer2", "answer3", "undo"]],
  ["act", ["take", "transfer", "snooze", "release", "close", "block", "brief", "help"]],
];

export function Help({ close }: { close: () => void }) {
  const app = useApp();
  const { keys } = useCell(app.prefs.cell);
  return (
    <Modal title={t.keyboard} kind="wide" close={close}>
      <div class="keys">
        {GROUPS.map(([group, commands]) => (
          <section key={group}>
            <h3>{t.keyGroups[group]}</h3>
            <dl>
              {commands.map((command) => <KeyLine key={command} command={command} />)}
              {group === "write" && <><dt><kbd>/</kbd></dt><dd>{t.keyCanned}</dd><dt><kbd>@</kbd></dt><dd>{t.keyMention}</dd><dt><kbd>Enter</kbd></dt><dd>{t.keySend}</dd></>}
              {group === "move" && <><dt><kbd>Esc</kbd></dt><dd>{t.keyEscape}</dd></>}
            </dl>
          </section>
        ))}
      </div>
      <Check label={t.singleKeys} hint={t.singleKeysHint} checked={keys} change={(on) => app.prefs.change({ keys: on })} />
    </Modal>
  );
}

function KeyLine({ command }: { command: Command }) {
  const plain = Object.keys(KEYS).filter((key) => KEYS[key] === command);
  const alt = Object.keys(ALT_KEYS).filter((key) => ALT_KEYS[key] === command);
  return (
    <>
      <dt>{plain.map((key) => <kbd key={key}>{key.toUpperCase()}</kbd>)}{alt.map((key) => <kbd key={`alt${key}`}>Alt+{key.toUpperCase()}</kbd>)}</dt>
      <dd>{t.commands[command]}</dd>
    </>
  );
}
