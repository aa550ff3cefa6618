"""The words of a source and of its translation, with the attention between them: a component of our own.

It answers hovering, arrow keys and playing in the browser. User text only ever becomes `textContent`.
"""

import streamlit as st

from pages.common import state
from pages.read.translate import links
from rnn_core.figures import palette
from rnn_core.figures.text import percent, visible
from rnn_core.language import tr
from rnn_core.views.translating import Alignment

_CSS = """
.alignment { position: relative; overflow: auto; max-height: 36rem; --cw: 30px; --ch: 26px; }
.alignment.dense { --ch: 20px; font-size: 0.8rem; }
.grid { display: grid; grid-template-columns: max-content max-content max-content; width: max-content; }
.grid > * { background: var(--st-background-color); }
.corner, .sources, .tail { position: sticky; top: 0; z-index: 2; }
.corner, .targets { position: sticky; left: 0; z-index: 1; }
.corner { z-index: 3; display: flex; align-items: flex-end; justify-content: flex-end; }
button { font: inherit; font-size: 0.85rem; color: var(--st-text-color); background: transparent; cursor: pointer;
  border: 1px solid var(--st-border-color); border-radius: 0.5rem; padding: 2px 10px; margin: 0 8px 6px 0; white-space: nowrap; }
button:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
.sources { display: flex; align-items: flex-end; }
.sources span { width: var(--cw); max-height: 9.5rem; writing-mode: vertical-rl; transform: rotate(180deg); overflow: hidden;
  text-overflow: ellipsis; white-space: nowrap; line-height: var(--cw); padding: 4px 0; box-sizing: border-box;
  font-size: min(1em, calc(var(--cw) * 0.8)); }
.sources .short { writing-mode: horizontal-tb; transform: none; text-align: center; line-height: 1.4; }
.targets span, .tail span { display: block; height: var(--ch); line-height: var(--ch); padding: 0 8px; white-space: nowrap; }
.targets span { text-align: right; max-width: 13rem; overflow: hidden; text-overflow: ellipsis; cursor: pointer; }
.tail span { font-size: 0.78rem; opacity: 0.85; font-variant-numeric: tabular-nums; }
.cells { position: relative; cursor: crosshair; }
.cells canvas { position: absolute; inset: 0; width: 100%; height: 100%; image-rendering: pixelated;
  border: 1px solid var(--st-border-color); box-sizing: border-box; }
.link { position: absolute; pointer-events: none; border-radius: 5px; width: var(--cw); height: var(--ch); box-sizing: border-box;
  border: 2.5px solid var(--o); }
.mark { position: absolute; pointer-events: none; box-shadow: 0 0 0 1.5px var(--st-text-color); opacity: 0.75; }
.flow { display: flex; flex-wrap: wrap; gap: 4px; padding: 3px; }
.flow span { border: 1px solid var(--st-border-color); border-radius: 6px; padding: 1px 8px; }
.flow small { display: block; font-size: 0.7rem; opacity: 0.85; text-align: center; }
.label { font-size: 0.8rem; opacity: 0.8; margin: 4px 0 0; }
.written span { cursor: pointer; }
.special { font-family: var(--st-code-font); font-size: 0.82em; opacity: 0.8; }
.unknown { text-decoration: underline dotted 2px; text-underline-offset: 3px; font-style: italic; }
.given { font-style: italic; opacity: 0.75; }
span[aria-selected="true"] { box-shadow: inset 0 0 0 2px var(--st-text-color); }
span:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: -2px; }
.lit { background: color-mix(in srgb, var(--c) calc(var(--a, 0) * 70%), var(--st-background-color)); }
.unwritten { visibility: hidden; }
"""

