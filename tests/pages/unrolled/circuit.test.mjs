// The circuits and equations of an opened unit. Run by `node --test`; tests/pages/unrolled/test_script.py does so.
import assert from "node:assert/strict"
import { test } from "node:test"
import { LAYOUTS, entered, headOf, indexOf, route } from "../../../pages/common/unrolled/circuit.mjs"
import { PHI, curve, functionOf, inNumbers, inner, pieces, rightSide, towards } from "../../../pages/common/unrolled/symbols.mjs"

// An LSTM without its gates' sums: f, q and the memory's equation, as the server sends them.
const LSTM = [
  { latex: "f_t", op: "σ", parts: [3], defined: true }, { latex: "m_t", op: "+", parts: [6, 7], defined: true },
  { latex: "h_t", op: "⊙", parts: [0, 8], defined: true }, { latex: "b_f + U_f x_t", op: "+", parts: [4, 5] },
  { latex: "b_f", op: "", parts: [] }, { latex: "U_f x_t", op: "", parts: [] },
  { latex: "f_t \\odot m_{t-1}", op: "⊙", parts: [0, 9] }, { latex: "(1 - f_t)", op: "1−", parts: [0] },
  { latex: "\\tanh(m_t)", op: "tanh", parts: [1] }, { latex: "m_{t-1}", op: "", parts: [] },
]
const said = parts => parts.map(one => typeof one === "string" ? one : said(one.inside)).join("")

test("a symbol is pieces on the line and below it", () => {
  const written = latex => pieces(latex, "t−1").map(({ text, below, upright }) => below ? `[${text}]` : upright ? `<${text}>` : text).join("")
  assert.equal(written("W_i h_{t-1}"), "W[i]<\u2009>h[t−1]")
  assert.equal(written("\\alpha_{h,i}"), "α[h,i]")
  assert.equal(written("\\mathrm{LN}(U x_t)_g"), "<LN><(>U<\u2009>x[t]<)>[g]")
  assert.equal(written("p_i \\odot m_{t-1}").replaceAll("<\u2009>", ""), "p[i]< ⊙ >m[t−1]")
  assert.equal(pieces("m_{t-1}", "t+1").at(-1).text, "t+1")
})

test("an equation is written with symbols and with numbers, and a term below 0 is taken away", () => {
  const values = [0.75, -0.25, 0.5, 2, -0.5, 2.5, -0.125, 0.25, -0.2449, -0.5], value = at => values[at]
  const symbols = at => said(rightSide(LSTM, at, i => LSTM[i].latex))
  assert.equal(symbols(0), "σ(b_f + U_f x_t)")
  assert.equal(symbols(1), "f_t ⊙ m_{t-1} + (1 − f_t)")
  assert.equal(symbols(2), "f_t ⊙ tanh(m_t)")
  const numbers = at => said(inNumbers(LSTM, at, value))
  assert.equal(numbers(0), "σ(−0.5000 + 2.500) = σ(2.000) = 0.7500")
  assert.equal(numbers(1), "0.7500 · −0.5000 + (1 − 0.7500) = −0.2500")
  assert.equal(numbers(2), "0.7500 · tanh(−0.2500) = 0.5000")
  values[4] = 2.5
  values[5] = -0.5
  assert.equal(numbers(0), "σ(2.500 − 0.5000) = σ(2.000) = 0.7500")
  assert.deepEqual(rightSide(LSTM, 1, i => LSTM[i].latex)[0].at, 6, "a part knows its quantity")
})

test("a function is found by its value and by what it is of", () => {
  assert.deepEqual([0, 3, 8, 1, 9, 6].map(at => functionOf(LSTM, at)), [0, 0, 8, 8, null, null])
  assert.deepEqual([0, 8, 1].map(at => inner(LSTM, at)), [3, null, null])
  for (const [op, at, wanted] of [["σ", 0, 0.5], ["σ", 2, 0.880797], ["tanh", -0.5, -0.462117], ["ReLU", -3, 0], ["ReLU", 3, 3]])
    assert.ok(Math.abs(PHI[op](at) - wanted) < 1e-6)
})

test("the point lies on the curve, and stays inside the box", () => {
  const area = { x: 10, y: 20, width: 100, height: 50 }
  assert.deepEqual(curve("tanh", 0, area, 5).point, [60, 45])
  assert.deepEqual(curve("σ", 0, area, 4).point, [60, 45])
  assert.deepEqual(curve("ReLU", 4, area, 4).point, [110, 20])
  for (const op of Object.keys(PHI)) {
    const [x, y] = curve(op, 99, area, 5).point
    assert.ok(x === 110 && y >= 20 && y <= 70)
    assert.ok(!curve(op, 0, area, 5).path.includes("NaN"))
  }
  const [, y] = curve("σ", 1, area, 4).point
  assert.ok(Math.abs((70 - y) / 50 - 0.7310586) < 1e-6)
})

test("an arrow key goes to the nearest place in its direction, or nowhere", () => {
  const places = [[0, 0], [100, 0], [100, 80], [30, 90]]
  assert.deepEqual(["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"].map(key => towards(places, 0, key)), [1, 3, 0, 0])
  assert.equal(towards(places, 2, "ArrowUp"), 1)
  assert.equal(towards(places, 2, "ArrowLeft"), 3)
})

test("quantities are found by their LaTeX and as parts, and a vector by its products", () => {
  assert.deepEqual(["h_t", "f_t/0", "h_t/1", "none", "none/0"].map(of => indexOf(LSTM, of)), [2, 3, 8, -1, -1])
  assert.deepEqual(entered(LSTM, "x_t"), [5])
})

test("wires have round corners and heads at their ends", () => {
  assert.equal(route([[0, 0], [100, 0]]), "M0 0L100 0")
  assert.equal(route([[0, 0], [100, 0], [100, 50]], 10), "M0 0L90 0Q100 0 100 10L100 50")
  assert.equal(headOf([[0, 0], [50, 0]], 10), "M50 0L40 5.5L40 -5.5Z")
})

test("in no layout do two labels overlap, stand outside, or lie under a node", () => {
  for (const [name, { top, width, height, parts, vectors }] of Object.entries(LAYOUTS)) {
    const nodes = [], labels = []
    for (const one of [...parts, ...vectors]) {
      if (one.box) nodes.push([one.of, one.box[0] - 34, one.box[1] - 22, 68, 44])
      if (one.sign) nodes.push([one.of, one.sign[0] - 14, one.sign[1] - 14, 28, 28])
      if (one.pill) nodes.push([one.of, one.pill[0] - 22, one.pill[1] - 13, 44, 26])
      for (const [kind, wide] of [["name", 34], ["number", 50], ["both", 80]]) {
        if (!one[kind]) continue
        const [x, y, anchor] = one[kind], left = x - (anchor === "end" ? wide : anchor === "middle" ? wide / 2 : 0)
        labels.push([`${one.of ?? one.latex} ${kind}`, left, y - 12, wide, 15])
        assert.ok(left >= 0 && left + wide <= width && y - 12 >= top && y + 3 <= top + height, `${name}: ${one.of} ${kind}`)
      }
    }
    const apart = ([, x, y, w, h], [, u, v, k, l]) => x + w <= u || u + k <= x || y + h <= v || v + l <= y
    labels.forEach((label, i) => [...nodes, ...labels.slice(i + 1)].forEach(other =>
      assert.ok(apart(label, other), `${name}: ${label[0]} and ${other[0]}`)))
  }
})
