import { en, type Texts } from "./en";

export const ro: Texts = en;
