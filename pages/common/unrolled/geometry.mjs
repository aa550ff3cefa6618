// The numbers behind the picture, without a document: the blob, the columns, the rows of a state, and the time of a step.

export const GUTTER = 88, HEIGHT = 380, CELL = 44, CELL_TOP = 184, CELL_HEIGHT = 96, ROWS = 32
export const LOSS = { top: 20, foot: 62 }, ANSWER = { top: 84, foot: 152 }, TOKEN = 334
export const NARROWEST = 56, WIDEST = 112
export const LANE = { top: 374, height: 64 }  // of the shares, below
export const FORWARDS = 450, BACKWARDS = 350, LONGEST = 6000  // milliseconds: of a step, and of a whole play that nobody asked for

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

/** The width of a column, for a number of steps and the pixels that there are. */
export function columnWidth(steps, room) {
  return Math.max(NARROWEST, Math.min(WIDEST, Math.floor((room - GUTTER) / steps)))
}

/** The steps of which a part is seen. */
export function visible(steps, width, scrolled, room) {
  const first = Math.max(0, Math.floor((scrolled - GUTTER) / width) - 1)
  return [first, Math.min(steps - 1, Math.ceil((scrolled + room - GUTTER) / width) + 1)]
}

/** Where column t begins. */
export const left = (t, width) => GUTTER + t * width

/** The units of each row of a state: as equal parts as there are, in their order. */
export function rowsOf(units) {
  const rows = Math.min(units, ROWS)
  return Array.from({ length: rows }, (_, row) =>
    [Math.floor(row * units / rows), Math.floor((row + 1) * units / rows)])
}

/** The value of each row at a step: that of its largest unit by absolute value. `values`: (T, d), one after the other. */
export function binned(values, units, t) {
  return rowsOf(units).map(([first, end]) => {
    let most = values[t * units + first]
    for (let i = first + 1; i < end; i++) {
      const value = values[t * units + i]
      if (Math.abs(value) > Math.abs(most)) most = value
    }
    return most
  })
}

/** How far token, state and answer of step t have come, each 0 to 1, when `played` steps have been played. */
export function phases(t, played) {
  const gone = Math.max(0, Math.min(1, played - t)) * 3
  return [0, 1, 2].map(part => ease(Math.max(0, Math.min(1, gone - part))))
}

const ease = x => x * x * (3 - 2 * x)

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
