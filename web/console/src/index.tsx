// The console's beginning: everything is made here and nowhere at import.

import { render } from "preact";
import { App } from "./app";
import { Root } from "./root";

const place = document.getElementById("console");
if (!place) throw new Error("The page has no place for the console.");
const app = new App();
render(<Root app={app} />, place);
void app.start();
