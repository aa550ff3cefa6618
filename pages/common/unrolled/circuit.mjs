// The circuits of the cells that have one: where their parts stand, and how they are drawn. All else is the same for every cell.
import { svg } from "./dom.mjs"
import { printed } from "./geometry.mjs"
import { PHI, curve, pieces } from "./symbols.mjs"
import { named, tr, trN } from "./words.mjs"

const FULL = 10, THIN = 2.5, BOX = { width: 68, height: 44 }, NODE = 14

/* A part is a quantity, by its LaTeX; `f_t/0` is the first of those that f_t is made of. It has the node that makes it (a box of a
 * function, a sign, or the pill of a matrix), the wires that carry it, and labels: its number, its symbol, or both. The wires of a
 * signal are as wide as the share of it that a gate let pass, `open`; those that only control are thin. A vector enters the sums:
 * it stands for every product of it. */
export const LAYOUTS = {
  lstm: {
    top: 20, width: 764, height: 376, body: [96, 32, 590, 324],
    vectors: [
      { latex: "h_{t-1}", wires: [[[14, 320], [512, 320]]], joins: [[176, 320], [292, 320], [402, 320], [512, 320]], name: [12, 306] },
      { latex: "x_t", wires: [[[130, 392], [130, 338], [512, 338]]], joins: [[176, 338], [292, 338], [402, 338], [512, 338]], name: [142, 384] },
    ],
    parts: [
      { of: "m_{t-1}", wires: [[[14, 70], [162, 70]]], name: [12, 54], number: [12, 96] },
      { of: "f_t/0", thin: true, wires: [[[176, 338], [176, 272]]], number: [184, 302] },
      { of: "f_t", thin: true, box: [176, 250], wires: [[[176, 228], [176, 85]]], both: [186, 176] },
      { of: "f_t \\odot m_{t-1}", sign: [176, 70], open: "f_t", wires: [[[190, 70], [388, 70]]], number: [284, 56, "middle"] },
      { of: "i_t/0", thin: true, wires: [[[292, 338], [292, 272]]], number: [300, 302] },
      { of: "i_t", thin: true, box: [292, 250], wires: [[[292, 228], [292, 150], [387, 150]]], both: [300, 140] },
      { of: "g_t/0", thin: true, wires: [[[402, 338], [402, 272]]], number: [410, 302] },
      { of: "g_t", box: [402, 250], wires: [[[402, 228], [402, 164]]], both: [414, 200] },
      { of: "i_t \\odot g_t", sign: [402, 150], open: "i_t", wires: [[[402, 136], [402, 84]]], number: [414, 114] },
      { of: "m_t", sign: [402, 70], wires: [[[620, 70], [620, 112]], [[416, 70], [750, 70]]], name: [750, 54, "end"], number: [750, 96, "end"] },
      { of: "q_t/0", thin: true, wires: [[[512, 338], [512, 272]]], number: [520, 302] },
      { of: "q_t", thin: true, box: [512, 250], wires: [[[512, 228], [512, 210], [605, 210]]], both: [524, 200] },
      { of: "\\tanh(m_t)", box: [620, 134], wires: [[[620, 156], [620, 196]]], number: [632, 181] },
      { of: "h_t", sign: [620, 210], open: "q_t", wires: [[[620, 224], [620, 320], [750, 320]]], name: [750, 306, "end"], number: [750, 346, "end"] },
    ],
  },
  gru: {
    top: 20, width: 764, height: 376, body: [96, 32, 590, 324],
    vectors: [
      { latex: "h_{t-1}", wires: [[[70, 70], [70, 320], [400, 320], [400, 286]]], joins: [[176, 320], [292, 320]] },
      { latex: "x_t", wires: [[[130, 392], [130, 338], [500, 338]]], joins: [[176, 338], [292, 338], [500, 338]], name: [142, 384] },
    ],
    parts: [
      { of: "h_{t-1}", wires: [[[14, 70], [162, 70]]], name: [12, 54], number: [12, 96] },
      { of: "z_t/0", thin: true, wires: [[[176, 338], [176, 286]]], number: [184, 308] },
      { of: "z_t", thin: true, box: [176, 264], wires: [[[176, 128], [258, 128]], [[176, 242], [176, 85]]], both: [186, 190] },
      { of: "z_t \\odot h_{t-1}", sign: [176, 70], open: "z_t", wires: [[[190, 70], [590, 70]]], number: [384, 56, "middle"] },
      { of: "(1 - z_t)", thin: true, pill: [280, 128], wires: [[[302, 128], [589, 128]]], number: [448, 118, "middle"] },
      { of: "r_t/0", thin: true, wires: [[[292, 338], [292, 286]]], number: [300, 308] },
      { of: "r_t", thin: true, box: [292, 264], wires: [[[292, 242], [292, 200], [385, 200]]], both: [298, 190] },
      { of: "q_t", box: [400, 264], wires: [[[400, 242], [400, 214]]], both: [411, 234] },
      { of: "r_t \\odot q_t", sign: [400, 200], open: "r_t", wires: [[[414, 200], [486, 200]]], number: [450, 188, "middle"] },
      { of: "U_n x_t", thin: true, wires: [[[500, 338], [500, 215]]], both: [508, 298] },
      { of: "b_n", thin: true, wires: [[[500, 168], [500, 185]]], both: [500, 160, "middle"] },
      { of: "n_t/0", thin: true, sign: [500, 200], wires: [[[514, 200], [570, 200]]], number: [543, 226, "middle"] },
      { of: "n_t", box: [604, 200], wires: [[[604, 178], [604, 142]]], both: [616, 165] },
      { of: "(1 - z_t) \\odot n_t", sign: [604, 128], open: "(1 - z_t)", wires: [[[604, 114], [604, 84]]], number: [616, 104] },
      { of: "h_t", sign: [604, 70], wires: [[[618, 70], [750, 70]]], name: [750, 54, "end"], number: [750, 96, "end"] },
    ],
  },
  rnn: {
    top: 8, width: 660, height: 260, body: [70, 14, 500, 214],
    vectors: [
      { latex: "h_{t-1}", wires: [[[14, 126], [98, 126]]], joins: [], name: [12, 112] },
      { latex: "x_t", wires: [[[250, 264], [250, 213]]], joins: [], name: [262, 256] },
    ],
    parts: [
      { of: "W h_{t-1}", pill: [120, 126], letter: "W", wires: [[[142, 126], [236, 126]]], number: [188, 113, "middle"] },
      { of: "U x_t", pill: [250, 200], letter: "U", wires: [[[250, 187], [250, 140]]], number: [262, 168] },
      { of: "b", wires: [[[250, 66], [250, 112]]], both: [250, 54, "middle"] },
      { of: "a_t", sign: [250, 126], wires: [[[264, 126], [386, 126]]], both: [324, 112, "middle"] },
      { of: "h_t", box: [420, 126], wires: [[[454, 126], [646, 126]]], name: [646, 110, "end"], number: [646, 152, "end"] },
    ],
  },
}

