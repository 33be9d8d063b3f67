mod answers;
mod fake;
mod hostile;
mod lifecycle;
