"""What the browser adds to every page: a stylesheet, and a component of our own that completes Streamlit's markup.

The toolbar of a figure gets SVG and CSV, which are made in the browser: Streamlit passes Plotly's settings on as JSON, in which
a button cannot have code. The lists of the navigation get the roles that their markup lacks.
"""

import streamlit as st

from rnn_core.language import reader, tr

_STYLE = """<style>
/* The name of a formula's button says which one it is; the word "Formula" is seen. */
[class*="st-key-formula-"] button .stMarkdownColoredText {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
[class*="st-key-head-"] { flex-wrap: nowrap; }
[class*="st-key-head-"] > :first-child { flex: 1 1 0; min-width: 0; }
[class*="st-key-head-"] > :last-child { flex: none; }
/* The primary colour carries white text, which makes it too dark for text of its own on a dark page. */
[role="tab"][aria-selected="true"], button:is([aria-checked="true"], [aria-pressed="true"], [data-selected="true"]) {
  color: inherit !important;
}
/* A toolbar that is reached by keyboard is seen, and where there is no room above the plot it stands below. */
.js-plotly-plot .plotly .modebar--hover:focus-within { opacity: 1; }
.js-plotly-plot .modebar-container.below { top: auto !important; bottom: 0; }
.modebar-btn.file { font-size: 11px; line-height: 1; font-weight: 600; padding: 0 4px; color: inherit; opacity: 0.75; }
/* Streamlit's colour of code is not read in a pale caption. */
[data-testid="stCaptionContainer"] code { color: inherit; }
/* Controls that stand in one row are of one height. */
[data-testid="stButtonGroup"] button[data-variant="segmented_control"] { min-height: 2.5rem; }
input[role="combobox"] { text-overflow: ellipsis; }
[data-testid="stMainBlockContainer"] { padding-bottom: 4rem; }
/* Narrow and low screens: less room around things, so that the first figure is seen at once on a projector of 1,024 × 768. */
@media (max-width: 1100px) {
  [data-testid="stMainBlockContainer"] { padding-left: 1.25rem; padding-right: 1.25rem; }
  [data-testid="stSidebar"][data-collapsed="false"] { width: 13rem !important; min-width: 13rem; }
  input[role="combobox"] { font-size: 0.875rem; padding-right: 0; }
}
@media (max-width: 640px) { [data-testid="stMainBlockContainer"] { padding-left: 1rem; padding-right: 1rem; } }
@media (max-height: 820px) {
  [data-testid="stMain"] [data-testid="stVerticalBlock"] { gap: 0.5rem; }
  [data-testid="stMainBlockContainer"] { padding-top: 1rem; }
  [data-testid="stMain"] h1 { font-size: 1.6rem; padding: 0.5rem 0; }
  .st-key-lesson-step { margin-top: 0.4rem; }
  [data-testid="stMetricValue"] { font-size: 1.5rem; }
}
/* On a telephone Streamlit's header lies over the page, which begins below it. */
@media (max-width: 640px) { [data-testid="stMainBlockContainer"] { padding-top: 3.75rem !important; } }
</style>"""

