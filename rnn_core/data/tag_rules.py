"""Which tag may follow which by the scheme of entity tags, and the most probable sequence of tags that keeps to it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnn_core.metrics import marks


@dataclass(frozen=True)
class TagRules:
    """The rules of a tag scheme for the k labels of a run.

    Attributes:
        scheme: IOB1, IOB2 or IOBES.
        start: (k,) whether a sentence may begin with a label.
        follows: (k, k) whether the label of the column may come right after that of the row.
        end: (k,) whether a sentence may end with a label.
    """

    scheme: str
    start: np.ndarray
    follows: np.ndarray
    end: np.ndarray

    @classmethod
    def of(cls, labels: Sequence[str], scheme: str) -> "TagRules":
        """The rules for labels.

        IOB2: I-x comes after B-x or I-x. IOB1: B-x comes after B-x or I-x, since I-x begins an entity elsewhere. IOBES: B-x and
        I-x come before I-x or E-x, and only there may these stand.
        """
        found = marks(labels, scheme)
        inside = {"IOB2": "I", "IOB1": "B", "IOBES": "IE"}[scheme]  # the prefixes that need the same type before them
        opened = "BI"  # the prefixes that may stand before these
        unfinished = opened if scheme == "IOBES" else ""
        follows = np.array([[
            (after[0] not in inside or (before[0] in opened and before[1] == after[1]))
            and (before[0] not in unfinished or (after[0] in inside and before[1] == after[1]))
            for after in found
        ] for before in found])  # fmt: skip
        return cls(
            scheme, np.array([prefix not in inside for prefix, _ in found]), follows,
            np.array([prefix not in unfinished for prefix, _ in found]),
        )

    def keep(self, tags: np.ndarray) -> bool:
        """Whether the tags of a sentence, (T,) indices of labels, keep to the rules."""
        if not len(tags):
            return True
        return bool(self.start[tags[0]] and self.end[tags[-1]] and self.follows[tags[:-1], tags[1:]].all())

    def best(self, log_p: np.ndarray) -> np.ndarray:
        """The most probable sequence of tags that keeps to the rules, (T,): the highest sum of log p_t (Viterbi 1967).

        Tags that keep to the rules and are the most probable at each step are that sequence. Where no sequence keeps to the
        rules, as with labels of which none may end a sentence, they are the answer too.

        Args:
            log_p: (T, k) the log-probability of each label at each step.
        """
        own = log_p.argmax(1)
        if self.keep(own):
            return own
        refused = np.where(self.follows, 0.0, -np.inf)
        score = log_p[0] + np.where(self.start, 0.0, -np.inf)
        came = np.zeros(log_p.shape, np.int64)
        for t in range(1, len(log_p)):
            through = score[:, None] + refused
            came[t] = through.argmax(0)
            score = through.max(0) + log_p[t]
        score = score + np.where(self.end, 0.0, -np.inf)
        if score.max() == -np.inf:
            return own
        path = [int(score.argmax())]
        for t in range(len(log_p) - 1, 0, -1):
            path.append(int(came[t][path[-1]]))
        return np.array(path[::-1])
