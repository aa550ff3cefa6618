"""What lies below the fold is drawn when it is reached: a component of our own says whether somebody has scrolled there."""

import streamlit as st

from pages.common import state

_JS = """
export default function ({ parentElement, setStateValue }) {
  const mark = parentElement.querySelector(".fold")
  if (mark.watched) return
  let page = parentElement.host ?? parentElement
  while (page && !/auto|scroll/.test(getComputedStyle(page).overflowY)) page = page.parentNode?.host ?? page.parentNode
  if (!(page instanceof Element)) page = null  // the window itself scrolls
  let last = true
  mark.watched = new IntersectionObserver(entries => {
    const near = entries.at(-1).isIntersecting
    if (near !== last) setStateValue("near", last = near)
  }, { root: page, rootMargin: "10000000px 0px 0px 0px" })  // what lies above has been reached too
  mark.watched.observe(mark)
  return () => { mark.watched.disconnect(); mark.watched = null }
}
"""

_mark = st.components.v2.component("unrolled_fold", html='<div class="fold"></div>', js=_JS)


def reached(key: str, height: int) -> bool:
    """Whether what follows is to be drawn: somebody has scrolled to it, or nothing was chosen anew since they had.

    True until the browser has said otherwise. The page runs again when the place comes into view, and when it leaves it.

    Args:
        height: about how many pixels it takes, which are left empty where it is not to be drawn.
    """
    near = _mark(key=key, default={"near": True}, on_near_change=lambda: None).near
    seen = f"{key}-seen"
    if near:
        st.session_state[seen] = state.selection()
    if near or st.session_state.get(seen) == state.selection():
        return True
    st.container(height=height, border=False)
    return False
