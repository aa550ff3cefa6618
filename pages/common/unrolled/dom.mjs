// Elements, and words that fit.

/** The event by which one component tells the others of a page the step that it went to, and of how many. */
export const STEP = "unrolled-step"

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
/** What a button is called: what is written on it comes first, and what it says of itself after it. */
export const nameOf = (words, says) => says.startsWith(words) ? says : `${words}. ${says}`
/** A button with an icon, or with words on it. */
export const button = (words, says, act) => {
  const one = make("button")
  one.append(words in ICONS ? icon(words) : words)
  one.type = "button"
  one.title = says
  one.setAttribute("aria-label", words in ICONS ? says : nameOf(words, says))
  one.onclick = act
  return one
}
export const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches
export const shortened = (text, most) => [...text].length <= most ? text : [...text].slice(0, most - 1).join("") + "…"
/** Gives the elements inside `now` the attributes and texts of those inside `next`, so that only changes are laid out and painted. */
export function morph(now, next) {
  if (now.childElementCount !== next.childElementCount) return now.replaceChildren(...next.childNodes)
  const wanted = [...next.children]
  for (const [i, one] of [...now.children].entries()) {
    const other = wanted[i]
    if (one.tagName !== other.tagName) {
      one.replaceWith(other)
      continue
    }
    for (const name of one.getAttributeNames()) if (!other.hasAttribute(name)) one.removeAttribute(name)
    for (const { name, value } of other.attributes) if (one.getAttribute(name) !== value) one.setAttribute(name, value)
    if (other.childElementCount) morph(one, other)
    else if (one.textContent !== other.textContent) one.textContent = other.textContent
  }
}
