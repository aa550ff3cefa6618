// The numbers behind the picture, without a document: the blob, the columns, the rows of a state, and the time of a step.

export const GUTTER = 88, CELL = 44
export const LOSS = { top: 20, foot: 62 }, ANSWER = { top: 84, foot: 152 }
export const NARROWEST = 56, WIDEST = 112, ROOMY = 64  // the narrowest column, also where ways lead around cells
export const TAIL = 36  // the tail, after the last column, holds the start of what reads from the end
export const LANE = 64  // the height of the shares' lane, below
export const FORWARDS = 450, BACKWARDS = 350, OVER = 700, LONGEST = 6000  // milliseconds: of a step, of a set of weights, and of a whole play that nobody asked for

/** A blob: the length of a JSON header in four bytes, little-endian, the header, and the float32 arrays that it names. */
export function unpack(bytes) {
  const whole = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = whole.getUint32(0, true)
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)))
  const arrays = {}
  let at = 4 + length
  for (const [name, size] of header.arrays) {
    arrays[name] = new Float32Array(bytes.slice(at, at + 4 * size).buffer)  // a copy, which begins at a multiple of four
    at += 4 * size
  }
  return { ...header, ...arrays }
}

const FIRST = 184, BETWEEN_LAYERS = 38, BETWEEN_DIRECTIONS = 20

/** The rows of a picture, from the top: where the states of each layer and direction lie, and what is below them.
 *
 * `strips`: the top layer first, each with its layer, direction, start and number of steps; those of an encoder and of a decoder
 * share a place. */
export function layout(strips) {
  const keys = [...new Set(strips.map(({ layer, direction }) => `${layer}.${direction}`))]
  const layers = Math.max(...strips.map(strip => strip.layer)) + 1
  const sorted = keys.map(key => key.split(".").map(Number)).sort(([a, i], [b, j]) => b - a || i - j)
  const height = sorted.length === 1 ? 96 : sorted.length === 2 ? 64 : 48
  let y = FIRST, before = layers - 1
  const places = {}
  for (const [layer, direction] of sorted) {
    if (y > FIRST) y += layer === before ? BETWEEN_DIRECTIONS : BETWEEN_LAYERS
    places[`${layer}.${direction}`] = y
    before = layer
    y += height
  }
  const placed = strips.map(strip => ({ ...strip, top: places[`${strip.layer}.${strip.direction}`], height }))
  return { strips: placed, height, foot: y, token: y + 54, whole: y + 100, lane: y + 94, both: strips.some(strip => strip.direction) }
}

/** When each thing appears in a play forwards, in steps: tokens, the states of each strip and answers.
 *
 * A network that reads in both directions makes one pass for each layer, from both ends at once. An answer is there once the states
 * that it is read from are. A decoder goes on after its encoder. */
export function schedule(steps, strips, answered) {
  const token = Array(steps).fill(0), answer = Array(steps).fill(0), states = strips.map(() => [])
  const columns = [], ends = []  // the column at each step of the play; and the end of passes in both directions, by column
  let from = 0
  for (const start of [...new Set(strips.map(strip => strip.start))].sort((a, b) => a - b)) {
    const here = strips.map((strip, i) => ({ ...strip, i })).filter(strip => strip.start === start), { count } = here[0]
    const both = here.some(strip => strip.direction), layers = Math.max(...here.map(strip => strip.layer)) + 1
    for (let t = 0; t < count; t++) {
      token[start + t] = from + t
      for (const { layer, direction, i } of here) states[i][t] = from + (both ? layer * count + (direction ? count - 1 - t : t) : t)
      answer[start + t] = from + (both ? (layers - 1) * count + Math.max(t, count - 1 - t) : t)
    }
    const passes = both ? layers : 1
    for (let k = 0; k < passes * count; k++) columns.push(start + k % count)
    from += passes * count
    if (both) for (let t = 0; t < count; t++) ends[start + t] = from
  }
  for (let t = 0; t < steps; t++) if (!answered[t]) answer[t] = token[t]
  /** How much has been played when the step at column t is done. */
  const until = t => ends[t] ?? Math.max(answer[t], ...strips.map((strip, i) => states[i][t - strip.start] ?? 0)) + 1
  return { total: from, token, states, answer, columns, until }
}

/** When the gradient is at each step, in steps of a play backwards: `states` of each strip, and `column` of each step of the play.
 *
 * The top layer comes first. One direction at a time, the gradient goes against the way of reading. */
export function scheduleBack(strips) {
  const states = strips.map(() => []), columns = [], ends = []
  let from = 0
  for (const start of [...new Set(strips.map(strip => strip.start))].sort((a, b) => b - a)) {
    const here = strips.map((strip, i) => ({ ...strip, i })).filter(strip => strip.start === start), { count } = here[0]
    const both = here.some(strip => strip.direction), layers = Math.max(...here.map(strip => strip.layer)) + 1
    for (const { layer, direction, i } of here) {
      for (let t = 0; t < count; t++) states[i][t] = from + (both ? (layers - 1 - layer) * count : 0) + (direction ? t : count - 1 - t)
    }
    for (let k = 0; k < (both ? layers : 1) * count; k++) columns.push(start + count - 1 - k % count)
    from += (both ? layers : 1) * count
    if (both) for (let t = 0; t < count; t++) ends[start + t] = from
  }
  const until = t => ends[t] ?? Math.max(...strips.map((strip, i) => states[i][t - strip.start] ?? 0)) + 1
  return { total: from, states, columns, until }
}

