// The words of a component in the reader's language. Messages are written in English; Python sends what is said for them.
let translations = {}, letters = {}

/** Takes the words of a component's data: what is said for the messages, and the letters that are other ones for the reader. */
export const setWords = ({ words, named }) => {
  translations = words ?? {}
  letters = named ?? {}
}

/** A letter, or a symbol, in the reader's letters. */
export const named = letter => letters[letter] ?? letter

const FIELD = /\{(\w+)\}/

const filled = (message, values) => message.split(FIELD).map((part, i) => i % 2 ? values[part] ?? `{${part}}` : part)

/** A message with texts in the places of its fields. */
export const tr = (message, values = {}) => filled(translations[message] ?? message, values).join("")

/** The message for a number of things, which is also the value of the field `n`. */
export const trN = (one, many, n, values = {}) => {
  const said = (translations[`${one}\n<|>\n${many}`] ?? `${one}\n<|>\n${many}`).split("\n<|>\n")
  return filled(said[n === 1 ? 0 : 1], { n, ...values }).join("")
}

/** The pieces of a message, in which a field may stand for an object, such as { bold: … }, or for a list of pieces. */
export const spread = (message, values) => filled(translations[message] ?? message, values).flat()
  .map(part => typeof part === "object" ? part : String(part)).filter(part => part !== "")
