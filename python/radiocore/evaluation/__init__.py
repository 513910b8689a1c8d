"""How predictions are judged: folds, scores, cross-validation. Nothing here knows a model by name."""
