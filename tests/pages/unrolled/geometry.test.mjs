// Run by `node --test`; tests/pages/unrolled/test_script.py does so.
import assert from "node:assert/strict"
import { test } from "node:test"
import {
  ANSWER, BACKWARDS, FORWARDS, GUTTER, LONGEST, NARROWEST, ROOMY, TAIL, WIDEST, barOf, binned, columnWidth, heightOf, layout, left, pace,
  parsed, phase, printed, rowsOf, schedule, scheduleBack, shade, shareBar, unpack, visible, widthOf,
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
  assert.equal(columnWidth(100, GUTTER + 800, true), ROOMY)
  assert.equal(columnWidth(10, GUTTER + TAIL + 800, true), 80)
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
  for (const [height, most] of [[96, 32], [64, 32], [48, 24]]) {
    for (const units of [1, 3, 8, 31, 32, 33, 64, 100, 129]) {
      const rows = rowsOf(units, height)
      assert.equal(rows.length, Math.min(units, most))
      assert.deepEqual(rows.flatMap(([a, b]) => Array.from({ length: b - a }, (_, i) => a + i)), [...Array(units).keys()])
      const sizes = rows.map(([a, b]) => b - a)
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1)
    }
  }
})

/** All layers and directions of a part of a network. */
const stripsOf = (layers, directions, count, start = 0) =>
  Array.from({ length: layers * directions }, (_, i) => ({ layer: layers - 1 - Math.floor(i / directions), direction: i % directions, start, count }))

test("one layer and direction has the places of the issue, and others do not overlap", () => {
  const one = layout(stripsOf(1, 1, 5))
  assert.deepEqual([one.strips[0].top, one.height, one.token, one.whole], [184, 96, 334, 380])
  for (const [layers, directions] of [[1, 2], [2, 1], [2, 2], [4, 2]]) {
    const { strips, foot, token, both } = layout(stripsOf(layers, directions, 5))
    for (const [i, strip] of strips.slice(1).entries()) {
      const above = strips[i]
      assert.ok(strip.top >= above.top + above.height + (strip.layer === above.layer ? 20 : 38))
    }
    assert.equal(strips.at(-1).top + strips.at(-1).height, foot)
    assert.ok(token > foot && both === (directions === 2))
  }
})

test("an encoder and a decoder share the places of their layers", () => {
  const { strips } = layout([...stripsOf(2, 2, 4), ...stripsOf(2, 1, 3, 4)])
  assert.deepEqual(strips.slice(4).map(one => one.top), [strips[0].top, strips[2].top])
})

test("a play forwards shows a state after all that it is made of, and backwards a gradient after all that it comes from", () => {
  for (const [layers, directions] of [[1, 1], [3, 1], [1, 2], [2, 2]]) {
    const count = 6, strips = stripsOf(layers, directions, count), answered = Array(count).fill(true)
    const ahead = schedule(count, strips, answered), back = scheduleBack(strips)
    const of = (times, layer, direction, t) => times.states[strips.findIndex(one => one.layer === layer && one.direction === direction)][t]
    for (const { layer, direction } of strips) {
      for (let t = 0; t < count; t++) {
        const here = of(ahead, layer, direction, t), before = direction ? t + 1 : t - 1
        if (before >= 0 && before < count) {
          assert.equal(of(ahead, layer, direction, before), here - 1)
          assert.equal(of(back, layer, direction, before), of(back, layer, direction, t) + 1)
        }
        for (let below = 0; layer && below < directions; below++) {
          assert.ok(of(ahead, layer - 1, below, t) <= here)
          assert.ok(of(back, layer - 1, below, t) >= of(back, layer, direction, t))
        }
        if (layer === layers - 1) assert.ok(ahead.answer[t] >= here)
        assert.ok(ahead.until(t) > here && ahead.until(t) <= ahead.total)
      }
    }
    assert.equal(ahead.columns.length, ahead.total)
    assert.equal(ahead.total, directions === 1 ? count : layers * count)
    assert.equal(back.total, ahead.total)
  }
})

test("a decoder is played after its encoder, whose steps have no answer, and its gradient before it", () => {
  const strips = [...stripsOf(1, 2, 4), ...stripsOf(1, 1, 3, 4)], answered = [false, false, false, false, true, true, true]
  const ahead = schedule(7, strips, answered), back = scheduleBack(strips)
  assert.deepEqual(ahead.states[2], [4, 5, 6])
  assert.deepEqual(ahead.columns, [0, 1, 2, 3, 4, 5, 6])
  assert.deepEqual(ahead.answer.slice(4), [4, 5, 6])
  assert.ok(Math.max(...back.states[2]) < Math.min(...back.states[0], ...back.states[1]))
})

test("a row shows its largest unit by absolute value, with its sign", () => {
  const units = 70, values = Float32Array.from({ length: 2 * units }, (_, i) => Math.sin(i * 7.3))
  for (const t of [0, 1]) {
    binned(values, units, t, 96).forEach((value, row) => {
      const [a, b] = rowsOf(units, 96)[row], some = values.slice(t * units + a, t * units + b)
      assert.ok(some.includes(value) && some.every(other => Math.abs(other) <= Math.abs(value)))
    })
  }
  assert.deepEqual(binned(Float32Array.of(0.5, -0.25, 1), 3, 0, 96), [0.5, -0.25, 1])
})

test("token, state and answer come one after the other within a step", () => {
  const phases = played => [0, 1, 2].map(part => phase(2, part, played))
  assert.deepEqual(phases(2), [0, 0, 0])
  assert.deepEqual(phases(3), [1, 1, 1])
  assert.deepEqual(phases(9), [1, 1, 1])
  assert.deepEqual(phases(2 + 1 / 3).map(x => Math.round(x * 1e6) / 1e6), [1, 0, 0])
  const [token, state, answer] = phases(2.5)
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
  drawState(context, { states: new Float32Array(64), units: 64, height: 96 }, 0, 10, 7, look)
  const rects = drawn.filter(([name]) => name === "fillRect")
  assert.equal(rects.length, 32)
  assert.deepEqual(rects.map(([, x, y, w, h]) => [x, y, w, h]), Array.from({ length: 32 }, (_, row) => [10, 7 + 3 * row, 44, 3]))
  drawn.length = 0
  drawState(context, { states: Float32Array.of(0.5, -0.25, 1), units: 3, height: 96 }, 0, 0, 0, look)
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
