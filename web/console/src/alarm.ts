// Calling the agent: a short sound, and a notice of the system when the page is not looked at.

import type { Preferences } from "./prefs";

export type Call = "offer" | "message" | "mention";

const NOTES: Readonly<Record<Call, readonly number[]>> = {
  offer: [523, 659, 784],
  message: [659],
  mention: [784, 659],
};

export class Alarm {
  private audio: AudioContext | null = null;

  constructor(private readonly prefs: Preferences) {
    // Browsers allow sound only after the first touch.
    const wake = (): void => void this.context()?.resume().catch(() => undefined);
    addEventListener("pointerdown", wake, { once: true });
    addEventListener("keydown", wake, { once: true });
  }

  /** `title` and `text` only go to the system's notice, and only if the agent has asked for them. */
  call(kind: Call, title: string, text: string, open: () => void): void {
    if (this.prefs.cell.value.sound) this.play(kind);
    if (!this.prefs.cell.value.notices || document.hasFocus()) return;
    if (!("Notification" in window) || Notification.permission !== "granted") return;
    const notice = new Notification(title, { body: text, tag: `grija-${kind}`, icon: "/assets/mark.svg" });
    notice.onclick = () => {
      window.focus();
      open();
      notice.close();
    };
  }

  play(kind: Call): void {
    const audio = this.context();
    if (!audio || audio.state !== "running") return;
    NOTES[kind].forEach((pitch, place) => tone(audio, pitch, audio.currentTime + place * 0.14));
  }

  private context(): AudioContext | null {
    if (!this.audio && "AudioContext" in window) this.audio = new AudioContext();
    return this.audio;
  }
}

function tone(audio: AudioContext, pitch: number, at: number): void {
  const source = audio.createOscillator();
  const volume = audio.createGain();
  source.type = "sine";
  source.frequency.value = pitch;
  volume.gain.setValueAtTime(0.0001, at);
  volume.gain.exponentialRampToValueAtTime(0.12, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.3);
  source.connect(volume).connect(audio.destination);
  source.start(at);
  source.stop(at + 0.32);
}

/** Ask the browser whether notices are allowed. */
export async function mayNotify(): Promise<boolean> {
  if (!("Notification" in window)) return false;
  return (await Notification.requestPermission()) === "granted";
}
