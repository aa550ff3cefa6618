"""The text as it is fed."""

import numpy as np

from rnn_core.lessons.quantities.quantity import Quantity

TEXT = ("text",)

QUANTITIES = {
    "text.steps": Quantity("T: the tokens as fed, `<sos>` and `<eos>` among them", TEXT, lambda i: float(len(i.trace.tokens))),
    "text.words": Quantity("the tokens of the text itself", TEXT, lambda i: float((i.trace.offsets[:, 0] >= 0).sum())),
    "text.tokens": Quantity("the token at each step, a word", TEXT, lambda i: np.array(i.trace.tokens, object)),
    "text.indices": Quantity("the index of each token in the vocabulary", TEXT, lambda i: i.trace.indices.astype(np.float64)),
    "text.unknown": Quantity("how many tokens were fed as `<unk>`", TEXT, lambda i: float((~i.trace.known).sum())),
}
