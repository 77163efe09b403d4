import { en, type Texts } from "./en";

export const bg: Texts = en;
