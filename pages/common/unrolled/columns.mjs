// One column of the picture, in shapes: the cells of every layer and direction, the arrows between them, the token and the answer.
import { shortened, svg } from "./dom.mjs"
import { ANSWER, CELL, GUTTER, LOSS, barOf, left } from "./geometry.mjs"
import { named } from "./words.mjs"

const BUS = 5  // pixels beside a cell, of a way around it

/** An arrow along one axis with a pill at its middle; `y2` null: across. `key`: of the parameter, for its pill. */
export function arrow(into, x1, y1, x2, y2, key) {
  const across = y2 === null, end = y2 ?? y1, back = across && x2 < x1, tip = back ? 4 : -4
  into.append(svg("line", { class: "arrow", x1, y1, x2: across ? x2 + tip : x2, y2: across ? end : end + 4 }))
  into.append(svg("path", { class: "head", d: across ? `M${x2},${end}l${back ? 6 : -6},-3v6z` : `M${x2},${end}l-3,6h6z` }))
  if (key) pill(into, (x1 + (across ? x2 + tip : x2)) / 2, (y1 + (across ? end : end + 4)) / 2, key)
}

/** A pill with the letter of a parameter. `key`: its letter, and where there are several of it also its place, after an @. */
export function pill(into, x, y, key) {
  const [letter] = key.split("@"), [first, index = ""] = named(letter).split("_"), wide = Math.max(15, 8 * first.length + 5 * index.length + 6)
  const one = svg("g", { class: "pill", "data-letter": letter, "data-key": key }), said = svg("text", { x, y: y + 3.8 }, first)
  if (index) said.append(svg("tspan", { dy: 2.5, "font-size": "75%" }, index))
  one.append(svg("rect", { x: x - wide / 2, y: y - 7.5, width: wide, height: 15 }), said)
  into.append(one)
}

/** Where the letters of the parameters stand in the gutter, by their keys: above what their pills' line meets there. */
export function inGutter(strips, keyOf) {
  return strips.flatMap(strip => {
    const { top, height, direction, layer } = strip, middle = top + height / 2, of = at => strips.filter(one => one.layer === at)
    const below = of(layer - 1), lowest = of(layer).at(-1)
    const inputs = strip !== lowest ? lowest.top - 21 : below.length ? below[0].top - 21 : top + height + 21
    return [[keyOf(strip, 0), inputs], [keyOf(strip, 1), direction ? middle : middle - startOf(height) - 9.5]]
  }).filter(([key]) => key).map(([key, y]) => ({ key, y }))
}

/** Half the height of the start of a strip. */
export const startOf = height => height > 48 ? 12 : 8

/** The strips that have a state at column t. */
export const at = (strips, t) => strips.filter(({ start, count }) => t >= start && t < start + count)

/** The cells of a column with all arrows that lead to them, and the one to the readout.
 *
 * `keyOf(strip, of)`: the key of a strip's matrix of the inputs, 0, or of its recurrent one, 1. */
export function cells(whole, t, { given, plan, width, keyOf }) {
  const x = left(t, width), middle = x + width / 2, gap = width - CELL, here = at(plan.strips, t)
  for (const strip of here) {
    whole.append(svg("rect", { class: "cell", x: middle - CELL / 2, y: strip.top, width: CELL, height: strip.height }))
    const y = strip.top + strip.height / 2, first = strip.direction ? t === strip.start + strip.count - 1 : t === strip.start
    const bridged = first && strip.start > 0  // a decoder starts from its encoder's last state
    if (strip.direction) arrow(whole, first ? x + width + 8 : x + width + gap / 2, y, x + width - gap / 2, null, first ? "" : keyOf(strip, 1))
    else arrow(whole, t ? x - gap / 2 : GUTTER - 4, y, x + gap / 2, null, first ? "" : keyOf(strip, 1))
    if (bridged) whole.append(svg("circle", { class: "bridge", cx: x, cy: y, r: 3 }))
  }
  for (const layer of new Set(here.map(strip => strip.layer))) {
    const rows = here.filter(strip => strip.layer === layer)
    const below = here.filter(strip => strip.layer === layer - 1), lowest = rows.at(-1), [highest] = rows
    const start = below.length ? Math.min(...below.map(strip => strip.top)) : plan.token - 16
    arrow(whole, middle, start, middle, lowest.top + lowest.height, keyOf(lowest, 0))
    if (rows.length < 2) continue
    const foot = lowest.top + lowest.height + 9, into = highest.top + highest.height - 8, out = lowest.top + 8
    const end = highest.top - 10, read = layer < plan.strips[0].layer || given.answered[t] || given.attention.length  // by what is above
    whole.append(svg("path", { class: "arrow", d: `M${middle},${foot}H${middle - CELL / 2 - BUS}V${into}h${BUS - 1}` }),
                 svg("path", { class: "head", d: `M${middle - CELL / 2},${into}l-5,-2.5v5z` }))
    if (keyOf(highest, 0)) pill(whole, middle - CELL / 2, (highest.top + highest.height + lowest.top) / 2, keyOf(highest, 0))
    if (read) whole.append(svg("path", { class: "arrow", d: `M${middle + CELL / 2},${out}h${BUS}V${end}H${middle}` }))
  }
  if (!given.answered[t] && given.attention.length) arrow(whole, middle, here[0].top, middle, here[0].top - 20)
  if (given.answered[t] && here.length) arrow(whole, middle, here[0].top, middle, ANSWER.foot + 5, "V")
}

