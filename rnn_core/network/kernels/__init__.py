"""Layers of the cells over time as compiled loops, forward and backward.

A whole layer, in one direction or both, is one call in each thread: the threads divide the rows of each product, wait at a
barrier (`barrier.wait_at`), and run all T steps for some texts of the batch each, which are independent. Steps run from the
first to the last or, with `back`, from the last to the first. At pads, t ≥ lengths (B,), states and δ are zero, so in the
backward direction a text starts from zero at its own end.

Arrays are C-contiguous, of one dtype, with the D' directions of the layer as first axis: u (D', G·d, n), w (D', G·d, d),
b (D', G·d). h (T + 2, B, D'·d) holds the state after step t (from 0) at t + 1, the directions side by side, and the states
before the first step at both ends. grad_h (m, D'·d) is ∂L/∂h of the states that were used, and `taken` (T, B) is the row of
grad_h for each state, −1 for none. Gates are (D', T, B, ≥ G·d), δ (threads, C, ≥ G·d): rows may be padded. x (M, n) holds the
different inputs and `which` (T, B) the row of x that each step reads; or `which` is empty, x is (T·B, n), and each step reads
its own row. docs/performance.md has the measurements.

Numba compiles a function for each type of array, and a slice of columns has another type than a whole array: `[:, :n]` is
written even if it takes all columns, so that there is one type.
"""
