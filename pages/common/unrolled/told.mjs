// What is said about a picture: the step in words, and what the pointer is at.
import { at } from "./columns.mjs"
import { LOSS, printed } from "./geometry.mjs"

/** The words of a picture, of its `given` numbers and `plan`. */
export class Told {
  name(t) {
    return this.given.tokens[t]
  }

  /** The numbers of step t in words; an object's `bold` is emphasised, and one with a `unit` opens it. */
  words(t) {
    const { given } = this, loss = given.losses[t], [strip] = at(this.plan.strips, t)
    const where = this.plan.strips.length > 1 ? ` of ${this.placeOf(strip)}` : ""
    return [
      { bold: `t = ${t + 1}` }, ` reads “${this.name(t)}”`, given.indices.length ? `, number ${given.indices[t]}` : "",
      given.known[t] ? ". " : ", which is not in the vocabulary, so <unk> is read. ",
      strip.units > 3 ? `The largest of ${strip.units} units${where} by absolute value: ` : `The units${where}: `, ...this.largest(strip, t), ". ",
      ...this.attends(t), given.answered[t] ? `ŷ: ${this.listed(t)}. ` : "",
      ...(Number.isFinite(loss) ? [
        `L(${t + 1}) = −log ŷ[${this.targetOf(t)}] = −log ${printed(given.target_p[t])} = ${printed(loss)} nats`,
        given.counts[t] ? "; it counts in training." : given.every ? "; it has no part in training." : "; in training, the last one alone counts.",
      ] : []),
    ]
  }

  /** The source tokens with the largest weights, in words. */
  attends(t) {
    const { given, plan } = this, { start } = plan.strips.at(-1)
    if (!given.attention.length || t < start) return []
    const weights = Array.from({ length: start }, (_, j) => [given.attention[(t - start) * start + j], given.tokens[j]])
    const most = weights.sort(([a], [b]) => b - a).slice(0, 3).map(([weight, name]) => `${name} ${printed(weight)}`)
    return [`It attends to ${most.join(", ")}. `]
  }

  /** The class that the loss of step t asks for. */
  targetOf(t) {
    return this.given.labels[this.given.targets[t]]
  }

  /** A strip's place in words, such as "layer 2, from the end". */
  placeOf({ layer, direction, side }) {
    const layers = this.plan.strips[0].layer ? [`layer ${layer + 1}`] : []
    const read = this.plan.both && side !== "decoder" ? [direction ? "from the end" : "from the start"] : []
    const said = [...(side ? [`the ${side}`] : []), ...layers, ...(side || layers.length ? read : read.map(one => `the direction ${one}`))]
    return said.join(", ")
  }

  largest(strip, t) {
    const { states, units, order, start } = strip, value = i => states[(t - start) * units + i]
    const all = Array.from({ length: units }, (_, i) => i).sort((a, b) => Math.abs(value(b)) - Math.abs(value(a)))
    return all.slice(0, 3).flatMap((i, place) => [place ? ", " : "", { unit: order[i], strip, text: `h[${order[i]}] = ${printed(value(i))}` }])
  }

  listed(t) {
    const { labels, best, best_p, listed } = this.given
    return Array.from({ length: listed }, (_, i) => `${labels[best[t * listed + i]]} ${printed(best_p[t * listed + i])}`).join(", ")
  }

  sameWords(key) {
    const { given } = this, [letter, place] = key.split("@"), strip = this.plan.strips[place ?? 0]
    const of = { [given.letters[0]]: "input to hidden", [given.letters[1]]: "hidden to hidden", V: "hidden to output" }
    const where = place === undefined ? "" : ` of ${this.placeOf(strip)}`, steps = letter === "V" ? given.answered.filter(Boolean).length : strip.count
    return `${letter}${where} (${of[letter]}): one matrix, the same numbers at all ${steps} steps`
  }

  /** What is said at a height of the column of step t. `row`: as `unitsAt` returns it. */
  tipOf(t, y, row) {
    const { given } = this
    if (this.times.until(t) > this.played) return ""
    if (row) {
      const { strip, step, first, end } = row
      return Array.from({ length: end - first }, (_, i) => first + i).slice(0, 6).map(i =>
        `h[${strip.order[i]}] = ${printed(strip.states[step * strip.units + i])}` +
        (strip.contrasts.length ? `, its weight for “${given.labels[given.target]}” ${printed(strip.contrasts[i])}` : ""),
      ).join("\n") + (end - first > 6 ? `\n… and ${end - first - 6} more` : "")
    }
    if (y > this.plan.foot) {
      const index = given.indices.length ? `, number ${given.indices[t]} of the vocabulary` : ""
      return `“${given.tokens[t]}”${index}` + (given.known[t] ? "" : ": not known, read as <unk>")
    }
    if (!given.answered[t]) return ""
    if (y < LOSS.foot + 8) {
      return Number.isFinite(given.losses[t])
        ? `L(${t + 1}) = −log ŷ[${this.targetOf(t)}] = −log ${printed(given.target_p[t])} = ${printed(given.losses[t])} nats\n` +
          (this.counts(t) ? "It counts." : "It does not count.")
        : ""
    }
    if (y < this.plan.strips[0].top - 14) return `ŷ at t = ${t + 1}: ${this.listed(t)}` + (given.trained[t] ? "" : "\nThis readout was never trained.")
    return ""
  }

  /** Of the live line. */
  moreWords() {
    return ""
  }
}
