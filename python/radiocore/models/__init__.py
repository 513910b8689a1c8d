"""What predicts a level from a link: the papers' models, ours, and baselines. One model a file, one door for all."""
