// The shapes of a column, in a document of names and attributes alone. Run by `node --test`.
import assert from "node:assert/strict"
import { test } from "node:test"
import { cells, inGutter } from "../../../pages/common/unrolled/columns.mjs"
import { nameOf } from "../../../pages/common/unrolled/dom.mjs"
import { GUTTER, layout } from "../../../pages/common/unrolled/geometry.mjs"

class Element {
  constructor(name) {
    Object.assign(this, { name, children: [] })
  }

  setAttribute(key, value) {
    this[key] = value
  }

  append(...all) {
    this.children.push(...all)
  }
}
globalThis.document = { createElementNS: (_, name) => new Element(name) }

/** A network's strips where they lie, and the keys of their parameters. */
function network(layers, directions) {
  const all = Array.from({ length: layers * directions }, (_, i) => ({ layer: layers - 1 - Math.floor(i / directions), direction: i % directions, start: 0, count: 5 }))
  const plan = layout(all), keyOf = (strip, of) => all.length > 1 ? `${"UW"[of]}@${plan.strips.indexOf(strip)}` : "UW"[of]
  return { plan, keyOf }
}

/** The pills of a column: their keys and places. */
function pillsOf({ plan, keyOf }, t) {
  const whole = new Element("g")
  cells(whole, t, { given: { answered: Array(5).fill(true), attention: [] }, plan, width: 80, keyOf })
  return whole.children.filter(one => one.class === "pill").map(one => ({ key: one["data-key"], x: one.children[0].x, y: one.children[0].y + 7.5 }))
}

test("every parameter has a pill in a column between others, and a letter in the gutter", () => {
  for (const [layers, directions] of [[1, 1], [2, 1], [1, 2], [2, 2], [3, 2]]) {
    const made = network(layers, directions), pills = pillsOf(made, 2), letters = inGutter(made.plan.strips, made.keyOf)
    assert.equal(new Set(pills.map(one => one.key)).size, 2 * layers * directions + 1)
    assert.deepEqual(pills.map(one => one.key).sort(), [...letters.map(one => one.key), "V"].sort())
    for (const { x, y } of pills) assert.ok(x >= GUTTER + 160 - 10 && x < GUTTER + 240, `${x} ${y}`)
    const ys = letters.map(one => one.y).sort((a, b) => a - b)
    assert.ok(ys.every((y, i) => !i || y - ys[i - 1] >= 15), `letters do not lie on each other: ${ys}`)
  }
})

test("what a button is called begins with what is written on it", () => {
  assert.equal(nameOf("loss: every", "The loss of every step"), "loss: every. The loss of every step")
  assert.equal(nameOf("Play", "Play: go through the training"), "Play: go through the training")
})
