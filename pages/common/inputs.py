"""The inputs of views, from the selection, by the keys under which their results are kept."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pages.common import cache, state, view_panel
from rnn_core.config import TranslateConfig
from rnn_core.views.inputs import Input, Inputs
from rnn_core.workspace.runs import Run

if TYPE_CHECKING:  # torch is not loaded before a run is
    from collections.abc import Hashable


def of(**named: "tuple[Hashable, Any]") -> Inputs:
    """Inputs by their names in `views.inputs.NEEDS`, each with its key."""
    return Inputs({name: Input(key, value) for name, (key, value) in named.items()}, view_panel.keep)


def of_text(run: Run, opened: bool = True, text: str | None = None, **more: "tuple[Hashable, Any]") -> Inputs:
    """The run and the selected text as it reads it. Raises Problem as reading does.

    Args:
        opened: whether its network is needed; without, a saved trace is enough.
        text: instead of the selected one.
        more: further inputs, as those of `of`.
    """
    chosen = state.selection()
    text = chosen.text if text is None else text
    loaded, trace = (cache.traced if opened else cache.seen)(run, text or "", chosen.spaced)
    here = (str(run.path), cache.version_of(run))
    return of(run=(here, loaded), text=((here, text, chosen.spaced), trace), **more)


def way_back(run: Run, text: str | None = None) -> Input:
    """The way back of the selected text, or another one, at the selected label, as the run was trained, with its key. Raises
    Problem as aiming does."""
    chosen = state.selection()
    label = chosen.label if chosen.label in run.speech.labels else None
    asked = (chosen.text if text is None else text) or "", chosen.spaced, label, None, False, False
    return Input((str(run.path), cache.version_of(run), *asked), cache.backward(run, *asked, False))


def of_translation(
    run: Run, how: TranslateConfig, links: Mapping[int, int] = MappingProxyType({}), **more: "tuple[Hashable, Any]"
) -> Inputs:
    """The run, the selected text and its translation. Raises Problem as translating does. `more`: as for `of_text`.

    Args:
        links: as for `analysis.translating.translate`.
    """
    chosen = state.selection()
    asked = chosen.text or "", how, chosen.begins, tuple(sorted(links.items()))
    loaded, found = cache.translated(run, *asked)
    here = (str(run.path), cache.version_of(run))
    return of(run=(here, loaded), translation=((here, *asked), found), **more)


def pair_way_back(run: Run, reference: str | None = None, logit: bool = False, precise: bool = False) -> Inputs:
    """The run and the way back of the selected text and its translation; arguments and problems as those of
    `analysis.translation_backward`."""
    asked = state.selection().text or "", reference, logit, precise
    way = cache.pair(run, *asked)
    here = (str(run.path), cache.version_of(run))
    return of(run=(here, way.loaded), pair=((*here, *asked), way))
