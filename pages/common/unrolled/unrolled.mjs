// The unrolled network: a column for each step. It answers hovering, scrubbing, playing and keys by itself.
import {
  ANSWER, CELL, CELL_HEIGHT, CELL_TOP, GUTTER, HEIGHT, LANE, LOSS, TOKEN, barOf, columnWidth, heightOf, left, pace, parsed,
  phases, printed, rowsOf, shareBar, unpack, visible, widthOf,
} from "./geometry.mjs"
import { drawState, inkOn } from "./strips.mjs"

const SVG = "http://www.w3.org/2000/svg", SEEN = "unrolled-played"

const svg = (name, attributes = {}, text) => {
  const one = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value)
  if (text !== undefined) one.textContent = text
  return one
}
const make = (name, kind, text) => {
  const one = document.createElement(name)
  if (kind) one.className = kind
  if (text !== undefined) one.textContent = text
  return one
}
/** A letter with an index below it, such as h_t. */
const indexed = (letter, index, attributes) => {
  const one = svg("text", { class: "math", ...attributes }, letter)
  one.append(svg("tspan", { dy: 4, "font-size": "10px" }, index))
  return one
}
const ICONS = {
  first: "M3 2v10M11 2L5 7l6 5z", back: "M10 2L4 7l6 5z", on: "M4 2l6 5-6 5z", all: "M11 2v10M3 2l6 5-6 5z",
  play: "M3 1.5l9 5.5-9 5.5z", pause: "M4 2v10M10 2v10",
}
const icon = name => {
  const one = svg("svg", { width: 14, height: 14, viewBox: "0 0 14 14", "aria-hidden": "true", class: "icon" })
  one.append(svg("path", { d: ICONS[name] }))
  return one
}
const button = (words, says, act) => {
  const one = make("button")
  one.append(words in ICONS ? icon(words) : words)
  one.type = "button"
  one.title = says
  one.setAttribute("aria-label", says)
  one.onclick = act
  return one
}
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches
const shortened = (text, most) => [...text].length <= most ? text : [...text].slice(0, most - 1).join("") + "…"

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector(".unrolled")
  const given = unpack(data instanceof Uint8Array ? data : new Uint8Array(data))
  if (root.picture?.given.id === given.id) return root.picture.attach()
  root.picture?.stop()
  root.picture = new Picture(root, given, step => setTriggerValue("opened", [step, Date.now()]))
  return root.picture.attach()
}

