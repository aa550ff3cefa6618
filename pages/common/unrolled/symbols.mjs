// The equations of a cell as they are written: symbols, right sides and their numbers, without a document.
import { printed } from "./geometry.mjs"

const SIGNS = { "\\alpha": "α", "\\beta": "β", "\\odot": " ⊙ ", "-": "−", " ": "\u2009" }
const TOKENS = /\\(?:mathrm|operatorname)\{(\w+)\}|_\{([^}]*)\}|_(\w)|(\\[a-z]+ ?)|([\s\S])/g

/** A formula of LaTeX as pieces of text; some stand below the line, and some are upright.
 *
 * `past`: the index of the step before, such as t−1. */
export function pieces(latex, past) {
  return [...latex.matchAll(TOKENS)].map(([whole, upright, long, short, sign]) => {
    const below = long ?? short
    if (below !== undefined) return { text: below === "t-1" ? past : below, below: true }
    if (upright) return { text: upright, upright: true }
    const text = SIGNS[(sign ?? whole).trim() || " "] ?? whole
    return /[a-zα-ω]/i.test(text) ? { text } : { text, upright: true }
  })
}

/** The right side of the equation of quantity `at`: texts, and parts {at, inside} that are a quantity each.
 *
 * `leaf`: what is written for a quantity by its index: its symbol, or its number. `times`: the sign of a product. */
export function rightSide(quantities, at, leaf, times = " ⊙ ") {
  const named = i => quantities[i].defined || !quantities[i].op
  const part = i => ({ at: i, inside: named(i) ? [leaf(i)] : made(i) })
  const made = i => {
    const { op, parts } = quantities[i], inside = parts.map(part)
    if (op === "+") return inside.flatMap((one, j) => j ? added(one) : [one])
    if (op === "⊙") return inside.flatMap((one, j) => j ? [times, one] : [one])
    return op === "1−" ? ["(1 − ", inside[0], ")"] : [op, "(", inside[0], ")"]
  }
  return made(at)
}

/** A further term of a sum; a number below 0 is taken away. */
function added(term) {
  const [first, ...more] = term.inside
  return first.startsWith?.("−") && !more.length ? [" − ", { ...term, inside: [first.slice(1)] }] : [" + ", term]
}

/** The same with numbers, and then what a function is of, and the result. */
export function inNumbers(quantities, at, value) {
  const number = i => ({ at: i, inside: [printed(value(i))] }), of = inner(quantities, at)
  const right = rightSide(quantities, at, i => printed(value(i)), " · ")
  return [...right, ...(of === null ? [] : [" = ", quantities[at].op, "(", number(of), ")"]), " = ", number(at)]
}

/** The sum that a quantity is a function of, where it has no name of its own; else null. */
export function inner(quantities, at) {
  const { op, parts } = quantities[at]
  return PHI[op] && !quantities[parts[0]].defined && quantities[parts[0]].op ? parts[0] : null
}

/** The non-linearities. */
export const PHI = { "σ": a => 1 / (1 + Math.exp(-a)), tanh: Math.tanh, ReLU: a => Math.max(0, a) }

/** The function that a quantity belongs to: it is its value, or what it is of; else null. */
export const functionOf = (quantities, at) => {
  if (PHI[quantities[at]?.op]) return at
  const found = quantities.findIndex(one => PHI[one.op] && one.parts[0] === at)
  return found < 0 ? null : found
}

/** A curve as an SVG path within a box, and the place of a point on it; left and right are −reach and reach. */
export function curve(op, a, { x, y, width, height }, reach) {
  const phi = PHI[op], [low, high] = op === "tanh" ? [-1, 1] : op === "σ" ? [0, 1] : [0, reach]
  const place = at => [x + width * (at + reach) / (2 * reach), y + height * (high - phi(at)) / (high - low)]
  const points = Array.from({ length: 41 }, (_, i) => place(reach * (i / 20 - 1)))
  const path = "M" + points.map(([left, top]) => `${left.toFixed(1)} ${top.toFixed(1)}`).join("L")
  return { path, point: place(Math.max(-reach, Math.min(reach, a))) }
}

/** Of places [x, y], the index of the nearest one in the direction of an arrow key; `from` where there is none. */
export function towards(places, from, key) {
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key]
  let best = from, least = Infinity
  places.forEach(([x, y], i) => {
    const along = (x - places[from][0]) * dx + (y - places[from][1]) * dy
    const across = Math.abs((x - places[from][0]) * dy) + Math.abs((y - places[from][1]) * dx)
    if (along > 4 && along + 3 * across < least) [best, least] = [i, along + 3 * across]
  })
  return best
}
