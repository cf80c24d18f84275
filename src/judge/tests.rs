//! The judge on hand-made recordings: each metric, each verdict, and how they add up.
