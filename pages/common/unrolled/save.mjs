// The picture as a file: an SVG that needs no stylesheet, with the states as shapes, and the same as a PNG.
import { svg } from "./dom.mjs"
import { CELL, left } from "./geometry.mjs"
import { drawState } from "./strips.mjs"
import { tr } from "./words.mjs"

const MOST = 300  // steps; a longer picture would be too large for many programs
const STYLES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "rx", "opacity", "font-family", "font-size", "font-style",
                "text-anchor", "text-decoration-line", "display", "visibility"]

/** The few methods of a canvas that `drawState` calls, which make shapes. */
class Shapes {
  constructor(into) {
    this.into = into
  }

  clearRect() {}

  beginPath() {}

  fillRect(x, y, width, height) {
    this.into.append(svg("rect", { x, y, width, height, fill: this.fillStyle }))
  }

  arc(cx, cy, r) {
    this.last = svg("circle", { cx, cy, r })
    this.into.append(this.last)
  }

  fill() {
    this.last.setAttribute("fill", this.fillStyle)
  }

  stroke() {
    this.last.setAttribute("stroke", this.strokeStyle)
  }

  fillText(text, x, y) {
    const look = { x, y, fill: this.fillStyle, "font-size": "10px", "font-family": "sans-serif", "text-anchor": "middle", "dominant-baseline": "central" }
    this.into.append(svg("text", look, text))
  }
}

/** A copy of elements with the looks that a stylesheet gives them. */
function copied(element) {
  const copy = element.cloneNode(false), style = getComputedStyle(element)
  copy.removeAttribute("class")
  copy.removeAttribute("style")
  for (const name of STYLES) {
    const value = style.getPropertyValue(name)
    if (value && !value.startsWith("url(")) copy.setAttribute(name, value)
  }
  const url = element.getAttribute("fill")
  if (url?.startsWith("url(")) copy.setAttribute("fill", url)
  for (const child of element.childNodes) copy.append(child.nodeType === Node.ELEMENT_NODE ? copied(child) : child.cloneNode())
  return copy
}

/** The whole picture as the text of an SVG; null if it is too long. */
export function asSvg(picture) {
  const { given, width, height, root, plan } = picture
  if (given.steps > MOST) return null
  picture.entire = true
  picture.draw()
  const whole = picture.sheet.offsetWidth, ground = getComputedStyle(root).getPropertyValue("--st-background-color")
  const file = svg("svg", { xmlns: "http://www.w3.org/2000/svg", width: whole, height, viewBox: `0 0 ${whole} ${height}` })
  const states = svg("g"), look = picture.look()
  for (let t = 0; t < given.steps; t++) {
    const come = picture.come(t)[1], x = left(t, width) + (width - CELL) / 2
    plan.strips.forEach((strip, i) => {
      const step = t - strip.start
      if (step >= 0 && step < strip.count && come[i] > 0) drawState(new Shapes(states), strip, step, x, strip.top, look)
    })
  }
  file.append(svg("rect", { width: whole, height, fill: ground }), states,
              ...[...picture.picture.childNodes, ...picture.gutter.childNodes].map(copied))
  picture.entire = false
  picture.draw()
  return new XMLSerializer().serializeToString(file)
}

function download(blob, name) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

/** Saves the picture, as `svg` or as `png` of twice the size. */
export function save(picture, kind) {
  const text = asSvg(picture)
  if (text === null) return
  const blob = new Blob([text], { type: "image/svg+xml" }), name = `unrolled.${kind}`
  if (kind === "svg") {
    download(blob, name)
    return
  }
  const image = new Image(), url = URL.createObjectURL(blob)
  image.onload = () => {
    const canvas = document.createElement("canvas")
    canvas.width = 2 * image.width
    canvas.height = 2 * image.height
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height)
    URL.revokeObjectURL(url)
    canvas.toBlob(one => download(one, name), "image/png")
  }
  image.src = url
}

/** Why a picture cannot be saved; empty if it can. */
export const unsaved = steps => steps > MOST ? tr("Up to {most} steps can be saved: take a part of the text.", { most: MOST }) : ""
