// What is said about a picture: the step in words, and what the pointer is at.
import { at } from "./columns.mjs"
import { LOSS, printed } from "./geometry.mjs"
import { named, spread, tr } from "./words.mjs"

/** The words of a picture, of its `given` numbers and `plan`. */
export class Told {
  name(t) {
    return this.given.tokens[t]
  }

  /** The numbers of step t in words; an object's `bold` is emphasised, and one with a `unit` opens it. */
  words(t) {
    const { given } = this, loss = given.losses[t], [strip] = at(this.plan.strips, t)
    const place = this.placeOf(strip), several = this.plan.strips.length > 1, units = this.largest(strip, t)
    const read = { t: { bold: `t = ${t + 1}` }, token: this.name(t), index: given.indices[t] }, of = { place, units, count: strip.units }
    return [
      ...(given.known[t]
        ? given.indices.length ? spread("{t} reads “{token}”, number {index}. ", read) : spread("{t} reads “{token}”. ", read)
        : given.indices.length ? spread("{t} reads “{token}”, number {index}, which is not in the vocabulary, so <unk> is read. ", read)
        : spread("{t} reads “{token}”, which is not in the vocabulary, so <unk> is read. ", read)),
      ...(strip.units > 3
        ? several ? spread("The largest of {count} units of {place} by absolute value: {units}. ", of)
        : spread("The largest of {count} units by absolute value: {units}. ", of)
        : several ? spread("The units of {place}: {units}. ", of) : spread("The units: {units}. ", of)),
      ...this.attends(t), given.answered[t] ? `ŷ: ${this.listed(t)}. ` : "",
      ...(Number.isFinite(loss) ? [
        this.lossOf(t),
        given.counts[t] ? tr("; it counts in training.") : given.every ? tr("; it has no part in training.")
        : tr("; in training, the last one alone counts."),
      ] : []),
    ]
  }

  /** L(t) as it comes about. */
  lossOf(t) {
    const { given } = this, values = { t: t + 1, target: this.targetOf(t), p: printed(given.target_p[t]), loss: printed(given.losses[t]) }
    return tr("L({t}) = −log ŷ[{target}] = −log {p} = {loss} nats", values)
  }

  /** The source tokens with the largest weights, in words. */
  attends(t) {
    const { given, plan } = this, { start } = plan.strips.at(-1)
    if (!given.attention.length || t < start) return []
    const weights = Array.from({ length: start }, (_, j) => [given.attention[(t - start) * start + j], given.tokens[j]])
    const most = weights.sort(([a], [b]) => b - a).slice(0, 3).map(([weight, name]) => `${name} ${printed(weight)}`)
    return [tr("It attends to {most}. ", { most: most.join(", ") })]
  }

  /** The class that the loss of step t asks for. */
  targetOf(t) {
    return this.given.labels[this.given.targets[t]]
  }

  /** A strip's place in words, such as "layer 2, from the end". */
  placeOf({ layer, direction, side }) {
    const layers = this.plan.strips[0].layer ? [tr("layer {layer}", { layer: layer + 1 })] : [], alone = !side && !layers.length
    const read = alone ? [tr("the direction from the start"), tr("the direction from the end")] : [tr("from the start"), tr("from the end")]
    const said = [...(side ? [side === "encoder" ? tr("the encoder") : tr("the decoder")] : []), ...layers,
                  ...(this.plan.both && side !== "decoder" ? [read[direction]] : [])]
    return said.join(", ")
  }

  largest(strip, t) {
    const { states, units, order, start } = strip, value = i => states[(t - start) * units + i]
    const all = Array.from({ length: units }, (_, i) => i).sort((a, b) => Math.abs(value(b)) - Math.abs(value(a)))
    return all.slice(0, 3).flatMap((i, place) => [place ? ", " : "", { unit: order[i], strip, text: `${named("h")}[${order[i]}] = ${printed(value(i))}` }])
  }

  listed(t) {
    const { labels, best, best_p, listed } = this.given
    return Array.from({ length: listed }, (_, i) => `${labels[best[t * listed + i]]} ${printed(best_p[t * listed + i])}`).join(", ")
  }

  sameWords(key) {
    const { given } = this, [letter, place] = key.split("@"), strip = this.plan.strips[place ?? 0]
    const of = { [given.letters[0]]: tr("input to hidden"), [given.letters[1]]: tr("hidden to hidden"), V: tr("hidden to output") }
    const steps = letter === "V" ? given.answered.filter(Boolean).length : strip.count
    const values = { letter: named(letter), way: of[letter], steps, place: place === undefined ? "" : this.placeOf(strip) }
    return place === undefined ? tr("{letter} ({way}): one matrix, the same numbers at all {steps} steps", values)
      : tr("{letter} of {place} ({way}): one matrix, the same numbers at all {steps} steps", values)
  }

  /** What is said at a height of the gutter. */
  besideTip() {
    return ""
  }

  /** What is said at a height of the column of step t. `row`: as `unitsAt` returns it. */
  tipOf(t, y, row) {
    const { given } = this
    if (this.times.until(t) > this.played) return ""
    if (row) {
      const { strip, step, first, end } = row
      return Array.from({ length: end - first }, (_, i) => first + i).slice(0, 6).map(i =>
        `${named("h")}[${strip.order[i]}] = ${printed(strip.states[step * strip.units + i])}` + (strip.contrasts.length
          ? tr(", its weight for “{label}” {weight}", { label: given.labels[given.target], weight: printed(strip.contrasts[i]) }) : ""),
      ).join("\n") + (end - first > 6 ? `\n${tr("… and {n} more", { n: end - first - 6 })}` : "")
    }
    if (y > this.plan.foot) {
      const index = given.indices.length ? tr(", number {index} of the vocabulary", { index: given.indices[t] }) : ""
      return tr("“{token}”", { token: given.tokens[t] }) + index + (given.known[t] ? "" : tr(": not known, read as <unk>"))
    }
    if (!given.answered[t]) return ""
    if (y < LOSS.foot + 8) {
      return Number.isFinite(given.losses[t])
        ? `${this.lossOf(t)}\n${this.counts(t) ? tr("It counts.") : tr("It does not count.")}`
        : ""
    }
    if (y < this.plan.strips[0].top - 14) return tr("ŷ at t = {t}: {listed}", { t: t + 1, listed: this.listed(t) }) + (given.trained[t] ? "" : `\n${tr("This readout was never trained.")}`)
    return ""
  }

  /** Of the live line. */
  moreWords() {
    return ""
  }
}
