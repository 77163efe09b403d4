// Conversations that are offered to this agent, each with the seconds that are left to answer.

import { useState } from "preact/hooks";
import { useApp } from "./app";
import { Avatar } from "./avatar";
import { useCell } from "./cell";
import { useCountdown } from "./clock";
import { ChannelIcon } from "./icon";
import { angerOf, channelName, reasonName } from "./item_row";
import type { Offer } from "./offers";
import { fill, t } from "./text";
import { languageName } from "./times";

export function OfferStack() {
  const app = useApp();
  const open = useCell(app.offers.open);
  return (
    <section class="offers" aria-label={t.offers} aria-live="polite">
      {open.map((offer) => <OfferCard key={offer.handoff} offer={offer} />)}
    </section>
  );
}

function OfferCard({ offer }: { offer: Offer }) {
  const app = useApp();
  const { item } = offer;
  const left = useCountdown(app.clock, offer.until);
  const [whole] = useState(Math.max(1, left));
  const anger = angerOf(item.anger);
  const facts = [channelName(item.channel), item.language ? languageName(item.language, app.locale) : "", item.reason ? reasonName(item.reason) : ""];
  return (
    <article class="offer" data-anger={anger}>
      <header>
        <Avatar id={item.customer.id} name={item.customer.name}><span class="channel"><ChannelIcon channel={item.channel} /></span></Avatar>
        <h2>{fill(t.offerFor, { name: item.customer.name || t.nameless })}<small>{facts.filter(Boolean).join(" · ")}{anger !== "calm" && ` · ${t.anger[anger]}`}</small></h2>
        <b class="left" aria-label={fill(t.secondsLeft, { n: left })}>{left}</b>
      </header>
      {item.last?.text && <p class="said">{item.last.text}</p>}
      <progress value={left} max={whole} aria-label={t.timeLeft} />
      <div class="buttons">
        <button type="button" class="primary" disabled={left === 0} onClick={() => void app.offers.accept(offer)}>{t.accept}<kbd aria-hidden="true">A</kbd></button>
        <button type="button" onClick={() => void app.offers.pass(offer)}>{t.pass}<kbd aria-hidden="true">P</kbd></button>
      </div>
    </article>
  );
}
