// The picture over training: the same text by the weights after some updates, chosen with a slider, all on the same scales.
import { WayBack } from "./back.mjs"
import { answer } from "./columns.mjs"
import { make, morph, still, svg } from "./dom.mjs"
import { LANE, OVER, blend, counted, ease, pace, printed } from "./geometry.mjs"
import { Picture } from "./picture.mjs"
import { spread, tr } from "./words.mjs"

/** A text by several sets of weights. `place` is the set that is shown; between two sets while it plays. */
export class OverTraining extends WayBack {
  setUp() {
    super.setUp()
    const { given } = this
    this.sets = given.over.updates.length
    this.most = given.over_losses.reduce((most, loss) => loss > most ? loss : most, 0)
    this.largest_norm = given.norms.reduce((a, b) => Math.max(a, b), 0)
    this.pace = OVER
    this.plays = tr("Play: go through the training")
    this.show(given.over.own)
  }

  build() {
    super.build()
    const { updates, own } = this.given.over
    this.slider = make("input")
    Object.assign(this.slider, { type: "range", min: 0, max: this.sets - 1, step: 1, oninput: () => this.turn(Number(this.slider.value)) })
    this.slider.setAttribute("aria-label", tr("The weights by which the text is read"))
    this.slider.onkeydown = event => event.stopPropagation()
    const stops = make("div", "stops")
    updates.forEach((update, i) => {
      const stop = make("span", i === own ? "stop own" : "stop", counted(update))
      stop.style.left = `calc(8px + (100% - 16px) * ${i / Math.max(1, this.sets - 1)})`
      if (i === own) stop.append(make("span", "", tr("best")))
      stop.onclick = () => this.turn(i)
      stops.append(stop)
    })
    const course = make("div", "course")
    course.append(make("span", "of", tr("updates")), this.slider, stops)
    this.map.before(course)
  }

  switches() {
    this.losses = this.nudges = []
    return [this.chooser()]
  }

  timed() {
    return { ...super.timed(), columns: Array.from({ length: this.given.steps }, (_, t) => t) }
  }

  counts(t) {
    return this.given.counts[t]
  }

  /** Puts the numbers of a set of weights, or between two, in the place of the picture's own. */
  show(place) {
    const { given, plan } = this, { steps, listed } = given
    this.place = place
    this.way = Math.round(place)
    for (const name of ["losses", "target_p"]) given[name] = blend(given[`over_${name}`], steps, place)
    const from = this.way * steps * listed, to = from + steps * listed  // answers are those of the nearest set
    given.best = given.over.best.slice(from, to)
    given.best_p = given.over_best_p.slice(from, to)
    plan.strips.forEach((strip, i) => { strip.states = blend(given[`over_states.${i}`], strip.count * strip.units, place) })
  }

  /** Shows a set of weights. */
  turn(set) {
    this.halt()
    this.show(Math.max(0, Math.min(this.sets - 1, set)))
    this.renew()
    this.drawMap()
    this.say()
  }

  /** Changes what the weights change in the columns that stand there: after `draw`, which reads the layout. */
  renew() {
    this.joined = -1
    this.draw()
    for (const [t, one] of this.columns) {
      morph(one.answer, answer(t, this, this.dotY(t), !this.two, this.counts(t), this.most).answer)
      const { gradients, share } = this.more(t, svg("g"))
      gradients.forEach(({ above, arriving }, i) => {
        morph(one.gradients[i].above, above)
        morph(one.gradients[i].arriving, arriving)
      })
      morph(one.share, share)
    }
  }

  start(alone = false) {
    const last = this.sets - 1, from = this.place >= last ? 0 : this.place, began = performance.now(), each = pace(last, alone, this.pace)
    this.playing = true
    const frame = now => {
      if (!this.playing) return
      const gone = Math.min(last, from + Math.max(0, now - began) / each), whole = Math.floor(gone), before = this.way
      this.show(still() ? whole : whole + ease(gone - whole))
      if (this.way !== before && !alone) this.say()
      this.renew()
      if (gone < last) this.frame = requestAnimationFrame(frame)
      else {
        this.stop()
        if (!alone) this.opens.played()
      }
    }
    this.frame = requestAnimationFrame(frame)
    this.mark()
  }

