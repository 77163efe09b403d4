"""The look of the help pages, close to that of the demo shop."""

STYLE = """
:root { color-scheme: light dark; --back: #faf6ef; --card: #fffdf9; --ink: #22302b; --quiet: #5c6a63;
  --line: #e4dccd; --brand: #0f6b5c; --link: #0b574b; --tint: #e3efe9; }
@media (prefers-color-scheme: dark) {
  :root { --back: #141a18; --card: #1c2421; --ink: #e9efec; --quiet: #a5b3ac;
    --line: #323d38; --brand: #17806e; --link: #7fd6c2; --tint: #203430; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); overflow-wrap: break-word;
  font: 17px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
header, main, footer { max-width: 780px; margin-inline: auto; padding-inline: 20px; }
header { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between;
  gap: 10px 24px; padding-block: 18px; }
h1, h2, .brand { font-family: Georgia, "Iowan Old Style", "Noto Serif", serif; font-weight: 600; line-height: 1.2; }
h1 { margin: 0 0 18px; font-size: clamp(1.8rem, 4.5vw, 2.6rem); text-wrap: balance; }
h2 { margin: 34px 0 8px; font-size: 1.35rem; }
p, ul, ol, table { margin: 0 0 14px; }
a { color: var(--link); text-underline-offset: 3px; }
:focus-visible { outline: 3px solid var(--brand); outline-offset: 3px; border-radius: 6px; }
.brand { color: inherit; text-decoration: none; font-size: 1.3rem; }
.brand small { color: var(--quiet); font: 400 0.95rem system-ui, "Noto Sans", sans-serif; }
nav { display: flex; flex-wrap: wrap; gap: 2px; margin-inline: -10px; }
nav a { padding: 6px 10px; border-radius: 9px; font-size: 0.92rem; color: var(--quiet); text-decoration: none; }
nav a:hover { color: var(--ink); }
nav [aria-current] { background: var(--tint); color: var(--link); font-weight: 650; }
main { padding-block: 30px 34px; border: 1px solid var(--line); border-radius: 18px; background: var(--card); }
main > :last-child, article > :last-child { margin-block-end: 0; }
.articles { padding: 0; list-style: none; }
.articles a { display: block; padding: 11px 0; border-block-end: 1px solid var(--line); text-decoration: none; }
.articles a:hover { text-decoration: underline; }
.more { margin-block-start: 34px; padding-block-start: 18px; border-block-start: 1px solid var(--line); }
table { border-collapse: collapse; } th, td { padding: 6px 12px 6px 0; text-align: start; vertical-align: top; }
img { max-width: 100%; height: auto; }
footer { padding-block: 24px 60px; font-size: 0.92rem; }
@media (max-width: 820px) { main { border-radius: 0; border-inline: 0; } }
"""
