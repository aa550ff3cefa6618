// Run by `node --test`; tests/pages/unrolled/test_script.py does so.
import assert from "node:assert/strict"
import { test } from "node:test"
import {
  ANSWER, BACKWARDS, FORWARDS, GUTTER, LONGEST, NARROWEST, ROWS, WIDEST, barOf, binned, columnWidth, heightOf, left, pace, parsed,
  phases, printed, rowsOf, shade, shareBar, unpack, visible, widthOf,
} from "../../../pages/common/unrolled/geometry.mjs"
import { drawState, inkOn } from "../../../pages/common/unrolled/strips.mjs"

function packed(header, ...arrays) {
  const head = new TextEncoder().encode(JSON.stringify(header)), numbers = arrays.flat()
  const bytes = new Uint8Array(4 + head.length + 4 * numbers.length), view = new DataView(bytes.buffer)
  view.setUint32(0, head.length, true)
  bytes.set(head, 4)
  numbers.forEach((value, i) => view.setFloat32(4 + head.length + 4 * i, value, true))
  return bytes
}

test("a blob is unpacked wherever it lies, and whatever the length of its header", () => {
  for (const name of ["a", "ab", "abc", "é"]) {
    const whole = packed({ name, arrays: [["x", 2], ["none", 0], ["y", 1]] }, [1.5, -2], [0.25])
    const shifted = new Uint8Array(whole.length + 3)
    shifted.set(whole, 3)
    for (const bytes of [whole, shifted.subarray(3)]) {
      const found = unpack(bytes)
      assert.equal(found.name, name)
      assert.deepEqual([[...found.x], [...found.none], [...found.y]], [[1.5, -2], [], [0.25]])
    }
  }
})

test("columns fill the room within their limits", () => {
  assert.equal(columnWidth(10, GUTTER + 800), 80)
  assert.equal(columnWidth(100, GUTTER + 800), NARROWEST)
  assert.equal(columnWidth(3, GUTTER + 800), WIDEST)
  assert.equal(left(2, 80), GUTTER + 160)
})

test("every step that is seen is among the visible ones, and far ones are not", () => {
  for (const scrolled of [0, 500, 5000]) {
    const [first, last] = visible(200, 60, scrolled, 700)
    for (let t = 0; t < 200; t++) {
      const seen = left(t + 1, 60) > scrolled && left(t, 60) < scrolled + 700
      if (seen) assert.ok(first <= t && t <= last, `${t} of ${first} to ${last}`)
    }
    assert.ok(last - first < 18 && first >= 0 && last < 200)
  }
})

test("rows hold all units once, in their order", () => {
  for (const units of [1, 3, 8, 31, 32, 33, 64, 100, 129]) {
    const rows = rowsOf(units)
    assert.equal(rows.length, Math.min(units, ROWS))
    assert.deepEqual(rows.flatMap(([a, b]) => Array.from({ length: b - a }, (_, i) => a + i)), [...Array(units).keys()])
    const sizes = rows.map(([a, b]) => b - a)
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1)
  }
})

test("a row shows its largest unit by absolute value, with its sign", () => {
  const units = 70, values = Float32Array.from({ length: 2 * units }, (_, i) => Math.sin(i * 7.3))
  for (const t of [0, 1]) {
    binned(values, units, t).forEach((value, row) => {
      const [a, b] = rowsOf(units)[row], some = values.slice(t * units + a, t * units + b)
      assert.ok(some.includes(value) && some.every(other => Math.abs(other) <= Math.abs(value)))
    })
  }
  assert.deepEqual(binned(Float32Array.of(0.5, -0.25, 1), 3, 0), [0.5, -0.25, 1])
})

test("token, state and answer come one after the other within a step", () => {
  assert.deepEqual(phases(2, 2), [0, 0, 0])
  assert.deepEqual(phases(2, 3), [1, 1, 1])
  assert.deepEqual(phases(2, 9), [1, 1, 1])
  assert.deepEqual(phases(2, 2 + 1 / 3).map(x => Math.round(x * 1e6) / 1e6), [1, 0, 0])
  const [token, state, answer] = phases(2, 2.5)
  assert.ok(token === 1 && state > 0 && state < 1 && answer === 0)
})

