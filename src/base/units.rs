//! Units as people write them.
