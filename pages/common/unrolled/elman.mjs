// An Elman network of one unit, h_t = φ(w h_{t−1} + u x_t + b), and the derivatives of its last state. Its lines are those of the
// page's explanation.

const PHI = {
  tanh: [Math.tanh, h => 1 - h * h],
  ReLU: [a => Math.max(0, a), h => h > 0 ? 1 : 0],
}

/** The states and what each sends to the last one.
 *
 * `h`: (T,); `reach`: (T,) ∂h_T/∂h_t; `copies`: (T,) ∂h_T/∂w|(t) = ∂h_T/∂h_t φ′(a_t) h_{t−1}; `whole`: their sum, ∂h_T/∂w. */
export function elman(xs, { w, u, b, phi }) {
  const [squash, slope] = PHI[phi], h = []
  let before = 0
  for (const x of xs) h.push(before = squash(w * before + u * x + b))
  const reach = Array(xs.length).fill(1)
  for (let t = xs.length - 2; t >= 0; t--) reach[t] = reach[t + 1] * slope(h[t + 1]) * w
  const copies = h.map((one, t) => reach[t] * slope(one) * (t ? h[t - 1] : 0))
  return { h, reach, copies, whole: copies.reduce((sum, one) => sum + one, 0) }
}

/** The height of a bar, 0 to 1, on a logarithmic scale from 10⁻⁴ to 10². */
export const logHeight = value => value ? Math.max(0, Math.min(1, (Math.log10(Math.abs(value)) + 4) / 6)) : 0