  stop() {
    this.turn(this.way)
  }

  go(step) {
    this.halt()
    if (this.place !== this.way) this.turn(this.way)
    this.at = Math.max(0, Math.min(this.given.steps - 1, step))
    this.bringIn()
    this.draw()
    this.say()
  }

  rest() {
    this.go(this.given.steps - 1)
  }

  /** Only a unit of the run's own weights can be opened. */
  open(strip, unit) {
    if (this.way === this.given.over.own) super.open(strip, unit)
  }

  mark() {
    super.mark()
    if (!this.slider) return
    this.slider.value = this.way
    this.slider.setAttribute("aria-valuetext", this.when())
    this.root.dataset.update = this.given.over.updates[this.way]
  }

  uncut(name, t, part = 0, strip = this.shown) {
    const { steps, parts } = this.given, each = name === "arriving" ? parts.length : 1, count = this.plan.strips.length * each * steps
    const [value] = blend(this.given[name], count, this.place, (strip * each + part) * steps + t, 1)
    return value
  }

  /** The least and the largest share of all weights, so that they have one scale. */
  scaled() {
    if (this.scale?.shown !== this.shown) {
      const { steps, shares } = this.given, strips = this.plan.strips.length
      const all = shares.filter((_, i) => Math.floor(i / steps) % strips === this.shown)
      this.scale = { shown: this.shown, ends: [Math.min(...all), Math.max(...all)] }
    }
    return this.scale.ends
  }

  moreGutter() {
    super.moreGutter()
    this.gutter.append(svg("text", { class: "small", x: 4, y: this.plan.lane + 44 }, `‖∂L/∂${this.letter}‖`))
    this.gauged.setAttribute("y", this.plan.lane + 57)
  }

  /** The norm of the gradient, over its largest of all weights. */
  drawn() {
    const { lane } = this.plan, high = this.largest_norm ? LANE * this.norm() / this.largest_norm : 0
    this.gauge.setAttribute("y", lane + LANE - high)
    this.gauge.setAttribute("height", high)
    this.gauged.textContent = printed(this.norm())
  }

  /** Which weights these are. */
  when() {
    const { updates, own } = this.given.over, update = updates[this.way]
    if (this.way === own) return tr("the run's own weights, best at update {update}", { update: counted(update) })
    return update === 1 ? tr("after 1 update") : tr("after {update} updates", { update: counted(update) })
  }

  moreWords() {
    return `; ${this.when()}`
  }

  tipOf(t, y, row) {
    if (!row) return super.tipOf(t, y, row)
    return `${Picture.prototype.tipOf.call(this, t, y, row)}\n${this.partsOf(t, this.plan.strips.indexOf(row.strip))}`
  }

  words(t) {
    const { given, way, ways, letter } = this, when = this.when(), [first] = ways
    const values = { t: { bold: `t = ${t + 1}` }, token: this.name(t), listed: this.listed(t), letter, copy: t + 1 }
    const before = way ? tr("; at update {update} it was {total}", { update: counted(given.over.updates[0]), total: printed(first.total) }) : ""
    const share = this.isFirst(t) ? tr("Copy {copy} of {letter} receives 0, because it multiplies h₀ = 0.", values)
      : tr("Copy {copy} of {letter} has a share of {share} % in the gradient of {letter}.", { ...values, share: printed(100 * this.of("shares", t)) })
    const loss = { t: t + 1, target: this.targetOf(t), loss: printed(given.losses[t]) }
    return [
      { bold: when[0].toUpperCase() + when.slice(1) },
      tr(": L = {total} nats{before}. ‖∂L/∂{letter}‖ = {norm}. ", { total: printed(ways[way].total), before, letter, norm: printed(this.norm()) }),
      ...spread("{t} “{token}”: ŷ: {listed}. ", values),
      Number.isFinite(given.losses[t]) ? tr("L({t}) = −log ŷ[{target}] = {loss} nats. ", loss) : "", share,
    ]
  }
}
