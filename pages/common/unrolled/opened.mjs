// The component of an opened unit: its circuit, its equations with numbers, φ with its point; what is touched lights everywhere.
import { Circuit, LAYOUTS } from "./circuit.mjs"
import { STEP, button, make, svg } from "./dom.mjs"
import { parsed, printed, shade, unpack } from "./geometry.mjs"
import { PHI, curve, functionOf, inNumbers, pieces, rightSide, towards } from "./symbols.mjs"
import { named, setWords, spread, tr } from "./words.mjs"

const PLOT = { width: 264, height: 148 }, AREA = { x: 34, y: 12, width: 218, height: 108 }

export default function (component) {
  const { data, parentElement, setTriggerValue } = component, root = parentElement.querySelector(".opened")
  const given = unpack(data instanceof Uint8Array ? data : new Uint8Array(data))
  setWords(given)
  if (root.unit?.given.id !== given.id) root.unit = new Opened(root, given)
  root.unit.go = step => setTriggerValue("opened", [step, Date.now()])
  const themed = event => { if (event.target === root) root.unit.paint() }
  root.addEventListener("transitionend", themed)
  return () => root.removeEventListener("transitionend", themed)
}

class Opened {
  constructor(root, given) {
    given.past = given.direction ? "t+1" : "t−1"
    Object.assign(this, { root, given, step: given.step, touched: null, kept: null })
    const bar = make("div", "bar")
    this.back = button("back", tr("One step back"), () => this.move(this.step - 1))
    this.on = button("on", tr("One step on"), () => this.move(this.step + 1))
    this.at = make("span", "at")
    this.follow = button("", "", () => this.go(this.step))
    this.live = make("div", "told")
    this.live.setAttribute("aria-live", "polite")
    bar.append(this.back, this.at, this.on, this.follow)
    const panel = make("div", "panel"), said = make("div", "said")
    this.circuit = LAYOUTS[given.cell] ? new Circuit(given) : null
    if (this.circuit) {
      const drawn = make("div", "drawn"), stage = make("div", "wide")
      stage.append(this.circuit.element)
      drawn.append(stage, make("div", "key", tr("The state before comes in at the left, the state after leaves at the right. A wide wire carries this unit's number; after a gate it is as wide as the share that passes. Purple is below 0, green above.")))
      panel.append(drawn)
    }
    this.rows = make("div", "rows")
    this.equations = given.equations.map(at => this.equation(at))
    this.plot = make("figure", "plot")
    this.rows.append(...this.equations.map(one => one.element), this.plot)
    said.append(this.rows)
    panel.append(said)
    this.board = make("div")
    this.board.append(bar, this.live, panel)
    root.replaceChildren(this.board)
    root.classList.toggle("alone", !this.circuit)
    this.items = [this.circuit?.parts ?? [], [...this.rows.querySelectorAll(".symbol")]]
    for (const group of this.items) if (group[0]) group[0].setAttribute("tabindex", 0)
    this.listen()
    this.paint()
  }

  value(at) {
    return this.given.values[this.step * this.given.quantities.length + at]
  }

  move(step) {
    if (step < 0 || step >= this.given.steps) return
    this.step = step
    this.paint()
    document.dispatchEvent(new CustomEvent(STEP, { detail: { step, steps: this.given.steps } }))
  }

  listen() {
    const { board } = this, over = event => event.target.closest("[data-at]")
    board.addEventListener("pointerover", event => this.touch(over(event), false))
    board.addEventListener("pointerleave", () => this.touch(null, false))
    board.addEventListener("click", event => {
      if (over(event)) this.touch(over(event), true)
      else if (event.target.closest(".panel")) this.leave()
    })
    board.addEventListener("focusin", event => { if (over(event)) this.touch(over(event), true) })
    board.addEventListener("focusout", event => { if (!board.contains(event.relatedTarget)) this.leave() })
    board.addEventListener("keydown", event => {
      if (event.key === "Escape") return this.leave()
      const group = this.items.find(items => items.includes(event.target)), at = group?.indexOf(event.target)
      if (!group) return
      const next = event.key.startsWith("Arrow") ? towards(group.map(middle), at, event.key) : { Home: 0, End: group.length - 1 }[event.key]
      if (next === undefined) return
      event.preventDefault()
      event.stopPropagation()
      group[next].focus()
    })
  }

  /** Lights what an element stands for; `keep`: until something else is kept, and not only while the pointer is over it. */
  touch(element, keep) {
    const ats = element ? element.dataset.at.split(" ").map(Number) : null
    if (keep) {
      this.kept = ats
      const group = this.items.find(items => items.includes(element))
      group?.forEach(one => one.setAttribute("tabindex", one === element ? 0 : -1))
    }
    this.touched = ats ?? this.kept
    this.light()
  }

  leave() {
    this.kept = null
    this.touch(null, false)
  }

  light() {
    const { root, touched } = this
    root.classList.toggle("one", touched !== null)
    for (const one of root.querySelectorAll("[data-at]"))
      one.classList.toggle("lit", touched !== null && one.dataset.at.split(" ").some(at => touched.includes(Number(at))))
    this.tell()
    this.draw()
  }

