// The gradient on its way back through the picture: its width on the arrows, the share of each copy, scissors, and nudges.
import { at } from "./columns.mjs"
import { button, make, still, svg } from "./dom.mjs"
import {
  ANSWER, BACKWARDS, CELL, GUTTER, LANE, left, phase, printed, scheduleBack, shareBar, widthOf,
} from "./geometry.mjs"
import { Picture } from "./picture.mjs"
import { named, spread, tr } from "./words.mjs"

/** A loss of a text walking back. */
export class WayBack extends Picture {
  setUp() {
    const { given, plan } = this
    this.about = given.back
    this.ways = given.back.ways
    const every = given.begins ? given.begins === "every" : given.every  // the chosen loss, or that of the training
    this.way = every ? this.ways.length - 1 : 0
    this.alone = false  // whether the loss of the chosen step alone walks back
    this.shown = 0  // the layer and direction whose shares are shown
    this.cut = 0  // the step before which the gradient is cut; 0: nowhere
    this.nudging = false
    this.strongest = ["reached", "above", "arriving"].reduce((most, name) => given[name].reduce((a, b) => Math.max(a, b), most), 0)
    this.height = plan.lane + LANE + 8
    this.pace = BACKWARDS
    this.plays = tr("Play: the gradient walks back step by step")
  }

