// Bars that are drawn by hand, one for each step: dragged with the pointer, or moved with the arrow keys. Nothing is sent before Check.
const STEP = 0.05, MOST_BESIDE = 8  // of more tokens, each is written from top to bottom

function make(tag, className, text = "") {
  const one = document.createElement(tag)
  one.className = className
  one.textContent = text
  return one
}

/** Where a pointer is within a bar's room: 0 at its foot, 1 at its top. */
export function height(y, top, bottom) {
  return Math.max(0, Math.min(1, (bottom - y) / (bottom - top)))
}

export default function (component) {
  const { data, parentElement, setStateValue } = component
  const root = parentElement.querySelector(".curve")
  const drawn = JSON.stringify(data)
  if (root.drawn === drawn) return
  root.drawn = drawn
  const open = !data.right, values = data.tokens.map((_, i) => data.values[i] ?? 0)
  const rooms = data.tokens.map((token, i) => {
    const step = make("div", "step"), room = make("div", "room"), bar = make("div", "bar")
    step.append(room, make("span", "", `${i + 1} ${token}`))
    room.append(bar)
    if (data.right) {
      const right = make("div", "right")
      right.style.height = `${Math.max(0, data.right[i]) * 100}%`
      right.title = data.words.right.replace("{t}", i + 1).replace("{share}", data.right[i].toFixed(2))
      room.append(right)
    }
    room.dataset.at = i
    bar.hidden = Boolean(data.right) && !data.values.length
    if (open) {
      room.tabIndex = 0
      room.setAttribute("role", "slider")
      room.setAttribute("aria-label", data.words.step.replace("{t}", i + 1).replace("{token}", () => token))
      room.setAttribute("aria-orientation", "vertical")
      room.setAttribute("aria-valuemin", 0)
      room.setAttribute("aria-valuemax", 1)
    }
    return { step, room, bar }
  })
  const set = (i, value) => {
    values[i] = Math.round(Math.max(0, Math.min(1, value)) * 100) / 100
    rooms[i].bar.style.height = `${values[i] * 100}%`
    if (open) rooms[i].room.setAttribute("aria-valuenow", values[i])
  }
  values.forEach((value, i) => set(i, value))
  const row = make("div", data.tokens.length > MOST_BESIDE ? "row many" : "row")
  row.append(...rooms.map(one => one.step))
  root.replaceChildren(row)
  if (!open) return
  row.before(make("div", "how", data.words.how))
  const check = make("button", "check", data.words.check)
  check.type = "button"
  check.onclick = () => setStateValue("drawn", [...values])
  root.append(check)
  let dragging = false
  const draw = event => {
    const at = rooms.findIndex(({ step }) => {
      const box = step.getBoundingClientRect()
      return event.clientX >= box.left && event.clientX < box.right
    })
    if (at < 0) return
    const box = rooms[at].room.getBoundingClientRect()
    set(at, height(event.clientY, box.top, box.bottom))
  }
  row.onpointerdown = event => {
    dragging = true
    event.preventDefault()  // no text is marked
    getSelection()?.removeAllRanges()
    row.setPointerCapture(event.pointerId)
    draw(event)
  }
  row.onpointermove = event => { if (dragging) draw(event) }
  row.onpointerup = row.onpointercancel = () => { dragging = false }
  row.onkeydown = event => {
    const at = Number(event.target.dataset.at)
    const to = { ArrowUp: values[at] + STEP, ArrowDown: values[at] - STEP, Home: 0, End: 1 }[event.key]
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1 }[event.key]
    if (to === undefined && next === undefined) return
    event.preventDefault()
    event.stopPropagation()
    if (to !== undefined) set(at, to)
    else rooms[next]?.room.focus()
  }
}