  paint() {
    const { given, root } = this, style = getComputedStyle(root), last = given.steps - 1
    const ground = parsed(style.getPropertyValue("--st-background-color"))
    const scale = (style.getPropertyValue("--st-chart-diverging-colors").match(/#[0-9a-f]{6}/gi) ?? given.scale).map(parsed)
    this.look = { value: at => this.value(at), colour: value => `rgb(${shade(value, scale, ground).join(",")})` }
    for (const [one, off] of [[this.back, this.step === 0], [this.on, this.step === last]]) one.setAttribute("aria-disabled", off)
    this.at.replaceChildren(...spread("t = {t} of {steps}, {token}", { t: this.step + 1, steps: given.steps, token: [make("bdi", "", given.tokens[this.step])] }))
    this.follow.classList.toggle("hidden", this.step === given.step)
    this.follow.textContent = tr("Go to t = {t}", { t: this.step + 1 })
    this.follow.title = tr("The rest of the page goes to this step, too")
    this.follow.setAttribute("aria-label", this.follow.textContent)
    this.circuit?.paint(this.look)
    this.equations.forEach(one => one.paint())
    this.light()
  }

  equation(at) {
    const { given } = this, { quantities } = given, element = make("div", "equation"), words = make("div", "right"), numbers = make("div", "numbers")
    const symbol = i => ({ latex: quantities[i].latex })
    words.append(...this.written([{ at, inside: [symbol(at)] }, " = ", ...rightSide(quantities, at, symbol)], true))
    element.append(words, numbers)
    const paint = () => numbers.replaceChildren(...this.written(["= ", ...inNumbers(quantities, at, i => this.value(i))], false))
    return { element, paint }
  }

  /** Texts, symbols and parts as elements; the symbols can be reached by keys. */
  written(parts, keys) {
    return parts.map(one => {
      if (typeof one === "string") return one
      if (one.latex) return formula(one.latex, this.given.past)
      const made = make("span", keys && one.inside[0].latex ? "symbol" : "")
      made.dataset.at = one.at
      if (made.className) {
        made.tabIndex = -1
        made.setAttribute("role", "button")
        made.setAttribute("aria-label", this.given.quantities[one.at].says)
      }
      made.append(...this.written(one.inside, keys))
      return made
    })
  }

  /** What is touched, in words and numbers. */
  tell() {
    const { given, touched, live } = this, { quantities, past } = given
    if (!touched) {
      const last = given.equations.at(-1)
      return live.replaceChildren(...spread("Unit {unit}: {symbol} = {value}. Touch a part: it lights in the equations, too.", {
        unit: given.unit, symbol: [formula(quantities[last].latex, past)], value: printed(this.value(last)),
      }))
    }
    if (touched.length > 1)
      return live.replaceChildren(...touched.flatMap((at, i) => [i ? ", " : "", formula(quantities[at].latex, past), ` = ${printed(this.value(at))}`]))
    const [at] = touched, { op, says, share, latex } = quantities[at], value = this.value(at)
    const how = op ? this.written([" = ", ...inNumbers(quantities, at, i => this.value(i))], false) : [` = ${printed(value)}`]
    live.replaceChildren(formula(latex, past), ...how, `: ${says}`, ...(share ? [tr(", {share} % open", { share: (100 * value).toFixed(0) })] : []))
    live.querySelectorAll("[data-at]").forEach(one => delete one.dataset.at)
  }

  /** The function of what is touched; that of the last touched where this has none. */
  draw() {
    const { quantities } = this.given
    const asked = this.touched?.length === 1 ? functionOf(quantities, this.touched[0]) : null
    this.plotted = asked ?? this.plotted ?? quantities.findLastIndex((one, i) => PHI[one.op] && this.given.equations.includes(i))
    const of = quantities[this.plotted], a = this.value(of.parts[0]), y = this.value(this.plotted)
    const reach = Math.max(4, Math.ceil(Math.abs(a))), { path, point: [cx, cy] } = curve(of.op, a, AREA, reach), { x, y: top, width, height } = AREA
    const low = of.op === "tanh" ? -1 : 0, high = of.op === "ReLU" ? reach : 1, zero = of.op === "tanh" ? top + height / 2 : top + height
    const text = (left, at, words, anchor) => svg("text", { class: "small", x: left, y: at, "text-anchor": anchor }, words)
    const picture = svg("svg", { viewBox: `0 0 ${PLOT.width} ${PLOT.height}`, width: PLOT.width, height: PLOT.height, role: "img", "aria-label": tr("{phi} at {a} is {y}", { phi: of.op, a: printed(a), y: printed(y) }) })
    picture.append(
      svg("path", { class: "axis", d: `M${x} ${zero}h${width}M${x + width / 2} ${top}v${height}` }),
      svg("path", { class: "guide", d: `M${cx} ${zero}V${cy}H${x}` }), svg("path", { class: "curve", d: path }),
      svg("circle", { class: "point", cx, cy, r: 5, style: `fill: ${this.look.colour(y)}` }),
      text(x - 5, top + 4, String(high), "end"), text(x - 5, top + height + 4, String(low).replace("-", "−"), "end"),
      text(x, top + height + 17, `−${reach}`, "middle"), text(x + width, top + height + 17, String(reach), "middle"), text(x + width / 2, top + height + 17, "0", "middle"),
    )
    const caption = make("figcaption")
    caption.append(...this.written([`${of.op}(${printed(a)}) = ${printed(y)}: `], false), of.says + (of.op === "ReLU" ? "" : tr(", slope {slope}", { slope: printed(of.op === "tanh" ? 1 - y * y : y * (1 - y)) })))
    this.plot.replaceChildren(picture, caption)
  }
}

const middle = one => {
  const { left, top, width, height } = (one.querySelector?.(".node, .box") ?? one).getBoundingClientRect()
  return [left + width / 2, top + height / 2]
}

/** A symbol in pieces as an element. */
function formula(latex, past) {
  const made = make("span", "math")
  made.append(...pieces(named(latex), past).map(({ text, below, upright }) => below ? make("sub", "", text) : upright ? make("span", "upright", text) : text))
  return made
}