class Picture {
  constructor(root, given, opens) {
    const back = given.back, last = given.steps - 1
    Object.assign(this, { root, given, columns: new Map(), at: back ? 0 : last, played: given.steps, width: 0, playing: false })
    this.back = back
    this.cut = 0  // the step before which the gradient is cut; 0: nowhere
    this.way = Number(given.every)  // the loss that the run was trained with
    this.height = back ? LANE.top + LANE.height + 8 : HEIGHT
    this.bar = make("div", "bar")
    this.play = button("play", back ? "Play: the gradient walks back step by step" : "Play: read the text word by word", () => this.playing ? this.stop() : this.start())
    this.play.classList.add("play")
    this.ends = [
      button("first", "The first step (Home)", () => this.go(0)),
      button("back", "One step back (left arrow)", () => this.go(this.at - 1)),
      button("on", "One step on (right arrow)", () => this.go(this.at + 1)),
      button("all", "All steps (End)", () => this.rest()),
    ]
    this.live = make("span", "live")
    this.live.setAttribute("aria-live", "polite")
    this.losses = back ? ["last", "every"].map((name, way) =>
      button(`loss: ${name}`, `The loss of ${way ? "every step" : "the last step alone"}`, () => this.choose(way))) : []
    this.nudging = false
    this.nudges = back && given.falls.length ? [button("Nudge each copy", "The fall of L if one copy alone moves against its gradient", () => {
      this.nudging = !this.nudging
      this.choose(this.way)
    })] : []
    this.bar.append(this.play, ...this.ends, ...this.losses, ...this.nudges, button("Open on Inspect", "Open this step on the Inspect page", () => opens(this.at)),
                    this.live)
    this.map = make("div", "minimap hidden")
    this.map.append(make("canvas"), make("div", "window"))
    this.stage = make("div", "stage")
    this.stage.tabIndex = 0
    this.stage.setAttribute("role", "slider")
    this.stage.setAttribute("aria-label", "Steps of the network")
    this.stage.setAttribute("aria-valuemin", 1)
    this.stage.setAttribute("aria-valuemax", given.steps)
    this.sheet = make("div", "sheet")
    this.sheet.style.height = `${this.height}px`
    this.picture = svg("svg", { height: this.height, "aria-hidden": "true" })
    if (back) {
      const hatched = svg("pattern", { id: "hatched", width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" })
      hatched.append(svg("rect", { class: "hatch", width: 2, height: 5 }))
      this.picture.append(hatched)
    }
    this.line = svg("path", { class: "joined" })
    this.lines = svg("g")
    this.thread = svg("path", { class: "thread" })
    this.all = svg("g")
    this.picture.append(this.lines, this.line, this.thread, this.all)
    this.canvas = make("canvas")
    this.canvas.style.top = `${CELL_TOP}px`
    this.gutter = svg("svg", { class: "gutter", width: GUTTER, height: this.height, "aria-hidden": "true" })
    this.sheet.append(this.picture, this.canvas, this.gutter)
    if (given.cut_shares) this.sheet.append(this.scissors = this.makeScissors())
    this.stage.append(this.sheet)
    this.detail = make("div", "detail")
    this.tip = make("div", "tip hidden")
    root.replaceChildren(this.bar, this.map, this.stage, this.detail, this.tip)
    this.most = Math.max(...[...given.losses].filter(Number.isFinite), 0)
    if (back) this.strongest = Math.max(...given.reached, ...given.own, ...given.arriving)
    this.fillGutter()
  }

  /** Listens to the document as long as the component stands there. */
  attach() {
    const sized = new ResizeObserver(() => this.fit())
    sized.observe(this.root)
    const themed = event => { if (event.target === this.root) this.draw() }
    this.root.addEventListener("transitionend", themed)
    this.stage.onscroll = () => this.draw()
    this.stage.onkeydown = event => this.pressed(event)
    this.sheet.onpointermove = event => this.pointed(event)
    this.sheet.onpointerleave = () => {
      this.tip.classList.add("hidden")
      this.single("")
    }
    this.sheet.onpointerdown = event => {
      if (event.button) return
      this.go(this.stepAt(event))
      this.scrubbing = event.pointerType === "mouse"
      if (this.scrubbing) this.sheet.setPointerCapture(event.pointerId)
    }
    this.sheet.onpointerup = this.sheet.onpointercancel = () => { this.scrubbing = false }
    this.map.onpointerdown = this.map.onpointermove = event => {
      if (event.type === "pointermove" && !event.buttons) return
      const place = this.map.getBoundingClientRect()
      this.stage.scrollLeft = (event.clientX - place.left) / place.width * this.sheet.offsetWidth - this.stage.clientWidth / 2
    }
    this.fit()
    this.greet()
    return () => {
      this.stop()
      sized.disconnect()
      this.root.removeEventListener("transitionend", themed)
    }
  }

  /** Plays by itself once, at somebody's first visit. */
  greet() {
    try {
      if (still() || localStorage.getItem(SEEN)) return
      localStorage.setItem(SEEN, "1")
    } catch { return }
    this.start(true)
  }

  // ---- the steps ------------------------------------------------------------------------------------------------------

  /** The place of a step in the order of the play, and the step at a place. */
  order(t) {
    return this.back ? this.given.steps - 1 - t : t
  }

  /** Shows the loss of the last step, 0, or of every step, 1. */
  choose(way) {
    this.way = way
    for (const one of this.columns.values()) one.whole.remove()
    this.columns.clear()
    this.filling = performance.now()
    this.fillGutter()
    this.draw()
    this.say()
  }

  go(step) {
    this.halt()
    this.at = Math.max(0, Math.min(this.given.steps - 1, step))
    this.played = this.order(this.at) + 1
    this.bringIn()
    this.draw()
    this.say()
  }

  rest() {
    this.halt()
    this.at = this.order(this.given.steps - 1)
    this.played = this.given.steps
    this.bringIn()
    this.draw()
    this.say()
  }

  start(alone = false) {
    const steps = this.given.steps, each = pace(steps, alone, Boolean(this.back))
    if (this.played >= steps) this.played = 0
    const from = this.played, began = performance.now()
    this.playing = true
    const frame = now => {
      if (!this.playing) return
      const played = from + (now - began) / each
      this.played = Math.min(steps, still() ? Math.floor(played) : played)
      const at = this.order(Math.max(0, Math.min(steps - 1, Math.ceil(this.played) - 1)))
      if (at !== this.at) {
        this.at = at
        this.bringIn()
        if (!alone) this.say()
      }
      this.draw()
      if (this.played < steps) this.frame = requestAnimationFrame(frame)
      else this.stop()
    }
    this.frame = requestAnimationFrame(frame)
    this.mark()
  }

  halt() {
    this.playing = false
    cancelAnimationFrame(this.frame)
  }

  stop() {
    const was = this.playing
    this.halt()
    if (was) {
      this.played = this.order(this.at) + 1
      this.draw()
    }
    this.say()
  }

  pressed(event) {
    const act = {
      " ": () => this.playing ? this.stop() : this.start(), ArrowLeft: () => this.go(this.at - 1),
      ArrowRight: () => this.go(this.at + 1), Home: () => this.go(0), End: () => this.rest(), Escape: () => this.rest(),
    }[event.key]
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    event.stopPropagation()
    act()
  }

  stepAt(event) {
    const x = event.clientX - this.sheet.getBoundingClientRect().left
    return Math.max(0, Math.min(this.given.steps - 1, Math.floor((x - GUTTER) / this.width)))
  }

  bringIn() {
    const x = left(this.at, this.width), room = this.stage.clientWidth
    if (x - this.stage.scrollLeft < GUTTER) this.stage.scrollLeft = x - GUTTER
    else if (x + 2 * this.width - this.stage.scrollLeft > room) this.stage.scrollLeft = x + 2 * this.width - room
  }

  // ---- drawing --------------------------------------------------------------------------------------------------------

  fit() {
    const room = this.root.clientWidth, width = columnWidth(this.given.steps, room)
    if (!room) return
    if (width !== this.width) {
      this.width = width
      const whole = GUTTER + width * this.given.steps
      this.sheet.style.width = `${whole}px`
      this.picture.setAttribute("width", whole)
      for (const one of this.columns.values()) one.whole.remove()
      this.columns.clear()
      this.points = Array.from({ length: this.given.steps }, (_, t) => `${left(t, width) + width / 2},${this.dotY(t).toFixed(1)}`)
      this.joined = 0
      if (this.scissors) this.placeScissors()
      this.lines.replaceChildren(...[ANSWER.top, ANSWER.foot].map(y => svg("line", { class: "track", x1: GUTTER, x2: whole, y1: y, y2: y })))
      if (this.given.parts.length > 1) {  // the memory has a way of its own, above the cells
        const y = CELL_TOP - 9
        this.lines.append(svg("line", { class: "arrow", x1: GUTTER - 4, x2: whole - (width - CELL) / 2, y1: y, y2: y }))
      }
    }
    const scrolls = this.sheet.offsetWidth > room + 1
    this.map.classList.toggle("hidden", !scrolls)
    this.drawMap()
    this.draw()
    this.say()
  }

  dotY(t) {
    const { given } = this
    return heightOf(given.labels.length === 2 ? given.target_p[t] : given.winner_p[t])
  }

  look() {
    const style = getComputedStyle(this.root), of = name => style.getPropertyValue(name).trim()
    const ground = parsed(of("--st-background-color"))
    const scale = (of("--st-chart-diverging-colors").match(/#[0-9a-f]{6}/gi) ?? this.given.scale).map(parsed)
    return { ground, scale, most: this.given.most, line: `rgba(128,128,128,0.6)`, ink: inkOn }
  }

  draw() {
    if (!this.width) return
    const { given, stage, canvas, width } = this, room = stage.clientWidth, dense = devicePixelRatio || 1
    const [first, last] = visible(given.steps, width, stage.scrollLeft, room)
    for (const [t, one] of this.columns) if (t < first || t > last) { one.whole.remove(); this.columns.delete(t) }
    if (canvas.width !== Math.round(room * dense)) {
      canvas.width = Math.round(room * dense)
      canvas.height = Math.round(CELL_HEIGHT * dense)
      canvas.style.width = `${room}px`
      canvas.style.height = `${CELL_HEIGHT}px`
    }
    canvas.style.left = `${stage.scrollLeft}px`
    const context = canvas.getContext("2d"), look = this.look()
    context.setTransform(dense, 0, 0, dense, 0, 0)
    context.clearRect(0, 0, room, CELL_HEIGHT)
    for (let t = first; t <= last; t++) {
      if (!this.columns.has(t)) {
        const made = this.column(t)
        this.columns.set(t, made)
        this.all.append(made.whole)
      }
      const one = this.columns.get(t), [token, state, answer] = this.back ? [1, 1, 1] : phases(t, this.played)
      if (this.back) {
        const [own, met, share] = phases(this.order(t), this.played)
        one.own.style.opacity = own
        one.arriving.style.opacity = met
        one.share.style.opacity = share
      }
      one.token.style.opacity = 0.28 + 0.72 * token
      one.answer.style.opacity = answer
      one.whole.classList.toggle("here", t === this.at && this.played < given.steps)
      if (state > 0) {
        context.globalAlpha = state
        drawState(context, given.states, given.units, t, left(t, width) + (width - CELL) / 2 - stage.scrollLeft, look)
      }
    }
    context.globalAlpha = 1
    if (this.back) this.fillGauge()
    const joined = this.back ? given.steps : Math.floor(this.played)
    if (joined !== this.joined) this.line.setAttribute("d", joined ? `M${this.points.slice(0, joined).join("L")}` : "")
    this.joined = joined
    const window = this.map.lastChild, whole = this.sheet.offsetWidth || 1
    window.style.left = `${100 * stage.scrollLeft / whole}%`
    window.style.width = `${100 * room / whole}%`
    this.mark()
  }

  column(t) {
    const { given, width } = this, x = left(t, width), middle = x + width / 2
    const whole = svg("g", { class: "column", "data-t": t })
    whole.append(svg("rect", { class: "hit", x, y: 0, width, height: this.height }))
    whole.append(svg("rect", { class: "cell", x: middle - CELL / 2, y: CELL_TOP, width: CELL, height: CELL_HEIGHT }))
    const gap = width - CELL
    this.arrow(whole, t ? x - gap / 2 : GUTTER - 4, CELL_TOP + CELL_HEIGHT / 2, x + gap / 2, null, t ? given.letters[1] : "")
    this.arrow(whole, middle, CELL_TOP, middle, ANSWER.foot + 5, "V")
    this.arrow(whole, middle, TOKEN - 16, middle, CELL_TOP + CELL_HEIGHT, given.letters[0])
    const token = svg("g")
    token.append(
      svg("text", { class: `token ${given.kinds[t]}`, x: middle, y: TOKEN }, shortened(given.tokens[t], Math.floor(width / 8))),
      svg("text", { class: "small middle index", x: middle, y: TOKEN + 18 }, given.indices[t]),
    )
    const answer = svg("g", { class: "answer" }), best = given.winner[t], two = given.labels.length === 2, counts = this.counts(t)
    const colour = given.colours[best], known = given.counts[t] || given.every
    answer.append(svg("circle", {
      class: "dot", cx: middle, cy: this.dotY(t), r: 5, stroke: colour, fill: known ? colour : "var(--st-background-color)",
    }))
    if (!two) {
      const name = shortened(given.labels[best], Math.floor(width / 7))
      answer.append(svg("text", { class: "small middle", x: middle, y: Math.max(this.dotY(t) - 9, ANSWER.top - 4) }, name))
    }
    const height = barOf(given.losses[t], this.most)
    const bar = svg("rect", {
      class: "loss", x: middle - 9, y: LOSS.foot - height, width: 18, height: Math.max(height, 0.5),
      fill: counts ? "var(--line)" : "none",
    })
    if (this.filling && !still()) {  // those that count are filled one after the other, from the right
      bar.style.animationDelay = `${40 * (given.steps - 1 - t) - (performance.now() - this.filling)}ms`
      if (counts) bar.classList.add("fills")
    }
    answer.append(bar)
    whole.append(answer, token)
    return { whole, token, answer, ...(this.back ? this.backOf(t, whole) : {}) }
  }

  counts(t) {
    return this.back ? this.given.weights[this.way * this.given.steps + t] > 0 : this.given.counts[t]
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
  backOf(t, whole) {
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
    if (!t && this.back.recurrent) {
      share.append(svg("text", { class: "small middle", x: middle, y: LANE.top + bar.zero - 6 }, "0: h₀ = 0"))
    }
    whole.append(own, arriving, share)
    return { own, arriving, share }
  }

  /** The losses that send most to the state of step t. */
  partsOf(t) {
    if (t < this.cut) return `from later losses before the cut: ${printed(this.of("arriving", t))}`
    const { given, back } = this, whole = `‖∂L/∂h‖ at t = ${t + 1}: ${printed(this.of("reached", t))}`
    if (!this.way || !given.parts_by_loss.length) return whole
    const some = back.rows.map((step, row) => [step, given.parts_by_loss[row * given.steps + t]])
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
    for (const one of this.columns.values()) one.whole.remove()
    this.columns.clear()
    this.placeScissors()
    this.draw()
    this.say()
  }

  placeScissors() {
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
    return this.back.rates[this.way] * this.of("copies", t) ** 2
  }

  /** The predicted fall of L as an outline, the measured one filled. */
  nudgeOf(t, into, middle) {
    const { steps } = this.given, all = Array.from({ length: steps }, (_, i) => [this.predicted(i), this.of("falls", i)]).flat()
    const predicted = shareBar(this.predicted(t), all, LANE.height), measured = shareBar(this.of("falls", t), all, LANE.height)
    into.append(
      svg("rect", { class: "share measured", x: middle - 9, y: LANE.top + measured.y, width: 18, height: Math.max(measured.height, 0.5), fill: "var(--gradient)" }),
      svg("rect", { class: "predicted", x: middle - 14, y: LANE.top + predicted.y, width: 28, height: Math.max(predicted.height, 0.5) }),
    )
    if (!t && this.back.recurrent) {
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
  fillGauge() {
    if (!this.gauge) return
    const met = this.sharesOf().reduce((sum, _, t) => sum + (this.order(t) < Math.floor(this.played) ? this.of("shares", t) : 0), 0)
    const high = Math.max(0, Math.min(1, met)) * LANE.height
    this.gauge.setAttribute("y", LANE.top + LANE.height - high)
    this.gauge.setAttribute("height", high)
    this.gauged.textContent = `${(100 * met).toFixed(0)} %`.replace("-", "−")
  }

  /** An arrow along one axis with a pill at its middle. */
  arrow(into, x1, y1, x2, y2, letter) {
    const end = y2 ?? y1, across = y2 === null
    into.append(svg("line", { class: "arrow", x1, y1, x2: across ? x2 - 4 : x2, y2: across ? end : end + 4 }))
    into.append(svg("path", { class: "head", d: across ? `M${x2},${end}l-6,-3v6z` : `M${x2},${end}l-3,6h6z` }))
    if (letter) this.pill(into, (x1 + (across ? x2 - 4 : x2)) / 2, (y1 + (across ? end : end + 4)) / 2, letter)
  }

  pill(into, x, y, letter) {
    const wide = Math.max(15, 8 * letter.length + 6), one = svg("g", { class: "pill", "data-letter": letter })
    one.append(svg("rect", { x: x - wide / 2, y: y - 7.5, width: wide, height: 15 }), svg("text", { x, y: y + 3.8 }, letter))
    into.append(one)
  }

  fillGutter() {
    const { given } = this, two = given.labels.length === 2, middle = CELL_TOP + CELL_HEIGHT / 2
    this.gutter.replaceChildren()
    const text = (words, y) => svg("text", { class: "small", x: 4, y }, words)
    this.gutter.append(
      svg("text", { class: "math", x: 4, y: LOSS.top + 16 }, "L(t)"), text(`up to ${printed(this.most)}`, LOSS.top + 32),
      indexed("ŷ", "t", { x: 4, y: (ANSWER.top + ANSWER.foot) / 2 + 4 }),
      text(two ? shortened(given.labels[given.target], 11) + " 1" : "p = 1", ANSWER.top + 4),
      text(two ? shortened(given.labels[1 - given.target], 11) + " 1" : "p = 0", ANSWER.foot + 4),
      ...(given.parts.length > 1 ? [indexed(given.parts[1], "t", { x: 62, y: CELL_TOP - 6 })] : []),
      indexed("h", "t", { x: 4, y: CELL_TOP + 16 }), text(`±${printed(given.most)}`, CELL_TOP + 58), text(given.units > 32 ? `${given.units} units,` : `${given.units} units`, CELL_TOP + 32),
      ...(given.units > 32 ? [text("32 rows", CELL_TOP + 44)] : []),
      indexed("x", "t", { x: 4, y: TOKEN }), text("index", TOKEN + 18),
      svg("rect", { class: "cell dashed", x: 60, y: middle - 14, width: 22, height: 28 }),
      svg("text", { class: "small middle", x: 71, y: middle + 4 }, "0"),
      indexed("h", "0", { x: 63, y: middle + 28 }),
    )
    if (this.back) this.fillBack()
  }

  /** The ruler of the gradient's width, and the gauge of the shares. */
  fillBack() {
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
      svg("text", { class: "small", x: 4, y: LANE.top + 27 }, `∂L/∂${this.back.letter}`),
      svg("rect", { class: "cell", x: 70, y: LANE.top, width: 11, height: LANE.height }), this.gauge, this.gauged,
    )
  }

  drawMap() {
    const canvas = this.map.firstChild, { given } = this
    canvas.width = Math.max(1, this.map.clientWidth)
    canvas.height = 24
    const context = canvas.getContext("2d"), each = canvas.width / given.steps, even = 1 / given.labels.length
    for (let t = 0; t < given.steps; t++) {
      context.globalAlpha = 0.15 + 0.85 * Math.max(0, (given.winner_p[t] - even) / (1 - even || 1))
      context.fillStyle = given.colours[given.winner[t]]
      context.fillRect(t * each, 0, Math.ceil(each), 24)
    }
  }

  // ---- words ----------------------------------------------------------------------------------------------------------

  mark() {
    if (this.shown !== this.playing) this.play.replaceChildren(icon(this.playing ? "pause" : "play"), this.playing ? "Pause" : "Play")
    this.shown = this.playing
    this.root.dataset.state = this.playing ? "playing" : this.played >= this.given.steps ? "rest" : "stopped"
    const last = this.given.steps - 1
    const all = this.played > last
    this.ends.forEach((one, i) => {
      one.disabled = i < 2 ? this.at === 0 && (!this.back || i > 0) : this.back ? i === 2 ? this.at === last : all : this.at === last && all
    })
    this.nudges.forEach(one => one.setAttribute("aria-pressed", this.nudging))
    this.losses.forEach((one, way) => one.setAttribute("aria-pressed", way === this.way))
  }

  name(t) {
    return this.given.tokens[t]
  }

  say() {
    const { given, at } = this, best = given.winner[at], loss = given.losses[at]
    const said = `t = ${at + 1} of ${given.steps}, ${this.name(at)}: ${given.labels[best]} ${printed(given.winner_p[at])}` +
      (this.back ? `; arriving ${printed(this.of("arriving", at))}` : "")
    if (this.live.textContent !== said) this.live.textContent = said
    this.stage.setAttribute("aria-valuenow", at + 1)
    this.stage.setAttribute("aria-valuetext", said)
    const parts = this.back ? this.backWords(at) : [
      ["x", "b", `t = ${at + 1}`], ` reads “${this.name(at)}”, number ${given.indices[at]}`,
      given.known[at] ? ". " : ", which is not in the vocabulary, so <unk> is read. ",
      `The largest of ${given.units} units by absolute value: ${this.largest(at)}. `,
      `ŷ: ${this.listed(at)}. `,
      Number.isFinite(loss)
        ? `L(${at + 1}) = −log ŷ[${given.labels[given.target]}] = −log ${printed(given.target_p[at])} = ${printed(loss)} nats` : "",
      given.counts[at] ? "; it counts in training." : given.every ? "; it has no part in training." : "; in training, the last one alone counts.",
    ]
    this.detail.replaceChildren(...parts.map(one => Array.isArray(one) ? make("b", "", one[2]) : document.createTextNode(one)))
  }

  backWords(t) {
    const { given, way } = this, w = this.back.letter, memory = given.parts[1]
    const left = this.cut ? this.sharesOf().reduce((sum, _, i) => sum + this.of("shares", i), 0) : 1
    const arriving = t === this.cut - 1 ? "Here the gradient is cut: nothing arrives. " : t === given.steps - 1 ? "Nothing arrives: there is no step after it. " :
      `From step ${t + 2} arrives a gradient of norm ${printed(this.of("arriving", t))} at h` +
      (memory ? ` and ${printed(this.of("arriving", t, 1))} at ${memory}` : "") + ". "
    const copy = !t && this.back.recurrent
      ? `Copy 1 of ${w} receives 0, because it multiplies h₀ = 0. `
      : t < this.cut ? `Copy ${t + 1} of ${w} keeps a share of ${printed(100 * this.of("shares", t))} %, of ${printed(100 * this.uncut("shares", t))} %. `
      : `Copy ${t + 1} of ${w} receives ${printed(this.of("copies", t))}, a share of ${printed(100 * this.of("shares", t))} %. `
    if (this.nudging) return this.nudgeWords(t)
    return [
      ["x", "b", `t = ${t + 1}`], ` “${this.name(t)}”. `, arriving,
      this.counts(t) ? `Its own loss sends down ${printed(this.of("own", t))}` +
          (t < this.cut ? ". " : `; together ‖∂L/∂h‖ = ${printed(this.of("reached", t))}. `)
        : "Its own loss does not count. ",
      copy, ...(this.cut ? [["x", "b", `${printed(100 * left)} % of the gradient of ${w} is left. `]] : []),
      `L = ${printed(this.back.totals[way])} nats, ‖∂L/∂${w}‖ = ${printed(this.back.norms[way])}.`,
    ]
  }

  nudgeWords(t) {
    const { back, way } = this, w = back.letter, rate = back.rates[way], falls = value => value < 0 ? `rises by ${printed(-value)}` : `falls by ${printed(value)}`
    return [
      ["x", "b", `t = ${t + 1}`], ` Move copy ${t + 1} of ${w} alone by −η ∂L/∂${w}|(${t + 1}), with η = ${printed(rate)}: L ${falls(this.of("falls", t))}; `,
      `predicted η ‖∂L/∂${w}|(${t + 1})‖² = ${printed(this.predicted(t))}. `,
      `Move ${w} itself, which is all copies, by −η ∂L/∂${w}: L = ${printed(back.totals[way])} ${falls(back.fall[way])}; `,
      `predicted η ‖∂L/∂${w}‖² = ${printed(rate * back.norms[way] ** 2)}.`,
    ]
  }

  largest(t) {
    const { states, units, order } = this.given
    const all = Array.from({ length: units }, (_, i) => i).sort((a, b) => Math.abs(states[t * units + b]) - Math.abs(states[t * units + a]))
    return all.slice(0, 3).map(i => `h[${order[i]}] = ${printed(states[t * units + i])}`).join(", ")
  }

  listed(t) {
    const { p, labels, winner: best, winner_p } = this.given, k = labels.length
    if (!p.length) return `${labels[best[t]]} ${printed(winner_p[t])}`
    const all = Array.from({ length: k }, (_, i) => i).sort((a, b) => p[t * k + b] - p[t * k + a]).slice(0, 4)
    return all.map(i => `${labels[i]} ${printed(p[t * k + i])}`).join(", ")
  }

  pointed(event) {
    if (this.scrubbing) this.go(this.stepAt(event))
    const place = this.sheet.getBoundingClientRect(), y = event.clientY - place.top, x = event.clientX - place.left
    const letter = event.buttons ? "" : event.target.closest?.(".pill")?.dataset.letter ?? ""
    this.single(letter)
    const t = this.stepAt(event), said = letter ? this.sameWords(letter) : x < GUTTER ? "" : this.tipOf(t, y, x)
    this.tip.classList.toggle("hidden", !said)
    if (!said) return
    this.tip.textContent = said
    const wide = this.tip.offsetWidth
    this.tip.style.left = `${Math.max(4, Math.min(innerWidth - wide - 4, event.clientX + 14))}px`
    this.tip.style.top = `${event.clientY + 16}px`
  }

  /** Lights all copies of one parameter, with a thread between them, and dims the rest; "": nothing is lit. */
  single(letter) {
    if (this.lit === letter) return
    this.lit = letter
    this.sheet.classList.toggle("one", Boolean(letter))
    for (const pill of this.picture.querySelectorAll(".pill")) pill.classList.toggle("lit", pill.dataset.letter === letter)
    const all = [...this.picture.querySelectorAll(".pill.lit rect")].map(one => [Number(one.getAttribute("x")), Number(one.getAttribute("y"))])
    const y = (all[0]?.[1] ?? 0) + 7.5
    this.thread.setAttribute("d", letter && all.length ? `M${GUTTER},${y}H${Math.max(...all.map(([x]) => x)) + 7}` : "")
  }

  sameWords(letter) {
    const { given } = this, of = { [given.letters[0]]: "input to hidden", [given.letters[1]]: "hidden to hidden", V: "hidden to output" }
    return `${letter} (${of[letter]}): one matrix, the same numbers at all ${given.steps} steps`
  }

  tipOf(t, y, x) {
    const { given } = this, units = given.units
    if (this.order(t) >= this.played) return ""
    if (this.nudging && y > LANE.top - 8) {
      return `Copy ${t + 1} alone: predicted ${printed(this.predicted(t))}, measured ${printed(this.of("falls", t))}`
    }
    if (this.back && y > LANE.top - 8) {
      return `Copy ${t + 1} of ${this.back.letter}: norm ${printed(this.of("copies", t))}, share ${printed(100 * this.of("shares", t))} %`
    }
    if (y < LOSS.foot + 8) {
      return Number.isFinite(given.losses[t])
        ? `L(${t + 1}) = −log ${printed(given.target_p[t])} = ${printed(given.losses[t])} nats\n` +
          (this.counts(t) ? "It counts." : "It does not count.")
        : ""
    }
    if (y < CELL_TOP - 14) return `ŷ at t = ${t + 1}: ${this.listed(t)}` + (given.counts[t] || given.every ? "" : "\nThis readout was never trained.")
    if (this.back && y >= CELL_TOP - 14 && y < CELL_TOP + CELL_HEIGHT) return this.partsOf(t)
    const inside = Math.abs(x - left(t, this.width) - this.width / 2) <= CELL / 2
    if (inside && y >= CELL_TOP && y < CELL_TOP + CELL_HEIGHT) {
      const rows = rowsOf(units), [first, end] = rows[Math.floor((y - CELL_TOP) / CELL_HEIGHT * rows.length)]
      return Array.from({ length: end - first }, (_, i) => first + i).slice(0, 6).map(i =>
        `h[${given.order[i]}] = ${printed(given.states[t * units + i])}, its weight for “${given.labels[given.target]}” ${printed(given.contrasts[i])}`,
      ).join("\n") + (end - first > 6 ? `\n… and ${end - first - 6} more` : "")
    }
    if (y > CELL_TOP + CELL_HEIGHT) {
      return `“${given.tokens[t]}”, number ${given.indices[t]} of the vocabulary` + (given.known[t] ? "" : ": not known, read as <unk>")
    }
    return ""
  }
}
