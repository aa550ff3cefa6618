"""The scores of translations: figures, and each source with its references' and the run's words."""

from pathlib import Path

import pyarrow.parquet as pq
import streamlit as st

from rnn_core.config import DataConfig
from rnn_core.results import TokenScores, TranslationScores

MOST = 200
"""The maximum number of rows shown."""


def show(config: DataConfig, scores: TokenScores | TranslationScores, folder: Path | None) -> None:
    """The whole report.

    Args:
        scores: without translations, those of teacher forcing alone.
        folder: the folder of the evaluation; None: it has none.
    """
    forced = "with teacher forcing: each step reads the right tokens before it"
    shown = {
        "Loss": (f"{scores.loss:.4f}", f"the mean of −log p(token), in nats per token, {forced}"),
        "Perplexity": (f"{scores.perplexity:.3f}", "exp(loss): among as many equally probable tokens one would be as unsure"),
        "Accuracy": (f"{scores.accuracy:.4f}", f"the share of tokens that were the most probable, {forced}"),
    }
    if isinstance(scores, TranslationScores):
        shown = {
            "BLEU": (f"{scores.bleu:.1f}", f"of the corpus, by sacrebleu: {scores.signatures[0]}"),
            "chrF": (f"{scores.chrf:.1f}", f"of the corpus, by sacrebleu: {scores.signatures[1]}"),
            "Exact match": (f"{scores.exact:.4f}", "the share of translations that equal a reference"),
            "Character errors": (f"{scores.character_errors:.4f}", "edit operations to the nearest reference, divided by the "
                                 "characters of these references"),
        } | shown  # fmt: skip
    row = st.container(horizontal=True, gap="medium")
    for title, (value, words) in shown.items():
        row.metric(title, value, help=words, width="content")
    if not isinstance(scores, TranslationScores) or folder is None:
        return
    st.caption(f"{scores.sources:,} different sources, each translated once by greedy search; all targets of a source are its "
               "references.")  # fmt: skip
    wrong = st.toggle("Only translations that differ from their target", value=False, key="differing")
    rows = _rows(folder, config.between, wrong)
    if not rows["source"]:
        st.info("Every translation equals its target.", icon=":material/check_circle:")
    else:
        st.dataframe(rows, hide_index=True)
        st.caption(f"The first {len(rows['source']):,}.")


def _rows(folder: Path, between: str, wrong: bool) -> dict[str, list[str]]:
    """The first rows of an evaluation, by column."""
    found: dict[str, list[str]] = {"source": [], "target": [], "translation": []}
    with pq.ParquetFile(folder / "predictions.parquet") as file:
        for batch in file.iter_batches(1000, columns=["tokens", "truths", "answers"]):
            for row in batch.to_pylist():
                if wrong and row["truths"].strip() == row["answers"]:
                    continue
                for name, value in zip(found, (between.join(row["tokens"]), row["truths"], row["answers"]), strict=True):
                    found[name].append(value)
                if len(found["source"]) == MOST:
                    return found
    return found
