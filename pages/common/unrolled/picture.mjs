// The picture of a network that reads a text: a column for each step. Hovering, scrubbing, playing and keys never leave the browser.
import { answer, at, attention, cells, feedback, inGutter, pill, startOf, token } from "./columns.mjs"
import { STEP, button, icon, indexed, make, nameOf, shortened, still, svg } from "./dom.mjs"
import {
  ANSWER, CELL, FORWARDS, GUTTER, LOSS, TAIL, columnWidth, heightOf, layout, left, pace, parsed, phase, printed, rowsOf, schedule,
  visible,
} from "./geometry.mjs"
import { save, unsaved } from "./save.mjs"
import { drawState, inkOn } from "./strips.mjs"
import { Told } from "./told.mjs"
import { named, tr, trN } from "./words.mjs"

const SEEN = "unrolled-played", LETTER = 72  // the middle of the letters in the gutter, in pixels

/** A text read step by step. Its numbers are those of a blob (`canvas.py`). */
export class Picture extends Told {
  /** `opens`: what the server is told: `page(step)`, `unit(unit, step, layer, direction)`, and `played()` at the end of a play. */
  constructor(root, given, opens) {
    super()
    const strips = given.strips.map((strip, i) => ({ ...strip, states: given[`states.${i}`], contrasts: given[`contrasts.${i}`] }))
    this.plan = layout(strips)
    Object.assign(this, { root, given, columns: new Map(), width: 0, playing: false, height: this.plan.whole })
    this.pace = FORWARDS
    this.plays = tr("Play: read the text word by word")
    this.most = Math.max(...[...given.losses].filter(Number.isFinite), 0)
    this.times = this.timed()
    this.setUp()
    this.played = this.times.total
    this.at = given.step ?? this.times.columns.at(-1)
    this.opens = opens
    this.kept = ""  // the key of the parameter whose copies stay lit
    this.build()
    this.fillGutter()
    this.reach()
  }

  /** The elements. */
  build() {
    const { root, given } = this
    this.bar = make("div", "bar")
    this.play = button("play", this.plays, () => this.playing ? this.stop() : this.start())
    this.play.classList.add("play")
    this.ends = [
      button("first", tr("The first step (Home)"), () => this.go(0)),
      button("back", tr("One step back (left arrow)"), () => this.go(this.at - 1)),
      button("on", tr("One step on (right arrow)"), () => this.go(this.at + 1)),
      button("all", tr("All steps (End)"), () => this.rest()),
    ]
    this.live = make("span", "live")
    this.live.setAttribute("aria-live", "polite")
    const switches = this.switches()
    for (const one of given.locked ? switches.filter(one => "disabled" in one) : []) Object.assign(one, { disabled: true, title: tr("The link to this lesson locks it") })
    this.bar.append(this.play, ...this.ends, ...switches, this.live)
    const look = button(tr("Look into this step"), given.pair ? tr("Open this step on the Translate page") : tr("Open this step on the Inspect page"), () => this.opens.page(this.at))
    this.live.before(...(given.leads ? [look] : []), ...["svg", "png"].map(kind => this.saver(kind)))
    this.map = make("div", "minimap hidden")
    this.map.append(make("canvas"), make("div", "window"))
    this.stage = make("div", "stage")
    this.stage.tabIndex = 0
    this.stage.setAttribute("role", "slider")
    this.stage.setAttribute("aria-label", tr("Steps of the network"))
    this.stage.setAttribute("aria-valuemin", 1)
    this.stage.setAttribute("aria-valuemax", given.steps)
    this.sheet = make("div", "sheet")
    this.sheet.style.height = `${this.height}px`
    this.picture = svg("svg", { height: this.height, "aria-hidden": "true" })
    this.line = svg("path", { class: "joined" })
    this.lines = svg("g", { class: "ways" })
    this.thread = svg("path", { class: "thread" })
    this.all = svg("g")
    this.attended = svg("g")
    this.picture.append(this.lines, this.line, this.thread, this.all, this.attended)
    this.canvas = make("canvas")
    this.canvas.style.top = `${this.plan.strips[0].top}px`
    this.lead = svg("path", { class: "thread" })
    this.gutter = svg("svg", { class: "gutter", width: GUTTER, height: this.height, "aria-hidden": "true" })
    this.sheet.append(this.picture, this.canvas, this.gutter)
    this.stage.append(this.sheet)
    this.parameters = make("div", "parameters")
    this.parameters.setAttribute("role", "group")
    this.parameters.setAttribute("aria-label", tr("The parameters of the network"))
    const frame = make("div", "frame")
    frame.append(this.stage, this.parameters)
    this.detail = make("div", "detail")
    this.tip = make("div", "tip hidden")
    root.replaceChildren(this.bar, this.map, frame, this.detail, this.tip)
  }

