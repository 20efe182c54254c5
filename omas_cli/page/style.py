"""The page's style sheet."""

from __future__ import annotations

STYLE = """
:root{color-scheme:light dark;--ink:#1d2733;--quiet:#66727f;--paper:#f6f7f9;--card:#fff;--line:#dde2e8;--mark:#2f6fde;
--h0:#e9edf1;--h1:#c6dbfa;--h2:#8db6f3;--h3:#4f8bea;--h4:#1d57bd}
@media(prefers-color-scheme:dark){:root{--ink:#e6ebf1;--quiet:#93a0ae;--paper:#11161c;--card:#1a2129;--line:#2d3742;
--mark:#6ba4ff;--h0:#242d37;--h1:#1d3a66;--h2:#285a9f;--h3:#3f82dc;--h4:#8cbcff}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1000px;margin:0 auto;padding:32px 20px}
h1{margin:0;font-size:28px}h2{margin:0 0 16px;font-size:17px}
.quiet,.tile span,caption,th{color:var(--quiet);font-size:13px}.quiet{margin:0 0 20px}
.hint{margin:16px 0 0}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:20px;margin:16px 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px}
.tile{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 16px;display:grid}
.tile b{font-size:26px;line-height:1.3}
.pair{display:grid;grid-template-columns:minmax(260px,1.1fr) 1fr;gap:8px 24px;align-items:center}
.pair h2{grid-column:1/-1}
@media(max-width:640px){.pair{grid-template-columns:1fr}}
svg{display:block;width:100%;height:auto}svg text{fill:var(--quiet);font-size:13px}
svg .strong{fill:var(--ink);font-weight:600}
.web{fill:none;stroke:var(--line)}.shape{fill:var(--mark);fill-opacity:.22;stroke:var(--mark);stroke-width:2}
.line{fill:none;stroke-width:1.8;stroke-linejoin:round}
.s0{stroke:#3b82f6}.s1{stroke:#10a37f}.s2{stroke:#d97706}.s3{stroke:#c0468f}.line.s4{stroke:var(--ink);stroke-width:2.6}
.dot{fill:currentColor;stroke-width:3}
.k0{background:#3b82f6}.k1{background:#10a37f}.k2{background:#d97706}.k3{background:#c0468f}.k4{background:var(--ink)}
.legend{display:flex;flex-wrap:wrap;gap:6px 18px;margin:10px 0 0;font-size:13px}
.legend i{display:inline-block;width:18px;height:3px;margin-right:6px;vertical-align:middle}
.h0{fill:var(--h0)}.h1{fill:var(--h1)}.h2{fill:var(--h2)}.h3{fill:var(--h3)}.h4{fill:var(--h4)}
table{border-collapse:collapse;width:100%}caption{text-align:left;padding-bottom:6px}
td,th{padding:5px 8px;text-align:left;border-bottom:1px solid var(--line);white-space:nowrap}
.number{text-align:right;font-variant-numeric:tabular-nums}th:nth-child(n+5){text-align:right}
.wide{width:60%}.share{height:10px;border-radius:5px;background:var(--mark)}.scroll{overflow-x:auto}
""".replace("\n", "")
