// The states on the canvas: a column of rows for each step, or circles where there are few units.
import { CELL, binned, shade } from "./geometry.mjs"

const FEW = 8

/** Draws the state of a strip's step t at x and y.
 *
 * `strip`: its states, (T, d) in the order of the rows, its units, d, and its height; `look`: the scale, the ground and the ink, as
 * the theme has them. */
export function drawState(context, { states, units, height: whole }, t, x, y, look) {
  const rows = binned(states, units, t, whole), height = whole / rows.length
  const colour = value => `rgb(${shade(value / look.most, look.scale, look.ground).join(",")})`
  context.clearRect(x, y, CELL, whole)
  if (units > FEW) {
    rows.forEach((value, row) => {
      context.fillStyle = colour(value)
      context.fillRect(x, y + row * height, CELL, Math.ceil(height))
    })
    return
  }
  const radius = Math.min(CELL, height) / 2 - 1
  rows.forEach((value, row) => {
    context.beginPath()
    context.arc(x + CELL / 2, y + (row + 0.5) * height, radius, 0, 2 * Math.PI)
    context.fillStyle = colour(value)
    context.fill()
    context.strokeStyle = look.line
    context.lineWidth = 1
    context.stroke()
    if (radius > 9) {
      context.fillStyle = look.ink(shade(value / look.most, look.scale, look.ground))
      context.font = "10px sans-serif"
      context.textAlign = "center"
      context.textBaseline = "middle"
      context.fillText(value.toFixed(2).replace("-0.00", "0.00").replace("-", "−"), x + CELL / 2, y + (row + 0.5) * height)
    }
  })
}

/** Black or white, whichever stands out more from a colour [r, g, b]. */
export function inkOn([r, g, b]) {
  const [lr, lg, lb] = [r, g, b].map(part => part / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
  const light = 0.2126 * lr + 0.7152 * lg + 0.0722 * lb + 0.05
  return light / 0.05 >= 1.05 / light ? "#000" : "#fff"
}
