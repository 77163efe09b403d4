// Small line drawings on a grid of 24.

const PATHS = {
  queue: "M4 6h16M4 12h16M4 18h10",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14M20 20l-4-4",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5",
  help: "M9.2 9a2.9 2.9 0 1 1 4 2.7c-.8.4-1.2 1-1.2 1.9v.4M12 17.2v.3M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4.5 20c1-3.6 4-5.5 7.500-5.500s6.500 1.900 7.500 5.500",
  people: "M9 11.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7M2.500 19c.8-3 3.300-4.700 6.500-4.700s5.700 1.700 6.500 4.700M15.500 4.800a3.500 3.500 0 0 1 0 6.500M18 14.800c1.800.7 3 2.100 3.500 4.200",
  cross: "M6 6l12 12M18 6L6 18",
  back: "M15 5l-7 7 7 7",
  down: "M6 9l6 6 6-6",
  check: "M5 12.500l4.500 4.500L19 7.500",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M12 7v5.200l3.300 2",
  warning: "M12 4l9 16H3L12 4M12 10v4.500M12 17.300v.2",
  send: "M4 12l16-8-6 16-3-6.500L4 12M11 13.500L20 4",
  lock: "M6.500 11h11v9h-11zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
  transfer: "M4 8h14l-3.500-3.500M20 16H6l3.500 3.500",
  snooze: "M7 6h8l-8 9h8M17 13h4l-4 5h4",
  done: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M8 12.300l2.800 2.800L16 9.500",
  bot: "M5.500 9h13v10h-13zM12 9V5.500M12 5.500v-.2M9 13.200v1.300M15 13.200v1.300M3 13v3M21 13v3",
  take: "M8 12V6.500a1.500 1.500 0 0 1 3 0V11M11 10V4.800a1.500 1.500 0 0 1 3 0V11M14 10.500V6.300a1.500 1.500 0 0 1 3 0V14c0 4-2 6.500-5.500 6.500-3 0-4.300-1.500-5.500-3.800l-1.900-3.500a1.500 1.500 0 0 1 2.600-1.500L8 13.500",
  block: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M5.800 5.800l12.400 12.400",
  brief: "M6 3.500h12v17H6zM9 8h6M9 12h6M9 16h4",
  more: "M12 6v.2M12 12v.2M12 18v.2",
  web: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M3.500 12h17M12 3c2.500 2.500 3.700 5.500 3.700 9s-1.200 6.500-3.700 9c-2.500-2.500-3.700-5.500-3.700-9S9.500 5.500 12 3",
  telegram: "M3.500 11.500l17-7-3 15-5.500-4-3 3-.5-5L17 7.500",
  slack: "M9 4v16M15 4v16M4 9h16M4 15h16",
  terminal: "M5 7l5 5-5 5M12 17h7",
  file: "M7 3.500h7l4 4v13H7zM14 3.500v4h4",
  bell: "M6.500 16V11a5.500 5.500 0 0 1 11 0v5l1.500 2H5zM10.300 20.500h3.400",
  out: "M14 4H6v16h8M11 12h9M17 8.500l3.500 3.500-3.500 3.500",
  plus: "M12 5v14M5 12h14",
  bin: "M5 7h14M9.500 7V4.500h5V7M7 7l.8 13h8.400L17 7",
  eye: "M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12M12 14.800a2.800 2.800 0 1 0 0-5.600 2.800 2.800 0 0 0 0 5.600",
  pen: "M5 19l1-4L16.500 4.500l3 3L9 18l-4 1",
  slash: "M15.500 4l-7 16",
  spark: "M12 4l1.800 5.200L19 11l-5.200 1.800L12 18l-1.800-5.200L5 11l5.200-1.800z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The drawing of a channel; a speech-less circle for one that we do not know. */
export function ChannelIcon({ channel }: { channel: string }) {
  return <Icon name={isIcon(channel) ? channel : "web"} />;
}

function isIcon(name: string): name is IconName {
  return Object.hasOwn(PATHS, name);
}