test("a play that nobody asked for is short", () => {
  assert.equal(pace(5, true, FORWARDS), FORWARDS)
  assert.ok(pace(400, true, FORWARDS) * 400 <= LONGEST + 1e-9)
  assert.equal(pace(400, false, BACKWARDS), BACKWARDS)
})

test("places of probabilities and losses", () => {
  assert.equal(heightOf(1), ANSWER.top)
  assert.equal(heightOf(0), ANSWER.foot)
  assert.equal(barOf(2, 4), barOf(4, 4) / 2)
  assert.equal(barOf(1, 0), 0)
})

test("numbers are printed with four digits and a true minus", () => {
  assert.deepEqual([0.12345, -2.5, 0, 1e-5, -123456, 12.3456].map(printed), ["0.1235", "−2.500", "0.000", "1.000e−5", "−1.235e+5", "12.35"])
  assert.equal(printed(NaN), "NaN")
})

test("0 has the colour of the ground, the ends those of the scale, on both sides alike", () => {
  const scale = ["#400040", "#800080", "#f0f0f0", "#f1f1f1", "#008000", "#004000"].map(parsed), ground = [255, 255, 255]
  assert.deepEqual(shade(0, scale, ground), ground)
  assert.deepEqual(shade(-1, scale, ground), [64, 0, 64])
  assert.deepEqual(shade(1, scale, ground), [0, 64, 0])
  assert.deepEqual(shade(5, scale, ground), [0, 64, 0], "beyond the scale")
  const half = shade(0.25, scale, ground)
  assert.ok(half[0] < 255 && half[0] > 0 && half[1] > 128)
})

test("colours in each of the ways that CSS has them", () => {
  assert.deepEqual(["#0f8", "#00ff88", "rgb(0, 255, 136)", "rgba(0, 255, 136, 0.5)"].map(parsed), Array(4).fill([0, 255, 136]))
  assert.deepEqual([inkOn([255, 255, 255]), inkOn([0, 0, 0])], ["#000", "#fff"])
})

test("a state is a column of rows, or circles with their numbers where there are few units", () => {
  const drawn = []
  const context = new Proxy({}, { get: (_, name) => (...values) => drawn.push([name, ...values]), set: () => true })
  const look = { scale: ["#400040", "#f0f0f0", "#f1f1f1", "#004000"].map(parsed), ground: [255, 255, 255], most: 1, ink: inkOn, line: "#888" }
  drawState(context, new Float32Array(64), 64, 0, 10, look)
  const rects = drawn.filter(([name]) => name === "fillRect")
  assert.equal(rects.length, 32)
  assert.deepEqual(rects.map(([, x, y, w, h]) => [x, y, w, h]), Array.from({ length: 32 }, (_, row) => [10, 3 * row, 44, 3]))
  drawn.length = 0
  drawState(context, Float32Array.of(0.5, -0.25, 1), 3, 0, 0, look)
  assert.deepEqual(drawn.filter(([name]) => name === "fillText").map(([, text]) => text), ["0.50", "−0.25", "1.00"])
})

test("the width of a gradient is that of its logarithm, and one below a thousandth is dotted", () => {
  assert.deepEqual([1, 0.1, 0.01, 0.001].map(ratio => Math.round(widthOf(ratio).width * 100) / 100), [9, 6.33, 3.67, 1])
  assert.deepEqual([1, 1e-3, 9e-4, 1e-9].map(ratio => widthOf(ratio).dotted), [false, false, true, true])
  assert.equal(widthOf(1e-9).width, 1)
  assert.deepEqual([0, NaN, -1].map(widthOf), [null, null, null])
})

test("shares stand on one zero, negative ones hang, and all are to one scale", () => {
  const shares = [0.5, -0.25, 0.75, 0]
  const bars = shares.map(share => shareBar(share, shares, 64))
  assert.ok(bars.every(bar => bar.zero === 48))
  assert.deepEqual(bars.map(bar => [bar.y, bar.height]), [[16, 32], [48, 16], [0, 48], [48, 0]])
  assert.equal(shareBar(0, [0, 0], 64).height, 0)
})