/** The index of what a layout names. */
export function indexOf(quantities, of) {
  const [latex, part] = of.split("/"), at = quantities.findIndex(one => one.latex === latex)
  return part === undefined ? at : quantities[at]?.parts[part] ?? -1
}

/** The quantities that a vector enters: its products with the matrices. */
export const entered = (quantities, latex) =>
  quantities.flatMap((one, i) => !one.op && one.latex !== latex && one.latex.includes(latex) ? [i] : [])

/** Points [x, y] as an SVG path with round corners. */
export function route(points, round = 9) {
  const ends = ([x, y], [u, v]) => {
    const length = Math.hypot(u - x, v - y), part = Math.min(round, length / 2) / length
    return [x + (u - x) * part, y + (v - y) * part]
  }
  return points.map((point, i) => {
    if (!i) return `M${point.join(" ")}`
    if (i === points.length - 1) return `L${point.join(" ")}`
    return `L${ends(point, points[i - 1]).join(" ")}Q${point.join(" ")} ${ends(point, points[i + 1]).join(" ")}`
  }).join("")
}

/** The head of an arrow at the end of points, as an SVG path. */
export function headOf(points, size) {
  const [[u, v], [x, y]] = points.slice(-2), length = Math.hypot(x - u, y - v), [dx, dy] = [(x - u) / length, (y - v) / length]
  const side = sign => [x - size * dx - sign * size * 0.55 * dy, y - size * dy + sign * size * 0.55 * dx]
  return `M${x} ${y}L${side(1).join(" ")}L${side(-1).join(" ")}Z`
}

/** A symbol in pieces as an SVG text. */
export function symbol(latex, past, attributes) {
  const one = svg("text", { class: "math", ...attributes })
  let below = false
  for (const piece of pieces(named(latex), past)) {
    const lower = Boolean(piece.below), shift = 4 * (lower - below)
    below = lower
    one.append(svg("tspan", { ...(shift ? { dy: shift } : {}), ...(below ? { "font-size": "10px" } : {}), ...(piece.upright ? { class: "upright" } : {}) }, piece.text))
  }
  if (below) one.append(svg("tspan", { dy: -4 }, "\u200b"))
  return one
}

/** The circuit of a cell. `paint(t, look)` writes the numbers of a step into it; `parts` are the elements, each of some quantities. */
export class Circuit {
  constructor(given) {
    const { cell, quantities, past } = given, layout = LAYOUTS[cell]
    Object.assign(this, { given, layout, parts: [], update: [] })
    this.element = svg("svg", { class: "circuit", viewBox: `0 ${layout.top} ${layout.width} ${layout.height}`, role: "group", "aria-label": tr("The circuit of the cell") })
    this.element.style.setProperty("--wide", `${layout.width}px`)
    const [x, y, width, height] = layout.body
    this.element.append(svg("rect", { class: "body", x, y, width, height, rx: 18 }))
    for (const one of layout.vectors) {
      const part = this.part(entered(quantities, one.latex), one.wires)
      part.append(...one.wires.map(points => svg("path", { class: "vector", d: route(points) })),
                  ...one.wires.map(points => svg("path", { class: "head", d: headOf(points, points.at(-1)[1] < 300 ? 7 : 0) })),
                  ...one.joins.map(([cx, cy]) => svg("circle", { class: "join", cx, cy, r: 3.2 })),
                  ...(one.name ? [symbol(one.latex, past, { x: one.name[0], y: one.name[1] })] : []))
      const n = entered(quantities, one.latex).length
      part.setAttribute("aria-label", one.latex === "x_t" ? trN("input, all its units: it enters {n} sum", "input, all its units: it enters {n} sums", n)
        : trN("state before, all its units: it enters {n} sum", "state before, all its units: it enters {n} sums", n))
    }
    for (const one of layout.parts) this.draw(one)
  }

