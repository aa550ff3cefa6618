import assert from "node:assert/strict"
import { test } from "node:test"
import { named, setWords, spread, tr, trN } from "../../../pages/common/unrolled/words.mjs"

test("in English a message is itself, with its values", () => {
  setWords({})
  assert.equal(tr("t = {t} of {steps}", { t: 2, steps: 5 }), "t = 2 of 5")
  assert.equal(trN("{n} sum", "{n} sums", 1), "1 sum")
  assert.equal(trN("{n} sum", "{n} sums", 3), "3 sums")
  assert.equal(named("W"), "W")
})

test("the words of another language take their place, in an order of its own", () => {
  setWords({ words: { "{a} of {b}": "{b}: {a}", "{n} sum\n<|>\n{n} sums": "{n} Summe\n<|>\n{n} Summen" }, named: { W: "W_hh" } })
  assert.equal(tr("{a} of {b}", { a: 1, b: 2 }), "2: 1")
  assert.deepEqual([trN("{n} sum", "{n} sums", 1), trN("{n} sum", "{n} sums", 0)], ["1 Summe", "0 Summen"])
  assert.equal(named("W"), "W_hh")
  setWords({})
})

test("a value is never read as a message, and a field may be an object", () => {
  assert.equal(tr("“{token}”", { token: "{t} $& {token}" }), "“{t} $& {token}”")
  const bold = { bold: "t = 1" }
  assert.deepEqual(spread("{t} “{token}”.", { t: bold, token: "a" }), [bold, " “", "a", "”."])
  assert.deepEqual(spread("number {index}", { index: 2 }), ["number ", "2"])
  assert.deepEqual(spread("{units}.", { units: [", ", bold] }), [", ", bold, "."])
})
