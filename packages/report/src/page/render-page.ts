import { PAGE_STYLE } from "./page-style.ts";
import type { Panel, ReportContent, Section, Verdict } from "./report-content.ts";

/** Escapes text for HTML. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function renderTable({ columns, rows }: NonNullable<Panel["table"]>): string {
  const head = columns.map((name) => `<th>${escapeHtml(name)}</th>`).join("");
  const body = rows
    .map((row) => `<tr>${row.map((cell) => `<td>${escapeHtml(cell)}</td>`).join("")}</tr>`)
    .join("");
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function renderPanel(panel: Panel): string {
  const title = `<h3>${escapeHtml(panel.title)}</h3>`;
  const alt = escapeHtml(panel.title);
  const body =
    panel.svg ??
    (panel.src === undefined ? "" : `<img src="${panel.src}" alt="${alt}">`) +
      (panel.pair === undefined
        ? ""
        : `<div class="pair">${panel.pair
            .map(
              ({ src, label }) =>
                `<div><img src="${src}" alt="${escapeHtml(label)}"><span>${escapeHtml(label)}</span></div>`,
            )
            .join("")}</div>`) +
      (panel.table === undefined ? "" : renderTable(panel.table));
  const classes = [panel.wide ? "wide" : "", panel.light ? "sheet" : ""].filter(Boolean).join(" ");
  return `<figure class="${classes}">${title}${body}<figcaption>${escapeHtml(panel.caption)}</figcaption></figure>`;
}

function renderSection(section: Section): string {
  const head = `<h2>${escapeHtml(section.title)}</h2><p>${escapeHtml(section.lead)}</p>`;
  return `<section>${head}<div class="panels">${section.panels.map(renderPanel).join("")}</div></section>`;
}

function renderVerdicts(verdicts: readonly Verdict[]): string {
  if (verdicts.length === 0) return "";
  const rows = verdicts.map(
    (v) =>
      `<tr><td>${escapeHtml(v.name)}</td><td>${escapeHtml(v.goal)}</td><td>${escapeHtml(v.figure)}</td>` +
      `<td class="${v.pass ? "pass" : "short"}">${v.pass ? "✓ reached" : "✗ short"}</td></tr>`,
  );
  return (
    `<section><h2>Against the truth</h2><p>The survey is simulated, so what is really there is known. These are the ` +
    `figures that the pipeline reaches on it.</p><table><thead><tr><th>Measure</th><th>Goal</th><th>Figure</th><th>Verdict</th>` +
    `</tr></thead><tbody>${rows.join("")}</tbody></table></section>`
  );
}

/** The whole page as one HTML text that needs nothing from the network. */
export function renderPage(content: ReportContent): string {
  const hero = content.hero;
  const image = hero === undefined ? "" : `<img src="${hero.src}" alt="${escapeHtml(hero.caption)}">`;
  const facts = content.facts.map((fact) => {
    const note = fact.note === undefined ? "" : `<br><span>${escapeHtml(fact.note)}</span>`;
    return `<div><b>${escapeHtml(fact.value)}</b><span>${escapeHtml(fact.label)}</span>${note}</div>`;
  });
  const notes =
    content.notes.length === 0
      ? ""
      : `<section><h2>Notes</h2><ul class="notes">${content.notes.map((note) => `<li>${escapeHtml(note)}</li>`).join("")}</ul></section>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(content.title)}</title><style>${PAGE_STYLE}</style></head>
<body>
<header class="${hero === undefined ? "plain" : ""}">${image}<div class="words"><div class="mark">Almagest</div>
<h1>${escapeHtml(content.title)}</h1><p>${escapeHtml(content.subtitle)}</p>
${hero === undefined ? "" : `<p><small>${escapeHtml(hero.caption)}</small></p>`}</div></header>
<main><div class="facts">${facts.join("")}</div>
${renderVerdicts(content.verdicts)}
${content.sections.map(renderSection).join("\n")}
${notes}
<footer>${escapeHtml(content.colophon)}</footer></main></body></html>
`;
}