  part(ats, wires) {
    const part = svg("g", { class: "part", role: "button", tabindex: -1 })
    part.ats = ats
    part.dataset.at = ats.join(" ")
    part.append(...wires.map(points => svg("path", { class: "reach", d: route(points) })))
    this.parts.push(part)
    this.element.append(part)
    return part
  }

  draw(one) {
    const { quantities, past } = this.given, at = indexOf(quantities, one.of), quantity = quantities[at]
    const part = this.part([at], one.wires), wires = one.wires.map(points => svg("path", { class: "wire", d: route(points) }))
    const casings = one.wires.map(points => svg("path", { class: "casing", d: route(points) }))
    const heads = one.wires.map(points => svg("path", { class: "head", d: headOf(points, one.thin ? 7 : 0) }))
    part.append(...casings, ...wires, ...heads)
    const open = one.open && indexOf(quantities, one.open)
    this.update.push(({ value, colour }) => {
      const width = one.thin ? THIN : FULL * (one.open ? Math.max(0.12, value(open)) : 1)
      wires.forEach(wire => { wire.style.stroke = colour(value(at)); wire.style.strokeWidth = width })
      casings.forEach(casing => { casing.style.strokeWidth = width + 2 })
    })
    if (one.box) part.append(...this.box(one.box, at))
    if (one.sign) part.append(...this.sign(one.sign, quantity.op, open))
    if (one.pill) {
      const [x, y] = one.pill
      part.append(svg("rect", { class: "box", x: x - 22, y: y - 13, width: 44, height: 26, rx: 13 }),
                  svg("text", { class: one.letter ? "math middle" : "middle", x, y: y + 5 }, named(one.letter) ?? "1 −"))
    }
    const label = (place, named, numbered) => {
      const [x, y, anchor = "start"] = place, at_ = { x, y, "text-anchor": anchor, class: named ? "math label" : "label" }
      const text = named ? symbol(quantity.latex, past, at_) : svg("text", at_)
      if (numbered) {
        const number = svg("tspan", { class: "number", ...(named ? { dx: 6 } : {}) })
        text.append(number)
        this.update.push(({ value }) => { number.textContent = printed(value(at)) })
      }
      part.append(text)
    }
    if (one.name) label(one.name, true, false)
    if (one.number) label(one.number, false, true)
    if (one.both) label(one.both, true, true)
    this.update.push(({ value }) => part.setAttribute("aria-label", `${quantity.says}: ${printed(value(at))}`))
  }

  box([x, y], at) {
    const { quantities } = this.given, { op, parts } = quantities[at], { width, height } = BOX
    const inside = { x: x - width / 2 + 5, y: y - height / 2 + 6, width: width - 10, height: height - 12 }
    const frame = svg("rect", { class: "box", x: x - width / 2, y: y - height / 2, width, height, rx: 9 })
    if (!PHI[op]) return [frame, svg("text", { class: "math middle", x, y: y + 5 }, named("W h + b"))]
    const line = svg("path", { class: "curve", d: curve(op, 0, inside, 5).path }), point = svg("circle", { class: "point", r: 4 })
    this.update.push(({ value, colour }) => {
      const [cx, cy] = curve(op, value(parts[0]), inside, 5).point
      point.setAttribute("cx", cx)
      point.setAttribute("cy", cy)
      point.style.fill = colour(value(at))
    })
    return [frame, line, svg("text", { class: "function", x: inside.x + 2, y: inside.y + 11 }, op), point]
  }

  sign([cx, cy], op, open) {
    const ring = svg("circle", { class: "ring", cx, cy, r: NODE, pathLength: 100, transform: `rotate(-90 ${cx} ${cy})` })
    this.update.push(({ value, colour }) => {
      ring.style.strokeDasharray = open === undefined ? "0 100" : `${100 * value(open)} 100`
      ring.style.stroke = colour(0.8)
    })
    const strokes = op === "+" ? `M${cx - 6} ${cy}h12M${cx} ${cy - 6}v12` : `M${cx} ${cy}h0`
    return [svg("circle", { class: "node", cx, cy, r: NODE }), ring, svg("path", { class: op === "+" ? "stroke" : "stroke dotted", d: strokes })]
  }

  paint(look) {
    this.update.forEach(act => act(look))
  }
}