_JS = """
export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector(".alignment")
  if (!(data.heard >= root.heard)) root.sent = data.heard  // first drawn, or of a session begun anew
  root.heard = data.heard
  const T = data.written.length, S = data.source.length, alpha = data.attention
  const weight = (t, j) => alpha[t * S + j] / 1000
  const { step, heard, ...looks } = data
  const drawn = JSON.stringify(looks)
  const make = (name, kind, text) => {
    const one = document.createElement(name)
    if (kind) one.className = kind
    if (text !== undefined) one.textContent = text
    return one
  }
  const token = (text, kind) => { const one = make("span", kind, text); one.dir = "auto"; return one }

  if (root.drawn !== drawn) {
    root.drawn = drawn
    clearInterval(root.playing)
    root.style.setProperty("--c", data.colour)
    root.style.setProperty("--o", data.orange)
    root.classList.toggle("dense", T > 40)
    const play = make("button", "", "▶ " + data.words.watch)
    play.type = "button"
    const sources = make("div", alpha ? "sources" : "flow"), targets = make("div", alpha ? "targets" : "flow written")
    const stands = text => alpha && [...text].length < 3 ? " short" : ""  // turned, they would be hard to read
    sources.append(...data.source.map((text, j) => token(text, data.kinds[j] + stands(text))))
    targets.append(...data.written.map((text, t) => {
      const one = token(text, t < data.given ? "given" : data.copied[t] ? "unknown" : text === data.end ? "special" : "")
      one.setAttribute("role", "option")
      one.dataset.step = t
      const how = t < data.given ? data.words.given : data.copied[t] ? data.words.copied : ""
      one.title = `t = ${t + 1}: p = ${data.p[t]}${how ? ", " + how : ""}`
      if (!alpha) one.append(make("small", "", data.p[t]))
      return one
    }))
    targets.setAttribute("role", "listbox")
    targets.setAttribute("aria-label", data.words.targets)
    if (alpha) {
      const grid = make("div", "grid"), corner = make("div", "corner"), tail = make("div", "tail")
      const cells = make("div", "cells"), canvas = make("canvas"), ps = make("div", "tail")
      corner.append(play)
      ps.append(...data.p.map(p => make("span", "", p)))
      canvas.width = S
      canvas.height = T
      const [r, g, b] = data.colour.match(/[0-9a-f]{2}/gi).map(part => parseInt(part, 16))
      const image = new ImageData(S, T)
      for (let i = 0; i < T * S; i++) image.data.set([r, g, b, Math.round(alpha[i] * 0.255)], 4 * i)
      canvas.getContext("2d").putImageData(image, 0, 0)
      cells.style.width = `calc(var(--cw) * ${S})`
      cells.style.height = `calc(var(--ch) * ${T})`
      cells.append(canvas, make("div", "mark row"), make("div", "mark column"), ...data.links.map(([t, j]) => {
        const one = make("div", "link")
        one.style.left = `calc(var(--cw) * ${j})`
        one.style.top = `calc(var(--ch) * ${t})`
        return one
      }))
      cells.setAttribute("role", "img")
      cells.setAttribute("aria-label", data.words.weights)
      grid.append(corner, sources, tail, targets, cells, ps)
      root.replaceChildren(grid)
    } else {
      const label = text => make("div", "label", text)
      root.replaceChildren(play, label(data.words.source), sources, label(data.words.translation), targets)
    }
    root.parts = { play, sources, targets, canvas: root.querySelector("canvas"), cells: root.querySelector(".cells"),
                   row: root.querySelector(".row"), column: root.querySelector(".column"), ps: root.querySelectorAll(".tail")[1] }
  }

  const { play, sources, targets, canvas, cells, row, column, ps } = root.parts
  const light = (ones, of) => [...ones].forEach((one, i) => {
    one.classList.toggle("lit", of !== null)
    one.style.setProperty("--a", of === null ? 0 : of(i))
  })
  const box = (one, on, place) => {
    one.style.display = on ? "block" : "none"
    if (on) Object.assign(one.style, place)
  }
  // A row lights the source by its weights; a column lights the translation by how much each word looks at it.
  const show = (t, j) => {
    if (!alpha) return
    light(sources.children, t === null ? null : i => weight(t, i))
    light(targets.children, j === null ? null : i => weight(i, j))
    box(row, t !== null, { left: 0, right: 0, top: `calc(var(--ch) * ${t})`, height: "var(--ch)" })
    box(column, j !== null, { top: 0, bottom: 0, left: `calc(var(--cw) * ${j})`, width: "var(--cw)" })
  }
  const mark = at => {
    root.step = at
    for (const one of targets.children) {
      const on = Number(one.dataset.step) === at
      one.setAttribute("aria-selected", on)
      one.tabIndex = on ? 0 : -1
    }
    show(at, null)
  }
  const choose = at => { mark(at); bringIn(at); setTriggerValue("picked", [at, ++root.sent]) }
  if (heard >= root.sent || root.step === undefined || root.step >= T) mark(Math.min(step, T - 1))
  else mark(root.step)

  // The columns are as wide as there is room, up to a limit; narrower ones than 11 pixels scroll.
  const fit = () => {
    const room = root.clientWidth - targets.offsetWidth - ps.offsetWidth - 4
    root.style.setProperty("--cw", Math.max(11, Math.min(30, Math.floor(room / S))) + "px")
  }
  const sized = alpha && new ResizeObserver(fit)
  if (sized) { fit(); sized.observe(root) }
  // Where the columns scroll, the largest weight of a row is brought into view.
  const bringIn = t => {
    if (!alpha || root.scrollWidth <= root.clientWidth) return
    let best = 0
    for (let j = 1; j < S; j++) if (weight(t, j) > weight(t, best)) best = j
    root.scrollLeft = sources.children[best].offsetLeft - root.clientWidth / 2
  }

  const index = (of, one) => [...of.children].indexOf(one.closest("span"))
  targets.onclick = event => { const one = event.target.closest("span"); if (one) choose(Number(one.dataset.step)) }
  targets.onkeydown = event => {
    const by = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key]
    if (!by) return
    event.preventDefault()
    event.stopPropagation()
    const next = targets.children[root.step + by]
    if (next) { choose(root.step + by); next.focus() }
  }
  targets.onmousemove = event => { const t = index(targets, event.target); if (t >= 0) show(t, null) }
  sources.onmousemove = event => { const j = index(sources, event.target); if (j >= 0) show(null, j) }
  targets.onmouseleave = sources.onmouseleave = () => show(root.step, null)
  if (cells) {
    const at = event => {
      const place = canvas.getBoundingClientRect()
      return [Math.min(T - 1, Math.max(0, Math.floor((event.clientY - place.top) / place.height * T))),
              Math.min(S - 1, Math.max(0, Math.floor((event.clientX - place.left) / place.width * S)))]
    }
    cells.onmousemove = event => {
      const [t, j] = at(event)
      show(t, j)
      cells.title = `${data.written[t]} ← ${data.source[j]}: α = ${weight(t, j).toFixed(3)}`
    }
    cells.onmouseleave = () => show(root.step, null)
    cells.onclick = event => choose(at(event)[0])
    cells.ondblclick = event => {
      if (!data.forces) return
      event.preventDefault()
      const [t, j] = at(event), there = data.links.some(([a, b]) => a === t && b === j)
      setTriggerValue("linked", [t, there ? -1 : j, ++root.sent])
    }
  }
  play.onclick = () => {
    clearInterval(root.playing)
    let shown = 0
    const reveal = () => {
      ;[...targets.children].forEach((one, t) => one.classList.toggle("unwritten", t >= shown))
      if (ps) [...ps.children].forEach((one, t) => one.classList.toggle("unwritten", t >= shown))
      if (canvas) canvas.style.clipPath = shown < T ? `inset(0 0 ${(1 - shown / T) * 100}% 0)` : ""
      if (shown) { show(shown - 1, null); bringIn(shown - 1) }
      else show(null, null)
      if (shown++ >= T) { clearInterval(root.playing); setTimeout(() => show(root.step, null), 600) }
    }
    reveal()
    root.playing = setInterval(reveal, Math.max(60, Math.min(420, 9000 / T)))
  }
  return () => { clearInterval(root.playing); if (sized) sized.disconnect() }
}
"""

