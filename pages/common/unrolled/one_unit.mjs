// The component of the network of one unit: three sliders, eight inputs that a click changes, and everything at once.
import { make, svg } from "./dom.mjs"
import { elman, logHeight } from "./elman.mjs"
import { parsed, printed, shade } from "./geometry.mjs"
import { inkOn } from "./strips.mjs"
import { named, setWords, tr } from "./words.mjs"

const COLUMN = 72, START = 96, TALL = 250, STATE = 70, BAR = { foot: 232, height: 74 }
const INPUTS = [1, 0, 0, 0, 0, 0, 0, 0]

export default function (component) {
  const root = component.parentElement.querySelector(".one-unit")
  setWords(component.data)
  const said = JSON.stringify([component.data.words, component.data.named])  // another language: drawn anew
  if (root.said !== said) root.unit = new OneUnit(root, component.data)
  root.said = said
  const themed = event => { if (event.target === root) root.unit.draw() }
  root.addEventListener("transitionend", themed)
  return () => root.removeEventListener("transitionend", themed)
}

class OneUnit {
  constructor(root, { scale }) {
    Object.assign(this, { root, scale, xs: [...INPUTS], values: { w: 0.5, u: 1, b: 0, phi: "tanh" } })
    const bar = make("div", "bar"), low = { w: -2, u: -2, b: -1 }
    for (const name of ["w", "u", "b"]) {
      const label = make("label", "slider"), slider = make("input"), said = make("output")
      Object.assign(slider, { type: "range", min: low[name], max: -low[name], step: 0.05, value: this.values[name] })
      slider.setAttribute("aria-label", name)
      const tell = () => { said.textContent = `${name} = ${Number(slider.value).toFixed(2).replace("-", "−")}` }
      slider.oninput = () => {
        this.values[name] = Number(slider.value)
        tell()
        this.draw()
      }
      tell()
      label.append(said, slider)
      bar.append(label)
    }
    this.phis = ["tanh", "ReLU"].map(phi => {
      const one = make("button", "", `φ = ${phi}`)
      one.type = "button"
      one.onclick = () => {
        this.values.phi = phi
        this.draw()
      }
      return one
    })
    bar.append(...this.phis)
    const stage = make("div", "stage")
    this.picture = svg("svg", { width: START + COLUMN * this.xs.length, height: TALL, role: "img", "aria-label": tr("The states of one unit and the gradient at each") })
    stage.append(this.picture)
    this.detail = make("div", "detail")
    this.detail.setAttribute("aria-live", "polite")
    root.replaceChildren(bar, stage, this.detail)
    this.draw()
  }

  draw() {
    const { values, xs } = this, found = elman(xs, values), style = getComputedStyle(this.root)
    const ground = parsed(style.getPropertyValue("--st-background-color"))
    const scale = (style.getPropertyValue("--st-chart-diverging-colors").match(/#[0-9a-f]{6}/gi) ?? this.scale).map(parsed)
    const text = (x, y, words, kind = "small middle") => svg("text", { class: kind, x, y }, words)
    const drawn = [text(4, 26, tr("xₜ, click"), "small"), text(4, STATE + 4, `${named("h")}ₜ`, "small"), text(4, STATE + 50, `∂${named("h")}₈/∂${named("h")}ₜ`, "small"),
                   text(4, BAR.foot - BAR.height + 6, tr("its size, 100"), "small"), text(4, BAR.foot - 2, "0.0001", "small")]
    xs.forEach((x, t) => {
      const middle = START + COLUMN * (t + 0.5), colour = shade(found.h[t], scale, ground)
      const input = svg("g", { class: "input", role: "button", tabindex: 0, "aria-label": tr("x at step {t}: {x}", { t: t + 1, x }) })
      input.append(svg("rect", { class: "cell", x: middle - 15, y: 10, width: 30, height: 24 }), text(middle, 26, String(x).replace("-", "−"), "middle"))
      const turn = () => {
        this.xs[t] = { 0: 1, 1: -1, "-1": 0 }[x]
        this.draw()
        this.picture.querySelectorAll(".input")[t].focus()
      }
      input.onclick = turn
      input.onkeydown = event => {
        if (event.key !== " " && event.key !== "Enter") return
        event.preventDefault()
        turn()
      }
      const height = BAR.height * logHeight(found.reach[t])
      drawn.push(
        svg("line", { class: "arrow", x1: middle, x2: middle, y1: 34, y2: STATE - 22 }),
        ...(t ? [svg("line", { class: "arrow", x1: middle - COLUMN + 21, x2: middle - 21, y1: STATE, y2: STATE }), text(middle - COLUMN / 2, STATE - 6, "w")] : []),
        svg("circle", { cx: middle, cy: STATE, r: 21, fill: `rgb(${colour.join(",")})`, class: "state" }),
        svg("text", { class: "middle", x: middle, y: STATE + 4, style: `fill: ${inkOn(colour)}` }, found.h[t].toFixed(2).replace("-0.00", "0.00").replace("-", "−")),
        text(middle, STATE + 50, printed(found.reach[t])),
        svg("rect", { class: "share", x: middle - 14, y: BAR.foot - height, width: 28, height: Math.max(0.5, height),
                      fill: found.reach[t] < 0 ? "none" : "var(--gradient)" }),
        input,
      )
    })
    this.picture.replaceChildren(...drawn)
    this.phis.forEach(one => one.setAttribute("aria-pressed", one.textContent === `φ = ${values.phi}`))
    const size = Math.abs(found.reach[0])
    this.detail.textContent =
      tr("Through {steps} steps the first state reaches the last one with ∂h₈/∂h₁ = {reach}", { steps: xs.length - 1, reach: printed(found.reach[0]) }) +
      (size < 0.01 ? tr(": the gradient has all but vanished. ") : size > 10 ? tr(": the gradient explodes. ") : ". ") +
      tr("∂h₈/∂w is the sum over the copies of w: {copies} = {whole}.", {
        copies: found.copies.map(one => printed(one)).join(" + ").replaceAll("+ −", "− "), whole: printed(found.whole),
      })
  }
}
