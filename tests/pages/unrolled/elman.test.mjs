// The network of one unit against central differences. Run by `node --test`.
import assert from "node:assert/strict"
import { test } from "node:test"
import { elman, logHeight } from "../../../pages/common/unrolled/elman.mjs"

const XS = [1, 0, -1, 0, 1, 1, 0, 0]
const near = (a, b) => assert.ok(Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a)), `${a} and ${b}`)

/** The last state where each step has its own w, and something is added to one state. */
function last(xs, ws, { u, b, phi }, at = -1, added = 0) {
  let h = 0
  xs.forEach((x, t) => {
    const a = ws[t] * h + u * x + b
    h = (phi === "tanh" ? Math.tanh(a) : Math.max(0, a)) + (t === at ? added : 0)
  })
  return h
}

test("states, reach and copies are those of the formula, for both functions", () => {
  for (const values of [{ w: 0.7, u: 1.2, b: 0.1, phi: "tanh" }, { w: -1.5, u: 0.9, b: -0.2, phi: "tanh" }, { w: 1.3, u: 1, b: 0.05, phi: "ReLU" }]) {
    const found = elman(XS, values), ws = XS.map(() => values.w), step = 1e-6
    near(found.h.at(-1), last(XS, ws, values))
    XS.forEach((_, t) => {
      near(found.reach[t], (last(XS, ws, values, t, step) - last(XS, ws, values, t, -step)) / (2 * step))
      const moved = sign => last(XS, ws.map((w, i) => w + (i === t ? sign * step : 0)), values)
      near(found.copies[t], (moved(1) - moved(-1)) / (2 * step))
    })
    const all = sign => last(XS, ws.map(w => w + sign * step), values)
    near(found.whole, (all(1) - all(-1)) / (2 * step))
    assert.ok(found.copies[0] === 0)
  }
})

test("ReLU with w above 1 explodes, and tanh with a small w vanishes", () => {
  assert.ok(elman([1, ...Array(7).fill(0)], { w: 1.9, u: 1, b: 0, phi: "ReLU" }).reach[0] > 50)
  assert.ok(Math.abs(elman([1, ...Array(7).fill(0)], { w: 0.4, u: 1, b: 0, phi: "tanh" }).reach[0]) < 0.01)
  assert.deepEqual([0, 1e-9, 1e-4, 100, 1e9].map(logHeight), [0, 0, 0, 1, 1])
})