_component = st.components.v2.component("unrolled_alignment", html='<div class="alignment"></div>', css=_CSS, js=_JS)

_SPECIAL = ("<sos>", "<eos>")


def show(found: Alignment) -> None:
    """The alignment; a click or an arrow key chooses a step of the decoder, a double click sets its attention."""
    _show(found, "alignment", True)


def beside(found: Alignment) -> None:
    """The same of a second run on the page."""
    _show(found, "alignment-beside", False)


def _show(found: Alignment, key: str, forces: bool) -> None:
    heard = state.session().heard_picks

    def picked() -> None:
        chosen, number = map(int, st.session_state[key].picked or (-1, 0))
        heard[key] = number
        if 0 <= chosen < len(found.written):
            state.select(step=chosen)

    def linked() -> None:
        step, source, number = map(int, st.session_state[key].linked or (-1, 0, 0))
        heard[key] = number
        if 0 <= step < len(found.written) and source < len(found.source):
            links.force(found.written, found.style, step, source if source >= 0 else None)

    last = len(found.source) - 1
    kinds = ["special" if j in (0, last) else "" if known else "unknown" for j, known in enumerate(found.known.tolist())]
    weights = None if found.attention is None else (found.attention * 1000).round().astype(int).ravel().tolist()
    _component(
        key=key,
        data={
            "source": [visible(word, 40) for word in found.source], "kinds": kinds, "given": found.given, "end": _SPECIAL[1],
            "written": [visible(word, 40) for word in found.written], "p": [percent(p) for p in found.p.tolist()],
            "attention": weights, "colour": palette.BLUE, "orange": palette.ORANGE, "step": found.step,
            "heard": heard.get(key, 0), "copied": found.copied.tolist(), "forces": forces,
            "words": {
                "watch": tr("Watch it write"), "given": tr("given"), "copied": tr("<unk>: copied from the source"),
                "targets": tr("Words of the translation"), "source": tr("The source"), "translation": tr("The translation"),
                "weights": tr("Attention weights: a row for each written word, a column for each source word"),
            },
            "links": [[t, j] for t, j in enumerate(found.linked.tolist()) if j >= 0],
        },
        on_picked_change=picked, on_linked_change=linked,
    )  # fmt: skip
