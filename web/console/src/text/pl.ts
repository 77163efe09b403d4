import { en, type Texts } from "./en";

export const pl: Texts = en;