/** The way of an answer, at a height, to the token of the next column t, which it is. */
export function feedback(whole, t, { plan, width }, y) {
  const x = left(t, width), middle = x + width / 2, foot = plan.token - 4
  whole.append(svg("path", { class: "fed", d: `M${middle - width + 7},${y}H${x}V${foot + 11}H${middle - 3}` }),
               svg("path", { class: "head", d: `M${middle + 2},${foot + 11}l-6,-3v6z` }))
}

/** What a step at column t attends to, as lines from the encoder's columns, as wide as their weights are large. */
export function attention(t, { plan, width, given }) {
  const start = plan.strips.at(-1).start, top = plan.strips[0].top, alpha = given.attention, to = left(t, width) + width / 2 - 8
  const all = svg("g", { class: "attention" })
  for (let j = 0; j < start; j++) {
    const weight = alpha[(t - start) * start + j], from = left(j, width) + width / 2
    if (weight < 0.02) continue
    const lift = ANSWER.foot - 40 - 40 * Math.min(1, (to - from) / 600)
    all.append(svg("path", { class: "attends", d: `M${from},${top - 22}C${from},${lift} ${to - 30},${lift} ${to},${ANSWER.foot + 12}`,
                             "stroke-width": 0.6 + 5 * weight, opacity: 0.35 + 0.65 * weight }))
    if (weight >= 0.05) all.append(svg("text", { class: "small before", x: from - 8, y: top - 27 }, weight.toFixed(2)))
  }
  return all
}

/** The token of a column with its index. */
export function token(t, { given, plan, width }) {
  const middle = left(t, width) + width / 2, one = svg("g")
  one.append(svg("text", { class: `token ${given.kinds[t]}`, x: middle, y: plan.token }, shortened(given.tokens[t], Math.floor(width / 8))))
  if (given.indices.length) one.append(svg("text", { class: "small middle index", x: middle, y: plan.token + 18 }, given.indices[t]))
  return one
}

/** The answer of a column as a dot at a height, and the bar of its loss.
 *
 * `y`: of the dot; `named`: whether the most probable class is written above it; `most`: the largest loss. */
export function answer(t, { given, width }, y, named, counts, most) {
  const middle = left(t, width) + width / 2, one = svg("g", { class: "answer" }), best = given.best[t * given.listed]
  let bar = null
  if (given.answered[t]) {
    const colour = given.colours[best]
    one.append(svg("circle", { class: "dot", cx: middle, cy: y, r: 5, stroke: colour, fill: given.trained[t] ? colour : "var(--st-background-color)" }))
    if (named) {
      const name = shortened(given.labels[best], Math.floor(width / 7))
      one.append(svg("text", { class: "small middle", x: middle, y: Math.max(y - 9, ANSWER.top - 9) }, name))
    }
  }
  if (given.answered[t] && Number.isFinite(given.losses[t])) {
    const height = barOf(given.losses[t], most)
    bar = svg("rect", { class: "loss", x: middle - 9, y: LOSS.foot - height, width: 18, height: Math.max(height, 0.5), fill: counts ? "var(--line)" : "none" })
    one.append(bar)
  }
  return { answer: one, bar }
}