  saver(kind) {
    const why = unsaved(this.given.steps)
    const one = button(kind.toUpperCase(), why || tr("Save the picture as {kind}", { kind: kind.toUpperCase() }), () => save(this, kind))
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

  /** When things appear in a play. */
  timed() {
    return schedule(this.given.steps, this.plan.strips, this.given.answered)
  }

  /** Whether the loss of step t counts. */
  counts(t) {
    return this.given.counts[t]
  }

  /** How far the token of step t, the states of its strips and its answer have come. */
  come(t) {
    const { times, played, plan } = this
    return [phase(times.token[t], 0, played), plan.strips.map((strip, i) => phase(times.states[i][t - strip.start], 1, played)),
            phase(times.answer[t], 2, played)]
  }

  /** Whether the answer of step t is there, for the line that joins them. */
  joins(t) {
    return this.times.answer[t] + 1 <= this.played
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

  /** Listens to the document as long as the component stands there. */
  attach() {
    const sized = new ResizeObserver(() => this.fit())
    sized.observe(this.root)
    const themed = event => { if (event.target === this.root) this.draw() }
    const told = ({ detail }) => { if (!this.given.pair && detail.steps === this.given.steps) this.follow(detail.step) }
    document.addEventListener(STEP, told)
    this.root.addEventListener("transitionend", themed)
    this.stage.onscroll = () => this.draw()
    this.stage.onkeydown = event => this.pressed(event)
    this.sheet.onpointermove = event => this.pointed(event)
    this.sheet.onpointerleave = event => {
      this.attend(null)
      if (event.pointerType === "mouse" || !this.kept) this.tell("")  // a finger leaves as it is lifted
      this.single(this.kept)
    }
    this.sheet.onpointerdown = event => {
      if (event.button) return
      const touched = event.pointerType === "mouse" ? null : event.target.closest?.(".pill")
      if (touched) {
        this.keep(touched.dataset.key)
        this.tell(this.kept && this.sameWords(this.kept), event.clientX, event.clientY)
        return
      }
      this.tell("")
      this.go(this.stepAt(event))
      this.scrubbing = event.pointerType === "mouse"
      if (this.scrubbing) this.sheet.setPointerCapture(event.pointerId)
    }
    this.sheet.ondblclick = event => {
      const row = this.unitsAt(event)
      if (row && !this.given.pair && !this.given.locked) this.open(row.strip, row.strip.order[this.largestOf(row)])
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
      document.removeEventListener(STEP, told)
      this.root.removeEventListener("transitionend", themed)
    }
  }

  /** Plays by itself once, at somebody's first visit, unless the page has chosen a step. */
  greet() {
    try {
      if (still() || this.given.step !== null || localStorage.getItem(SEEN)) return
      localStorage.setItem(SEEN, "1")
    } catch { return }
    this.start(true)
  }

  // ---- the steps ------------------------------------------------------------------------------------------------------

  go(step) {
    this.halt()
    this.at = Math.max(0, Math.min(this.given.steps - 1, step))
    this.played = this.times.until(this.at)
    this.bringIn()
    this.draw()
    this.say()
  }

  rest() {
    this.halt()
    this.at = this.times.columns.at(-1)
    this.played = this.times.total
    this.bringIn()
    this.draw()
    this.say()
  }

  /** Goes to a step that was chosen beside the picture, with the whole play shown; null: none is chosen any more. */
  follow(step) {
    if (step === null) {
      this.rest()
      return
    }
    this.go(step)
    this.played = this.times.total
    this.draw()
  }

  start(alone = false) {
    const { total, columns } = this.times, each = pace(total, alone, this.pace)
    if (this.played >= total) this.played = 0
    const from = this.played, began = performance.now()
    this.live.setAttribute("aria-live", alone ? "off" : "polite")  // nobody asked to hear it
    this.playing = true
    const frame = now => {
      if (!this.playing) return
      const played = from + (now - began) / each
      this.played = Math.min(total, still() ? Math.floor(played) : played)
      const at = columns[Math.max(0, Math.min(total - 1, Math.ceil(this.played) - 1))]
      if (at !== this.at) {
        this.at = at
        this.bringIn()
        this.say()
      }
      this.draw()
      if (this.played < total) this.frame = requestAnimationFrame(frame)
      else {
        this.stop()
        if (!alone) this.opens.played()
      }
    }
    this.frame = requestAnimationFrame(frame)
    this.mark()
  }

  halt() {
    this.live.setAttribute("aria-live", "polite")
    this.playing = false
    cancelAnimationFrame(this.frame)
  }

  stop() {
    const was = this.playing
    this.halt()
    if (was) {
      this.played = this.times.until(this.at)
      this.draw()
    }
    this.say()
  }

  /** Whether everything is shown and no step is picked out. */
  get resting() {
    return this.played >= this.times.total && this.at === this.times.columns.at(-1)
  }

  pressed(event) {
    const act = {
      " ": () => this.playing ? this.stop() : this.start(), ArrowLeft: () => this.go(this.at - 1),
      ArrowRight: () => this.go(this.at + 1), Home: () => this.go(0), End: () => this.rest(), Escape: () => { this.keep(""); this.tell(""); this.rest() },
    }[event.key]
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    event.stopPropagation()
    act()
  }

  /** Where the pointer is in the picture, in its own pixels, which are larger than the window's in a lecture hall. */
  placeOfPointer(event) {
    const { left, top, width } = this.sheet.getBoundingClientRect(), zoom = width / this.sheet.offsetWidth
    return { x: (event.clientX - left) / zoom, y: (event.clientY - top) / zoom }
  }

  stepAt(event) {
    return Math.max(0, Math.min(this.given.steps - 1, Math.floor((this.placeOfPointer(event).x - GUTTER) / this.width)))
  }

  /** The strip, its step, and the first unit and the end of its row under the pointer, in the order of the picture; null beside the
   * cells. */
  unitsAt(event) {
    const { x, y } = this.placeOfPointer(event), t = this.stepAt(event), beside = Math.abs(x - left(t, this.width) - this.width / 2) > CELL / 2
    const strip = at(this.plan.strips, t).find(({ top, height }) => y >= top && y < top + height)
    if (x < GUTTER || beside || !strip) return null
    const rows = rowsOf(strip.units, strip.height), [first, end] = rows[Math.floor((y - strip.top) / strip.height * rows.length)]
    return { strip, step: t - strip.start, first, end }
  }

  largestOf({ strip: { states, units }, step, first, end }) {
    let best = first
    for (let i = first + 1; i < end; i++) if (Math.abs(states[step * units + i]) > Math.abs(states[step * units + best])) best = i
    return best
  }

  /** Opens a unit of a strip at the current step. */
  open(strip, unit) {
    this.opens.unit(unit, this.at, strip.layer, strip.direction)
  }

  bringIn() {
    const x = left(this.at, this.width), room = this.stage.clientWidth
    if (x - this.stage.scrollLeft < GUTTER) this.stage.scrollLeft = x - GUTTER
    else if (x + 2 * this.width - this.stage.scrollLeft > room) this.stage.scrollLeft = x + 2 * this.width - room
  }

  // ---- drawing --------------------------------------------------------------------------------------------------------

  fit() {
    const { both } = this.plan, tail = both ? TAIL : 0, room = this.stage.clientWidth, width = columnWidth(this.given.steps, room, both)
    if (!room) return
    if (width !== this.width) {
      this.width = width
      const whole = GUTTER + width * this.given.steps + tail
      this.sheet.style.width = `${whole}px`
      this.picture.setAttribute("width", whole)
      this.clear()
      this.joined = -1
      this.widened()
      this.bringIn()
      this.lines.replaceChildren(...[ANSWER.top, ANSWER.foot].map(y => svg("line", { class: "track", x1: left(this.given.answered.indexOf(true), width), x2: whole - tail, y1: y, y2: y })))
      for (const strip of this.plan.strips) this.backdrop(strip)
    }
    this.dense = (devicePixelRatio || 1) * this.sheet.getBoundingClientRect().width / this.sheet.offsetWidth
    const scrolls = this.sheet.offsetWidth > room + 1
    this.map.classList.toggle("hidden", !scrolls)
    this.drawMap()
    this.draw()
    this.say()
  }

  /** The way of the memory of a strip, above its cells, and the start of one that reads from the end. */
  backdrop({ start, count, top, height, direction }) {
    const { width, given } = this, end = left(start + count, width)
    if (given.parts.length > 1) {
      const y = top - 9, inset = (width - CELL) / 2, first = start ? left(start, width) + inset : GUTTER - 4
      this.lines.append(svg("line", { class: "arrow", x1: direction ? left(start, width) + inset : first, x2: direction ? end + 8 : end - inset, y1: y, y2: y }))
    }
    if (!direction) return
    const y = top + height / 2
    this.lines.append(svg("rect", { class: "cell dashed", x: end + 9, y: y - 12, width: 20, height: 24 }),
                      svg("text", { class: "small middle", x: end + 19, y: y + 4 }, "0"))
  }

  /** The columns are built anew. */
  clear() {
    for (const one of this.columns.values()) one.whole.remove()
    this.columns.clear()
  }

  /** Whether an answer is the place of a dot between two classes. */
  get two() {
    return this.given.classes === 2 && this.given.target !== null
  }

  dotY(t) {
    const { given } = this
    return heightOf(this.two ? given.target_p[t] : given.best_p[t * given.listed])
  }

  look() {
    const style = getComputedStyle(this.root), of = name => style.getPropertyValue(name).trim()
    const ground = parsed(of("--st-background-color"))
    const scale = (of("--st-chart-diverging-colors").match(/#[0-9a-f]{6}/gi) ?? this.given.scale).map(parsed)
    return { ground, scale, most: this.given.most, line: `rgba(128,128,128,0.6)`, ink: inkOn }
  }

  draw() {
    if (!this.width) return
    const { given, stage, canvas, width, plan } = this, room = stage.clientWidth, dense = this.dense
    const head = plan.strips[0].top, tall = plan.foot - head
    const [first, last] = this.entire ? [0, given.steps - 1] : visible(given.steps, width, stage.scrollLeft, room)
    for (const [t, one] of this.columns) if (t < first || t > last) { one.whole.remove(); this.columns.delete(t) }
    if (canvas.width !== Math.round(room * dense)) {
      canvas.width = Math.round(room * dense)
      canvas.height = Math.round(tall * dense)
      canvas.style.width = `${room}px`
      canvas.style.height = `${tall}px`
    }
    canvas.style.left = `${stage.scrollLeft}px`
    const context = canvas.getContext("2d"), look = this.look()
    context.setTransform(dense, 0, 0, dense, 0, 0)
    context.clearRect(0, 0, room, tall)
    for (let t = first; t <= last; t++) {
      if (!this.columns.has(t)) {
        const made = this.column(t)
        this.columns.set(t, made)
        this.all.append(made.whole)
      }
      const one = this.columns.get(t), [token, states, answer] = this.come(t)
      this.paint(one, t)
      one.token.style.opacity = 0.28 + 0.72 * token
      one.answer.style.opacity = answer
      one.whole.classList.toggle("here", t === this.at && !this.resting)
      plan.strips.forEach((strip, i) => {
        const step = t - strip.start
        if (step < 0 || step >= strip.count || !(states[i] > 0)) return
        context.globalAlpha = states[i]
        drawState(context, strip, step, left(t, width) + (width - CELL) / 2 - stage.scrollLeft, strip.top - head, look)
      })
    }
    context.globalAlpha = 1
    this.drawn()
    this.light()
    this.attend(this.hovered ?? null)
    this.join()
    const window = this.map.lastChild, whole = this.sheet.offsetWidth || 1
    window.style.left = `${100 * stage.scrollLeft / whole}%`
    window.style.width = `${100 * room / whole}%`
    this.mark()
  }

  /** Shows what a step of the decoder attends to: the one under the pointer, else the chosen one. */
  attend(hovered) {
    this.hovered = hovered
    if (!this.given.attention.length) return
    const start = this.plan.strips.at(-1).start, t = hovered ?? this.at
    const shown = t >= start && this.times.until(t) <= Math.ceil(this.played) ? t : null
    if (this.attending === `${shown} ${this.width}`) return
    this.attending = `${shown} ${this.width}`
    this.attended.replaceChildren(...(shown === null ? [] : [attention(shown, this)]))
  }

  /** Joins the answers that are there. */
  join() {
    const { given, width } = this, there = []
    for (let t = 0; t < given.steps; t++) if (given.answered[t] && this.joins(t)) there.push(t)
    if (there.length === this.joined) return
    this.joined = there.length
    const points = there.map(t => `${left(t, width) + width / 2},${this.dotY(t).toFixed(1)}`)
    this.line.setAttribute("d", points.length ? `M${points.join("L")}` : "")
  }

  column(t) {
    const x = left(t, this.width), whole = svg("g", { class: "column", "data-t": t })
    whole.append(svg("rect", { class: "hit", x, y: 0, width: this.width, height: this.height }))
    cells(whole, t, this)
    const word = token(t, this), { answer: above, bar } = answer(t, this, this.dotY(t), !this.two, this.counts(t), this.most)
    if (this.given.fed[t]) feedback(word, t, this, this.dotY(t - 1))
    whole.append(above, word)
    return { whole, token: word, answer: above, bar, ...this.more(t, whole) }
  }

  /** The key of a strip's matrix of the inputs, 0, or of its recurrent one, 1: its letter, and of several its place. */
  keyOf = (strip, of) => {
    const letter = this.given.letters[of]
    return letter && this.plan.strips.length > 1 ? `${letter}@${this.plan.strips.indexOf(strip)}` : letter
  }

  fillGutter() {
    const { given, plan, two } = this
    this.gutter.replaceChildren()
    const text = (words, y) => svg("text", { class: "small", x: 4, y }, words)
    this.gutter.append(
      svg("text", { class: "math", x: 4, y: LOSS.top + 16 }, "L(t)"), text(tr("up to {most}", { most: printed(this.most) }), LOSS.top + 32),
      indexed("ŷ", "t", { x: 4, y: (ANSWER.top + ANSWER.foot) / 2 + 4 }),
      text(two ? shortened(given.labels[given.target], 11) + " 1" : "p = 1", ANSWER.top + 4),
      text(two ? shortened(given.labels[1 - given.target], 11) + " 1" : "p = 0", ANSWER.foot + 4),
      indexed("x", "t", { x: 4, y: plan.token }), ...(given.indices.length ? [text(tr("index"), plan.token + 18)] : []),
    )
    const strips = plan.strips.filter(strip => !strip.start)
    for (const strip of strips) this.besideStrip(strip, text)
    this.letters = inGutter(strips, this.keyOf)
    if (given.answered.includes(true)) this.letters.unshift({ key: "V", y: ANSWER.foot + 8 })
    for (const { key, y } of this.letters) pill(this.gutter, LETTER, y, key)
    this.gutter.append(this.lead)
    this.moreGutter()
  }

  /** Names a strip in the gutter, with its start. */
  besideStrip({ top, height, units, layer, direction }, text) {
    const { given, plan } = this, middle = top + height / 2, alone = plan.strips.length === 1, layers = plan.strips[0].layer + 1
    const where = [...(layers > 1 ? [tr("layer {layer}", { layer: layer + 1 })] : []), ...(plan.both ? [direction ? tr("← from end") : tr("from start →")] : [])]
    const said = alone ? [units > 32 ? tr("{units} units,", { units }) : trN("{n} unit", "{n} units", units), ...(units > 32 ? [tr("32 rows")] : []), `±${printed(given.most)}`] : where
    this.gutter.append(indexed(named("h"), "t", { x: 4, y: top + (alone ? 16 : 13) }), ...said.map((words, i) => text(words, top + (alone ? 32 : 26) + 12 * i)))
    if (given.parts.length > 1) this.gutter.append(indexed(given.parts[1], "t", { x: 62, y: top - 6 }))
    if (direction) return
    const half = startOf(height)
    this.gutter.append(
      svg("rect", { class: "cell dashed", x: LETTER - 10, y: middle - half, width: 20, height: 2 * half }),
      svg("text", { class: "small middle", x: LETTER, y: middle + 4 }, "0"),
      ...(height > 48 && !plan.both ? [indexed(named("h"), "0", { x: 64, y: middle + 25 })] : []),
    )
  }

  drawMap() {
    const canvas = this.map.firstChild, { given } = this
    canvas.width = Math.max(1, this.map.clientWidth)
    canvas.height = 24
    const context = canvas.getContext("2d"), each = canvas.width / given.steps, even = 1 / given.classes
    for (let t = 0; t < given.steps; t++) {
      const here = given.answered[t]
      context.globalAlpha = here ? 0.15 + 0.85 * Math.max(0, (given.best_p[t * given.listed] - even) / (1 - even || 1)) : 0.15
      context.fillStyle = here ? given.colours[given.best[t * given.listed]] : "#808080"
      context.fillRect(t * each, 0, Math.ceil(each), 24)
    }
  }

  mark() {
    if (this.marked !== this.playing) {
      const words = this.playing ? tr("Pause") : tr("Play")
      this.play.replaceChildren(icon(this.playing ? "pause" : "play"), words)
      this.play.setAttribute("aria-label", this.playing ? words : nameOf(words, this.plays))
    }
    this.marked = this.playing
    const { resting } = this, last = this.given.steps - 1
    this.root.dataset.state = this.playing ? "playing" : resting ? "rest" : "stopped"
    ;[this.at === 0 && !resting, this.at === 0, this.at === last, resting].forEach((there, i) => {
      this.ends[i].disabled = there
    })
  }

  say() {
    const { given, at } = this, first = at * given.listed
    const answered = given.answered[at] ? `: ${given.labels[given.best[first]]} ${printed(given.best_p[first])}` : ""
    const said = tr("t = {t} of {steps}, {token}", { t: at + 1, steps: given.steps, token: this.name(at) }) + answered + this.moreWords(at)
    if (this.live.textContent !== said) this.live.textContent = said
    this.stage.setAttribute("aria-valuenow", at + 1)
    this.stage.setAttribute("aria-valuetext", said)
    this.detail.replaceChildren(...this.words(at).map(one => {
      if (typeof one === "string") return document.createTextNode(one)
      if (one.bold) return make("b", "", one.bold)
      if (this.given.pair || this.given.locked) return document.createTextNode(one.text)
      const opener = make("button", "unit", one.text)
      opener.type = "button"
      opener.title = tr("Open unit {unit} at this step, term by term", { unit: one.unit })
      opener.onclick = () => this.open(one.strip, one.unit)
      return opener
    }))
  }

  pointed(event) {
    if (this.scrubbing) this.go(this.stepAt(event))
    const { x, y } = this.placeOfPointer(event)
    this.attend(x > GUTTER ? this.stepAt(event) : null)
    const key = event.buttons && event.pointerType === "mouse" ? "" : event.target.closest?.(".pill")?.dataset.key ?? ""
    this.single(key || this.kept)
    const t = this.stepAt(event), said = key ? this.sameWords(key) : x < GUTTER ? this.besideTip(y) : this.tipOf(t, y, this.unitsAt(event))
    this.tell(said, event.clientX, event.clientY)
  }

  /** Says something beside a place of the window; "": nothing. */
  tell(said, x, y) {
    this.tip.classList.toggle("hidden", !said)
    if (!said) return
    this.tip.textContent = said
    const wide = this.tip.offsetWidth
    this.tip.style.left = `${Math.max(4, Math.min(innerWidth - wide - 4, x + 14))}px`
    this.tip.style.top = `${y + 16}px`
  }

  /** Lights all copies of one parameter, by its key, with a thread to its letter, and dims the rest; "": nothing is lit. */
  single(key) {
    if (this.lit === key) return
    this.lit = key
    this.sheet.classList.toggle("one", Boolean(key))
    this.light()
  }

  /** Lights what has to be lit of the columns that stand there. */
  light() {
    const key = this.lit ?? ""
    if (!key && !this.picture.querySelector(".pill.lit")) return
    for (const pill of this.sheet.querySelectorAll(".pill")) pill.classList.toggle("lit", pill.dataset.key === key)
    const all = [...this.picture.querySelectorAll(".pill.lit rect")].map(one => ["x", "y", "width"].map(name => Number(one.getAttribute(name))))
    const letter = this.letters.find(one => one.key === key), y = (all[0]?.[1] ?? 0) + 7.5
    const from = letter ? GUTTER : Math.min(...all.map(([x]) => x))  // a decoder's letters do not stand in the gutter
    this.thread.setAttribute("d", all.length ? `M${from},${y}H${Math.max(...all.map(([x, , wide]) => x + wide / 2))}` : "")
    this.lead.setAttribute("d", all.length && letter ? `M${LETTER + 8},${letter.y}H${GUTTER - 3}V${y}H${GUTTER}` : "")
  }

  /** Keeps the copies of a parameter lit, or no longer. */
  keep(key) {
    this.kept = this.kept === key ? "" : key
    for (const one of this.parameters.children) one.setAttribute("aria-pressed", one.dataset.key === this.kept)
    this.single(this.kept)
  }

  /** A button over each letter in the gutter, for keys and touch; the arrow keys go from one to the next. */
  reach() {
    const all = [...this.letters].sort((a, b) => a.y - b.y).map(({ key, y }, i) => {
      const one = make("button"), place = () => one.getBoundingClientRect()
      Object.assign(one, { type: "button", tabIndex: i ? -1 : 0, onclick: () => this.keep(key) })
      Object.assign(one.style, { left: `${LETTER}px`, top: `${y}px` })
      one.dataset.key = key
      one.setAttribute("aria-label", this.sameWords(key))
      one.setAttribute("aria-pressed", false)
      one.onpointerenter = one.onfocus = () => {
        this.single(key)
        this.tell(this.sameWords(key), place().right, place().top)
      }
      one.onpointerleave = one.onblur = () => {
        this.single(this.kept)
        this.tell("")
      }
      one.onkeydown = event => {
        const to = { ArrowUp: i - 1, ArrowLeft: i - 1, ArrowDown: i + 1, ArrowRight: i + 1, Home: 0, End: all.length - 1 }[event.key]
        if (event.key === "Escape" && this.kept) this.keep("")
        const next = all[to]
        if (!next) return
        event.preventDefault()
        for (const other of all) other.tabIndex = other === next ? 0 : -1
        next.focus()
      }
      return one
    })
    this.parameters.replaceChildren(...all)
  }
}
