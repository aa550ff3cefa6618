// Several sets of weights, and what lies between two of them. Run by `node --test`.
import assert from "node:assert/strict"
import { test } from "node:test"
import { blend, counted, ease } from "../../../pages/common/unrolled/geometry.mjs"

test("a set is its own numbers, and between two sets lie their means", () => {
  const values = Float32Array.of(0, 1, 2, 10, 11, 12, -4, NaN, 2)
  assert.deepEqual([...blend(values, 3, 0)], [0, 1, 2])
  assert.deepEqual([...blend(values, 3, 1)], [10, 11, 12])
  assert.deepEqual([...blend(values, 3, 2)], [-4, NaN, 2])
  assert.deepEqual([...blend(values, 3, 0.5)], [5, 6, 7])
  assert.deepEqual([...blend(values, 3, 1.25)], [6.5, NaN, 9.5])
  assert.deepEqual([...blend(values, 3, 1.25, 2, 1)], [9.5], "a part of a set")
  assert.deepEqual([...values.subarray(0, 3)], [0, 1, 2], "the numbers themselves do not change")
})

test("a play is eased: it rests at each set", () => {
  assert.deepEqual([ease(0), ease(0.5), ease(1)], [0, 0.5, 1])
  assert.ok(ease(0.01) < 0.01 && ease(0.99) > 0.99)
})

test("updates are printed in groups of three digits", () => {
  assert.deepEqual([0, 8, 512, 1024, 16384, 1048576].map(counted), ["0", "8", "512", "1,024", "16,384", "1,048,576"])
})