/** The width of a column, for a number of steps and the pixels that there are; `both`: whether two directions are read. */
export function columnWidth(steps, room, both = false) {
  return Math.max(both ? ROOMY : NARROWEST, Math.min(WIDEST, Math.floor((room - GUTTER - (both ? TAIL : 0)) / steps)))
}

/** The steps of which a part is seen. */
export function visible(steps, width, scrolled, room) {
  const first = Math.max(0, Math.floor((scrolled - GUTTER) / width) - 1)
  return [first, Math.min(steps - 1, Math.ceil((scrolled + room - GUTTER) / width) + 1)]
}

/** Where column t begins. */
export const left = (t, width) => GUTTER + t * width

/** The units of each row of a state of some pixels: as equal parts as there are, in their order. */
export function rowsOf(units, height) {
  const rows = Math.min(units, height < 64 ? 24 : 32)
  return Array.from({ length: rows }, (_, row) =>
    [Math.floor(row * units / rows), Math.floor((row + 1) * units / rows)])
}

/** The value of each row at a step: that of its largest unit by absolute value. `values`: (T, d), one after the other. */
export function binned(values, units, t, height) {
  return rowsOf(units, height).map(([first, end]) => {
    let most = values[t * units + first]
    for (let i = first + 1; i < end; i++) {
      const value = values[t * units + i]
      if (Math.abs(value) > Math.abs(most)) most = value
    }
    return most
  })
}

/** How far a part of three (token, state, answer) of what begins at a time has come, 0 to 1, when `played` steps have been played. */
export function phase(begins, part, played) {
  return ease(Math.max(0, Math.min(1, Math.max(0, Math.min(1, played - begins)) * 3 - part)))
}

export const ease = x => x * x * (3 - 2 * x)

/** The milliseconds of a step: fewer where a play by itself would last too long. */
export const pace = (steps, alone, each) => alone ? Math.min(each, LONGEST / steps) : each

/** The width of a gradient in pixels, for its norm over the largest; null where it is 0, and dotted below a thousandth. */
export function widthOf(ratio) {
  if (!(ratio > 0)) return null
  return { width: 1 + 8 * Math.max(0, Math.min(1, 1 + Math.log10(ratio) / 3)), dotted: ratio < 1e-3 }
}

/** Where a bar of a share begins and how high it is, in a lane of some height whose zero leaves room for negative ones. */
export function shareBar(share, shares, height) {
  const up = Math.max(0, ...shares), down = Math.max(0, -Math.min(...shares)), whole = up + down || 1
  const zero = height * up / whole, high = Math.abs(share) / whole * height
  return { zero, y: share >= 0 ? zero - high : zero, height: high }
}

/** The y of a probability on the track of the answers. */
export const heightOf = p => ANSWER.foot - p * (ANSWER.foot - ANSWER.top)

/** The height of a loss's bar: the largest fills the row. */
export const barOf = (loss, most) => most > 0 ? (LOSS.foot - LOSS.top) * Math.max(0, loss) / most : 0

/** A number as it is printed: four significant digits. */
export function printed(value) {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value), small = size !== 0 && (size < 1e-3 || size >= 1e5)
  return (small ? value.toExponential(3) : value.toPrecision(4)).replaceAll("-", "−")
}

/** A whole number as it is printed. */
export const counted = value => String(value).replace(/\B(?=(\d{3})+$)/g, ",")

/** Numbers between two sets that lie one after the other, `count` each: those from `first` on, as many as `size`.
 *
 * `place`: of a set, from 0; 1.5 is half-way from the second to the third. */
export function blend(values, count, place, first = 0, size = count) {
  const low = Math.floor(place), part = place - low, from = low * count + first
  const found = values.slice(from, from + size)
  if (part) for (let i = 0; i < size; i++) found[i] += part * (values[from + count + i] - found[i])
  return found
}

/** A colour [r, g, b] of a diverging scale from −1 to 1, whose middle is the page's ground. */
export function shade(value, scale, ground) {
  const ends = value < 0 ? scale.slice(0, scale.length / 2).reverse() : scale.slice(scale.length / 2)
  const stops = [ground, ...ends.slice(1)], at = Math.min(1, Math.abs(value)) * (stops.length - 1)
  const i = Math.min(stops.length - 2, Math.floor(at)), part = at - i
  return stops[i].map((low, channel) => Math.round(low + (stops[i + 1][channel] - low) * part))
}

/** [r, g, b] of #rrggbb, #rgb, rgb(…) or rgba(…). */
export function parsed(colour) {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(colour.trim())
  if (hex) {
    const digits = hex[1].length === 3 ? [...hex[1]].map(one => one + one).join("") : hex[1]
    return [0, 2, 4].map(i => parseInt(digits.slice(i, i + 2), 16))
  }
  return (colour.match(/[\d.]+/g) ?? ["128", "128", "128"]).slice(0, 3).map(Number)
}
