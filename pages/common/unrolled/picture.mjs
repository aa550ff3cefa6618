// The picture of a network that reads a text: a column for each step. Hovering, scrubbing, playing and keys never leave the browser.
import { button, icon, indexed, make, shortened, still, svg } from "./dom.mjs"
import {
  ANSWER, CELL, CELL_HEIGHT, CELL_TOP, FORWARDS, GUTTER, HEIGHT, LOSS, TOKEN, barOf, columnWidth, heightOf, left, pace, parsed,
  phases, printed, rowsOf, visible,
} from "./geometry.mjs"
import { save, unsaved } from "./save.mjs"
import { drawState, inkOn } from "./strips.mjs"

const SEEN = "unrolled-played"

/** A text read step by step. Its numbers are those of a blob (`canvas.py`). */
export class Picture {
  /** `opens`: what the server shall show, `inspect(step)` and `unit(unit, step)`. */
  constructor(root, given, opens) {
    Object.assign(this, { root, given, columns: new Map(), played: given.steps, width: 0, playing: false, height: HEIGHT })
    this.pace = FORWARDS
    this.plays = "Play: read the text word by word"
    this.most = Math.max(...[...given.losses].filter(Number.isFinite), 0)
    this.setUp()
    this.at = this.order(given.steps - 1)
    this.opens = opens
    this.build()
    this.fillGutter()
  }

  /** The elements. */
  build() {
    const { root, given } = this
    this.bar = make("div", "bar")
    this.play = button("play", this.plays, () => this.playing ? this.stop() : this.start())
    this.play.classList.add("play")
    this.ends = [
      button("first", "The first step (Home)", () => this.go(0)),
      button("back", "One step back (left arrow)", () => this.go(this.at - 1)),
      button("on", "One step on (right arrow)", () => this.go(this.at + 1)),
      button("all", "All steps (End)", () => this.rest()),
    ]
    this.live = make("span", "live")
    this.live.setAttribute("aria-live", "polite")
    this.bar.append(this.play, ...this.ends, ...this.switches(), this.live)
    this.live.before(button("Open on Inspect", "Open this step on the Inspect page", () => this.opens.inspect(this.at)),
                     ...["svg", "png"].map(kind => this.saver(kind)))
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
    this.line = svg("path", { class: "joined" })
    this.lines = svg("g")
    this.thread = svg("path", { class: "thread" })
    this.all = svg("g")
    this.picture.append(this.lines, this.line, this.thread, this.all)
    this.canvas = make("canvas")
    this.canvas.style.top = `${CELL_TOP}px`
    this.gutter = svg("svg", { class: "gutter", width: GUTTER, height: this.height, "aria-hidden": "true" })
    this.sheet.append(this.picture, this.canvas, this.gutter)
    this.stage.append(this.sheet)
    this.detail = make("div", "detail")
    this.tip = make("div", "tip hidden")
    root.replaceChildren(this.bar, this.map, this.stage, this.detail, this.tip)
  }

  saver(kind) {
    const why = unsaved(this.given.steps)
    const one = button(kind.toUpperCase(), why || `Save the picture as ${kind.toUpperCase()}`, () => save(this, kind))
    one.disabled = Boolean(why)
    return one
  }

  // ---- what another picture may do otherwise --------------------------------------------------------------------------

  /** Fields, before any element is there. */
  setUp() {}

  /** Buttons of its own. */
  switches() {
    return []
  }

  /** The place of a step in the order of the play, and the step at a place. */
  order(t) {
    return t
  }

  /** Whether the loss of step t counts. */
  counts(t) {
    return this.given.counts[t]
  }

  /** How far token, state and answer of step t have come. */
  come(t) {
    return phases(t, this.played)
  }

  /** The number of answers that are joined. */
  toJoin() {
    return Math.floor(this.played)
  }

  /** Adds to the column of step t; groups by name. */
  more() {
    return {}
  }

  /** Shows what `more` made as far as it has been played. */
  paint() {}

  /** Adds to the gutter. */
  moreGutter() {}

  /** After everything is drawn. */
  drawn() {}

  /** After the columns have another width. */
  widened() {}

