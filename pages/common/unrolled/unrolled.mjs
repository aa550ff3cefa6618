// The component: a picture forwards, with the gradient on its way back, or over training.
import { WayBack } from "./back.mjs"
import { unpack } from "./geometry.mjs"
import { OverTraining } from "./over.mjs"
import { Picture } from "./picture.mjs"
import { setWords } from "./words.mjs"

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector(".unrolled")
  const given = unpack(data instanceof Uint8Array ? data : new Uint8Array(data))
  setWords(given)
  if (root.picture?.given.id === given.id) {
    const { picture } = root, moved = picture.given.step !== given.step
    picture.given.step = given.step
    const detach = picture.attach()
    if (moved) picture.follow(given.step)
    return detach
  }
  root.picture?.stop()
  root.picture = new (given.over ? OverTraining : given.back ? WayBack : Picture)(root, given, {
    page: step => setTriggerValue("opened", [step, Date.now()]),
    played: () => { if (given.tells) setTriggerValue("played", Date.now()) },
    unit: (unit, ...place) => setTriggerValue("unit", [unit, ...place, Date.now()]),
  })
  return root.picture.attach()
}
