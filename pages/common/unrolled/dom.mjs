// Elements, and words that fit.

const SVG = "http://www.w3.org/2000/svg"

export const svg = (name, attributes = {}, text) => {
  const one = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value)
  if (text !== undefined) one.textContent = text
  return one
}
export const make = (name, kind, text) => {
  const one = document.createElement(name)
  if (kind) one.className = kind
  if (text !== undefined) one.textContent = text
  return one
}
/** A letter with an index below it, such as h_t. */
export const indexed = (letter, index, attributes) => {
  const one = svg("text", { class: "math", ...attributes }, letter)
  one.append(svg("tspan", { dy: 4, "font-size": "10px" }, index))
  return one
}
const ICONS = {
  first: "M3 2v10M11 2L5 7l6 5z", back: "M10 2L4 7l6 5z", on: "M4 2l6 5-6 5z", all: "M11 2v10M3 2l6 5-6 5z",
  play: "M3 1.5l9 5.5-9 5.5z", pause: "M4 2v10M10 2v10",
}
export const icon = name => {
  const one = svg("svg", { width: 14, height: 14, viewBox: "0 0 14 14", "aria-hidden": "true", class: "icon" })
  one.append(svg("path", { d: ICONS[name] }))
  return one
}
export const button = (words, says, act) => {
  const one = make("button")
  one.append(words in ICONS ? icon(words) : words)
  one.type = "button"
  one.title = says
  one.setAttribute("aria-label", says)
  one.onclick = act
  return one
}
export const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches
export const shortened = (text, most) => [...text].length <= most ? text : [...text].slice(0, most - 1).join("") + "…"
