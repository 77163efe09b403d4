// The desk: lists or search at the left, the open conversation, and what is known of it at the right.

import { useApp } from "./app";
import { useCell } from "./cell";
import { Conversation } from "./conversation";
import { Icon } from "./icon";
import { QueueColumn } from "./queue";
import { SearchColumn } from "./search";
import { PHONE, useMedia } from "./media";
import { t } from "./text";

export function Desk() {
  const app = useApp();
  const route = useCell(app.address.route);
  const talk = useCell(app.talk);
  const phone = useMedia(PHONE);
  if (route.page !== "desk") return null;
  const name = route.list === "search" ? t.search : t.lists[route.list];
  return (
    <>
      <div class="column" role={phone && !talk ? "main" : "complementary"} aria-label={name}>
        <h1 class="unseen">{name}</h1>
        {route.list === "search" ? <SearchColumn /> : <QueueColumn list={route.list} />}
      </div>
      {talk ? <Conversation key={talk.id} talk={talk} list={route.list} /> : !phone && <Nothing />}
    </>
  );
}

function Nothing() {
  const app = useApp();
  const { counts } = useCell(app.lists.queue);
  return (
    <main class="nothing" tabIndex={-1}>
      <Icon name="queue" />
      <h1>{counts.waiting ? t.pickOne : t.nobodyWaits}</h1>
      <p>{t.pickHint}</p>
      <p><kbd>J</kbd> <kbd>K</kbd> <kbd>?</kbd></p>
    </main>
  );
}
