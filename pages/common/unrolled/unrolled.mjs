// The unrolled network: a column for each step. It answers hovering, scrubbing, playing and keys by itself.
import {
  ANSWER, CELL, CELL_HEIGHT, CELL_TOP, GUTTER, HEIGHT, LOSS, TOKEN, barOf, columnWidth, heightOf, left, pace, parsed, phases,
  printed, rowsOf, unpack, visible,
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
    Object.assign(this, { root, given, columns: new Map(), at: given.steps - 1, played: given.steps, width: 0, playing: false })
    this.bar = make("div", "bar")
    this.play = button("play", "Play: read the text word by word", () => this.playing ? this.stop() : this.start())
    this.play.classList.add("play")
    this.ends = [
      button("first", "The first step (Home)", () => this.go(0)),
      button("back", "One step back (left arrow)", () => this.go(this.at - 1)),
      button("on", "One step on (right arrow)", () => this.go(this.at + 1)),
      button("all", "All steps (End)", () => this.rest()),
    ]
    this.live = make("span", "live")
    this.live.setAttribute("aria-live", "polite")
    this.bar.append(this.play, ...this.ends, button("Open on Inspect", "Open this step on the Inspect page", () => opens(this.at)),
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
    this.picture = svg("svg", { height: HEIGHT, "aria-hidden": "true" })
    this.line = svg("path", { class: "joined" })
    this.lines = svg("g")
    this.all = svg("g")
    this.picture.append(this.lines, this.line, this.all)
    this.canvas = make("canvas")
    this.canvas.style.top = `${CELL_TOP}px`
    this.gutter = svg("svg", { class: "gutter", width: GUTTER, height: HEIGHT, "aria-hidden": "true" })
    this.sheet.append(this.picture, this.canvas, this.gutter)
    this.stage.append(this.sheet)
    this.detail = make("div", "detail")
    this.tip = make("div", "tip hidden")
    root.replaceChildren(this.bar, this.map, this.stage, this.detail, this.tip)
    this.most = Math.max(...[...given.losses].filter(Number.isFinite), 0)
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
    this.sheet.onpointerleave = () => this.tip.classList.add("hidden")
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

  go(step) {
    this.halt()
    this.at = Math.max(0, Math.min(this.given.steps - 1, step))
    this.played = this.at + 1
    this.bringIn()
    this.draw()
    this.say()
  }

  rest() {
    this.halt()
    this.at = this.given.steps - 1
    this.played = this.given.steps
    this.bringIn()
    this.draw()
    this.say()
  }

  start(alone = false) {
    const steps = this.given.steps, each = pace(steps, alone)
    if (this.played >= steps) this.played = 0
    const from = this.played, began = performance.now()
    this.playing = true
    const frame = now => {
      if (!this.playing) return
      const played = from + (now - began) / each
      this.played = Math.min(steps, still() ? Math.floor(played) : played)
      const at = Math.max(0, Math.min(steps - 1, Math.ceil(this.played) - 1))
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
      this.played = this.at + 1
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
      this.lines.replaceChildren(...[ANSWER.top, ANSWER.foot].map(y => svg("line", { class: "track", x1: GUTTER, x2: whole, y1: y, y2: y })))
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
      const [token, state, answer] = phases(t, this.played), one = this.columns.get(t)
      one.token.style.opacity = 0.28 + 0.72 * token
      one.answer.style.opacity = answer
      one.whole.classList.toggle("here", t === this.at && this.played < given.steps)
      if (state > 0) {
        context.globalAlpha = state
        drawState(context, given.states, given.units, t, left(t, width) + (width - CELL) / 2 - stage.scrollLeft, look)
      }
    }
    context.globalAlpha = 1
    const joined = Math.floor(this.played)
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
    whole.append(svg("rect", { class: "hit", x, y: 0, width, height: HEIGHT }))
    whole.append(svg("rect", { class: "cell", x: middle - CELL / 2, y: CELL_TOP, width: CELL, height: CELL_HEIGHT }))
    const gap = width - CELL
    this.arrow(whole, t ? x - gap / 2 : GUTTER - 4, CELL_TOP + CELL_HEIGHT / 2, x + gap / 2, null, t && gap >= 20 ? given.letters[1] : "")
    if (given.parts.length > 1) this.rail(whole, t ? x : GUTTER - 4, x + width, t === given.steps - 1)
    this.arrow(whole, middle, CELL_TOP, middle, ANSWER.foot + 5, "V")
    this.arrow(whole, middle, TOKEN - 16, middle, CELL_TOP + CELL_HEIGHT, given.letters[0])
    const token = svg("g")
    token.append(
      svg("text", { class: `token ${given.kinds[t]}`, x: middle, y: TOKEN }, shortened(given.tokens[t], Math.floor(width / 8))),
      svg("text", { class: "small middle index", x: middle, y: TOKEN + 18 }, given.indices[t]),
    )
    const answer = svg("g", { class: "answer" }), best = given.winner[t], two = given.labels.length === 2, counts = given.counts[t]
    const colour = given.colours[best], known = counts || given.every
    answer.append(svg("circle", {
      class: "dot", cx: middle, cy: this.dotY(t), r: 5, stroke: colour, fill: known ? colour : "var(--st-background-color)",
    }))
    if (!two) {
      const name = shortened(given.labels[best], Math.floor(width / 7))
      answer.append(svg("text", { class: "small middle", x: middle, y: Math.max(this.dotY(t) - 9, ANSWER.top - 4) }, name))
    }
    const height = barOf(given.losses[t], this.most)
    answer.append(svg("rect", {
      class: "loss", x: middle - 9, y: LOSS.foot - height, width: 18, height: Math.max(height, 0.5),
      fill: counts ? "var(--line)" : "none",
    }))
    whole.append(answer, token)
    return { whole, token, answer }
  }

  /** An arrow along one axis with a pill at its middle. */
  arrow(into, x1, y1, x2, y2, letter) {
    const end = y2 ?? y1, across = y2 === null
    into.append(svg("line", { class: "arrow", x1, y1, x2: across ? x2 - 4 : x2, y2: across ? end : end + 4 }))
    into.append(svg("path", { class: "head", d: across ? `M${x2},${end}l-6,-3v6z` : `M${x2},${end}l-3,6h6z` }))
    if (letter) this.pill(into, (x1 + (across ? x2 - 4 : x2)) / 2, (y1 + (across ? end : end + 4)) / 2, letter)
  }

  pill(into, x, y, letter) {
    const wide = Math.max(15, 8 * letter.length + 6), one = svg("g", { class: "pill" })
    one.append(svg("rect", { x: x - wide / 2, y: y - 7.5, width: wide, height: 15 }), svg("text", { x, y: y + 3.8 }, letter))
    into.append(one)
  }

  /** The memory's own way above the cells. */
  rail(into, x1, x2, last) {
    const y = CELL_TOP - 9
    into.append(svg("line", { class: "arrow", x1, x2: last ? x2 - this.width / 2 + CELL / 2 : x2, y1: y, y2: y }))
  }

  fillGutter() {
    const { given } = this, two = given.labels.length === 2, middle = CELL_TOP + CELL_HEIGHT / 2
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
    this.ends.forEach((one, i) => { one.disabled = i < 2 ? this.at === 0 : this.at === last && this.played > last })
  }

  name(t) {
    return this.given.tokens[t]
  }

  say() {
    const { given, at } = this, best = given.winner[at], loss = given.losses[at]
    const said = `t = ${at + 1} of ${given.steps}, ${this.name(at)}: ${given.labels[best]} ${printed(given.winner_p[at])}`
    if (this.live.textContent !== said) this.live.textContent = said
    this.stage.setAttribute("aria-valuenow", at + 1)
    this.stage.setAttribute("aria-valuetext", said)
    const parts = [
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
    const t = this.stepAt(event), said = x < GUTTER ? "" : this.tipOf(t, y, x)
    this.tip.classList.toggle("hidden", !said)
    if (!said) return
    this.tip.textContent = said
    const wide = this.tip.offsetWidth
    this.tip.style.left = `${Math.max(4, Math.min(innerWidth - wide - 4, event.clientX + 14))}px`
    this.tip.style.top = `${event.clientY + 16}px`
  }

  tipOf(t, y, x) {
    const { given } = this, units = given.units
    if (t >= this.played) return ""
    if (y < LOSS.foot + 8) {
      return Number.isFinite(given.losses[t])
        ? `L(${t + 1}) = −log ${printed(given.target_p[t])} = ${printed(given.losses[t])} nats\n` +
          (given.counts[t] ? "It counts in training." : "It has no part in training.")
        : ""
    }
    if (y < CELL_TOP - 14) return `ŷ at t = ${t + 1}: ${this.listed(t)}` + (given.counts[t] || given.every ? "" : "\nThis readout was never trained.")
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
