// The gradient on its way back through the picture: its width on the arrows, the share of each copy, scissors, and nudges.
import { button, make, still, svg } from "./dom.mjs"
import {
  ANSWER, BACKWARDS, CELL, CELL_HEIGHT, CELL_TOP, GUTTER, LANE, left, phases, printed, shareBar, widthOf,
} from "./geometry.mjs"
import { Picture } from "./picture.mjs"

/** A loss of a text walking back. */
export class WayBack extends Picture {
  setUp() {
    const { given } = this
    this.about = given.back
    this.way = Number(given.every)  // the loss that the run was trained with: of the last step, 0, or of every step, 1
    this.cut = 0  // the step before which the gradient is cut; 0: nowhere
    this.nudging = false
    this.strongest = Math.max(...given.reached, ...given.own, ...given.arriving)
    this.height = LANE.top + LANE.height + 8
    this.pace = BACKWARDS
    this.plays = "Play: the gradient walks back step by step"
  }

  build() {
    super.build()
    const hatched = svg("pattern", { id: "hatched", width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" })
    hatched.append(svg("rect", { class: "hatch", width: 2, height: 5 }))
    this.picture.prepend(hatched)
    if (this.given.cut_shares) this.sheet.append(this.scissors = this.makeScissors())
  }

  switches() {
    this.losses = ["last", "every"].map((name, way) =>
      button(`loss: ${name}`, `The loss of ${way ? "every step" : "the last step alone"}`, () => this.choose(way)))
    this.nudges = this.given.falls.length ? [button("Nudge each copy", "The fall of L if one copy alone moves against its gradient",
                                                    () => this.nudge())] : []
    return [...this.losses, ...this.nudges]
  }

  order(t) {
    return this.given.steps - 1 - t
  }

  counts(t) {
    return this.given.weights[this.way * this.given.steps + t] > 0
  }

  come() {
    return [1, 1, 1]
  }

  toJoin() {
    return this.given.steps
  }

  mark() {
    super.mark()
    this.nudges.forEach(one => one.setAttribute("aria-pressed", this.nudging))
    this.losses.forEach((one, way) => one.setAttribute("aria-pressed", way === this.way))
  }

  moreWords(t) {
    return `; arriving ${printed(this.of("arriving", t))}`
  }

  paint(one, t) {
    const [own, met, share] = phases(this.order(t), this.played)
    one.own.style.opacity = own
    one.arriving.style.opacity = met
    one.share.style.opacity = share
  }

  column(t) {
    const made = super.column(t)
    if (this.filling && !still() && this.counts(t)) {  // those that count are filled one after the other, from the right
      made.bar.style.animationDelay = `${40 * this.order(t) - (performance.now() - this.filling)}ms`
      made.bar.classList.add("fills")
    }
    return made
  }

  tipOf(t, y, row) {
    if (this.order(t) < this.played && y > LANE.top - 8) {
      return this.nudging
        ? `Copy ${t + 1} alone: predicted ${printed(this.predicted(t))}, measured ${printed(this.of("falls", t))}`
        : `Copy ${t + 1} of ${this.about.letter}: norm ${printed(this.of("copies", t))}, share ${printed(100 * this.of("shares", t))} %`
    }
    if (this.order(t) < this.played && y >= CELL_TOP - 14 && y < CELL_TOP + CELL_HEIGHT) return this.partsOf(t)
    return super.tipOf(t, y, row)
  }

  /** Shows the falls of L in the place of the shares, without a cut; or the shares again. */
  nudge() {
    this.nudging = !this.nudging
    if (this.scissors) {
      this.cutBefore(0)
      this.scissors.classList.toggle("hidden", this.nudging)
    }
    this.choose(this.way)
  }

  /** Shows the loss of the last step, 0, or of every step, 1. */
  choose(way) {
    this.way = way
    this.clear()
    this.filling = performance.now()
    this.fillGutter()
    this.draw()
    this.say()
  }

  /** A number of the way back at a step, as it is left by the scissors. */
  of(name, t, part = 0) {
    const { steps, parts } = this.given, row = this.cut - 1
    if (t < this.cut && (name === "arriving" || name === "shares")) {
      if (!this.way) return 0
      return name === "shares" ? this.given.cut_shares[row * steps + t] : this.given.cut_arriving[(row * parts.length + part) * steps + t]
    }
    return this.uncut(name, t, part)
  }

  uncut(name, t, part = 0) {
    const { steps, parts } = this.given, each = name === "arriving" ? parts.length : 1
    return this.given[name][(this.way * each + part) * steps + t]
  }

  sharesOf() {
    return this.given.shares.slice(this.way * this.given.steps, (this.way + 1) * this.given.steps)
  }

  /** The gradient at step t: from its own loss, from the step after it, and the share of its copy. */
  more(t, whole) {
    const { given, width } = this, x = left(t, width), middle = x + width / 2, gap = width - CELL
    const own = svg("g"), arriving = svg("g"), share = svg("g")
    this.gradient(own, this.of("own", t), middle + 9, ANSWER.foot + 4, middle + 9, CELL_TOP)
    if (t === this.cut - 1) this.capped(arriving, t, x + width)
    else if (t < given.steps - 1) {
      const y = CELL_TOP + CELL_HEIGHT / 2 + 18
      this.gradient(arriving, this.of("arriving", t), x + width + gap / 2, y, x + width - gap / 2, y)
      if (given.parts.length > 1) this.gradient(arriving, this.of("arriving", t, 1), x + width + gap / 2, CELL_TOP - 9, x + width - gap / 2, CELL_TOP - 9)
    }
    if (this.nudging) {
      this.nudgeOf(t, share, middle)
      whole.append(own, arriving, share)
      return { own, arriving, share }
    }
    const value = this.of("shares", t), bar = shareBar(value, this.sharesOf(), LANE.height)
    if (t < this.cut) {
      const lost = shareBar(this.uncut("shares", t), this.sharesOf(), LANE.height)
      share.append(svg("rect", { class: "share hollow", x: middle - 14, y: LANE.top + lost.y, width: 28, height: lost.height, fill: "none" }))
    }
    share.append(svg("rect", {
      class: "share kept", x: middle - 14, y: LANE.top + bar.y, width: 28, height: Math.max(bar.height, 0.5),
      fill: value < 0 ? "url(#hatched)" : "var(--gradient)",
    }))
    if (!t && this.about.recurrent) {
      share.append(svg("text", { class: "small middle", x: middle, y: LANE.top + bar.zero - 6 }, "0: h₀ = 0"))
    }
    whole.append(own, arriving, share)
    return { own, arriving, share }
  }

  /** The losses that send most to the state of step t. */
  partsOf(t) {
    if (t < this.cut) return `from later losses before the cut: ${printed(this.of("arriving", t))}`
    const { given, about } = this, whole = `‖∂L/∂h‖ at t = ${t + 1}: ${printed(this.of("reached", t))}`
    if (!this.way || !given.parts_by_loss.length) return whole
    const some = about.rows.map((step, row) => [step, given.parts_by_loss[row * given.steps + t]])
      .filter(([step, norm]) => step >= t && norm > 0).sort((a, b) => b[1] - a[1])
    return [whole, "from the losses at", ...some.slice(0, 5).map(([step, norm]) => `t = ${step + 1}: ${printed(norm)}`),
            ...(some.length > 5 ? [`and ${some.length - 5} more`] : [])].join("\n")
  }

  /** The gradient that arrives at the cut ends in a flat cap there. */
  capped(into, t, border) {
    const y = CELL_TOP + CELL_HEIGHT / 2 + 18, edge = border + (this.width - CELL) / 2
    const stub = (norm, y) => {
      const drawn = widthOf(norm / this.strongest)
      if (!drawn) return
      into.append(svg("line", { class: "gradient", x1: edge, x2: border + 3, y1: y, y2: y, "stroke-width": drawn.width }),
                  svg("line", { class: "gradient", x1: border + 2, x2: border + 2, y1: y - 8, y2: y + 8, "stroke-width": 2.5 }))
    }
    stub(this.uncut("arriving", t), y)
    if (this.given.parts.length > 1) stub(this.uncut("arriving", t, 1), CELL_TOP - 9)
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
    this.scissors.setAttribute("aria-valuetext", this.cut ? `cut between steps ${this.cut} and ${this.cut + 1}` : "no cut")
    this.scissors.classList.toggle("cutting", this.cut > 0)
  }

  /** The handle that is dragged between the columns, or moved by the arrow keys. */
  makeScissors() {
    const one = make("div", "scissors", "✂")
    Object.entries({ role: "slider", "aria-label": "Scissors: cut the gradient between two steps", "aria-valuemin": 0,
                     "aria-valuemax": this.given.steps - 1 }).forEach(([name, value]) => one.setAttribute(name, value))
    one.tabIndex = 0
    one.title = "Drag me between two columns: the gradient is cut there"
    one.onpointerdown = event => {
      event.stopPropagation()
      one.setPointerCapture(event.pointerId)
      this.dragging = true
    }
    one.onpointermove = event => {
      event.stopPropagation()
      if (!this.dragging) return
      const x = event.clientX - this.sheet.getBoundingClientRect().left
      this.cutBefore(Math.round((x - GUTTER) / this.width))
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

  /** By how much L falls to first order if the copy of step t alone moves: η ‖∂L/∂W|(t)‖². */
  predicted(t) {
    return this.about.rates[this.way] * this.of("copies", t) ** 2
  }

  /** The predicted fall of L as an outline, the measured one filled. */
  nudgeOf(t, into, middle) {
    const { steps } = this.given, all = Array.from({ length: steps }, (_, i) => [this.predicted(i), this.of("falls", i)]).flat()
    const predicted = shareBar(this.predicted(t), all, LANE.height), measured = shareBar(this.of("falls", t), all, LANE.height)
    into.append(
      svg("rect", { class: "share measured", x: middle - 9, y: LANE.top + measured.y, width: 18, height: Math.max(measured.height, 0.5), fill: "var(--gradient)" }),
      svg("rect", { class: "predicted", x: middle - 14, y: LANE.top + predicted.y, width: 28, height: Math.max(predicted.height, 0.5) }),
    )
    if (!t && this.about.recurrent) {
      into.append(svg("text", { class: "small middle", x: middle, y: LANE.top + predicted.zero - 6 }, "0: h₀ = 0"))
    }
  }

  /** A line of the gradient's width with a head at its end; nothing where it is 0. */
  gradient(into, norm, x1, y1, x2, y2) {
    const drawn = widthOf(norm / this.strongest)
    if (!drawn) return
    const { width, dotted } = drawn, head = Math.max(5, width), across = y1 === y2
    into.append(svg("line", {
      class: "gradient", x1, y1, x2: across ? x2 + head * 0.8 : x2, y2: across ? y2 : y2 - head * 0.8, "stroke-width": width,
      ...(dotted ? { "stroke-dasharray": "1 3" } : {}),
    }))
    const half = head * 0.75
    into.append(svg("path", {
      class: "arrowhead", d: across ? `M${x2},${y2}l${head},${-half}v${2 * half}z` : `M${x2},${y2}l${-half},${-head}h${2 * half}z`,
    }))
  }

  /** The sum of the shares that the sweep has met. */
  drawn() {
    if (!this.gauge) return
    const met = this.sharesOf().reduce((sum, _, t) => sum + (this.order(t) < Math.floor(this.played) ? this.of("shares", t) : 0), 0)
    const high = Math.max(0, Math.min(1, met)) * LANE.height
    this.gauge.setAttribute("y", LANE.top + LANE.height - high)
    this.gauge.setAttribute("height", high)
    this.gauged.textContent = `${(100 * met).toFixed(0)} %`.replace("-", "−")
  }

  /** The ruler of the gradient's width, and the gauge of the shares. */
  moreGutter() {
    const ruler = [1, 0.1, 0.01, 0.001].map((ratio, i) => {
      const y = 276 + 11 * i, { width } = widthOf(ratio)
      const one = svg("g")
      one.append(svg("line", { class: "gradient", x1: 4, x2: 22, y1: y, y2: y, "stroke-width": width }),
                 svg("text", { class: "small", x: 27, y: y + 3.5 }, String(ratio)))
      return one
    })
    this.gauge = null
    if (this.nudging) {
      const outlined = svg("rect", { class: "predicted", x: 5, y: LANE.top + 22, width: 10, height: 10 })
      const filled = svg("rect", { class: "filled", x: 5, y: LANE.top + 38, width: 10, height: 10 })
      this.gutter.append(
        ...ruler, svg("text", { class: "small", x: 4, y: LANE.top + 12 }, "L falls by"), outlined, filled,
        svg("text", { class: "small", x: 20, y: LANE.top + 31 }, "predicted"), svg("text", { class: "small", x: 20, y: LANE.top + 47 }, "measured"),
      )
      return
    }
    this.gauge = svg("rect", { class: "filled", x: 70, y: LANE.top + LANE.height, width: 11, height: 0 })
    this.gauged = svg("text", { class: "small", x: 4, y: LANE.top + 42 })
    this.gutter.append(
      ...ruler, svg("text", { class: "small", x: 4, y: LANE.top + 14 }, "shares of"),
      svg("text", { class: "small", x: 4, y: LANE.top + 27 }, `∂L/∂${this.about.letter}`),
      svg("rect", { class: "cell", x: 70, y: LANE.top, width: 11, height: LANE.height }), this.gauge, this.gauged,
    )
  }

  words(t) {
    if (this.nudging) return this.nudgeWords(t)
    const { given, way } = this, w = this.about.letter, memory = given.parts[1]
    const left = this.cut ? this.sharesOf().reduce((sum, _, i) => sum + this.of("shares", i), 0) : 1
    const arriving = t === this.cut - 1 ? "Here the gradient is cut: nothing arrives. " : t === given.steps - 1 ? "Nothing arrives: there is no step after it. " :
      `From step ${t + 2} arrives a gradient of norm ${printed(this.of("arriving", t))} at h` +
      (memory ? ` and ${printed(this.of("arriving", t, 1))} at ${memory}` : "") + ". "
    const copy = !t && this.about.recurrent
      ? `Copy 1 of ${w} receives 0, because it multiplies h₀ = 0. `
      : t < this.cut ? `Copy ${t + 1} of ${w} keeps a share of ${printed(100 * this.of("shares", t))} %, of ${printed(100 * this.uncut("shares", t))} %. `
      : `Copy ${t + 1} of ${w} receives ${printed(this.of("copies", t))}, a share of ${printed(100 * this.of("shares", t))} %. `
    return [
      { bold: `t = ${t + 1}` }, ` “${this.name(t)}”. `, arriving,
      this.counts(t) ? `Its own loss sends down ${printed(this.of("own", t))}` +
          (t < this.cut ? ". " : `; together ‖∂L/∂h‖ = ${printed(this.of("reached", t))}. `)
        : "Its own loss does not count. ",
      copy, ...(this.cut ? [{ bold: `${printed(100 * left)} % of the gradient of ${w} is left. ` }] : []),
      `L = ${printed(this.about.totals[way])} nats, ‖∂L/∂${w}‖ = ${printed(this.about.norms[way])}.`,
    ]
  }

  nudgeWords(t) {
    const { about, way } = this, w = about.letter, rate = about.rates[way]
    const falls = value => value < 0 ? `rises by ${printed(-value)}` : `falls by ${printed(value)}`
    return [
      { bold: `t = ${t + 1}` }, ` Move copy ${t + 1} of ${w} alone by −η ∂L/∂${w}|(${t + 1}), with η = ${printed(rate)}: `,
      `L ${falls(this.of("falls", t))}; `,
      `predicted η ‖∂L/∂${w}|(${t + 1})‖² = ${printed(this.predicted(t))}. `,
      `Move ${w} itself, which is all copies, by −η ∂L/∂${w}: L = ${printed(about.totals[way])} ${falls(about.fall[way])}; `,
      `predicted η ‖∂L/∂${w}‖² = ${printed(rate * about.norms[way] ** 2)}.`,
    ]
  }
}