  build() {
    super.build()
    const hatched = svg("pattern", { id: "hatched", width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" })
    hatched.append(svg("rect", { class: "hatch", width: 2, height: 5 }))
    this.picture.prepend(hatched)
    if (this.given.cut_shares && !this.given.locked) this.sheet.append(this.scissors = this.makeScissors())
  }

  switches() {
    const single = this.ways.length > 1 ? this.ways[0].loss : ""
    const says = { last: tr("The loss of the last step alone"), one: tr("The loss of the chosen step alone"), every: tr("The loss of every step") }
    this.losses = single ? [single, "every"].map(name => {
      const one = button({ one: tr("loss: this step"), last: tr("loss: last"), every: tr("loss: every") }[name], says[name], () => this.choose(name))
      one.dataset.loss = name
      return one
    }) : []
    this.nudges = this.ways.some(way => way.fall[0] !== null)
      ? [button(tr("Nudge each copy"), tr("The fall of L if one copy alone moves against its gradient"), () => this.nudge())] : []
    const why = this.missing()
    return [...this.losses, ...this.nudges, this.chooser(), ...(why ? [make("span", "why", why)] : [])]
  }

  /** Why there are no scissors, and for a translation no nudges. */
  missing() {
    const { given, plan } = this
    if (given.pair) return tr("No scissors, as translations are trained without truncation; no nudges, as these are made in networks that read one text alone.")
    if (given.cut_shares || given.steps < 2) return ""
    return plan.both ? tr("No scissors: truncation cuts what is read in one direction, and this network also reads from the end.")
      : tr("No scissors: this text is too long for all its cuts.")
  }

  /** The choice of the layer and direction whose shares are shown. */
  chooser() {
    this.which = make("select", "which hidden")
    if (this.plan.strips.length > 1) {
      this.which.setAttribute("aria-label", tr("The {letter} whose shares are shown", { letter: this.letter }))
      this.which.append(...this.plan.strips.map((strip, i) => {
        const option = make("option", "", tr("{letter} of {place}", { letter: this.letter, place: this.placeOf(strip) }))
        option.value = i
        return option
      }))
      this.which.classList.remove("hidden")
      this.which.onchange = () => {
        this.shown = Number(this.which.value)
        this.again()
      }
    }
    return this.which
  }

  /** The parameter whose copies are followed, in the reader's letters. */
  get letter() {
    return named(this.about.letter)
  }

  timed() {
    return scheduleBack(this.plan.strips)
  }

  counts(t) {
    return this.way >= 0 && this.given.weights[this.way * this.given.steps + t] > 0
  }

  come() {
    return [1, this.plan.strips.map(() => 1), 1]
  }

  joins() {
    return true
  }

  mark() {
    super.mark()
    this.nudges.forEach(one => one.setAttribute("aria-pressed", this.nudging))
    const loss = this.alone ? "one" : this.ways[this.way].loss
    this.losses.forEach(one => one.setAttribute("aria-pressed", one.dataset.loss === loss))
  }

  moreWords(t) {
    return tr("; arriving {norm}", { norm: printed(this.of("arriving", t)) })
  }

  paint(one, t) {
    one.gradients.forEach(({ above, arriving, i }) => {
      const begins = this.times.states[i][t - this.plan.strips[i].start]
      above.style.opacity = phase(begins, 0, this.played)
      arriving.style.opacity = phase(begins, 1, this.played)
    })
    one.share.style.opacity = phase(this.times.states[this.shown][t - this.plan.strips[this.shown].start], 2, this.played)
  }

  column(t) {
    const made = super.column(t)
    if (made.bar && this.filling && !still() && this.counts(t)) {  // those that count are filled one after the other, from the right
      made.bar.style.animationDelay = `${40 * (this.given.steps - 1 - t) - (performance.now() - this.filling)}ms`
      made.bar.classList.add("fills")
    }
    return made
  }

  tipOf(t, y, row) {
    const come = this.times.until(t) <= this.played
    if (come && y > this.plan.lane - 8) {
      return this.nudging
        ? !this.nudged ? "" : tr("Copy {t} alone: predicted {predicted}, measured {measured}", { t: t + 1, predicted: printed(this.predicted(t)), measured: printed(this.fallOf(t)) })
        : tr("Copy {t} of {letter}: norm {norm}, share {share} %", {
          t: t + 1, letter: this.letter, norm: printed(this.of("copies", t)), share: printed(100 * this.of("shares", t)),
        })
    }
    if (come && row) return this.partsOf(t, this.plan.strips.indexOf(row.strip))
    return super.tipOf(t, y, row)
  }

  go(step) {
    super.go(step)
    if (!this.alone) return
    this.played = this.times.total  // the gradient of the step's own loss is seen whole
    this.way = this.wayAt(this.at)
    this.again()
  }

  /** The way of the loss of one step; −1 where it has none. */
  wayAt(t) {
    return this.ways.findIndex(way => way.loss === "one" && way.step === t)
  }

  /** Shows the falls of L in the place of the shares, without a cut; or the shares again. */
  nudge() {
    this.nudging = !this.nudging
    if (this.scissors) {
      this.cutBefore(0)
      this.scissors.classList.toggle("hidden", this.nudging)
    }
    if (this.nudging && this.ways[this.way]?.fall[0] == null) this.choose("every")
    else this.again()
  }

  /** Whether the W whose shares are shown is nudged; of large networks, some are not. */
  get nudged() {
    return this.ways[this.way].fall[this.shown] !== null
  }

  /** Shows the loss of the `last` step alone, of `every` step, or of `one`, the chosen one. */
  choose(loss) {
    this.alone = loss === "one"
    if (this.alone) {
      if (this.nudging) this.nudge()
      this.alone = true
      if (this.wayAt(this.at) < 0 || this.resting) this.at = this.ways[this.ways.length - 2].step
      this.played = this.times.total
      this.bringIn()
    }
    this.way = this.alone ? this.wayAt(this.at) : loss === "every" ? this.ways.length - 1 : 0
    this.filling = performance.now()
    this.again()
  }

  /** Draws everything anew. */
  again() {
    this.clear()
    this.fillGutter()
    this.draw()
    this.say()
  }

  /** A number of the way back at a step of a layer and direction, as it is left by the scissors. */
  of(name, t, part = 0, strip = this.shown) {
    const { steps, parts } = this.given, count = this.plan.strips.length
    if (this.way < 0) return 0
    if (t < this.cut && name !== "copies" && name !== "reached") {
      const { step } = this.ways[this.way]
      if (step >= this.cut) return 0
      if (step < 0) {
        const place = (this.cut - 1) * count + strip, row = name === "arriving" ? place * parts.length + part : place
        return this.given[`cut_${name}`][row * steps + t]
      }
    }
    return this.uncut(name, t, part, strip)
  }

  uncut(name, t, part = 0, strip = this.shown) {
    const { steps, parts } = this.given, each = name === "arriving" ? parts.length : 1
    if (this.way < 0) return 0
    return this.given[name][((this.way * this.plan.strips.length + strip) * each + part) * steps + t]
  }

  /** How much L falls if the copy of step t alone moves. */
  fallOf(t) {
    return this.given.falls[(this.way * this.plan.strips.length + this.shown) * this.given.steps + t]
  }

  sharesOf() {
    return Array.from({ length: this.given.steps }, (_, t) => this.uncut("shares", t))
  }

  /** The shares on whose scale they are drawn. */
  scaled() {
    return this.sharesOf()
  }

  /** The gradient at step t, of each layer and direction from above and along the text; and the share of its copy. */
  more(t, whole) {
    const { width, plan, given } = this, middle = left(t, width) + width / 2, share = svg("g"), here = at(plan.strips, t)
    const gradients = here.map(strip => {
      const above = svg("g"), arriving = svg("g"), i = plan.strips.indexOf(strip)
      const over = here.filter(one => one.layer === strip.layer + 1).at(-1)
      const from = over ? over.top + over.height : ANSWER.foot + 4
      if (strip.direction) this.around(above, this.of("above", t, 0, i), middle + CELL / 2, from, strip.top + 10)
      else this.down(above, this.of("above", t, 0, i), middle + 9, from, strip.top)
      for (const part of given.parts.keys()) this.along(arriving, t, i, part)
      whole.append(above, arriving)
      return { above, arriving, i }
    })
    if (this.nudging && this.nudged) this.nudgeOf(t, share, middle)
    else if (!this.nudging) this.shareOf(t, share, middle)
    whole.append(share)
    return { gradients, share }
  }

  /** The gradient that arrives at a part of a state from the step that was read after it, or its flat end at a cut. */
  along(into, t, i, part) {
    const { width, given } = this, { top, height, direction, start, count } = this.plan.strips[i], x = left(t, width), gap = (width - CELL) / 2
    const y = part ? top - 9 : top + height / 2 + Math.min(18, height / 4), last = direction ? start : start + count - 1
    if (t === last && (direction || this.plan.strips[i].side !== "encoder")) return
    const border = direction ? x : x + width, from = direction ? -gap : gap
    if (t === this.cut - 1) this.capped(into, given.arriving && this.uncut("arriving", t, part, i), border, y, gap)
    else this.across(into, this.of("arriving", t, part, i), border + from, border - from, y)
  }

  /** The share of copy t, and the part of it that a cut takes. */
  shareOf(t, into, middle) {
    const { lane } = this.plan, value = this.of("shares", t), bar = shareBar(value, this.scaled(), LANE)
    if (t < this.cut) {
      const lost = shareBar(this.uncut("shares", t), this.scaled(), LANE)
      into.append(svg("rect", { class: "share hollow", x: middle - 14, y: lane + lost.y, width: 28, height: lost.height, fill: "none" }))
    }
    into.append(svg("rect", {
      class: "share kept", x: middle - 14, y: lane + bar.y, width: 28, height: Math.max(bar.height, 0.5),
      fill: value < 0 ? "url(#hatched)" : "var(--gradient)",
    }))
    this.first(t, into, middle, lane + bar.zero - 6)
  }

  /** Why the first copy receives nothing. */
  first(t, into, middle, y) {
    if (this.isFirst(t)) into.append(svg("text", { class: "small middle", x: middle, y }, `0: ${named("h")}₀ = 0`))
  }

  /** Whether step t is the first that is read, so that a recurrent copy multiplies h_0 = 0. */
  isFirst(t) {
    const { direction, start, count } = this.plan.strips[this.shown]
    return this.about.recurrent && t === (direction ? start + count - 1 : start)
  }

  /** The losses that send most to the state of step t. */
  partsOf(t, i) {
    if (t < this.cut) return tr("from later losses before the cut: {norm}", { norm: printed(this.of("arriving", t, 0, i)) })
    const { given, about } = this, whole = tr("‖∂L/∂h‖ at t = {t}: {norm}", { t: t + 1, norm: printed(this.of("reached", t, 0, i)) })
    if (i || this.ways[this.way]?.loss !== "every" || !given.parts_by_loss.length) return whole
    const some = about.rows.map((step, row) => [step, given.parts_by_loss[row * given.steps + t]])
      .filter(([, norm]) => norm > 0).sort((a, b) => b[1] - a[1])
    return [whole, tr("from the losses at"), ...some.slice(0, 5).map(([step, norm]) => `t = ${step + 1}: ${printed(norm)}`),
            ...(some.length > 5 ? [tr("and {n} more", { n: some.length - 5 })] : [])].join("\n")
  }

  /** The gradient that arrives at a cut ends in a flat cap there. */
  capped(into, norm, border, y, gap) {
    const drawn = widthOf(norm / this.strongest)
    if (!drawn) return
    into.append(svg("line", { class: "gradient", x1: border + gap, x2: border + 5, y1: y, y2: y, "stroke-width": drawn.width }),
                svg("line", { class: "gradient cap", x1: border + 5, x2: border + 5, y1: y - 9, y2: y + 9, "stroke-width": 3 }))
  }

  /** Cuts the gradient before a step; 0: nowhere. */
  cutBefore(step) {
    const cut = Math.max(0, Math.min(this.given.steps - 1, step))
    if (cut === this.cut) return
    this.cut = cut
    this.filling = 0
    this.clear()
    this.widened()
    this.draw()
    this.say()
  }

  widened() {
    if (!this.scissors) return
    this.scissors.style.left = `${left(this.cut, this.width) - 11}px`
    this.scissors.setAttribute("aria-valuenow", this.cut)
    this.scissors.setAttribute("aria-valuetext", this.cut ? tr("cut between steps {before} and {after}", { before: this.cut, after: this.cut + 1 }) : tr("no cut"))
    this.scissors.classList.toggle("cutting", this.cut > 0)
  }

  /** The handle that is dragged between the columns, or moved by the arrow keys. */
  makeScissors() {
    const one = make("div", "scissors")
    one.append(make("span", "", "✂"))
    Object.entries({ role: "slider", "aria-label": tr("Scissors: cut the gradient between two steps"), "aria-valuemin": 0,
                     "aria-valuemax": this.given.steps - 1 }).forEach(([name, value]) => one.setAttribute(name, value))
    one.tabIndex = 0
    one.title = tr("Drag me between two columns: the gradient is cut there")
    one.onpointerdown = event => {
      event.stopPropagation()
      one.setPointerCapture(event.pointerId)
      this.dragging = true
    }
    one.onpointermove = event => {
      event.stopPropagation()
      if (!this.dragging) return
      this.cutBefore(Math.round((this.placeOfPointer(event).x - GUTTER) / this.width))
    }
    one.onpointerup = one.onpointercancel = event => {
      event.stopPropagation()
      this.dragging = false
    }
    one.onkeydown = event => {
      const step = { ArrowLeft: this.cut - 1, ArrowRight: this.cut + 1, Home: 0, End: this.given.steps - 1, Escape: 0 }[event.key]
      if (step === undefined) return
      event.preventDefault()
      event.stopPropagation()
      this.cutBefore(step)
    }
    return one
  }

  /** ‖∂L/∂W‖ of the layer and direction whose shares are shown. */
  norm() {
    return this.given.norms[this.way * this.plan.strips.length + this.shown]
  }

  /** By how much L falls to first order if the copy of step t alone moves: η ‖∂L/∂W|(t)‖². */
  predicted(t) {
    return this.ways[this.way].rates[this.shown] * this.of("copies", t) ** 2
  }

  /** The predicted and the measured fall of L if all copies move at once: each by the whole gradient, as they are one matrix. */
  whole() {
    const { rates, fall } = this.ways[this.way]
    return [rates[this.shown] * this.norm() ** 2, fall[this.shown]]
  }

  nudgeOf(t, into, middle) {
    const all = Array.from({ length: this.given.steps }, (_, i) => [this.predicted(i), this.fallOf(i)]).flat()
    const zero = this.pair(into, [this.predicted(t), this.fallOf(t)], all, middle, [28, 18], this.plan.lane, LANE)
    this.first(t, into, middle, zero - 6)
  }

  /** A predicted fall of L as an outline, the measured one filled, on the scale of some falls; where its zero lies. */
  pair(into, falls, scale, middle, widths, top, height) {
    const [predicted, measured] = falls.map(fall => shareBar(fall, scale, height)), [wide, narrow] = widths
    into.append(
      svg("rect", { class: "share measured", x: middle - narrow / 2, y: top + measured.y, width: narrow, height: Math.max(measured.height, 0.5), fill: "var(--gradient)" }),
      svg("rect", { class: "predicted", x: middle - wide / 2, y: top + predicted.y, width: wide, height: Math.max(predicted.height, 0.5) }),
    )
    return top + predicted.zero
  }

  besideTip(y) {
    if (!this.nudging || !this.nudged || y < this.plan.lane) return ""
    const [predicted, measured] = this.whole().map(printed)
    return tr("All copies at once, each by −η ∂L/∂{letter}: predicted {predicted}, measured {measured}, on a scale of their own", { letter: this.letter, predicted, measured })
  }

  /** A line of the gradient's width from (x1, y1) to where its head begins, and the head as a path; nothing where it is 0. */
  gradient(into, norm, shape) {
    const drawn = widthOf(norm / this.strongest)
    if (!drawn) return
    const { width, dotted } = drawn, head = Math.max(5, width), { line, tip } = shape(head, head * 0.75)
    into.append(svg("path", { class: "gradient", d: line, "stroke-width": width, ...(dotted ? { "stroke-dasharray": "1 3" } : {}) }),
                svg("path", { class: "arrowhead", d: tip }))
  }

  down(into, norm, x, y1, y2) {
    this.gradient(into, norm, (head, half) => ({ line: `M${x},${y1}V${y2 - head * 0.8}`, tip: `M${x},${y2}l${-half},${-head}h${2 * half}z` }))
  }

  /** Down beside a cell, and into it from the right. */
  around(into, norm, edge, y1, y2) {
    this.gradient(into, norm, (head, half) => ({ line: `M${edge + 6},${y1}V${y2}`, tip: `M${edge},${y2}l${head},${-half}v${2 * half}z` }))
  }

  across(into, norm, x1, x2, y) {
    const sign = x1 > x2 ? 1 : -1
    this.gradient(into, norm, (head, half) => ({ line: `M${x1},${y}H${x2 + sign * head * 0.8}`, tip: `M${x2},${y}l${sign * head},${-half}v${2 * half}z` }))
  }

  /** The sum of the shares that the sweep has met. */
  drawn() {
    if (!this.gauge) return
    const { lane, strips } = this.plan, begins = this.times.states[this.shown], { start, count } = strips[this.shown]
    let met = 0
    for (let t = start; t < start + count; t++) if (begins[t - start] + 1 <= this.played) met += this.of("shares", t)
    const high = Math.max(0, Math.min(1, met)) * LANE
    this.gauge.setAttribute("y", lane + LANE - high)
    this.gauge.setAttribute("height", high)
    this.gauged.textContent = `${(100 * met).toFixed(0)} %`.replace("-", "−")
  }

  /** The ruler of the gradient's width, and the gauge of the shares. */
  moreGutter() {
    const { lane, foot } = this.plan
    const ruler = [1, 0.1, 0.01, 0.001].map((ratio, i) => {
      const y = foot - 4 + 11 * i, { width } = widthOf(ratio)
      const one = svg("g")
      one.append(svg("line", { class: "gradient", x1: 4, x2: 22, y1: y, y2: y, "stroke-width": width }),
                 svg("text", { class: "small", x: 27, y: y + 3.5 }, String(ratio)))
      return one
    })
    this.gauge = null
    if (this.nudging) {
      const outlined = svg("rect", { class: "predicted", x: 2, y: lane + 22, width: 9, height: 10 })
      const filled = svg("rect", { class: "filled", x: 2, y: lane + 38, width: 9, height: 10 })
      this.gutter.append(
        ...ruler, svg("text", { class: "small", x: 2, y: lane + 14 }, tr("L falls by")), outlined, filled,
        svg("text", { class: "small", x: 14, y: lane + 31 }, tr("predicted")), svg("text", { class: "small", x: 14, y: lane + 47 }, tr("measured")),
      )
      if (!this.nudged) return
      const all = svg("g", { class: "all" }), [, measured] = this.whole()
      this.pair(all, this.whole(), this.whole(), 75, [18, 11], lane + 6, LANE - 6)
      all.append(svg("text", { class: "small before", x: 86, y: lane - 1 }, tr("all copies")),
                 svg("text", { class: "small", x: 14, y: lane + 62 }, printed(measured)))
      this.gutter.append(all)
      return
    }
    this.gauge = svg("rect", { class: "filled", x: 70, y: lane + LANE, width: 11, height: 0 })
    this.gauged = svg("text", { class: "small", x: 4, y: lane + 42 })
    this.gutter.append(
      ...ruler, svg("text", { class: "small", x: 4, y: lane + 14 }, tr("shares of")),
      svg("text", { class: "small", x: 4, y: lane + 27 }, `∂L/∂${this.letter}`),
      svg("rect", { class: "cell", x: 70, y: lane, width: 11, height: LANE }), this.gauge, this.gauged,
    )
  }

  words(t) {
    if (this.way < 0) return spread("{t} “{token}”. This step has no loss, so nothing walks back from it.", { t: { bold: `t = ${t + 1}` }, token: this.name(t) })
    if (this.nudging) return this.nudgeWords(t)
    const { given, ways, way, plan } = this, letter = this.letter, [, memory] = given.parts, strip = plan.strips[this.shown]
    const { direction, start, count } = strip, several = plan.strips.length > 1, place = several ? this.placeOf(strip) : ""
    const values = { t: { bold: `t = ${t + 1}` }, token: this.name(t), letter, place, copy: t + 1 }
    if (t < start || t >= start + count) {
      return several ? spread("{t} “{token}” is not read by the {letter} of {place}, whose shares are shown.", values)
        : spread("{t} “{token}” is not read by the {letter}, whose shares are shown.", values)
    }
    const share = printed(100 * this.of("shares", t)), norm = printed(this.of("copies", t))
    const copy = this.isFirst(t) ? tr("Copy {copy} of {letter} receives 0, because it multiplies h₀ = 0. ", values)
      : t < this.cut ? tr("Copy {copy} of {letter} keeps a share of {share} %, of {whole} %. ", { ...values, share, whole: printed(100 * this.uncut("shares", t)) })
      : tr("Copy {copy} of {letter} receives {norm}, a share of {share} %. ", { ...values, norm, share })
    const rest = this.cut ? this.sharesOf().reduce((sum, _, i) => sum + this.of("shares", i), 0) : 1
    const left = tr("{rest} % of the gradient of {letter} is left. ", { rest: printed(100 * rest), letter })
    const whole = { step: ways[way].step + 1, total: printed(ways[way].total), letter, norm: printed(this.norm()) }
    return [
      ...spread("{t} “{token}”. ", values), this.arrivingWords(t, strip, memory, place, direction ? t : t + 2), this.aboveWords(t, strip),
      copy, ...(this.cut ? [{ bold: left }] : []),
      this.alone ? tr("The loss is that of step {step} alone: L = {total} nats, ‖∂L/∂{letter}‖ = {norm}.", whole)
        : tr("L = {total} nats, ‖∂L/∂{letter}‖ = {norm}.", whole),
    ]
  }

  /** The gradient that comes to the state of step t from the step after it, in words. */
  arrivingWords(t, { direction, start, count, side }, memory, place, from) {
    const last = t === (direction ? start : start + count - 1)
    if (t === this.cut - 1) return tr("Here the gradient is cut: nothing arrives. ")
    if (last && side !== "encoder") return tr("Nothing arrives: there is no step after it. ")
    const values = { from: last ? tr("the decoder's start") : tr("step {step}", { step: from }), norm: printed(this.of("arriving", t)), memory, place }
    const more = memory ? { ...values, other: printed(this.of("arriving", t, 1)) } : values
    if (memory) {
      return place ? tr("From {from} arrives a gradient of norm {norm} at h and {other} at {memory} of {place}. ", more)
        : tr("From {from} arrives a gradient of norm {norm} at h and {other} at {memory}. ", more)
    }
    return place ? tr("From {from} arrives a gradient of norm {norm} at h of {place}. ", more)
      : tr("From {from} arrives a gradient of norm {norm} at h. ", more)
  }

  /** The gradient that comes to the state of step t from above, in words. */
  aboveWords(t, strip) {
    const { given, ways, way, plan } = this, lower = strip.layer < plan.strips[0].layer
    if (!given.pair && !lower && !this.counts(t)) {
      return ways[way].loss === "one" ? tr("Its own loss does not count here. ") : tr("Its own loss does not count. ")
    }
    const values = { norm: printed(this.of("above", t)), together: printed(this.of("reached", t)) }
    const alone = given.pair ? tr("From above comes {norm}", values) : lower ? tr("The layer above sends down {norm}", values)
      : tr("Its own loss sends down {norm}", values)
    return t < this.cut ? `${alone}. ` : tr("{alone}; together ‖∂L/∂h‖ = {together}. ", { ...values, alone })
  }

  nudgeWords(t) {
    const { ways, way, plan, letter } = this, { total } = ways[way], rate = ways[way].rates[this.shown]
    const fall = ways[way].fall[this.shown], place = plan.strips.length > 1 ? this.placeOf(plan.strips[this.shown]) : ""
    const whole = place ? tr("{letter} of {place}", { letter, place }) : letter
    if (!this.nudged) return [tr("This text is too long to nudge the copies of {named}, or its gradient is 0.", { named: whole })]
    const falls = value => value < 0 ? tr("rises by {norm}", { norm: printed(-value) }) : tr("falls by {norm}", { norm: printed(value) })
    const values = { t: { bold: `t = ${t + 1}` }, copy: t + 1, named: whole, letter, rate: printed(rate), falls: falls(this.fallOf(t)), predicted: printed(this.predicted(t)) }
    return [
      ...spread("{t} Move copy {copy} of {named} alone by −η ∂L/∂{letter}|({copy}), with η = {rate}: L {falls}; predicted η ‖∂L/∂{letter}|({copy})‖² = {predicted}. ", values),
      tr("Move {letter} itself, which is all copies, by −η ∂L/∂{letter}: L = {total} {falls}; predicted η ‖∂L/∂{letter}‖² = {predicted}.", {
        letter, total: printed(total), falls: falls(fall), predicted: printed(rate * this.norm() ** 2),
      }),
    ]
  }
}