  /** Of the live line. */
  moreWords() {
    return ""
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
    this.sheet.ondblclick = event => {
      const units = this.unitsAt(event)
      if (units) this.opens.unit(this.given.order[this.largestOf(units, this.stepAt(event))], this.stepAt(event))
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
    const steps = this.given.steps, each = pace(steps, alone, this.pace)
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

  /** The first unit and the end of the row of a cell under the pointer, in the order of the picture; null beside the cells. */
  unitsAt(event) {
    const place = this.sheet.getBoundingClientRect(), x = event.clientX - place.left, y = event.clientY - place.top - CELL_TOP
    const beside = Math.abs(x - left(this.stepAt(event), this.width) - this.width / 2) > CELL / 2
    if (x < GUTTER || beside || y < 0 || y >= CELL_HEIGHT) return null
    const rows = rowsOf(this.given.units)
    return rows[Math.floor(y / CELL_HEIGHT * rows.length)]
  }

  largestOf([first, end], t) {
    const { states, units } = this.given
    let best = first
    for (let i = first + 1; i < end; i++) if (Math.abs(states[t * units + i]) > Math.abs(states[t * units + best])) best = i
    return best
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
      this.clear()
      this.points = Array.from({ length: this.given.steps }, (_, t) => `${left(t, width) + width / 2},${this.dotY(t).toFixed(1)}`)
      this.joined = 0
      this.widened()
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

  /** The columns are built anew. */
  clear() {
    for (const one of this.columns.values()) one.whole.remove()
    this.columns.clear()
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
    const [first, last] = this.entire ? [0, given.steps - 1] : visible(given.steps, width, stage.scrollLeft, room)
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
      const one = this.columns.get(t), [token, state, answer] = this.come(t)
      this.paint(one, t)
      one.token.style.opacity = 0.28 + 0.72 * token
      one.answer.style.opacity = answer
      one.whole.classList.toggle("here", t === this.at && this.played < given.steps)
      if (state > 0) {
        context.globalAlpha = state
        drawState(context, given.states, given.units, t, left(t, width) + (width - CELL) / 2 - stage.scrollLeft, look)
      }
    }
    context.globalAlpha = 1
    this.drawn()
    const joined = this.toJoin()
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
    answer.append(bar)
    whole.append(answer, token)
    return { whole, token, answer, bar, ...this.more(t, whole) }
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
    this.moreGutter()
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
    const all = this.played > last, resting = all && this.at === this.order(last)
    ;[this.at === 0 && !(resting && this.order(last) === 0), this.at === 0, this.at === last, resting].forEach((there, i) => {
      this.ends[i].disabled = there
    })
  }

  name(t) {
    return this.given.tokens[t]
  }

  say() {
    const { given, at } = this, best = given.winner[at]
    const said = `t = ${at + 1} of ${given.steps}, ${this.name(at)}: ${given.labels[best]} ${printed(given.winner_p[at])}` +
      this.moreWords(at)
    if (this.live.textContent !== said) this.live.textContent = said
    this.stage.setAttribute("aria-valuenow", at + 1)
    this.stage.setAttribute("aria-valuetext", said)
    this.detail.replaceChildren(...this.words(at).map(one => {
      if (typeof one === "string") return document.createTextNode(one)
      if (one.bold) return make("b", "", one.bold)
      const opener = make("button", "unit", one.text)
      opener.type = "button"
      opener.title = `Open unit ${one.unit} at this step, term by term`
      opener.onclick = () => this.opens.unit(one.unit, this.at)
      return opener
    }))
  }

  /** The numbers of step t in words; an object's `bold` is emphasised, and one with a `unit` opens it. */
  words(at) {
    const { given } = this, loss = given.losses[at]
    return [
      { bold: `t = ${at + 1}` }, ` reads “${this.name(at)}”, number ${given.indices[at]}`,
      given.known[at] ? ". " : ", which is not in the vocabulary, so <unk> is read. ",
      given.units > 3 ? `The largest of ${given.units} units by absolute value: ` : "The units: ", ...this.largest(at), ". ",
      `ŷ: ${this.listed(at)}. `,
      Number.isFinite(loss)
        ? `L(${at + 1}) = −log ŷ[${given.labels[given.target]}] = −log ${printed(given.target_p[at])} = ${printed(loss)} nats` : "",
      given.counts[at] ? "; it counts in training." : given.every ? "; it has no part in training." : "; in training, the last one alone counts.",
    ]
  }

  largest(t) {
    const { states, units, order } = this.given
    const all = Array.from({ length: units }, (_, i) => i).sort((a, b) => Math.abs(states[t * units + b]) - Math.abs(states[t * units + a]))
    return all.slice(0, 3).flatMap((i, place) =>
      [place ? ", " : "", { unit: order[i], text: `h[${order[i]}] = ${printed(states[t * units + i])}` }])
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
    const t = this.stepAt(event), said = letter ? this.sameWords(letter) : x < GUTTER ? "" : this.tipOf(t, y, this.unitsAt(event))
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

  /** What is said at a height of the column of step t. `row`: as `unitsAt` returns it. */
  tipOf(t, y, row) {
    const { given } = this, units = given.units
    if (this.order(t) >= this.played) return ""
    if (y < LOSS.foot + 8) {
      return Number.isFinite(given.losses[t])
        ? `L(${t + 1}) = −log ${printed(given.target_p[t])} = ${printed(given.losses[t])} nats\n` +
          (this.counts(t) ? "It counts." : "It does not count.")
        : ""
    }
    if (y < CELL_TOP - 14) return `ŷ at t = ${t + 1}: ${this.listed(t)}` + (given.counts[t] || given.every ? "" : "\nThis readout was never trained.")
    if (row) {
      const [first, end] = row
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
