import { en, type Texts } from "./en";

export const el: Texts = en;
