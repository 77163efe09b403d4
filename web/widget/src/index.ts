// The script to embed: <script src=".../widget.js" data-site="demo" async></script>

import { define, embed } from "./define";

const own = document.currentScript;
define();
if (own instanceof HTMLScriptElement && own.src) embed(own);