_JS = r"""
const label = (axis, at) => {
  const ticks = axis?.tickvals ? Array.from(axis.tickvals, Number) : []
  const tick = ticks.findIndex(value => Math.abs(value - at) < 1e-9)
  return axis?.labelalias?.[Number(at).toFixed(1)] ?? (tick >= 0 && axis.ticktext ? axis.ticktext[tick] : at)
}
const plain = markup => {
  const node = new DOMParser().parseFromString(String(markup).replaceAll("<br>", " "), "text/html")
  return node.body.textContent
}
const cell = value => {
  if (value === null || value === undefined || Number.isNaN(value)) return ""
  if (typeof value === "number") return String(value)
  let text = plain(value)
  if (/^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text))) text = "'" + text  // no formula in a spreadsheet
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** The numbers of a figure: one row per point or cell. */
const rows = plot => {
  const found = [["series", "x", "y", "value", "text"]]
  const points = trace => trace.x ? trace.x.length : 0
  const exact = trace => trace.customdata?.[0]?.length > 2  // the cells' own numbers, beside those drawn in one byte
  for (const trace of plot._fullData) {
    if (trace.visible !== true) continue
    const across = plot._fullLayout["xaxis" + (trace.xaxis ?? "x").slice(1)]
    const down = plot._fullLayout["yaxis" + (trace.yaxis ?? "y").slice(1)]
    if (trace.type === "heatmap") {
      const cells = trace.z.length * (trace.z[0]?.length ?? 0)
      if (plot._fullData.some(other => exact(other) && points(other) === cells)) continue
      const unit = typeof trace.meta === "number" ? trace.meta : 1
      for (let j = 0; j < trace.z.length; j++) for (let i = 0; i < trace.z[j].length; i++) {
        const x = trace.x?.[i] ?? (trace.x0 ?? 0) + i * (trace.dx ?? 1), y = trace.y?.[j] ?? (trace.y0 ?? 0) + j * (trace.dy ?? 1)
        const value = trace.customdata?.[j]?.[i] ?? trace.z[j][i] * unit
        found.push(["", label(across, x), label(down, y), value, trace.text?.[j]?.[i]])
      }
    } else if (exact(trace) || trace.marker?.opacity !== 0 || trace.mode !== "markers") {
      const name = exact(trace) ? "" : trace.meta ?? trace.name
      for (let i = 0; i < points(trace); i++) {
        const text = Array.isArray(trace.text) ? trace.text[i] : Array.isArray(trace.hovertext) ? trace.hovertext[i] : ""
        found.push([name, label(across, trace.x[i]), label(down, trace.y[i]), exact(trace) ? trace.customdata[i][2] : "", text])
      }
    }
  }
  return found
}

const save = (name, kind, text) => {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(new Blob([text], { type: kind }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

const asCsv = plot => {
  const text = rows(plot).map(row => row.map(cell).join(",")).join("\r\n")
  save(plot._context.toImageButtonOptions.filename + ".csv", "text/csv", "\ufeff" + text + "\r\n")
}

const asSvg = plot => {  // Plotly's own button, told another format
  const before = plot._context.toImageButtonOptions
  plot._context.toImageButtonOptions = { ...before, format: "svg", scale: 1 }
  plot.querySelector('.modebar-btn[aria-label^="Download plot"]').click()
  plot._context.toImageButtonOptions = before
}

let words = {}

const name = button => {
  button.dataset.title = words[button.textContent]
  button.setAttribute("aria-label", words[button.textContent])
}

const complete = () => {
  for (const bar of document.querySelectorAll(".js-plotly-plot .modebar")) {
    for (const button of bar.querySelectorAll(".file")) name(button)
    if (bar.querySelector(".file")) continue
    const plot = bar.closest(".js-plotly-plot"), group = document.createElement("div")
    if (!plot._fullLayout) continue
    bar.parentElement.classList.toggle("below", plot._fullLayout.margin.t < 26)
    group.className = "modebar-group"
    for (const [kind, act] of [["SVG", asSvg], ["CSV", asCsv]]) {
      const button = document.createElement("button")
      button.type = "button"
      button.className = "modebar-btn file"
      button.setAttribute("rel", "tooltip")
      button.textContent = kind
      name(button)
      button.addEventListener("click", () => act(plot))
      group.append(button)
    }
    bar.append(group)
  }
  for (const box of document.querySelectorAll('input[role="combobox"]')) box.title = box.value  // where it is cut
  const fold = document.querySelector('[data-testid="stSidebarCollapseButton"] button')
  if (fold && !window.unrolledFolded) {  // once, as the page opens: Streamlit itself folds it below 768 pixels
    window.unrolledFolded = true
    if (window.innerWidth <= 900 && fold.getAttribute("aria-expanded") === "true") fold.click()
  }
  for (const list of document.querySelectorAll('ul[data-testid="stSidebarNavItems"]')) {
    list.setAttribute("role", "presentation")
    for (const section of list.querySelectorAll(":scope > div")) section.setAttribute("role", "list")
  }
}

export default function ({ data, parentElement }) {
  words = data
  document.documentElement.lang = data.language
  complete()
  if (parentElement.watched) return
  let frame = 0
  const later = () => { cancelAnimationFrame(frame); frame = requestAnimationFrame(complete) }
  const watch = parentElement.watched = new MutationObserver(later)
  watch.observe(document.body, { childList: true, subtree: true })
  return () => {
    watch.disconnect()
    parentElement.watched = null
  }
}
"""

_completed = st.components.v2.component("unrolled_browser", html="<span></span>", js=_JS)


def complete() -> None:
    """Adds them to the page. The component stands in the sidebar, where its empty place is not seen."""
    st.html(_STYLE)
    with st.sidebar:
        words = {"SVG": tr("Download plot as an SVG"), "CSV": tr("Download the data as CSV")}
        _completed(key="browser", data=words | {"language": reader().language})
